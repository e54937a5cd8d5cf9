// src/signaling/user_rates: what all sessions of a user share.
#include "signaling/user_rates.hpp"

#include <gtest/gtest.h>

#include <string>

namespace carillon::signaling {
namespace {

using namespace std::chrono_literals;

const UserId alice{"alice"};
const UserId bob{"bob"};
constexpr Time start{1'800'000'000s};

TEST(UserRates, OneUserSendsTwiceTheRateAtOnceAndTheOthersHaveTheirOwn) {
  UserRates rates{10, 0};
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(rates.message(alice, start)) << i;
  const auto refused = rates.message(alice, start);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->retry_after, 100ms);
  EXPECT_FALSE(refused->hopeless);
  EXPECT_FALSE(rates.message(bob, start));
  EXPECT_FALSE(rates.message(alice, start + 100ms));
}

TEST(UserRates, OneUserProducesEightTimesTheRateAtOnce) {
  UserRates rates{0, 2};
  for (int i = 0; i < 16; ++i) EXPECT_FALSE(rates.produce(alice, start)) << i;
  EXPECT_EQ(rates.produce(alice, start), 500ms);
  EXPECT_FALSE(rates.produce(bob, start));
  EXPECT_FALSE(rates.produce(alice, start + 500ms));
}

TEST(UserRates, WithoutLimitsNobodyIsRefusedNorRemembered) {
  UserRates rates{0, 0};
  for (int i = 0; i < 10'000; ++i) {
    EXPECT_FALSE(rates.message(alice, start));
    EXPECT_FALSE(rates.produce(alice, start));
  }
  EXPECT_EQ(rates.size(), 0u);
}

TEST(UserRates, WhoeverSendsNoMoreIsForgottenWhenHisSharesAreWholeAgain) {
  UserRates rates{10, 2};
  for (int i = 0; i < 300; ++i) (void)rates.message(alice, start);
  for (int i = 0; i < 300; ++i) (void)rates.message(UserId{std::to_string(i)}, start + 5s);
  EXPECT_EQ(rates.size(), 301u);
  (void)rates.message(bob, start + 12s);
  EXPECT_EQ(rates.size(), 301u) << "alice has gone, bob has come";
  (void)rates.message(bob, start + 23s);
  EXPECT_EQ(rates.size(), 1u);
}

}  // namespace
}  // namespace carillon::signaling
