// Callees who do not want to hear who rings them, or anybody: nothing rings, and for everybody else it looks as if they
// were not here.
#include <gtest/gtest.h>

#include "call/reaching.hpp"
#include "unit/call/town.hpp"

namespace carillon::call {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

void block(Town& town, const std::string& user, const std::string& whom, bool on = true) {
  town.event(BlockChanged{UserId{user}, UserId{whom}, on});
}
void do_not_disturb(Town& town, const std::string& user, bool on = true) {
  town.event(DoNotDisturbChanged{UserId{user}, on});
}

const PersonRecord& part_of(const CallRecord& record, const std::string& user) {
  return *std::ranges::find(record.people, UserId{user}, &PersonRecord::user);
}

/// All that alice.phone hears of a call to this user who does not answer, with the revs; and what push is asked.
std::vector<std::string> story_of(Town town, const std::string& callee) {
  std::vector<std::string> story;
  const auto hear = [&](const Happened& happened) {
    for (const Action& action : happened.actions) {
      const Tell* tell = std::get_if<Tell>(&action);
      if (tell && tell->device.str() != "alice.phone") continue;
      std::string line = describe(action);
      if (const auto at = line.find(callee); at != std::string::npos) line.replace(at, callee.size(), "CALLEE");
      if (tell) line += " rev " + std::to_string(tell->rev);
      if (line == "reach CALLEE muted") line = "reach CALLEE";
      story.push_back(line);
    }
  };
  hear(town.start("alice.phone", {callee}));
  hear(town.reached(callee, 0, Reachability::unreachable));
  hear(town.wait(30s));
  return story;
}

TEST(Muting, TheCallerHearsTheSameOfWhoBlockedHimWhoIsNotDisturbedAndWhoDoesNotExist) {
  Town blocked = quiet_town();
  block(blocked, "bob", "alice");
  Town undisturbed = quiet_town();
  do_not_disturb(undisturbed, "bob");
  const std::vector<std::string> nobody = story_of(quiet_town(), "nobody");
  EXPECT_EQ(story_of(std::move(blocked), "bob"), nobody);
  EXPECT_EQ(story_of(std::move(undisturbed), "bob"), nobody);
  EXPECT_THAT(nobody, ElementsAre("open room", "reach CALLEE",
                                  "alice.phone: call-ringing CALLEE on 0 by push unreachable rev 1",
                                  "stop reaching CALLEE timeout", "alice.phone: end-call timeout rev 2", "close room",
                                  "record timeout"));
}

TEST(Muting, BusyIsNotToldOfWhoDoesNotWantToHear) {
  Town town = quiet_town({.call_waiting = false});
  block(town, "bob", "alice");
  town.start("bob.phone", {"carol"});
  EXPECT_THAT(town.start("alice.phone", {"bob"}), DoesAll("open room", "reach bob muted"));
}

TEST(Muting, NothingRingsNotEvenADeviceThatComesLater) {
  Town town = quiet_town();
  block(town, "bob", "alice");
  EXPECT_THAT(town.start("alice.phone", {"bob"}), DoesAll("open room", "reach bob muted"));
  EXPECT_THAT(town.connect("bob.tablet"), DoesAll());
  EXPECT_THAT(town.lose("bob.phone"), DoesAll());
  EXPECT_THAT(town.resume("bob.phone"), DoesAll());
  EXPECT_THAT(town.close("bob.phone"), DoesAll());
  EXPECT_THAT(town.calls.snapshot(UserId{"bob"}, DeviceId{"bob.tablet"}), IsEmpty());
}

TEST(Muting, OthersAreHeardAsBefore) {
  Town town = quiet_town();
  block(town, "bob", "alice");
  EXPECT_THAT(town.start("carol.phone", {"bob"}).lines("bob.phone"), ElementsAre("bob.phone: call-started"));
  town.end("carol.phone");
  EXPECT_TRUE(town.start("bob.phone", {"alice"}).lines("alice.phone").size() == 1) << "he may ring whom he blocked";
}

TEST(Muting, UnblockedHeIsHeardAgain) {
  Town town = quiet_town();
  block(town, "bob", "alice");
  block(town, "bob", "alice", false);
  do_not_disturb(town, "bob");
  do_not_disturb(town, "bob", false);
  EXPECT_EQ(town.start("alice.phone", {"bob"}).lines("bob.phone").size(), 1u);
}

TEST(Muting, WhatRingsAlreadyRingsOn) {
  Town town = ringing_call();
  EXPECT_THAT(town.event(BlockChanged{UserId{"bob"}, UserId{"alice"}, true}), DoesAll());
  EXPECT_THAT(town.connect("bob.tablet").lines("bob.tablet").size(), 1u);
  EXPECT_TRUE(town.accept("bob.phone").ok());
}

TEST(Muting, AnUndisturbedCalleeMissesTheCallAndABlockedCallerLeavesNothingToMiss) {
  Town town = quiet_town();
  block(town, "bob", "alice");
  do_not_disturb(town, "carol");
  town.start("alice.phone", {"bob", "carol", "dave"});
  const CallRecord record = town.wait(30s).record();
  EXPECT_FALSE(part_of(record, "bob").missed());
  EXPECT_TRUE(part_of(record, "carol").missed());
  EXPECT_TRUE(part_of(record, "dave").missed());
  EXPECT_TRUE(part_of(record, "bob").rang_at) << "it is recorded all the same";
}

TEST(Muting, HisNameIsNotKnownToTheRecord) {
  Town town = quiet_town();
  do_not_disturb(town, "bob");
  town.start("alice.phone", {"bob"});
  EXPECT_EQ(part_of(town.wait(30s).record(), "bob").name, "");
}

TEST(Muting, ItIsWhoRingsThatCountsAndNotWhoElseIsInTheCall) {
  Town town = accepted_call();
  block(town, "carol", "alice");
  EXPECT_EQ(town.invite("bob.phone", {"carol"}).lines("carol.phone").size(), 1u);
  town.decline("carol.phone");
  EXPECT_THAT(town.invite("alice.phone", {"carol"}), DoesAll("reach carol muted"));
}

TEST(Muting, ARingThatWasHeardStaysMissedWhenAnotherIsMuted) {
  Town town = accepted_group();
  town.invite("bob.phone", {"dave"});
  town.wait(30s);
  block(town, "dave", "alice");
  town.invite("alice.phone", {"dave"});
  town.wait(30s);
  EXPECT_TRUE(part_of(town.end_for_everyone("alice.phone").record(), "dave").missed());
}

TEST(Muting, WhoWasInTheCallSeesItWithoutARing) {
  Town town = accepted_group();
  town.leave("bob.phone");
  do_not_disturb(town, "bob");
  town.invite("alice.phone", {"bob"});
  EXPECT_EQ(town.seen_by("bob.phone").your_state, YourState::out);
  EXPECT_EQ(town.seen_by("bob.phone").caller.user, UserId{"alice"});
}

TEST(Muting, AfterTheRingAnUndisturbedCalleeSeesTheGroupAndOneWhoBlockedDoesNot) {
  Town town = quiet_town();
  do_not_disturb(town, "bob");
  block(town, "carol", "alice");
  town.start("alice.phone", {"bob", "carol", "dave"});
  town.accept("dave.phone");
  town.wait(30s);
  EXPECT_EQ(town.seen_by("bob.phone").your_state, YourState::out);
  EXPECT_THAT(town.calls.snapshot(UserId{"carol"}, DeviceId{"carol.phone"}), IsEmpty());
}

TEST(Muting, WhoRingsBackMeetsTheCallerAllTheSame) {
  Town town = quiet_town();
  block(town, "bob", "alice");
  town.start("alice.phone", {"bob"});
  const CallId first = town.latest;
  const Happened met = town.start("bob.phone", {"alice"});
  EXPECT_EQ(met.call(), first);
  EXPECT_EQ(met.lines("alice.phone").front(), "alice.phone: call-accepted bob");
}

TEST(Muting, TheListOfABlockerIsHisOwn) {
  Muting muting;
  muting.block(UserId{"bob"}, UserId{"alice"});
  muting.block(UserId{"bob"}, UserId{"alice"});
  muting.block(UserId{"bob"}, UserId{"carol"});
  EXPECT_THAT(muting.blocked_by(UserId{"bob"}), ElementsAre(UserId{"alice"}, UserId{"carol"}));
  EXPECT_THAT(muting.blocked_by(UserId{"alice"}), IsEmpty());
  EXPECT_EQ(muting.count_blocked_by(UserId{"bob"}), 2u);
  EXPECT_EQ(muting.of(UserId{"alice"}, UserId{"bob"}), Mute::none);
  muting.unblock(UserId{"bob"}, UserId{"dave"});
  muting.unblock(UserId{"bob"}, UserId{"alice"});
  EXPECT_EQ(muting.of(UserId{"bob"}, UserId{"alice"}), Mute::none);
}

TEST(Muting, WhereverHisDevicesAreFoundNobodyIsTold) {
  Reaching reaching;
  const CallId call{"c"};
  const UserId bob{"bob"};
  ReachActions out;
  reaching.begin(Reach{call, bob, {}, true}, out);
  ASSERT_EQ(out.size(), 1u);
  EXPECT_TRUE(std::holds_alternative<FindTargets>(out.front())) << "the search is made all the same";
  out.clear();
  reaching.found(call, bob, {{"subscription", DeviceId{"bob.phone"}, "webpush"}}, Time{1s}, out);
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(std::get<TellReached>(out.front()).event.state, Reachability::unreachable);
  EXPECT_THAT(reaching.ledger(call), IsEmpty());
  out.clear();
  reaching.end(StopReaching{call, bob, EndReason::timeout}, Time{31s}, out);
  EXPECT_THAT(out, IsEmpty());
}

}  // namespace
}  // namespace carillon::call
