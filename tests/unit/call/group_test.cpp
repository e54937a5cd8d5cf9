// Calls of more than two: each callee for himself, invitations, leaving and coming back, moving between devices.
#include <gtest/gtest.h>

#include "unit/call/town.hpp"

namespace carillon::call {
namespace {

using ::testing::ElementsAre;

TEST(Group, EachCalleeAnswersForHimself) {
  Town town = ringing_group();
  EXPECT_THAT(town.accept("bob.phone"),
              Does("bob.laptop: end-call answered-elsewhere", "alice.phone: call-accepted bob",
                   "alice.phone: participant-joined bob.phone"));
  EXPECT_THAT(town.accept("carol.phone"),
              Does("alice.phone: call-accepted carol", "bob.phone: call-accepted carol",
                   "alice.phone: participant-joined carol.phone", "bob.phone: participant-joined carol.phone"));
}

TEST(Group, ADeclineTakesOnlyThatUserOut) {
  Town town = ringing_group();
  EXPECT_THAT(town.decline("bob.phone"), Does("bob.laptop: end-call declined-elsewhere", "bob.phone: end-call declined",
                                              "alice.phone: call-declined bob declined"));
  EXPECT_TRUE(town.accept("carol.phone").ok());
}

TEST(Group, WhenAllDeclineTheCallEnds) {
  Town town = ringing_group();
  town.decline("bob.phone");
  EXPECT_THAT(town.decline("carol.phone"),
              Does("carol.phone: end-call declined", "alice.phone: call-declined carol declined",
                   "alice.phone: end-call declined", "close room", "record declined"));
}

TEST(Group, WhoDoesNotAnswerTimesOutForHimself) {
  Town town = ringing_group();
  town.accept("bob.phone");
  EXPECT_THAT(town.wait(30s), Does("carol.phone: end-call timeout", "alice.phone: call-declined carol timeout",
                                   "bob.phone: call-declined carol timeout"));
}

TEST(Group, WhenNobodyAnswersTheCallEndsOnce) {
  Town town = ringing_group();
  EXPECT_THAT(town.wait(30s),
              Does("bob.laptop: end-call timeout", "bob.phone: end-call timeout", "carol.phone: end-call timeout",
                   "alice.phone: end-call timeout", "close room", "record timeout"));
}

TEST(Group, OneLeavesAndTheOthersGoOn) {
  Town town = accepted_group();
  EXPECT_THAT(town.leave("alice.phone"), Does("alice.phone: end-call hangup", "drop peer alice.phone",
                                              "bob.phone: participant-left alice.phone hangup",
                                              "carol.phone: participant-left alice.phone hangup"));
}

TEST(Group, TheLastOneWaitsForOthersToComeBackUntilHeLeaves) {
  Town town = accepted_group();
  town.leave("alice.phone");
  town.leave("bob.phone");
  town.wait(24h);
  EXPECT_NE(town.current(), nullptr);
  EXPECT_THAT(town.leave("carol.phone"), Does("carol.phone: end-call hangup", "close room", "record hangup"));
}

TEST(Group, WhoLeftComesBackWithJoinCallWhileItLasts) {
  Town town = accepted_group();
  town.leave("bob.phone");
  EXPECT_EQ(town.seen_by("bob.laptop").your_state, YourState::out);
  EXPECT_THAT(town.join("bob.laptop"),
              Does("alice.phone: participant-joined bob.laptop", "carol.phone: participant-joined bob.laptop"));
  town.end_for_everyone("alice.phone");
  EXPECT_THAT(town.join("bob.phone"), Refused(Errc::not_found));
}

TEST(Group, WhoDeclinedMayChangeHisMind) {
  Town town = ringing_group();
  town.decline("bob.phone");
  EXPECT_THAT(town.join("bob.phone"),
              Does("alice.phone: call-accepted bob", "alice.phone: participant-joined bob.phone"));
  EXPECT_EQ(town.current()->state(), State::active);
}

TEST(Group, JoinCallOfWhoRingsIsAnAnswer) {
  Town town = ringing_call();
  EXPECT_THAT(town.join("bob.phone"), Does("bob.laptop: end-call answered-elsewhere", "alice.phone: call-accepted bob",
                                           "alice.phone: participant-joined bob.phone"));
}

TEST(Group, JoinCallOnAnotherDeviceMovesTheCallThere) {
  Town town = accepted_call();
  EXPECT_THAT(town.join("bob.laptop"), Does("alice.phone: participant-joined bob.laptop",
                                            "alice.phone: participant-left bob.phone answered-elsewhere",
                                            "bob.phone: end-call answered-elsewhere", "drop peer bob.phone"));
  EXPECT_TRUE(town.calls.may_join_room(DeviceId{"bob.laptop"}, town.latest));
  EXPECT_FALSE(town.calls.may_join_room(DeviceId{"bob.phone"}, town.latest));
  EXPECT_THAT(town.join("bob.laptop"), Does());
}

TEST(Group, AnotherDeviceMayTakeTheCallFromOneThatIsInGrace) {
  Town town = accepted_call();
  town.lose("bob.phone");
  EXPECT_TRUE(town.join("bob.laptop").ok());
  EXPECT_THAT(town.wait(10s), Does("forget bob.phone"));
  EXPECT_NE(town.current(), nullptr);
}

TEST(Group, TheCallerMayMoveWhileItRingsAndStillHearsHowItGoes) {
  Town town = ringing_call();
  town.join("alice.laptop");
  EXPECT_EQ(town.current()->state(), State::ringing);
  EXPECT_THAT(town.accept("bob.phone").lines("alice"),
              ElementsAre("alice.laptop: call-accepted bob", "alice.laptop: participant-joined bob.phone"));
}

TEST(Group, AnInvitationRingsLikeACall) {
  Town town = accepted_call();
  const Happened invited = town.invite("bob.phone", {"carol"});
  EXPECT_THAT(invited, Does("carol.phone: call-started", "bob.phone: call-ringing carol on 1"));
  const auto started = invited.told<CallStarted>("carol.phone");
  EXPECT_EQ(started.caller, (Party{UserId{"bob"}, "Bob"}));
  EXPECT_EQ(started.callees, (std::vector{UserId{"bob"}, UserId{"carol"}}));
  EXPECT_EQ(started.ring_until, town.now + 30s);
  EXPECT_TRUE(town.accept("carol.phone").ok());
}

TEST(Group, TheCallerMayInviteWhileItStillRings) {
  Town town = ringing_call();
  EXPECT_TRUE(town.invite("alice.phone", {"carol"}).ok());
  town.decline("bob.phone");
  EXPECT_NE(town.current(), nullptr);
}

TEST(Group, WhoRingsCannotInvite) {
  Town town = ringing_call();
  EXPECT_THAT(town.invite("bob.phone", {"carol"}), Refused(Errc::conflict));
}

TEST(Group, WhoLeftMayBeRungAgain) {
  Town town = accepted_group();
  town.leave("bob.phone");
  EXPECT_THAT(town.invite("alice.phone", {"bob", "carol"}),
              Does("bob.laptop: call-started", "bob.phone: call-started", "alice.phone: call-ringing bob on 2"));
}

TEST(Group, AnInvitationThatFailedLeavesAPairAPair) {
  Town town = accepted_call();
  town.invite("alice.phone", {"carol"});
  town.decline("carol.phone");
  EXPECT_THAT(town.leave("bob.phone").lines("alice"), ElementsAre("alice.phone: end-call hangup"));
}

TEST(Group, WhoeverIsLeftWaitsForAnInvitedOneWhoStillRings) {
  Town town = accepted_call();
  town.invite("alice.phone", {"carol"});
  EXPECT_THAT(town.leave("bob.phone").lines("alice"), ElementsAre("alice.phone: participant-left bob.phone hangup"));
  EXPECT_THAT(town.wait(30s),
              Does("carol.phone: end-call timeout", "alice.phone: end-call timeout", "close room", "record timeout"));
}

TEST(Group, AnInvitedOneWhoCameInMakesItAGroup) {
  Town town = accepted_call();
  town.invite("alice.phone", {"carol"});
  town.accept("carol.phone");
  town.leave("bob.phone");
  town.leave("carol.phone");
  EXPECT_NE(town.current(), nullptr);
}

TEST(Group, WhenAllHaveLeftNobodyRingsOn) {
  Town town = ringing_group();
  town.accept("bob.phone");
  town.leave("alice.phone");
  EXPECT_THAT(town.leave("bob.phone"),
              Does("bob.phone: end-call hangup", "carol.phone: end-call canceled", "close room", "record hangup"));
}

TEST(Group, TheCallerEndsItForEveryoneAlsoAfterHeLeft) {
  Town town = accepted_group();
  town.leave("alice.phone");
  EXPECT_THAT(town.end_for_everyone("bob.phone"), Refused(Errc::forbidden));
  EXPECT_THAT(town.end_for_everyone("alice.laptop"),
              Does("bob.phone: end-call hangup", "carol.phone: end-call hangup", "close room", "record hangup"));
}

TEST(Group, AModeratorEndsItForEveryone) {
  Town town = accepted_group();
  EXPECT_THAT(town.end_for_everyone("dave.phone", true),
              Does("alice.phone: end-call removed", "bob.phone: end-call removed", "carol.phone: end-call removed",
                   "close room", "record removed"));
}

TEST(Group, StartCallIntoARoomWithACallJoinsIt) {
  Town town = quiet_town();
  StartCall start = town.to_start("alice.phone", {"bob"});
  start.room = RoomId{"team"};
  town.start(start);
  town.accept("bob.phone");
  StartCall later = town.to_start("carol.phone", {"alice", "bob", "dave"});
  later.room = RoomId{"team"};
  const Happened joined = town.command(later);
  EXPECT_THAT(joined, Does("alice.phone: participant-joined carol.phone", "bob.phone: participant-joined carol.phone"));
  EXPECT_EQ(joined.call(), town.latest);
  EXPECT_EQ(joined.reply->room, RoomId{"team"});
}

TEST(Group, StartCallIntoTheRoomThatRingsMeIsAnAnswer) {
  Town town = quiet_town();
  StartCall start = town.to_start("alice.phone", {"bob", "carol"});
  start.room = RoomId{"team"};
  town.start(start);
  StartCall crossing = town.to_start("carol.phone", {"alice", "bob"});
  crossing.room = RoomId{"team"};
  EXPECT_THAT(town.command(crossing),
              Does("alice.phone: call-accepted carol", "alice.phone: participant-joined carol.phone"));
}

TEST(Group, StartCallIntoTheRoomIAmInIsAnsweredWithItsCall) {
  Town town = quiet_town();
  StartCall start = town.to_start("alice.phone", {"bob"});
  start.room = RoomId{"team"};
  town.start(start);
  start.new_call = CallId{"another"};
  const Happened again = town.command(start);
  EXPECT_THAT(again, Does());
  EXPECT_EQ(again.call(), town.latest);
}

TEST(Group, ARoomMayBeClosedToThoseWhoWereNotCalled) {
  Town town = quiet_town({.open_rooms = false});
  StartCall start = town.to_start("alice.phone", {"bob"});
  start.room = RoomId{"team"};
  town.start(start);
  StartCall stranger = town.to_start("dave.phone", {"alice"});
  stranger.room = RoomId{"team"};
  EXPECT_THAT(town.command(stranger), Refused(Errc::forbidden));
}

TEST(Group, ARoomWithoutACallGetsANewOne) {
  Town town = quiet_town();
  StartCall start = town.to_start("alice.phone", {"bob"});
  start.room = RoomId{"team"};
  town.start(start);
  town.end("alice.phone");
  start.new_call = CallId{"another"};
  EXPECT_EQ(town.start(start).call(), CallId{"another"});
}

TEST(Group, AFullCallTakesNobodyElseInFromItsRoom) {
  Town town = quiet_town({.people_max = 2});
  StartCall start = town.to_start("alice.phone", {"bob"});
  start.room = RoomId{"team"};
  town.start(start);
  StartCall third = town.to_start("dave.phone", {"alice"});
  third.room = RoomId{"team"};
  EXPECT_THAT(town.command(third), Refused(Errc::too_large));
}

}  // namespace
}  // namespace carillon::call
