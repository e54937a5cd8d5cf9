#include "http/address_limits.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace carillon::http {
namespace {

using namespace std::chrono_literals;
using Verdict = AddressLimits::Verdict;

constexpr Time t0 = from_ms(1'000'000);
auto ip(const char* text) { return boost::asio::ip::make_address(text); }

TEST(AddressLimits, SoManyAreWelcomeAtOnce) {
  AddressLimits limits{{.at_once = 2}};
  std::vector<AddressLimits::Entry> open;
  for (const Verdict expected : {Verdict::welcome, Verdict::welcome, Verdict::too_many}) {
    open.push_back(limits.enter(ip("192.0.2.1"), t0));
    EXPECT_EQ(open.back().verdict, expected);
  }
  EXPECT_EQ(limits.enter(ip("192.0.2.2"), t0).verdict, Verdict::welcome);
  open.erase(open.begin(), open.begin() + 2);
  EXPECT_EQ(limits.enter(ip("192.0.2.1"), t0).verdict, Verdict::welcome);
  EXPECT_EQ(limits.refused().too_many, 1u);
  EXPECT_EQ(limits.refused().too_often, 0u);
}

TEST(AddressLimits, TenSecondsWorthOfNewOnesAreWelcomeTogether) {
  AddressLimits limits{{.per_second = 5}};
  for (int i = 0; i < 50; ++i) EXPECT_EQ(limits.enter(ip("192.0.2.1"), t0).verdict, Verdict::welcome);
  EXPECT_EQ(limits.enter(ip("192.0.2.1"), t0).verdict, Verdict::too_often);
  EXPECT_EQ(limits.enter(ip("192.0.2.2"), t0).verdict, Verdict::welcome);
  EXPECT_EQ(limits.enter(ip("192.0.2.1"), t0 + 200ms).verdict, Verdict::welcome);
  EXPECT_EQ(limits.refused().too_often, 1u);
  EXPECT_EQ(limits.refused().too_many, 0u);
}

TEST(AddressLimits, EachHoldsForThisMachineWhenThatIsSaidOfIt) {
  const auto last_of_three = [](bool at_once, bool per_second) {
    AddressLimits limits{
        {.at_once = 2, .per_second = 0, .loopback_at_once = at_once, .loopback_per_second = per_second}};
    const auto first = limits.enter(ip("127.0.0.1"), t0), second = limits.enter(ip("127.0.0.1"), t0);
    return limits.enter(ip("::ffff:127.0.0.1"), t0).verdict;
  };
  EXPECT_EQ(last_of_three(false, true), Verdict::welcome);
  EXPECT_EQ(last_of_three(true, false), Verdict::too_many);
  const auto eleventh = [](bool at_once, bool per_second) {
    AddressLimits limits{
        {.at_once = 0, .per_second = 1, .loopback_at_once = at_once, .loopback_per_second = per_second}};
    for (int i = 0; i < 10; ++i) EXPECT_EQ(limits.enter(ip("::1"), t0).verdict, Verdict::welcome);
    return limits.enter(ip("::1"), t0).verdict;
  };
  EXPECT_EQ(eleventh(true, false), Verdict::welcome);
  EXPECT_EQ(eleventh(false, true), Verdict::too_often);
}

TEST(AddressLimits, WithoutLimitsNobodyIsCounted) {
  AddressLimits limits{{}};
  for (int i = 0; i < 1000; ++i) {
    const auto entry = limits.enter(ip("192.0.2.1"), t0);
    EXPECT_EQ(entry.verdict, Verdict::welcome);
    EXPECT_EQ(entry.place.number(), 0u);
  }
}

}  // namespace
}  // namespace carillon::http
