#include "push/hosts.hpp"

#include <gtest/gtest.h>

namespace carillon::push {
namespace {

using fetch::Reach;

std::optional<Reach> reach(const Hosts& hosts, const std::string& address) {
  const auto url = fetch::parse_url(address);
  EXPECT_TRUE(url) << address;
  return url ? hosts.find(*url) : std::nullopt;
}

Hosts with(const std::vector<std::string>& entries) {
  const auto hosts = Hosts::with(entries);
  EXPECT_TRUE(hosts) << hosts.error().detail;
  return *hosts;
}

TEST(Hosts, TheBrowsersPushServicesAreKnown) {
  for (const char* address :
       {"https://fcm.googleapis.com/fcm/send/x", "https://updates.push.services.mozilla.com/wpush/v2/x",
        "https://web.push.apple.com/x", "https://wns2-par02p.notify.windows.com/w/?token=x",
        "https://FCM.googleapis.com./fcm/send/x"}) {
    EXPECT_EQ(reach({}, address), Reach::internet) << address;
  }
}

TEST(Hosts, NothingElseIsAllowed) {
  for (const char* address :
       {"https://push.example/", "https://fcm.googleapis.com.evil.example/", "https://evilfcm.googleapis.com/",
        "https://push.services.mozilla.com.evil.example/", "https://.push.apple.com/",
        "https://fcm.googleapis.com:8443/", "https://127.0.0.1/", "https://[::1]/", "https://2130706433/",
        "https://0177.0.0.1/", "https://127.1/", "https://localhost/"}) {
    EXPECT_EQ(reach({}, address), std::nullopt) << address;
  }
}

TEST(Hosts, WhatTheOperatorListsMayBeAnywhere) {
  const Hosts hosts = with({"push.example", "localhost:8443", "*.unified.example", "[::1]:9000", "10.0.0.7"});
  EXPECT_EQ(reach(hosts, "https://push.example/"), Reach::anywhere);
  EXPECT_EQ(reach(hosts, "https://push.example:444/"), Reach::anywhere);
  EXPECT_EQ(reach(hosts, "https://localhost:8443/"), Reach::anywhere);
  EXPECT_EQ(reach(hosts, "https://localhost/"), std::nullopt);
  EXPECT_EQ(reach(hosts, "https://a.unified.example/"), Reach::anywhere);
  EXPECT_EQ(reach(hosts, "https://unified.example/"), std::nullopt);
  EXPECT_EQ(reach(hosts, "https://[::1]:9000/"), Reach::anywhere);
  EXPECT_EQ(reach(hosts, "https://[::1]:9001/"), std::nullopt);
  EXPECT_EQ(reach(hosts, "https://10.0.0.7/"), Reach::anywhere);
  EXPECT_EQ(reach(hosts, "https://fcm.googleapis.com/"), Reach::internet);
}

TEST(Hosts, AStarIsEveryHostOfTheInternet) {
  const Hosts hosts = with({"*", "10.0.0.7:443"});
  EXPECT_EQ(reach(hosts, "https://anything.example:1234/"), Reach::internet);
  EXPECT_EQ(reach(hosts, "https://127.0.0.1/"), Reach::internet);  // and is then refused when we connect
  EXPECT_EQ(reach(hosts, "https://10.0.0.7/"), Reach::anywhere);
}

TEST(Hosts, AnEntryThatIsNoHostIsNamed) {
  for (const char* entry : {"", "https://push.example", "push.example/x", "a b", "push.example:0", "push.example:99999",
                            "user@push.example", "**", "*.", "push.example?x"}) {
    const auto hosts = Hosts::with({entry});
    ASSERT_FALSE(hosts) << entry;
    EXPECT_EQ(hosts.error().detail, std::string{"expected host, host:port, *.host or *, and not \""} + entry + "\"");
  }
}

}  // namespace
}  // namespace carillon::push
