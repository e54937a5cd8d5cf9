#include "fetch/url.hpp"

#include <gtest/gtest.h>

#include <string>

namespace carillon::fetch {
namespace {

TEST(Url, TellsWhomItIsFor) {
  const auto url = parse_url("https://Push.Example:8443/a/b?c=d");
  ASSERT_TRUE(url);
  EXPECT_TRUE(url->is_https);
  EXPECT_EQ(url->host, "push.example");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->origin(), "https://push.example:8443");
  EXPECT_EQ(url->text, "https://Push.Example:8443/a/b?c=d");
}

TEST(Url, TheUsualPortIsNoPartOfTheOrigin) {
  EXPECT_EQ(parse_url("https://push.example:443/")->origin(), "https://push.example");
  EXPECT_EQ(parse_url("https://push.example")->origin(), "https://push.example");
  EXPECT_EQ(parse_url("http://push.example/")->origin(), "http://push.example");
  EXPECT_EQ(parse_url("http://push.example:8080/")->origin(), "http://push.example:8080");
}

TEST(Url, AnIPv6AddressHasBracketsInTheOriginOnly) {
  const auto url = parse_url("https://[::1]:9000/x");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "::1");
  EXPECT_EQ(url->origin(), "https://[::1]:9000");
}

TEST(Url, ADotAtTheEndOfANameIsLeftOut) { EXPECT_EQ(parse_url("https://push.example./")->host, "push.example"); }

TEST(Url, WhatIsNoneIsRefusedAndNotQuoted) {
  for (const std::string& text :
       {std::string{}, std::string{"/path"}, std::string{"push.example"}, std::string{"https://"},
        std::string{"https:///x"}, std::string{"ftp://push.example/"}, std::string{"file:///etc/passwd"},
        std::string{"https://user@push.example/"}, std::string{"https://user:secret@push.example/"},
        std::string{"https://push.example/#fragment"}, std::string{"https://push.example:0/"},
        std::string{"https://push.example:65536/"}, std::string{"https://push.example:x/"},
        std::string{"https://push.example/a b"}, std::string{"https://push.example/\n"},
        std::string{"https://push.ex\xC3\xA4mple/"}, std::string{"https://%31%32%37.0.0.1%2f/"},
        "https://push.example/" + std::string(url_bytes_max, 'a')}) {
    const auto url = parse_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().detail.find("push.ex"), std::string::npos) << url.error().detail;
    EXPECT_EQ(url.error().detail.find("secret"), std::string::npos) << url.error().detail;
  }
}

}  // namespace
}  // namespace carillon::fetch
