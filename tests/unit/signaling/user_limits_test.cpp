// How much one user may ask of the store.
#include "signaling/user_limits.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

namespace carillon::signaling {
namespace {

using namespace std::chrono_literals;

constexpr Time start{1'800'000'000s};

TEST(UserLimits, OneUserHasSoManyPlacesAndTheOthersHaveTheirOwn) {
  UserLimits limits{2, 0};
  std::vector<std::string> refused;
  limits.on_refused = [&](std::string_view limit) { refused.emplace_back(limit); };
  auto first = limits.enter("alice", start);
  const auto second = limits.enter("alice", start);
  ASSERT_TRUE(first && second);
  const auto third = limits.enter("alice", start);
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, Errc::rate_limited);
  EXPECT_GT(third.error().retry_after, 0ms);
  EXPECT_TRUE(limits.enter("bob", start));
  EXPECT_EQ(refused, std::vector<std::string>{"waiting-per-user"});

  UserLimits::Place copy = *first;
  first = UserLimits::Place{};
  EXPECT_FALSE(limits.enter("alice", start)) << "a copy of it waits still";
  copy.reset();
  EXPECT_TRUE(limits.enter("alice", start));
}

TEST(UserLimits, WhoAsksByRestTooOftenHearsWhenToComeBack) {
  UserLimits limits{0, 10};
  std::vector<std::string> refused;
  limits.on_refused = [&](std::string_view limit) { refused.emplace_back(limit); };
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(limits.admit("alice", start)) << i;
  const auto refusal = limits.admit("alice", start);
  ASSERT_FALSE(refusal);
  EXPECT_EQ(refusal.error().code, Errc::rate_limited);
  EXPECT_EQ(refusal.error().retry_after, 100ms);
  EXPECT_EQ(refused, std::vector<std::string>{"messages-per-second"});
  EXPECT_TRUE(limits.admit("bob", start));
  EXPECT_TRUE(limits.admit("alice", start + 100ms));
  EXPECT_FALSE(limits.admit("alice", start + 100ms));
}

TEST(UserLimits, WithoutLimitsNobodyIsRefusedNorRemembered) {
  UserLimits limits{0, 0};
  std::vector<Result<UserLimits::Place>> places;
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(limits.admit("alice", start));
    places.push_back(limits.enter("alice", start));
    ASSERT_TRUE(places.back());
  }
  EXPECT_EQ(limits.size(), 0u);
}

TEST(UserLimits, WhoeverAsksNoMoreIsForgottenAndWhoeverWaitsIsNot) {
  UserLimits limits{1, 10};
  const auto waiting = limits.enter("waiting", start);
  ASSERT_TRUE(waiting);
  for (int i = 0; i < 10'000; ++i)
    ASSERT_TRUE(limits.admit("user " + std::to_string(i), start + std::chrono::milliseconds{i}));
  EXPECT_LT(limits.size(), 5'000u) << "twice those of two seconds, at most";
  EXPECT_FALSE(limits.enter("waiting", start + 10s));
}

TEST(UserLimits, APlaceMayOutliveThem) {
  auto limits = std::make_optional<UserLimits>(1, 0);
  auto place = limits->enter("alice", start);
  ASSERT_TRUE(place);
  limits.reset();
  place = UserLimits::Place{};
}

}  // namespace
}  // namespace carillon::signaling
