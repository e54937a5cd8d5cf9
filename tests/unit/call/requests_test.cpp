// A repeated requestId gets the same answer and has no second effect; what is remembered is bounded.
#include <gtest/gtest.h>

#include "unit/call/town.hpp"

namespace carillon::call {
namespace {

StartCall start_with(Town& town, const std::string& request) {
  StartCall start = town.to_start("alice.phone", {"bob"});
  start.request = RequestId{request};
  return start;
}

TEST(Requests, ARepeatedStartCallIsAnsweredAgainAndRingsOnce) {
  Town town = quiet_town();
  const Happened first = town.start(start_with(town, "r"));
  StartCall repeated = start_with(town, "r");  // another new_call: the driver does not know that it is a repetition
  const Happened second = town.start(repeated);
  EXPECT_THAT(second, Does());
  EXPECT_EQ(*second.reply, *first.reply);
  EXPECT_EQ(town.calls.counts().calls, 1u);
}

TEST(Requests, ARepeatedRefusalIsTheSameRefusal) {
  Town town = quiet_town();
  const Accept accept{DeviceId{"bob.phone"}, CallId{"call-1"}, RequestId{"r"}};
  EXPECT_THAT(town.command(accept), Refused(Errc::not_found));
  town.start("alice.phone", {"bob"});
  EXPECT_THAT(town.command(accept), Refused(Errc::not_found));
}

TEST(Requests, ARepeatedEndAfterTheEndIsStillAnsweredWell) {
  Town town = ringing_call();
  const End end{.device = DeviceId{"alice.phone"}, .call = town.latest, .request = RequestId{"r"}};
  EXPECT_TRUE(town.command(end).ok());
  EXPECT_THAT(town.command(end), Does());
  EXPECT_THAT(town.end("alice.phone"), Refused(Errc::not_found));  // without the id it is a late one
}

TEST(Requests, AreOfOneDeviceOneUserAndOneMethod) {
  Town town = ringing_call();
  town.command(Accept{DeviceId{"bob.phone"}, town.latest, RequestId{"r"}});
  EXPECT_THAT(town.command(Accept{DeviceId{"bob.laptop"}, town.latest, RequestId{"r"}}), Refused(Errc::conflict));
  EXPECT_THAT(town.command(Leave{DeviceId{"bob.phone"}, town.latest, RequestId{"r"}}).lines("record"),
              ::testing::ElementsAre("record hangup"));
  town.start("alice.phone", {"bob"});
  town.event(DeviceConnected{DeviceId{"bob.phone"}, UserId{"carol"}, "Carol"});
  EXPECT_THAT(town.command(Accept{DeviceId{"bob.phone"}, town.latest, RequestId{"r"}}), Refused(Errc::not_found));
}

TEST(Requests, AreForgottenAfterAWhileAndCounted) {
  Town town = quiet_town();
  town.start(start_with(town, "r"));
  EXPECT_EQ(town.calls.counts().requests, 1u);
  town.end("alice.phone");
  EXPECT_EQ(town.calls.deadline(), town.now + 2min);
  town.wait(2min - 1ms);
  EXPECT_EQ(town.calls.counts().requests, 1u);
  town.wait(1ms);
  EXPECT_EQ(town.calls.counts().requests, 0u);
  EXPECT_EQ(town.calls.deadline(), std::nullopt);
  EXPECT_EQ(town.start(start_with(town, "r")).call(), CallId{"call-2"});
}

TEST(Requests, OnlyTheNewestOfADeviceAreKept) {
  Town town = quiet_town({.requests_per_device_max = 3});
  town.command(Accept{DeviceId{"bob.phone"}, CallId{"x"}, RequestId{"r"}});
  for (int i = 0; i < 10; ++i) town.command(Accept{DeviceId{"alice.phone"}, CallId{"x"}, RequestId{std::to_string(i)}});
  EXPECT_EQ(town.calls.counts().requests, 4u);
  town.wait(2min);
  EXPECT_EQ(town.calls.counts().requests, 0u);
}

TEST(Requests, DevicesWithoutEndMakeAUserNoLargerAndNobodyElseForgotten) {
  Town town = quiet_town();
  StartCall hers = start_with(town, "r");
  town.start(hers);
  const auto ask = [&](const std::string& device, int i) {
    return town.command(End{.device = DeviceId{device}, .call = CallId{"x"}, .request = RequestId{std::to_string(i)}});
  };
  for (int i = 0; i < 40; ++i) {
    const std::string device = "mallory." + std::to_string(i);
    town.connect(device);
    for (int k = 0; k < 32; ++k) ask(device, k);
    town.close(device);
  }
  EXPECT_EQ(town.calls.counts().requests, 256u + 1u);
  hers.new_call = CallId{"another"};
  EXPECT_THAT(town.start(hers), Does()) << "not rung again";
  town.wait(2min);
  EXPECT_EQ(town.calls.counts().requests, 0u);
}

TEST(Requests, OutliveTheirDeviceWhichMayComeBackAndAskAgain) {
  Town town = quiet_town();
  StartCall start = start_with(town, "r");
  const CallId first = town.start(start).call();
  town.lose("alice.phone");
  town.resume("alice.phone");
  start.new_call = CallId{"second"};
  EXPECT_EQ(town.start(start).call(), first);
  town.lose("alice.phone");
  town.wait(11s);
  town.connect("alice.phone");
  start.new_call = CallId{"third"};
  EXPECT_EQ(town.start(start).call(), first);
}

}  // namespace
}  // namespace carillon::call
