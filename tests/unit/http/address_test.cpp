#include "http/address.hpp"

#include <gtest/gtest.h>

namespace carillon::http {
namespace {

auto ip(const char* text) { return boost::asio::ip::make_address(text); }
AddressKey key(const char* text) { return AddressKey{ip(text)}; }

TEST(Address, TheSlash64OfIpv6CountsAsOne) {
  EXPECT_EQ(key("2001:db8:0:1::1"), key("2001:db8:0:1:ffff:ffff:ffff:ffff"));
  EXPECT_NE(key("2001:db8:0:1::1"), key("2001:db8:0:2::1"));
  EXPECT_NE(key("2001:db8:0:1::1"), key("2001:db8:1:1::1"));
  EXPECT_NE(key("192.0.2.1"), key("192.0.2.2"));
}

TEST(Address, Ipv4ThroughASocketForBothFamiliesIsIpv4) {
  EXPECT_EQ(key("::ffff:192.0.2.1"), key("192.0.2.1"));
  EXPECT_NE(key("::1"), key("0.0.0.0")) << "their prefixes are the same number";
  EXPECT_EQ(plain(ip("::ffff:192.0.2.1")).to_string(), "192.0.2.1");
  EXPECT_EQ(plain(ip("2001:db8::1")).to_string(), "2001:db8::1");
}

TEST(Address, LoopbackIsKnownInEachForm) {
  for (const char* text : {"127.0.0.9", "::1", "::ffff:127.0.0.1"}) EXPECT_TRUE(is_loopback(ip(text))) << text;
  for (const char* text : {"192.0.2.1", "::", "128.0.0.1"}) EXPECT_FALSE(is_loopback(ip(text))) << text;
}

TEST(Address, EachTableHasItsOwnHashOfThem) {
  const AddressKeyHash one, other;
  EXPECT_EQ(one(key("192.0.2.1")), one(key("192.0.2.1")));
  EXPECT_NE(one(key("192.0.2.1")), one(key("192.0.2.2")));
  EXPECT_NE(one(key("192.0.2.1")), other(key("192.0.2.1")));
}

}  // namespace
}  // namespace carillon::http
