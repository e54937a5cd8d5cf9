// One call between two people, by the sentence.
#include <gtest/gtest.h>

#include "unit/call/town.hpp"

namespace carillon::call {
namespace {

TEST(Calls, StartCallOpensTheRoomAndRingsEveryDeviceOfTheCallee) {
  Town town = quiet_town();
  EXPECT_THAT(
      town.start("alice.phone", {"bob"}),
      Does("open room", "bob.laptop: call-started", "bob.phone: call-started", "alice.phone: call-ringing bob on 2"));
  EXPECT_EQ(town.current()->state(), State::ringing);
}

TEST(Calls, CallStartedSaysWhoCallsWhomHowAndUntilWhen) {
  Town town = quiet_town();
  StartCall start = town.to_start("alice.phone", {"bob", "carol", "bob"});
  start.metadata = R"({"subject":"lunch"})";
  start.ring = 20s;
  const Happened happened = town.start(start);
  EXPECT_EQ(happened.told<CallStarted>("bob.phone"), (CallStarted{RoomId{"room-1"},
                                                                  {UserId{"alice"}, "Alice"},
                                                                  {UserId{"bob"}, UserId{"carol"}},
                                                                  Media::video,
                                                                  town.now + 20s,
                                                                  R"({"subject":"lunch"})"}));
  EXPECT_EQ(*happened.reply, (Reply{CallId{"call-1"}, RoomId{"room-1"}, town.now + 20s}));
}

TEST(Calls, TheCallerMayJoinTheRoomFromStartCallOnACalleeFromAcceptOn) {
  Town town = ringing_call();
  EXPECT_TRUE(town.calls.may_join_room(DeviceId{"alice.phone"}, town.latest));
  EXPECT_TRUE(town.calls.sits(DeviceId{"alice.phone"}));
  EXPECT_FALSE(town.calls.sits(DeviceId{"bob.phone"}));
  EXPECT_FALSE(town.calls.may_join_room(DeviceId{"alice.laptop"}, town.latest));
  EXPECT_FALSE(town.calls.may_join_room(DeviceId{"bob.phone"}, town.latest));
  town.accept("bob.phone");
  EXPECT_TRUE(town.calls.may_join_room(DeviceId{"bob.phone"}, town.latest));
  EXPECT_FALSE(town.calls.may_join_room(DeviceId{"bob.laptop"}, town.latest));
}

TEST(Calls, TheFirstDeviceToAcceptStopsTheOthers) {
  Town town = ringing_call();
  EXPECT_THAT(town.accept("bob.laptop"),
              Does("bob.phone: end-call answered-elsewhere", "alice.phone: call-accepted bob",
                   "alice.phone: participant-joined bob.laptop"));
  EXPECT_EQ(town.current()->state(), State::active);
}

TEST(Calls, TheSecondDeviceToAcceptIsLate) {
  Town town = accepted_call();
  EXPECT_THAT(town.accept("bob.laptop"), Refused(Errc::conflict));
}

TEST(Calls, AcceptingAgainOnTheSameDeviceIsAnsweredAgainAndDoesNothing) {
  Town town = accepted_call();
  EXPECT_THAT(town.accept("bob.phone"), Does());
}

TEST(Calls, ADeclineTellsTheCallerAndEndsTheCallOnEveryDevice) {
  Town town = ringing_call();
  EXPECT_THAT(town.decline("bob.phone"), Does("bob.laptop: end-call declined-elsewhere", "bob.phone: end-call declined",
                                              "alice.phone: call-declined bob declined",
                                              "alice.phone: end-call declined", "close room", "record declined"));
  EXPECT_EQ(town.current(), nullptr);
}

TEST(Calls, ACalleeMayDeclineAsBusyAndAsNothingElse) {
  Town town = ringing_call();
  EXPECT_THAT(town.decline("bob.phone", EndReason::timeout), Refused(Errc::bad_request));
  EXPECT_THAT(town.decline("bob.phone", EndReason::busy).lines("alice"),
              ::testing::ElementsAre("alice.phone: call-declined bob busy", "alice.phone: end-call busy"));
}

TEST(Calls, EndCallOfACalleeWhoRingsIsADecline) {
  Town town = ringing_call();
  EXPECT_THAT(town.end("bob.phone").lines("alice"),
              ::testing::ElementsAre("alice.phone: call-declined bob declined", "alice.phone: end-call declined"));
}

TEST(Calls, TheCallerCancels) {
  Town town = ringing_call();
  EXPECT_THAT(town.end("alice.phone"), Does("alice.phone: end-call canceled", "bob.laptop: end-call canceled",
                                            "bob.phone: end-call canceled", "close room", "record canceled"));
}

TEST(Calls, NoAnswerWithinThirtySecondsCancelsTheCall) {
  Town town = ringing_call();
  EXPECT_EQ(town.calls.deadline(), town.now + 30s);
  EXPECT_THAT(town.wait(30s - 1ms), Does());
  EXPECT_THAT(town.wait(1ms), Does("bob.laptop: end-call timeout", "bob.phone: end-call timeout",
                                   "alice.phone: end-call timeout", "close room", "record timeout"));
  EXPECT_EQ(town.current(), nullptr);
}

TEST(Calls, TheCallerChoosesHowLongItRingsWithinLimits) {
  Town town = quiet_town();
  StartCall start = town.to_start("alice.phone", {"bob"});
  for (const Duration bad : {Duration{-1s}, Duration{0}, Duration{999ms}, Duration{120s + 1ms}}) {
    start.ring = bad;
    EXPECT_THAT(town.command(start), Refused(Errc::bad_request));
  }
  start.ring = 120s;
  EXPECT_EQ(town.start(start).reply->ring_until, town.now + 120s);
  town.wait(119s);
  EXPECT_NE(town.current(), nullptr);
  town.wait(1s);
  EXPECT_EQ(town.current(), nullptr);
}

TEST(Calls, AnAnswerInTheLastMillisecondCountsOneAtTheDeadlineIsLate) {
  Town just_in_time = ringing_call();
  just_in_time.now += 30s - 1ms;
  EXPECT_TRUE(just_in_time.accept("bob.phone").ok());

  Town too_late = ringing_call();
  too_late.now += 30s;  // nobody has called tick() yet
  const Happened late = too_late.accept("bob.phone");
  EXPECT_EQ(late.reply.error().code, Errc::not_found);
  EXPECT_THAT(late.lines("alice"), ::testing::ElementsAre("alice.phone: end-call timeout"));
}

TEST(Calls, EitherMayHangUpAndTheCallIsOverForBoth) {
  Town caller = accepted_call();
  EXPECT_THAT(caller.end("alice.phone"),
              Does("alice.phone: end-call hangup", "bob.phone: end-call hangup", "close room", "record hangup"));
  Town callee = accepted_call();
  EXPECT_THAT(callee.leave("bob.phone"),
              Does("bob.phone: end-call hangup", "alice.phone: end-call hangup", "close room", "record hangup"));
}

TEST(Calls, AnEndedCallIsForgotten) {
  Town town = accepted_call();
  town.end("alice.phone");
  EXPECT_EQ(town.calls.counts().calls, 0u);
  EXPECT_EQ(town.calls.deadline(), std::nullopt);
  for (const Happened& late :
       {town.accept("bob.phone"), town.decline("bob.phone"), town.end("alice.phone"), town.join("bob.phone"),
        town.leave("bob.phone"), town.invite("alice.phone", {"carol"})}) {
    EXPECT_THAT(late, Refused(Errc::not_found));
  }
}

TEST(Calls, StrangersGetAtNoCallAndLearnOfNone) {
  Town town = accepted_call();
  for (const Happened& strange :
       {town.accept("dave.phone"), town.decline("dave.phone"), town.end("dave.phone"), town.join("dave.phone"),
        town.leave("dave.phone"), town.invite("dave.phone", {"carol"}), town.end_for_everyone("dave.phone")}) {
    EXPECT_THAT(strange, Refused(Errc::not_found));
  }
}

TEST(Calls, TheCallerCannotAcceptDeclineOrRingHimself) {
  Town town = ringing_call();
  EXPECT_THAT(town.accept("alice.phone"), Refused(Errc::conflict));
  EXPECT_THAT(town.accept("alice.laptop"), Refused(Errc::conflict));
  EXPECT_THAT(town.decline("alice.phone"), Refused(Errc::conflict));
  EXPECT_THAT(town.invite("alice.phone", {"alice"}), Refused(Errc::bad_request));
}

TEST(Calls, ADeviceThatIsNotInTheCallCannotEndIt) {
  Town town = accepted_call();
  EXPECT_THAT(town.end("alice.laptop"), Refused(Errc::conflict));
  EXPECT_THAT(town.leave("bob.laptop"), Refused(Errc::conflict));
}

TEST(Calls, StartCallRefusesWhatMakesNoSense) {
  Town town = quiet_town();
  EXPECT_THAT(town.start("alice.phone", {}), Refused(Errc::bad_request));
  EXPECT_THAT(town.start("alice.phone", {""}), Refused(Errc::bad_request));
  EXPECT_THAT(town.start("alice.phone", {"alice"}), Refused(Errc::bad_request));
  EXPECT_THAT(town.start("alice.phone", {"bob", "alice"}), Refused(Errc::bad_request));
  EXPECT_THAT(town.start("nobody.phone", {"bob"}), Refused(Errc::not_found));
  StartCall wordy = town.to_start("alice.phone", {"bob"});
  wordy.metadata = std::string(4097, 'x');
  EXPECT_THAT(town.start(wordy), Refused(Errc::too_large));
  wordy.metadata->pop_back();
  EXPECT_TRUE(town.start(wordy).ok());
}

TEST(Calls, PeopleInACallAndCallsOfADeviceAreLimited) {
  Town town = quiet_town({.people_max = 3, .calls_per_device_max = 2});
  EXPECT_THAT(town.start("alice.phone", {"u1", "u2", "u3"}), Refused(Errc::too_large));
  EXPECT_TRUE(town.start("alice.phone", {"u1", "u2", "u2"}).ok());
  EXPECT_THAT(town.invite("alice.phone", {"u3"}), Refused(Errc::too_large));
  EXPECT_THAT(town.invite("alice.phone", {"u1"}), Does());  // rings already
  EXPECT_TRUE(town.start("alice.phone", {"bob"}).ok());
  EXPECT_THAT(town.start("alice.phone", {"carol"}), Refused(Errc::conflict));
  const CallId third = town.start("carol.phone", {"alice"}).call();
  EXPECT_THAT(town.accept("alice.phone", third), Refused(Errc::conflict));
  EXPECT_TRUE(town.accept("alice.laptop", third).ok());
}

TEST(Calls, ACalleeInACallRingsAllTheSameAsCallWaiting) {
  Town town = accepted_call();
  EXPECT_THAT(town.start("carol.phone", {"bob"}).lines("carol"),
              ::testing::ElementsAre("carol.phone: call-ringing bob on 2"));
  EXPECT_TRUE(town.accept("bob.phone").ok());  // now he is in two, and holds one
  EXPECT_EQ(town.calls.only_call_of(DeviceId{"bob.phone"}), std::nullopt);
  EXPECT_EQ(town.calls.only_call_of(DeviceId{"carol.phone"}), town.latest);
}

TEST(Calls, WithoutCallWaitingACalleeInACallIsBusy) {
  Town town = accepted_call({.call_waiting = false});
  const Happened busy = town.start("carol.phone", {"bob"});
  EXPECT_THAT(busy, Does("open room", "carol.phone: call-declined bob busy", "carol.phone: end-call busy", "close room",
                         "record busy"));
  EXPECT_TRUE(busy.record().people.back().missed());
}

TEST(Calls, WithoutCallWaitingOnlyTheBusyOnesOfAGroupDropOut) {
  Town town = accepted_call({.call_waiting = false});
  EXPECT_THAT(town.start("carol.phone", {"bob", "dave"}),
              Does("open room", "carol.phone: call-declined bob busy", "dave.phone: call-started",
                   "carol.phone: call-ringing dave on 1"));
}

TEST(Calls, WithoutCallWaitingAPhoneThatOnlyRingsIsNotBusy) {
  Town town = ringing_call({.call_waiting = false});
  EXPECT_THAT(town.start("carol.phone", {"bob"}).lines("carol"),
              ::testing::ElementsAre("carol.phone: call-ringing bob on 2"));
}

TEST(Calls, ALostRoomEndsItsCallAsFailed) {
  Town town = accepted_call();
  EXPECT_THAT(town.room_failed(),
              Does("alice.phone: end-call failed", "bob.phone: end-call failed", "close room", "record failed"));
  EXPECT_THAT(town.room_failed(), Does());
}

TEST(Calls, WhenTheServerStopsEveryCallEnds) {
  Town town = accepted_call();
  town.start("carol.phone", {"dave"});
  const Actions actions = town.calls.end_all(EndReason::failed, town.now);
  EXPECT_THAT(describe(actions),
              ::testing::ElementsAre("alice.phone: end-call failed", "bob.phone: end-call failed", "close room",
                                     "record failed", "carol.phone: end-call failed", "dave.phone: end-call failed",
                                     "stop reaching dave failed", "close room", "record failed"));
  EXPECT_EQ(town.calls.counts().calls, 0u);
}

TEST(Calls, RevGrowsWithEveryMessageOfACall) {
  Town town = ringing_call();
  std::uint64_t last = town.current()->rev();
  EXPECT_GT(last, 0u);
  for (const Happened& happened :
       {town.accept("bob.phone"), town.lose("bob.phone"), town.resume("bob.phone"), town.end("bob.phone")}) {
    for (const Action& action : happened.actions) {
      if (const Tell* tell = std::get_if<Tell>(&action)) {
        EXPECT_GT(tell->rev, last);
        last = tell->rev;
      }
    }
  }
}

TEST(EndReason, NamesAreKebabCaseAndCanBeReadBack) {
  for (int i = 0; i <= static_cast<int>(EndReason::removed); ++i) {
    const auto reason = static_cast<EndReason>(i);
    EXPECT_EQ(parse_end_reason(to_string(reason)), reason);
  }
  EXPECT_EQ(to_string(EndReason::answered_elsewhere), "answered-elsewhere");
  EXPECT_EQ(parse_end_reason("answered_elsewhere"), std::nullopt);
}

}  // namespace
}  // namespace carillon::call
