#include "http/address_counter.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace carillon::http {
namespace {

auto ip(const char* text) { return boost::asio::ip::make_address(text); }

TEST(AddressCounter, CountsUntilThePlaceIsReleased) {
  const auto counter = std::make_shared<AddressCounter>();
  auto first = counter->take(ip("192.0.2.1"));
  auto second = counter->take(ip("192.0.2.1"));
  const auto other = counter->take(ip("192.0.2.2"));
  EXPECT_EQ(first.number(), 1u);
  EXPECT_EQ(second.number(), 2u);
  EXPECT_EQ(other.number(), 1u);
  EXPECT_EQ(counter->count(ip("192.0.2.1")), 2u);
  first.release();
  first.release();
  EXPECT_EQ(counter->count(ip("192.0.2.1")), 1u);
  { const AddressCounter::Place moved = std::move(second); }
  EXPECT_EQ(counter->count(ip("192.0.2.1")), 0u);
  EXPECT_EQ(counter->addresses(), 1u);
}

TEST(AddressCounter, APlaceThatIsTakenOverIsReleasedOnce) {
  const auto counter = std::make_shared<AddressCounter>();
  AddressCounter::Place place = counter->take(ip("192.0.2.1"));
  place = counter->take(ip("192.0.2.2"));
  EXPECT_EQ(counter->count(ip("192.0.2.1")), 0u);
  EXPECT_EQ(counter->count(ip("192.0.2.2")), 1u);
  place = {};
  EXPECT_EQ(counter->addresses(), 0u);
}

TEST(AddressCounter, APlaceMayOutliveItsCounter) {
  auto counter = std::make_shared<AddressCounter>();
  AddressCounter::Place place = counter->take(ip("192.0.2.1"));
  counter.reset();
  place.release();
}

TEST(AddressCounter, TakesTheSlash64OfIpv6ForOneAddress) {
  const auto counter = std::make_shared<AddressCounter>();
  std::vector<AddressCounter::Place> places;
  for (const char* text : {"2001:db8:0:1::1", "2001:db8:0:1::2", "2001:db8:0:1:ffff:ffff:ffff:ffff"}) {
    places.push_back(counter->take(ip(text)));
  }
  EXPECT_EQ(places.back().number(), 3u);
  EXPECT_EQ(counter->take(ip("2001:db8:0:2::1")).number(), 1u);
  EXPECT_EQ(counter->take(ip("2001:db8:1:1::1")).number(), 1u);
}

TEST(AddressCounter, KnowsIpv4ThroughASocketForBothFamilies) {
  const auto counter = std::make_shared<AddressCounter>();
  const auto place = counter->take(ip("::ffff:192.0.2.1"));
  EXPECT_EQ(counter->count(ip("192.0.2.1")), 1u);
  EXPECT_EQ(counter->count(ip("192.0.2.2")), 0u);
  EXPECT_EQ(counter->count(ip("::1")), 0u);
  EXPECT_TRUE(is_loopback(ip("127.0.0.9")));
  EXPECT_TRUE(is_loopback(ip("::1")));
  EXPECT_TRUE(is_loopback(ip("::ffff:127.0.0.1")));
  EXPECT_FALSE(is_loopback(ip("192.0.2.1")));
}

}  // namespace
}  // namespace carillon::http
