#include "http/address_rate.hpp"

#include <gtest/gtest.h>

namespace carillon::http {
namespace {

using namespace std::chrono_literals;

constexpr Time t0 = from_ms(1'000'000);
auto ip(const char* text) { return boost::asio::ip::make_address(text); }
auto numbered(unsigned i) { return boost::asio::ip::address{boost::asio::ip::address_v4{0x0a000000U + i}}; }

/// How many pass of many at one moment.
int passing(AddressRate& rate, const boost::asio::ip::address& address, Time now) {
  int count = 0;
  while (count < 10'000 && !rate.take(address, now)) ++count;
  return count;
}

TEST(AddressRate, LetsABurstThroughAndThenSoManyASecond) {
  AddressRate rate{50, 500};
  EXPECT_EQ(passing(rate, ip("192.0.2.1"), t0), 500);
  EXPECT_EQ(rate.take(ip("192.0.2.1"), t0), 20ms);
  EXPECT_EQ(passing(rate, ip("192.0.2.1"), t0 + 1s), 50);
  EXPECT_EQ(passing(rate, ip("192.0.2.1"), t0 + 3s), 100);
}

TEST(AddressRate, IsEachAddressesOwn) {
  AddressRate rate{1, 2};
  EXPECT_EQ(passing(rate, ip("192.0.2.1"), t0), 2);
  EXPECT_EQ(passing(rate, ip("192.0.2.2"), t0), 2);
  EXPECT_EQ(passing(rate, ip("2001:db8::1"), t0), 2);
  EXPECT_EQ(passing(rate, ip("2001:db8::2"), t0), 0) << "of the same customer";
}

TEST(AddressRate, ForgetsNobodyWhoIsNotYetFullAgain) {
  AddressRate rate{1, 10};
  (void)rate.take(ip("192.0.2.9"), t0);  // from here on the young ones get old every 10 s
  EXPECT_EQ(passing(rate, ip("192.0.2.1"), t0 + 9999ms), 10);
  EXPECT_EQ(passing(rate, ip("192.0.2.1"), t0 + 10999ms), 1);
  (void)rate.take(ip("192.0.2.9"), t0 + 15s);
  EXPECT_EQ(passing(rate, ip("192.0.2.1"), t0 + 19999ms), 9);
}

TEST(AddressRate, ForgetsWhoHasComeNoMore) {
  AddressRate rate{1, 10};
  for (unsigned i = 0; i < 1000; ++i) (void)rate.take(numbered(i), t0);
  EXPECT_EQ(rate.addresses(), 1000u);
  (void)rate.take(ip("192.0.2.1"), t0 + 10s);
  (void)rate.take(ip("192.0.2.1"), t0 + 20s);
  EXPECT_EQ(rate.addresses(), 2u) << "one, young and old";
}

TEST(AddressRate, DoesNotGrowWithoutEnd) {
  AddressRate rate{50, 500};
  for (unsigned i = 0; i < 200'000; ++i) EXPECT_FALSE(rate.take(numbered(i), t0)) << "a new address always passes";
  EXPECT_LE(rate.addresses(), 2 * AddressRate::addresses_max);
}

}  // namespace
}  // namespace carillon::http
