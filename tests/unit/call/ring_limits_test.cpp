// Who has rung whom within the last minute.
#include "call/ring_limits.hpp"

#include <gtest/gtest.h>

#include "base/token_bucket.hpp"
#include "unit/call/town.hpp"

namespace carillon::call {
namespace {

constexpr Time t0{1'700'000'000s};
const UserId alice{"alice"};
const UserId bob{"bob"};
const UserId carol{"carol"};
const UserId dave{"dave"};

RingLimits per_user(std::size_t rings) { return RingLimits{Limits{.rings_per_minute_user = rings}}; }
RingLimits per_pair(std::size_t rings) { return RingLimits{Limits{.rings_per_minute_pair = rings}}; }

TEST(RingLimits, WithoutLimitsNothingIsRefusedAndNothingKept) {
  RingLimits rings{Limits{}};
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(rings.take(alice, {bob}, t0));
  EXPECT_EQ(rings.size(), 0u);
}

TEST(RingLimits, AUserRingsSoManyInAMinuteAndIsToldWhenTheOldestIsForgotten) {
  RingLimits rings = per_user(3);
  EXPECT_FALSE(rings.take(alice, {bob}, t0));
  EXPECT_FALSE(rings.take(alice, {carol}, t0 + 10s));
  EXPECT_FALSE(rings.take(alice, {dave}, t0 + 20s));
  EXPECT_EQ(rings.take(alice, {bob}, t0 + 30s), (RingLimits::Refusal{Limit::rings_per_minute_user, 30s}));
  EXPECT_EQ(rings.take(alice, {bob, carol}, t0 + 30s), (RingLimits::Refusal{Limit::rings_per_minute_user, 40s}));
  EXPECT_EQ(rings.take(alice, {bob}, t0 + 60s - 1ms), (RingLimits::Refusal{Limit::rings_per_minute_user, 1ms}));
  EXPECT_FALSE(rings.take(alice, {bob}, t0 + 60s));
}

TEST(RingLimits, EachCalleeCountsOneAndARefusedGroupCountsNone) {
  RingLimits rings = per_user(3);
  EXPECT_FALSE(rings.take(alice, {bob, carol}, t0));
  EXPECT_TRUE(rings.take(alice, {carol, dave}, t0));
  EXPECT_EQ(rings.size(), 2u);
  EXPECT_FALSE(rings.take(alice, {dave}, t0));
}

TEST(RingLimits, APairIsKeptByWhoRingsAndNotByWhoIsRung) {
  RingLimits rings = per_pair(2);
  EXPECT_FALSE(rings.take(alice, {bob}, t0));
  EXPECT_FALSE(rings.take(alice, {bob, carol}, t0 + 1s));
  EXPECT_EQ(rings.take(alice, {dave, bob}, t0 + 2s), (RingLimits::Refusal{Limit::rings_per_minute_pair, 58s}));
  EXPECT_FALSE(rings.take(alice, {dave}, t0 + 2s));
  EXPECT_FALSE(rings.take(carol, {bob}, t0 + 2s)) << "one caller locks nobody else out";
  EXPECT_FALSE(rings.take(bob, {alice}, t0 + 2s));
}

TEST(RingLimits, OfAnyMinuteNoMoreAreDeliveredThanAllowed) {
  RingLimits rings = per_user(60);
  std::vector<Time> delivered;
  for (Time now = t0; now < t0 + 5min; now += 37ms) {
    if (!rings.take(alice, {bob}, now)) delivered.push_back(now);
  }
  for (std::size_t i = 60; i < delivered.size(); ++i) EXPECT_GE(delivered[i] - delivered[i - 60], 1min);
  EXPECT_EQ(delivered.size(), 300u);
}

TEST(RingLimits, AMinuteLaterNothingIsRememberedOfAnybody) {
  RingLimits rings{Limits{.rings_per_minute_user = 5, .rings_per_minute_pair = 2}};
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(rings.take(UserId{"user" + std::to_string(i)}, {bob, carol}, t0));
  EXPECT_EQ(rings.size(), 200u);
  EXPECT_FALSE(rings.take(alice, {}, t0 + 1min));
  EXPECT_EQ(rings.size(), 0u);
}

TEST(TokenBucket, ABurstGoesThroughAndThenTheRate) {
  TokenBucket bucket{10, 20};
  for (int i = 0; i < 20; ++i) EXPECT_EQ(bucket.take(t0), std::nullopt) << i;
  EXPECT_EQ(bucket.take(t0), 100ms);
  EXPECT_EQ(bucket.take(t0 + 40ms), 60ms);
  EXPECT_EQ(bucket.take(t0 + 100ms), std::nullopt);
  EXPECT_EQ(bucket.take(t0 + 100ms), 100ms);
}

TEST(TokenBucket, ItFillsToTheBrimAndNotFurther) {
  TokenBucket bucket{10, 20};
  for (int i = 0; i < 20; ++i) EXPECT_EQ(bucket.take(t0), std::nullopt);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(bucket.take(t0 + 1h), std::nullopt) << i;
  EXPECT_TRUE(bucket.take(t0 + 1h));
}

TEST(TokenBucket, WhoComesBackWhenToldIsLetThrough) {
  for (const double rate : {0.3, 3.0, 7.0, 100.0, 997.0}) {
    TokenBucket bucket{rate, 1};
    Time now = t0;
    for (int i = 0; i < 1000; ++i) {
      EXPECT_EQ(bucket.take(now), std::nullopt) << rate << " a second, " << i;
      const auto wait = bucket.take(now);
      ASSERT_TRUE(wait) << rate;
      now += *wait;
    }
  }
}

TEST(TokenBucket, AClockThatGoesBackFillsNothing) {
  TokenBucket bucket{10, 1};
  EXPECT_EQ(bucket.take(t0), std::nullopt);
  EXPECT_EQ(bucket.take(t0 - 1h), 100ms);
  EXPECT_EQ(bucket.take(t0), 100ms);
}

}  // namespace
}  // namespace carillon::call
