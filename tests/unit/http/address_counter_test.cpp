#include "http/address_counter.hpp"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace carillon::http
