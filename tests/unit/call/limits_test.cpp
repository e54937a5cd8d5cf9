// What the machine refuses to who does too much, and to tokens that grant less: an error that says when to come back,
// and nothing changes.
#include <gtest/gtest.h>

#include "unit/call/town.hpp"

namespace carillon::call {
namespace {

using ::testing::ElementsAre;

Config with(Limits limits) {
  Config config;
  config.limits = limits;
  return config;
}

/// A call that ends at once, so that only its ring counts.
Happened ring_once(Town& town, const std::string& device, std::vector<std::string> callees) {
  Happened happened = town.start(device, std::move(callees));
  if (happened.ok()) town.end(device);
  return happened;
}

TEST(Limits, WhoRingsTooManyIsToldWhenToComeBack) {
  Town town = quiet_town(with({.rings_per_minute_user = 2}));
  EXPECT_TRUE(ring_once(town, "alice.phone", {"bob"}).ok());
  town.now += 5s;
  EXPECT_TRUE(ring_once(town, "alice.laptop", {"carol"}).ok());
  const Happened refused = town.start("alice.phone", {"dave"});
  EXPECT_THAT(refused, Refused(Errc::rate_limited));
  EXPECT_EQ(refused.reply.error().retry_after, 55s);
  EXPECT_EQ(town.calls.refusals().rings_per_minute_user, 1u);
  EXPECT_TRUE(town.start("dave.phone", {"alice"}).ok()) << "the others ring on";
  town.now += 55s;
  EXPECT_TRUE(town.start("alice.laptop", {"carol"}).ok());
}

TEST(Limits, TheSamePersonIsNotRungTooOften) {
  Town town = quiet_town(with({.rings_per_minute_pair = 1}));
  EXPECT_TRUE(ring_once(town, "alice.phone", {"bob"}).ok());
  EXPECT_THAT(town.start("alice.phone", {"bob", "carol"}), Refused(Errc::rate_limited));
  EXPECT_EQ(town.calls.refusals().rings_per_minute_pair, 1u);
  EXPECT_TRUE(town.start("alice.phone", {"carol"}).ok());
  EXPECT_TRUE(town.start("dave.phone", {"bob"}).ok());
}

TEST(Limits, OneLetsTheSamePersonRingInSoManyCallsAtATime) {
  Town town = quiet_town(with({.rings_at_once_pair = 2}));
  EXPECT_TRUE(town.start("alice.phone", {"bob"}).ok());
  town.now += 5s;
  EXPECT_TRUE(town.start("alice.laptop", {"bob", "carol"}).ok());
  town.now += 5s;
  const Happened refused = town.start("alice.phone", {"dave", "bob"});
  EXPECT_THAT(refused, Refused(Errc::rate_limited));
  EXPECT_EQ(refused.reply.error().retry_after, 20s) << "when the first of them stops ringing";
  EXPECT_EQ(town.calls.refusals().rings_at_once_pair, 1u);
  EXPECT_TRUE(town.start("alice.phone", {"dave"}).ok());
  EXPECT_THAT(town.invite("alice.phone", {"bob"}), Refused(Errc::rate_limited));
  EXPECT_TRUE(town.start("dave.phone", {"bob"}).ok()) << "the others ring on";
  town.wait(20s);
  EXPECT_TRUE(town.start("alice.phone", {"bob", "dave"}).ok());
}

TEST(Limits, WhatIsOverOrAnsweredOrIsReplacedRingsNoMore) {
  Town town = quiet_town(with({.rings_at_once_pair = 1}));
  town.start("alice.phone", {"bob"});
  EXPECT_TRUE(town.start("alice.phone", {"bob"}).ok()) << "a recall takes the place of the call before";
  EXPECT_THAT(town.start("alice.laptop", {"bob", "carol"}), Refused(Errc::rate_limited));
  town.end("alice.phone");
  EXPECT_TRUE(town.start("alice.laptop", {"bob", "carol"}).ok());
  town.accept("bob.phone");
  EXPECT_TRUE(town.start("alice.phone", {"bob", "dave"}).ok());
}

TEST(Limits, WhoHasBlockedTheCallerRingsAsLongForHim) {
  Town town = quiet_town(with({.rings_at_once_pair = 1}));
  town.event(BlockChanged{UserId{"bob"}, UserId{"alice"}});
  town.start("alice.phone", {"bob"});
  EXPECT_THAT(town.start("alice.laptop", {"bob", "carol"}), Refused(Errc::rate_limited));
}

TEST(Limits, AnInvitationCountsLikeACall) {
  Town town = quiet_town(with({.rings_per_minute_user = 2}));
  town.start("alice.phone", {"bob"});
  town.accept("bob.phone");
  EXPECT_TRUE(town.invite("alice.phone", {"carol"}).ok());
  EXPECT_THAT(town.invite("alice.phone", {"dave"}), Refused(Errc::rate_limited));
  EXPECT_TRUE(town.invite("alice.phone", {"carol"}).ok()) << "she rings already: nobody is rung by this";
  EXPECT_TRUE(town.invite("bob.phone", {"dave"}).ok());
}

TEST(Limits, AServerThatDrainsTakesNoNewCalls) {
  Town town = quiet_town();
  town.start("alice.phone", {"bob"});
  town.calls.drain(town.now + 20s);
  EXPECT_TRUE(town.start("bob.phone", {"alice"}).ok()) << "what rings may still be answered";
  const Happened refused = town.start("carol.phone", {"dave"});
  EXPECT_THAT(refused, Refused(Errc::unavailable));
  EXPECT_EQ(refused.reply.error().retry_after, 20s);
  EXPECT_THAT(refused.actions, ::testing::IsEmpty());
  EXPECT_THAT(town.invite("alice.phone", {"carol"}), Refused(Errc::unavailable));
  town.now += 30s;
  EXPECT_EQ(town.start("carol.phone", {"dave"}).reply.error().retry_after, 1s) << "the last call takes its time";
  town.calls.drain(std::nullopt);
  EXPECT_TRUE(town.start("carol.phone", {"dave"}).ok());
}

TEST(Limits, MoreCalleesThanAMinuteAllowsAreTooManyForever) {
  Town town = quiet_town(with({.rings_per_minute_user = 2}));
  const Happened refused = town.start("alice.phone", {"bob", "carol", "dave"});
  EXPECT_THAT(refused, Refused(Errc::too_large));
  EXPECT_FALSE(refused.reply.error().retry_after);
}

TEST(Limits, WhatRingsNobodyIsNotCounted) {
  Town town = quiet_town(with({.rings_per_minute_user = 1}));
  town.start("alice.phone", {"bob"});
  EXPECT_TRUE(town.start("bob.phone", {"alice"}).ok()) << "glare: they meet";
  EXPECT_TRUE(town.start("bob.laptop", {"carol"}).ok());
}

TEST(Limits, ARefusedRequestMayBeTriedAgainAndASuccessfulOneIsDoneOnce) {
  Town town = quiet_town(with({.rings_per_minute_user = 1}));
  ring_once(town, "alice.phone", {"bob"});
  StartCall again = town.to_start("alice.phone", {"carol"});
  again.request = RequestId{"one"};
  EXPECT_THAT(town.start(again), Refused(Errc::rate_limited));
  town.now += 1min;
  EXPECT_TRUE(town.start(again).ok());
  const Happened repeated = town.start(again);
  EXPECT_TRUE(repeated.ok());
  EXPECT_TRUE(repeated.actions.empty());
}

TEST(Limits, ARefusedRecallLeavesTheCallAsItIs) {
  Town town = quiet_town(with({.rings_per_minute_pair = 1}));
  town.start("alice.phone", {"bob"});
  EXPECT_THAT(town.start("alice.phone", {"bob"}), Refused(Errc::rate_limited));
  EXPECT_TRUE(town.accept("bob.phone").ok());
}

TEST(Limits, AKeyHasSoManyCallsAtATime) {
  Town town = quiet_town(with({.rooms_per_key = 1}));
  StartCall first = town.to_start("alice.phone", {"bob"});
  first.key = "app";
  EXPECT_TRUE(town.start(first).ok());
  const CallId on = town.latest;
  StartCall second = town.to_start("carol.phone", {"dave"});
  second.key = "app";
  const Happened refused = town.start(second);
  EXPECT_THAT(refused, Refused(Errc::rate_limited));
  EXPECT_TRUE(refused.reply.error().retry_after);
  EXPECT_EQ(town.calls.refusals().rooms_per_key, 1u);
  StartCall other = town.to_start("carol.phone", {"dave"});
  other.key = "other app";
  EXPECT_TRUE(town.start(other).ok());
  town.end("alice.phone", on);
  StartCall third = town.to_start("alice.laptop", {"bob"});
  third.key = "app";
  EXPECT_TRUE(town.start(third).ok());
}

TEST(Limits, ACallThatTakesThePlaceOfAnotherNeedsNoRoomBesideIt) {
  Town town = quiet_town(with({.rooms_per_key = 1}));
  town.start("alice.phone", {"bob"});
  StartCall recall = town.to_start("alice.phone", {"bob"});
  recall.calls_max = 1;
  EXPECT_TRUE(town.start(recall).ok());
}

TEST(Grants, AUserHasAsManyCallsAtOnceAsHisTokenSays) {
  Town town = quiet_town();
  const auto start = [&](const std::string& device, const std::string& callee) {
    StartCall command = town.to_start(device, {callee});
    command.calls_max = 1;
    return town.start(command);
  };
  EXPECT_TRUE(start("alice.phone", "bob").ok());
  const CallId first = town.latest;
  const Happened refused = start("alice.laptop", "carol");
  EXPECT_THAT(refused, Refused(Errc::forbidden));
  EXPECT_TRUE(start("carol.phone", "alice").ok()) << "who is called is not their caller";
  town.end("alice.phone", first);
  EXPECT_TRUE(start("alice.laptop", "dave").ok());
}

/// carol and dave talk in the room "team".
Town town_with_room(Config config = {}) {
  Town town = quiet_town(config);
  StartCall theirs = town.to_start("carol.phone", {"dave"});
  theirs.room = RoomId{"team"};
  town.start(theirs);
  town.accept("dave.phone");
  return town;
}

StartCall into_the_room(Town& town, const std::string& device, std::vector<std::string> callees) {
  StartCall command = town.to_start(device, std::move(callees));
  command.room = RoomId{"team"};
  return command;
}

TEST(Grants, WhoMayNotAcceptJoinsNoCallByItsRoom) {
  Town town = town_with_room();
  StartCall command = into_the_room(town, "alice.phone", {"bob"});
  command.accept = false;
  EXPECT_THAT(town.start(command), Refused(Errc::forbidden));
  command.room = RoomId{"another"};
  EXPECT_TRUE(town.start(command).ok());
}

TEST(Grants, WhoMayNotAcceptAnswersNobodyByCallingHim) {
  Town town = ringing_call();
  StartCall command = town.to_start("bob.phone", {"alice"});
  command.accept = false;
  EXPECT_THAT(town.start(command), Refused(Errc::forbidden));
  EXPECT_EQ(town.current()->state(), State::ringing);
}

TEST(Grants, WhoMayNotAcceptMovesNoSeatByCalling) {
  Town town = accepted_call();
  StartCall command = town.to_start("alice.laptop", {"bob"});
  command.accept = false;
  EXPECT_THAT(town.start(command), Refused(Errc::forbidden));
}

TEST(Grants, WhoStartsAgainWhereHeIsIsAnsweredAgain) {
  Town town = quiet_town();
  StartCall command = into_the_room(town, "alice.phone", {"bob"});
  command.accept = false;
  command.to = {UserId{"bob"}};
  const CallId call = town.start(command).call();
  command.new_call = CallId{"another"};
  EXPECT_EQ(town.start(command).call(), call);
}

TEST(Grants, WhoMayCallSomeJoinsARoomOnlyWhereAllAreOfThem) {
  Town town = town_with_room();
  StartCall command = into_the_room(town, "alice.phone", {"bob"});
  command.to = {UserId{"bob"}, UserId{"carol"}};
  EXPECT_THAT(town.start(command), Refused(Errc::forbidden));
  command.to->push_back(UserId{"dave"});
  EXPECT_TRUE(town.start(command).ok());
}

TEST(Grants, WhoWasCalledIntoARoomJoinsItWhoeverIsThere) {
  Town town = town_with_room();
  town.invite("carol.phone", {"alice"});
  StartCall command = into_the_room(town, "alice.phone", {"bob"});
  command.to = {UserId{"bob"}};
  EXPECT_TRUE(town.start(command).ok());
  town.leave("alice.phone");
  EXPECT_TRUE(town.start(command).ok()) << "and comes back";
}

TEST(Grants, NoneAtAllMayBeGranted) {
  Town town = quiet_town();
  StartCall command = town.to_start("alice.phone", {"bob"});
  command.calls_max = 0;
  EXPECT_THAT(town.start(command), Refused(Errc::forbidden));
}

}  // namespace
}  // namespace carillon::call
