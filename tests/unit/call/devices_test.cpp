// Devices come, drop, come back and go: presence, the grace, and what it means for calls.
#include <gtest/gtest.h>

#include "unit/call/town.hpp"

namespace carillon::call {
namespace {

using ::testing::ElementsAre;

TEST(Devices, AnOfflineCalleeIsReachedByPushAndKeepsRinging) {
  Town town;
  town.connect("alice.phone");
  EXPECT_THAT(town.start("alice.phone", {"bob"}), DoesAll("open room", "reach bob"));
  EXPECT_THAT(town.reached("bob", 3), Does("alice.phone: call-ringing bob on 3 by push reaching"));
  EXPECT_THAT(town.reached("bob", 3, Reachability::ringing), Does("alice.phone: call-ringing bob on 3 by push"));
  EXPECT_THAT(town.wait(30s),
              DoesAll("stop reaching bob timeout", "alice.phone: end-call timeout", "close room", "record timeout"));
  EXPECT_THAT(town.reached("bob", 3), DoesAll());
}

TEST(Devices, TheCallerHearsThatNobodyCanBeReached) {
  Town town;
  town.connect("alice.phone");
  town.start("alice.phone", {"bob"});
  EXPECT_THAT(town.reached("bob", 0, Reachability::unreachable),
              Does("alice.phone: call-ringing bob on 0 by push unreachable"));
  EXPECT_THAT(town.connect("bob.phone"), Does("bob.phone: call-started", "alice.phone: call-ringing bob on 1"));
}

TEST(Devices, ADeclineWithTheTicketOfAPushIsADecline) {
  Town town;
  town.connect("alice.phone");
  town.start("alice.phone", {"bob"});
  EXPECT_THAT(town.declined_by_push("bob.tablet"),
              DoesAll("stop reaching bob declined-elsewhere", "alice.phone: call-declined bob declined",
                      "alice.phone: end-call declined", "close room", "record declined"));
  EXPECT_THAT(town.declined_by_push("bob.tablet"), DoesAll());
}

TEST(Devices, ADeclineByPushStopsTheDevicesThatRing) {
  Town town = ringing_call();
  EXPECT_THAT(town.declined_by_push("bob.tablet").lines("bob"),
              ElementsAre("bob.laptop: end-call declined-elsewhere", "bob.phone: end-call declined-elsewhere"));
}

TEST(Devices, PushIsToldWhereItWasDecided) {
  Town town = ringing_call();
  const auto stopped = [](const Happened& happened) {
    for (const Action& action : happened.actions) {
      if (const auto* stop = std::get_if<StopReaching>(&action)) return *stop;
    }
    return StopReaching{};
  };
  EXPECT_EQ(stopped(town.decline("bob.phone", EndReason::busy)),
            (StopReaching{town.latest, UserId{"bob"}, EndReason::declined_elsewhere, DeviceId{"bob.phone"},
                          EndReason::busy}));
  town.start("alice.phone", {"bob"});
  EXPECT_EQ(stopped(town.accept("bob.laptop")),
            (StopReaching{town.latest, UserId{"bob"}, EndReason::answered_elsewhere, DeviceId{"bob.laptop"}}));
  town.end("alice.phone");
  town.start("alice.phone", {"bob"});
  EXPECT_EQ(stopped(town.end("alice.phone")), (StopReaching{town.latest, UserId{"bob"}, EndReason::canceled}));
}

TEST(Devices, ADeviceThatConnectsMeanwhileRingsAtOnce) {
  Town town;
  town.connect("alice.phone");
  town.start("alice.phone", {"bob"});
  EXPECT_THAT(town.connect("bob.phone"), Does("bob.phone: call-started", "alice.phone: call-ringing bob on 1"));
  EXPECT_THAT(town.accept("bob.phone"),
              DoesAll("stop reaching bob answered-elsewhere", "alice.phone: call-accepted bob",
                      "alice.phone: participant-joined bob.phone"));
}

TEST(Devices, ARingingDeviceThatDropsDoesNotCountAndRingsAgainWhenItResumes) {
  Town town = ringing_call();
  EXPECT_THAT(town.lose("bob.phone"), Does("alice.phone: call-ringing bob on 1"));
  EXPECT_THAT(town.resume("bob.phone"), Does("bob.phone: call-started", "alice.phone: call-ringing bob on 2"));
  EXPECT_TRUE(town.accept("bob.phone").ok());
}

TEST(Devices, WhenTheLastRingingDeviceGoesThereIsStillPush) {
  Town town = ringing_call();
  town.close("bob.laptop");
  EXPECT_THAT(town.lose("bob.phone"), DoesAll("alice.phone: call-ringing bob on 0 reaching"));
  EXPECT_THAT(town.resume("bob.phone"), Does("bob.phone: call-started", "alice.phone: call-ringing bob on 1"));
  EXPECT_THAT(town.lose("bob.phone"), DoesAll("alice.phone: call-ringing bob on 0 reaching"));
  EXPECT_THAT(town.end("alice.phone"),
              DoesAll("alice.phone: end-call canceled", "stop reaching bob canceled", "close room", "record canceled"));
}

TEST(Devices, AResumedDeviceHearsTheEndsItMissed) {
  Town town = ringing_call();
  town.lose("bob.phone");
  EXPECT_THAT(town.end("alice.phone").lines("bob.phone"), ElementsAre());
  EXPECT_THAT(town.resume("bob.phone"), Does("bob.phone: end-call canceled"));
  EXPECT_THAT(town.resume("bob.phone"), Does());
}

TEST(Devices, ALostDeviceIsToldNothingElseAndReadsItInItsSnapshot) {
  Town town = ringing_call();
  town.lose("alice.phone");
  const std::uint64_t before = town.seen_by("alice.phone").rev;
  EXPECT_THAT(town.accept("bob.phone"), Does("bob.laptop: end-call answered-elsewhere"));
  town.resume("alice.phone");
  EXPECT_EQ(town.seen_by("alice.phone").state, State::active);
  EXPECT_GT(town.seen_by("alice.phone").rev, before);
}

TEST(Devices, AClosedTabIsAHangUpAtOnce) {
  Town town = accepted_call();
  EXPECT_THAT(town.close("bob.phone"), Does("alice.phone: end-call hangup", "close room", "record hangup"));
  Town ringing = ringing_call();
  EXPECT_THAT(ringing.close("alice.phone").lines("bob"),
              ElementsAre("bob.laptop: end-call canceled", "bob.phone: end-call canceled"));
}

TEST(Devices, ACalleeWhoClosesATabWhileItRingsHasNotDeclined) {
  Town town = ringing_call();
  EXPECT_THAT(town.close("bob.phone"), Does("alice.phone: call-ringing bob on 1"));
  EXPECT_TRUE(town.accept("bob.laptop").ok());
}

TEST(Devices, ADroppedConnectionKeepsItsSeatForTheGraceAndTakesItBack) {
  Town town = accepted_call();
  EXPECT_THAT(town.lose("bob.phone"), Does("alice.phone: participant-reconnecting bob.phone"));
  EXPECT_TRUE(town.calls.may_join_room(DeviceId{"bob.phone"}, town.latest));
  EXPECT_THAT(town.wait(10s - 1ms), Does());
  EXPECT_THAT(town.resume("bob.phone"), Does("alice.phone: participant-joined bob.phone"));
  EXPECT_THAT(town.wait(1h), Does());
}

TEST(Devices, AfterTheGraceTheCallEndsAsDisconnected) {
  Town town = accepted_call();
  town.lose("bob.phone");
  EXPECT_THAT(town.wait(10s),
              Does("alice.phone: end-call disconnected", "close room", "record disconnected", "forget bob.phone"));
  EXPECT_THAT(town.resume("bob.phone"), Does());  // its session is void
  EXPECT_EQ(town.calls.presence().find(DeviceId{"bob.phone"}), nullptr);
}

TEST(Devices, AnUnansweredCallEndsWithItsCallersGrace) {
  Town town = ringing_call();
  town.lose("alice.phone");
  EXPECT_THAT(town.wait(10s), Does("bob.laptop: end-call disconnected", "bob.phone: end-call disconnected",
                                   "close room", "record disconnected", "forget alice.phone"));
}

TEST(Devices, WithoutAGraceADropEndsItAtOnce) {
  Town town = accepted_call({.grace = 0s});
  EXPECT_THAT(town.lose("bob.phone"),
              Does("alice.phone: end-call disconnected", "close room", "record disconnected", "forget bob.phone"));
}

TEST(Devices, WhoIsSentAwayByUsHasTheGraceOfARestartAtLeast) {
  for (const Duration grace : {Duration{0s}, Duration{1s}}) {
    Town town = accepted_call({.grace = grace});
    EXPECT_THAT(town.send_away("bob.phone"), Does("alice.phone: participant-reconnecting bob.phone"));
    EXPECT_THAT(town.wait(19s), Does());
    EXPECT_THAT(town.resume("bob.phone"), Does("alice.phone: participant-joined bob.phone"));
    town.lose("bob.phone");
    town.wait(grace);
    EXPECT_EQ(town.calls.counts().calls, 0);
  }
  Town town = accepted_call({.grace = 60s});
  town.send_away("bob.phone");
  EXPECT_THAT(town.wait(59s), Does());
}

TEST(Devices, AGraceThatIsLostTwiceStillEndsAtItsFirstDeadline) {
  Town town = accepted_call();
  town.lose("bob.phone");
  town.wait(5s);
  EXPECT_THAT(town.lose("bob.phone"), Does());
  EXPECT_THAT(town.wait(5s).lines("alice"), ElementsAre("alice.phone: end-call disconnected"));
}

TEST(Devices, BothMayBeInGraceAndComeBack) {
  Town town = accepted_call();
  EXPECT_THAT(town.lose("alice.phone"), Does("bob.phone: participant-reconnecting alice.phone"));
  EXPECT_THAT(town.lose("bob.phone"), Does());
  EXPECT_THAT(town.resume("alice.phone"), Does());
  EXPECT_THAT(town.resume("bob.phone"), Does("alice.phone: participant-joined bob.phone"));
  EXPECT_FALSE(town.current()->snapshot(UserId{"bob"}, DeviceId{"bob.phone"}).participants.front().reconnecting);
}

TEST(Devices, ANewSessionOfADeviceLeavesTheCallsOfTheOldOne) {
  Town town = accepted_call();
  EXPECT_THAT(town.connect("bob.phone"),
              Does("alice.phone: end-call disconnected", "close room", "record disconnected"));
}

TEST(Devices, ACommandOfALostOrUnknownDeviceIsRefused) {
  Town town = ringing_call();
  town.lose("bob.phone");
  EXPECT_THAT(town.accept("bob.phone"), Refused(Errc::not_found));
  EXPECT_THAT(town.accept("bob.watch"), Refused(Errc::not_found));
}

TEST(Devices, NewsOfUnknownDevicesAndCallsMeanNothing) {
  Town town;
  EXPECT_THAT(town.lose("nobody.phone"), Does());
  EXPECT_THAT(town.resume("nobody.phone"), Does());
  EXPECT_THAT(town.close("nobody.phone"), Does());
  EXPECT_THAT(town.reached("nobody", 1), Does());
  EXPECT_THAT(town.room_failed(), Does());
}

TEST(Devices, ALateTickChangesNoDecision) {
  Town town = accepted_call();
  town.lose("bob.phone");
  town.now += 1h;  // the loop was stuck: everything is due at once
  const Happened late = town.wait(0s);
  EXPECT_EQ(late.record().ended_at, town.now - 1h + 10s);
  EXPECT_EQ(late.record().duration(), 10s);
}

TEST(Devices, UsersWithoutDeviceAndCallAreForgotten) {
  Town town = accepted_call();
  town.empty();
  const Counts counts = town.calls.counts();
  EXPECT_EQ(counts.users + counts.devices + counts.calls + counts.requests, 0u);
}

TEST(Devices, TheSnapshotShowsEachDeviceItsOwnView) {
  Town town = quiet_town();
  StartCall start = town.to_start("alice.phone", {"bob"});
  start.metadata = "{}";
  town.start(start);
  const CallSnapshot callee = town.seen_by("bob.phone");
  EXPECT_EQ(callee.your_state, YourState::ringing);
  EXPECT_EQ(callee.caller, (Party{UserId{"alice"}, "Alice"}));
  EXPECT_EQ(callee.callees, std::vector{UserId{"bob"}});
  EXPECT_EQ(callee.ring_until, town.now + 30s);
  EXPECT_EQ(callee.metadata, "{}");
  EXPECT_EQ(town.seen_by("alice.phone").your_state, YourState::joined);
  EXPECT_EQ(town.seen_by("alice.phone").ring_until, town.now + 30s);
  EXPECT_EQ(town.seen_by("alice.laptop").your_state, YourState::joined_elsewhere);
  town.accept("bob.laptop");
  EXPECT_EQ(town.seen_by("bob.laptop").your_state, YourState::joined);
  EXPECT_EQ(town.seen_by("bob.phone").your_state, YourState::joined_elsewhere);
  EXPECT_EQ(town.seen_by("bob.phone").ring_until, std::nullopt);
  EXPECT_THAT(town.seen_by("bob.phone").participants,
              ElementsAre(Participant{UserId{"alice"}, "Alice", DeviceId{"alice.phone"}, false},
                          Participant{UserId{"bob"}, "Bob", DeviceId{"bob.laptop"}, false}));
  EXPECT_THAT(town.calls.snapshot(UserId{"carol"}, DeviceId{"carol.phone"}), ElementsAre());
}

}  // namespace
}  // namespace carillon::call
