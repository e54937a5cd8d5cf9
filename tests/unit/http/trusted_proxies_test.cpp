#include "http/trusted_proxies.hpp"

#include <gtest/gtest.h>

namespace carillon::http {
namespace {

auto ip(const char* text) { return boost::asio::ip::make_address(text); }

AddressPrefix prefix(const char* text) {
  const Result<AddressPrefix> parsed = AddressPrefix::parse(text);
  EXPECT_TRUE(parsed) << text;
  return parsed ? *parsed : AddressPrefix{};
}

std::string error_of(const char* text) {
  const Result<AddressPrefix> parsed = AddressPrefix::parse(text);
  return parsed ? "taken" : parsed.error().detail;
}

TEST(AddressPrefix, HoldsTheAddressesThatBeginWithIt) {
  struct Case {
    const char *prefix, *first, *last, *below, *above;
  };
  for (const Case& one : {
           Case{"10.0.0.0/8", "10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0"},
           Case{"192.0.2.16/28", "192.0.2.16", "192.0.2.31", "192.0.2.15", "192.0.2.32"},
           Case{"192.0.2.7", "192.0.2.7", "::ffff:192.0.2.7", "192.0.2.6", "192.0.2.8"},
           Case{"128.0.0.0/1", "128.0.0.0", "255.255.255.255", "127.255.255.255", "::1"},
           Case{"2001:db8::/32", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
                "2001:db7:ffff::", "2001:db9::"},
           Case{"2001:db8::/33", "2001:db8:7fff::", "2001:db8::1", "2001:db7::", "2001:db8:8000::"},
           Case{"::1", "::1", "::1", "::", "::2"},
           Case{"::/8", "::1", "ff::", "192.0.2.1", "100::"},
           Case{"::ffff:192.0.2.7", "192.0.2.7", "::ffff:192.0.2.7", "192.0.2.6", "192.0.2.8"},
       }) {
    const AddressPrefix parsed = prefix(one.prefix);
    EXPECT_TRUE(parsed.contains(ip(one.first))) << one.prefix;
    EXPECT_TRUE(parsed.contains(ip(one.last))) << one.prefix;
    EXPECT_FALSE(parsed.contains(ip(one.below))) << one.prefix;
    EXPECT_FALSE(parsed.contains(ip(one.above))) << one.prefix;
    EXPECT_EQ(parsed.text(), one.prefix);
  }
}

TEST(AddressPrefix, WhatIsNoneIsRefusedWithWhatWasExpected) {
  for (const char* text : {"", "/", "proxy.example", "192.0.2", "192.0.2.1/", "192.0.2.1/33", "192.0.2.1/-1",
                           "192.0.2.1/8x", "192.0.2.1:80", "2001:db8::/129", "::ffff:10.0.0.0/104", "[::1]", "*",
                           "fe80::1%1", " 192.0.2.1", "192.0.2.1/8/8"}) {
    EXPECT_EQ(error_of(text), "expected an address or a prefix, as 192.0.2.1, 10.0.0.0/8 or 2001:db8::/32, not '" +
                                  std::string{text} + "'");
  }
  for (const char* text : {"10.0.0.1/8", "2001:db8::1/32", "192.0.2.17/28"}) {
    EXPECT_EQ(error_of(text), "'" + std::string{text} + "': the address goes on behind its prefix");
  }
  for (const char* text : {"0.0.0.0/0", "::/0"}) EXPECT_NE(error_of(text).find("is everybody"), std::string::npos);
}

TEST(TrustedProxies, BelieveTheLastAddressThatIsNoneOfTheirs) {
  const TrustedProxies proxies{{prefix("192.0.2.1"), prefix("10.0.0.0/8"), prefix("2001:db8::/32")}};
  const auto client = [&](std::initializer_list<Headers::Field> fields) {
    const auto found = proxies.client_of(ip("192.0.2.1"), Headers{fields});
    return (found.is_known ? "" : "? ") + found.address.to_string();
  };
  const std::string name = "X-Forwarded-For";
  EXPECT_EQ(client({{name, "198.51.100.7"}}), "198.51.100.7");
  EXPECT_EQ(client({{name, "203.0.113.1, 198.51.100.7"}}), "198.51.100.7") << "the first is the client's own word";
  EXPECT_EQ(client({{name, "198.51.100.7, 10.1.2.3,2001:db8::1"}}), "198.51.100.7");
  EXPECT_EQ(client({{name, "203.0.113.1, 198.51.100.7, 10.1.2.3"}}), "198.51.100.7");
  EXPECT_EQ(client({{name, "203.0.113.1"}, {"x-forwarded-for", "198.51.100.7"}}), "198.51.100.7") << "as one list";
  EXPECT_EQ(client({{name, "198.51.100.7"}, {"Host", "h"}, {name, "10.1.2.3"}}), "198.51.100.7");
  EXPECT_EQ(client({{name, "198.51.100.7:4711"}}), "198.51.100.7");
  EXPECT_EQ(client({{name, "2a00::1"}}), "2a00::1");
  EXPECT_EQ(client({{name, "[2a00::1]:4711"}}), "2a00::1");
  EXPECT_EQ(client({{name, "::ffff:198.51.100.7"}}), "198.51.100.7");
  EXPECT_EQ(client({{name, "198.51.100.7, , "}}), "198.51.100.7") << "RFC 9110 section 5.6.1.2: nothing there";
  EXPECT_EQ(client({{name, "10.0.0.5"}}), "10.0.0.5") << "one of ours";
  EXPECT_EQ(client({{name, "10.0.0.6, 10.0.0.5"}}), "10.0.0.6");
}

TEST(TrustedProxies, CountForWhomTheyNameNobody) {
  const TrustedProxies proxies{{prefix("192.0.2.1"), prefix("10.0.0.0/8")}};
  const auto client = [&](std::initializer_list<Headers::Field> fields) {
    const auto found = proxies.client_of(ip("::ffff:192.0.2.1"), Headers{fields});
    return (found.is_known ? "" : "? ") + found.address.to_string();
  };
  const std::string name = "X-Forwarded-For";
  EXPECT_EQ(client({}), "? 192.0.2.1");
  EXPECT_EQ(client({{name, ""}}), "? 192.0.2.1");
  EXPECT_EQ(client({{name, "unknown"}}), "? 192.0.2.1");
  EXPECT_EQ(client({{name, "198.51.100.7, unknown"}}), "? 192.0.2.1") << "what stands before is nobody's word";
  EXPECT_EQ(client({{name, "198.51.100.7, nonsense, 10.0.0.5"}}), "? 10.0.0.5") << "the one that handed it on";
  EXPECT_EQ(client({{"X-Real-IP", "198.51.100.7"}, {"Forwarded", "for=198.51.100.7"}}), "? 192.0.2.1");
}

TEST(TrustedProxies, AreNobodyByDefault) {
  EXPECT_FALSE(TrustedProxies{}.contains(ip("127.0.0.1")));
  EXPECT_FALSE(TrustedProxies{}.contains(ip("::")));
}

TEST(ParsePeer, TakesAnAddressWithAndWithoutItsPort) {
  const auto parsed = [](std::string_view text) {
    const auto peer = parse_peer(text);
    return peer ? peer->to_string() : "none";
  };
  EXPECT_EQ(parsed("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(parsed("192.0.2.1:65535"), "192.0.2.1");
  EXPECT_EQ(parsed("2001:db8::1"), "2001:db8::1");
  EXPECT_EQ(parsed("[2001:db8::1]"), "2001:db8::1");
  EXPECT_EQ(parsed("[2001:db8::1]:1"), "2001:db8::1");
  for (const char* text : {"", ":", "[", "[]", "[]:1", "]:1", "192.0.2.1:", "192.0.2.1:65536", "192.0.2.1:x",
                           "192.0.2.1:1:2", "[2001:db8::1", "[2001:db8::1]1", "[2001:db8::1]:", "192.0.2.1 ",
                           "192.0.2.256", "localhost", "_hidden", "\"192.0.2.1\""}) {
    EXPECT_EQ(parsed(text), "none") << text;
  }
  EXPECT_EQ(parsed(std::string(8000, '1')), "none");
}

}  // namespace
}  // namespace carillon::http
