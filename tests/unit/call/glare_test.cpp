// Signal's list of situations: where two people, or two devices, act at the same moment.
#include <gtest/gtest.h>

#include "unit/call/town.hpp"

namespace carillon::call {
namespace {

using ::testing::ElementsAre;

TEST(Glare, BeforeConnectTheTwoCallsBecomeOneAndNobodySeesBusy) {
  for (const bool call_waiting : {true, false}) {
    Town town = ringing_call({.call_waiting = call_waiting});
    const CallId first = town.latest;
    const Happened crossing = town.start("bob.phone", {"alice"});
    EXPECT_THAT(crossing, Does("bob.laptop: end-call answered-elsewhere", "alice.phone: call-accepted bob",
                               "alice.phone: participant-joined bob.phone", "bob.phone: call-accepted alice"));
    EXPECT_EQ(crossing.call(), first);
    EXPECT_EQ(crossing.reply->room, RoomId{"room-1"});
    EXPECT_EQ(town.calls.counts().calls, 1u);
  }
}

TEST(Glare, WithOneWhoCallsMeIntoAGroupIsAnAnswerToo) {
  Town town = ringing_group();
  EXPECT_THAT(town.start("carol.phone", {"alice"}),
              Does("alice.phone: call-accepted carol", "alice.phone: participant-joined carol.phone",
                   "carol.phone: call-accepted alice"));
}

TEST(Glare, WithTheOneWhoInvitesMeIsAnAnswerToHim) {
  Town town = accepted_call();
  town.invite("bob.phone", {"carol"});
  const Happened crossing = town.start("carol.phone", {"bob"});
  EXPECT_EQ(crossing.call(), CallId{"call-1"});
  EXPECT_EQ(crossing.told<CallAccepted>("carol.phone").user, UserId{"bob"});
}

TEST(Glare, ACallToSeveralPeopleIsACallOfItsOwn) {
  Town town = ringing_call();
  EXPECT_NE(town.start("bob.phone", {"alice", "carol"}).call(), CallId{"call-1"});
}

TEST(Glare, ACallToSomebodyElseInTheSameCallIsACallOfItsOwn) {
  Town town = ringing_group();
  EXPECT_NE(town.start("carol.phone", {"bob"}).call(), CallId{"call-1"});
}

TEST(Glare, AfterConnectACallFromAnotherDeviceMovesTheCallThere) {
  Town town = accepted_call();
  const Happened crossing = town.start("bob.laptop", {"alice"});
  EXPECT_EQ(crossing.call(), CallId{"call-1"});
  EXPECT_THAT(crossing, Does("alice.phone: participant-joined bob.laptop",
                             "alice.phone: participant-left bob.phone answered-elsewhere",
                             "bob.phone: end-call answered-elsewhere", "drop peer bob.phone"));
}

TEST(Glare, ReachesACallerWhoIsInGrace) {
  Town town = ringing_call();
  town.lose("alice.phone");
  EXPECT_EQ(town.start("bob.phone", {"alice"}).call(), CallId{"call-1"});
  town.resume("alice.phone");
  EXPECT_EQ(town.seen_by("alice.phone").state, State::active);
}

TEST(Recall, WhileItRingsTheOldCallIsCanceledAndANewOneRings) {
  Town town = ringing_call();
  const Happened again = town.start("alice.phone", {"bob"});
  EXPECT_THAT(again, Does("alice.phone: end-call canceled", "bob.laptop: end-call canceled",
                          "bob.phone: end-call canceled", "close room", "record canceled", "open room",
                          "bob.laptop: call-started", "bob.phone: call-started", "alice.phone: call-ringing bob on 2"));
  EXPECT_EQ(town.calls.counts().calls, 1u);
}

TEST(Recall, AfterTheAnswerTheOldCallIsHungUpAndANewOneRings) {
  for (const auto& [device, callee] : {std::pair{"alice.phone", "bob"}, std::pair{"bob.phone", "alice"}}) {
    Town town = accepted_call({.call_waiting = false});  // and the other is not busy: his old call is over
    const Happened again = town.start(device, {callee});
    EXPECT_THAT(again.lines("record"), ElementsAre("record hangup"));
    EXPECT_EQ(again.call(), CallId{"call-2"});
    EXPECT_EQ(town.current()->state(), State::ringing);
    EXPECT_EQ(town.calls.counts().calls, 1u);
  }
}

TEST(Recall, OfAGroupThatTalksIsAnsweredWithItsCall) {
  Town town = accepted_group();
  const Happened again = town.start("alice.phone", {"carol", "bob"});
  EXPECT_THAT(again, Does());
  EXPECT_EQ(again.call(), CallId{"call-1"});
}

TEST(Recall, OfAGroupThatStillRingsRingsAllAnew) {
  Town town = ringing_group();
  const Happened again = town.start("alice.phone", {"carol", "bob"});
  EXPECT_THAT(again.lines("record"), ElementsAre("record canceled"));
  EXPECT_EQ(again.call(), CallId{"call-2"});
}

TEST(Recall, OfAnotherCompanyIsASecondCall) {
  Town town = accepted_call();
  town.start("alice.phone", {"carol"});
  EXPECT_EQ(town.calls.counts().calls, 2u);
}

TEST(Race, TheAnswerComesWhileTheCancelIsOnItsWay) {
  Town cancel_first = ringing_call();
  EXPECT_TRUE(cancel_first.end("alice.phone").ok());
  EXPECT_THAT(cancel_first.accept("bob.phone"), Refused(Errc::not_found));

  Town answer_first = ringing_call();
  EXPECT_TRUE(answer_first.accept("bob.phone").ok());
  EXPECT_THAT(answer_first.end("alice.phone").lines("bob"), ElementsAre("bob.phone: end-call hangup"));
}

TEST(Race, TheAnswerComesAfterTheTimeout) {
  Town town = ringing_call();
  town.wait(30s);
  EXPECT_THAT(town.accept("bob.phone"), Refused(Errc::not_found));
}

TEST(Race, InAGroupTheAnswerComesAfterTheTimeoutOfThatPerson) {
  Town town = ringing_group();
  town.accept("bob.phone");
  town.wait(30s);
  EXPECT_THAT(town.accept("carol.phone"), Refused(Errc::conflict));
  EXPECT_TRUE(town.join("carol.phone").ok());
}

TEST(Race, TwoDevicesAcceptAtTheSameMoment) {
  Town town = ringing_call();
  EXPECT_TRUE(town.accept("bob.laptop").ok());
  EXPECT_THAT(town.accept("bob.phone"), Refused(Errc::conflict));
}

TEST(Race, OneDeviceAcceptsWhileAnotherDeclines) {
  Town accept_first = ringing_call();
  accept_first.accept("bob.phone");
  EXPECT_THAT(accept_first.decline("bob.laptop"), Refused(Errc::conflict));

  Town decline_first = ringing_call();
  decline_first.decline("bob.laptop");
  EXPECT_THAT(decline_first.accept("bob.phone"), Refused(Errc::not_found));
}

TEST(Race, TheCalleeHangsUpWhileTheCallersSeatIsInGrace) {
  Town town = accepted_call();
  town.lose("alice.phone");
  EXPECT_THAT(town.end("bob.phone"), Does("bob.phone: end-call hangup", "close room", "record hangup"));
  EXPECT_THAT(town.resume("alice.phone"), Does("alice.phone: end-call hangup"));
}

TEST(Race, TheCalleeDeclinesWhileTheCallersSeatIsInGrace) {
  Town town = ringing_call();
  town.lose("alice.phone");
  town.decline("bob.phone");
  EXPECT_THAT(town.resume("alice.phone"), Does("alice.phone: end-call declined"));
}

TEST(Busy, WithoutCallWaitingTwoWhoCallTheSameThirdDoNotDisturbEachOther) {
  Town town = accepted_call({.call_waiting = false});
  EXPECT_THAT(town.start("carol.phone", {"alice"}).lines("carol"),
              ElementsAre("carol.phone: call-declined alice busy", "carol.phone: end-call busy"));
  EXPECT_EQ(town.calls.counts().calls, 1u);
}

TEST(Busy, WithoutCallWaitingGlareWithACallerInAnotherCallIsStillAnAnswer) {
  Town town = accepted_call({.call_waiting = false});
  const CallId second = town.start("alice.phone", {"carol"}).call();
  EXPECT_EQ(town.start("carol.phone", {"alice"}).call(), second);
}

}  // namespace
}  // namespace carillon::call
