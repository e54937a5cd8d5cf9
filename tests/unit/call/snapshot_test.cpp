// What somebody is shown of his calls when he connects, however many others have made for him.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "unit/call/town.hpp"

namespace carillon::call {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Config unlimited() {
  Config config;
  config.calls_per_device_max = 100'000;
  return config;
}

/// A group that only its caller holds, with bob on its list, who is out.
CallId group_without(Town& town, const std::string& caller, const std::string& metadata = {}) {
  StartCall command = town.to_start(caller, {"bob", "dave", fmt::format("x{}", town.calls.counts().calls)});
  command.ring = 1s;
  if (!metadata.empty()) command.metadata = metadata;
  const CallId call = town.start(command).call();
  town.accept("dave.phone", call);
  town.leave("dave.phone", call);
  town.wait(1s);
  return call;
}

std::size_t bytes_of(const std::vector<CallSnapshot>& calls) {
  std::size_t bytes = 0;
  for (const CallSnapshot& call : calls) bytes += call::bytes_of(call);
  return bytes;
}

std::vector<CallSnapshot> shown_to(const Town& town, const std::string& device) {
  return town.calls.snapshot(user_of(device), DeviceId{device});
}

std::vector<CallId> ids(const std::vector<CallSnapshot>& calls) {
  std::vector<CallId> all;
  for (const CallSnapshot& call : calls) all.push_back(call.call);
  return all;
}

TEST(Snapshot, GroupsThatOnlyAnAttackerHoldsDoNotMakeItLarge) {
  Town town = quiet_town(unlimited());
  const std::string metadata = fmt::format(R"({{"m":"{}"}})", std::string(4080, 'a'));
  for (int i = 0; i < 100; ++i) group_without(town, "alice.phone", metadata);
  ASSERT_EQ(town.calls.counts().calls, 100u);
  EXPECT_EQ(shown_to(town, "bob.phone").size(), 32u);
  EXPECT_LE(bytes_of(shown_to(town, "bob.phone")), 256u * 1024);
}

TEST(Snapshot, ItsSizeCountsWhatJsonEscapes) {
  CallSnapshot call;
  call.caller.name = R"(Alice)";
  const std::size_t plain = call::bytes_of(call);
  call.caller.name = R"(Al"\e)";
  EXPECT_EQ(call::bytes_of(call), plain + 2);
}

TEST(Snapshot, TheNewestComeFirst) {
  Town town = quiet_town(unlimited());
  const CallId older = group_without(town, "alice.phone");
  const CallId newer = group_without(town, "alice.phone");
  EXPECT_THAT(ids(shown_to(town, "bob.phone")), ElementsAre(newer, older));
}

TEST(Snapshot, SeatsComeBeforeRingsAndRingsBeforeWhatHeIsOutOf) {
  Town town = quiet_town(unlimited());
  town.start("carol.phone", {"bob"});
  const CallId here = town.latest;
  town.accept("bob.phone");
  town.start("dave.phone", {"bob"});
  const CallId elsewhere = town.latest;
  town.accept("bob.laptop");
  town.start("alice.laptop", {"bob"});
  const CallId rings = town.latest;
  const CallId out = group_without(town, "alice.phone");
  EXPECT_THAT(ids(shown_to(town, "bob.phone")), ElementsAre(here, elsewhere, rings, out));
  EXPECT_THAT(ids(shown_to(town, "bob.laptop")), ElementsAre(elsewhere, here, rings, out));
}

TEST(Snapshot, OneOfEachCallerComesBeforeTheSecondOfAny) {
  Town town = quiet_town(unlimited());
  const CallId hers = group_without(town, "carol.phone");
  town.start("carol.phone", {"bob"});
  const CallId she_rings = town.latest;
  for (int i = 0; i < 40; ++i) {
    town.now += 10ms;
    StartCall ring = town.to_start("alice.phone", {"bob", fmt::format("y{}", i)});
    ring.ring = 120s;
    town.start(ring);
  }
  EXPECT_EQ(shown_to(town, "bob.phone").size(), 32u);
  EXPECT_EQ(ids(shown_to(town, "bob.phone")).at(1), she_rings);
  town.wait(120s);
  for (int i = 0; i < 40; ++i) group_without(town, "alice.phone");
  EXPECT_EQ(ids(shown_to(town, "bob.phone")).at(1), hers);
}

TEST(Snapshot, WhoConnectsIsRungOnlyForWhatHeIsShown) {
  Town town = quiet_town(unlimited());
  for (int i = 0; i < 40; ++i) town.start("alice.phone", {"bob", fmt::format("y{}", i)});
  const Happened connected = town.connect("bob.watch");
  EXPECT_EQ(connected.lines("bob.watch: call-started").size(), 32u);
  std::set<CallId> rung;
  for (const Action& action : connected.actions) {
    const auto* tell = std::get_if<Tell>(&action);
    if (tell && tell->device == DeviceId{"bob.watch"}) rung.insert(tell->call);
  }
  const std::vector<CallId> shown = ids(shown_to(town, "bob.watch"));
  EXPECT_EQ(rung, std::set(shown.begin(), shown.end()));
  EXPECT_EQ(connected.lines("alice.phone: call-ringing bob on 3").size(), 32u)
      << "where it is silent it does not count";
}

Config one_shown() {
  Config config;
  config.shown_calls_max = 1;
  return config;
}

TEST(Snapshot, ASilentDeviceHearsNothingOfTheCallAndMayAnswerIt) {
  Town town = quiet_town(one_shown());
  town.start("alice.phone", {"bob"});
  const CallId older = town.latest;
  town.now += 1s;
  town.start("carol.phone", {"bob"});
  EXPECT_THAT(town.connect("bob.watch").lines("bob.watch"), ElementsAre("bob.watch: call-started"));
  EXPECT_THAT(town.lose("bob.watch").lines("alice.phone"), IsEmpty());
  EXPECT_THAT(town.resume("bob.watch").lines("alice.phone"), IsEmpty());
  EXPECT_THAT(town.end("alice.phone", older).lines("bob.watch"), IsEmpty());
  town.start("alice.phone", {"bob"});
  EXPECT_THAT(town.connect("bob.tablet").lines("bob.tablet"), ElementsAre("bob.tablet: call-started"));
  EXPECT_TRUE(town.accept("bob.tablet", town.latest).ok());
}

TEST(Snapshot, WhatRangOnADeviceAndIsNotShownWhenItResumesIsOverForIt) {
  Town town = quiet_town(one_shown());
  town.start("alice.phone", {"bob"});
  const CallId older = town.latest;
  town.lose("bob.phone");
  town.now += 1s;
  town.start("carol.phone", {"bob"});
  const Happened back = town.resume("bob.phone");
  EXPECT_THAT(back.lines("bob.phone"), ElementsAre("bob.phone: end-call canceled", "bob.phone: call-started"));
  EXPECT_THAT(back.lines("alice.phone"), IsEmpty()) << "still on the laptop alone";
  EXPECT_THAT(town.end("alice.phone", older).lines("bob."), ElementsAre("bob.laptop: end-call canceled"));
}

TEST(Snapshot, ASilentDeviceRingsWhenItConnectsAgainAndThereIsRoom) {
  Town town = quiet_town(one_shown());
  town.start("alice.phone", {"bob"});
  town.now += 1s;
  town.start("carol.phone", {"bob"});
  town.connect("bob.watch");
  town.end("carol.phone");
  town.lose("bob.watch");
  EXPECT_THAT(town.resume("bob.watch"), Does("bob.watch: call-started", "alice.phone: call-ringing bob on 3"));
}

TEST(Snapshot, TheWordsOfTheAppGoFirstAndThenCallsButNoSeat) {
  Config config;
  const auto call_with = [](Town& town, const std::string& caller) {
    StartCall command = town.to_start(caller, {"bob"});
    command.metadata = fmt::format(R"("{}")", std::string(1000, 'a'));
    town.start(command);
  };
  const auto town_with = [&](std::size_t bytes) {
    config.shown_bytes_max = bytes;
    Town town = quiet_town(config);
    call_with(town, "alice.phone");
    town.accept("bob.phone");
    call_with(town, "carol.phone");
    return shown_to(town, "bob.phone");
  };
  const std::size_t all = bytes_of(town_with(100'000));
  const auto without_last = town_with(all - 1);
  ASSERT_EQ(without_last.size(), 2u);
  EXPECT_TRUE(without_last[0].metadata);
  EXPECT_FALSE(without_last[1].metadata);
  const auto without_any = town_with(all - 1003);
  ASSERT_EQ(without_any.size(), 2u);
  EXPECT_FALSE(without_any[0].metadata);
  const auto seat = town_with(all - 2005);
  ASSERT_EQ(seat.size(), 1u);
  EXPECT_EQ(seat[0].your_state, YourState::joined);
  EXPECT_EQ(town_with(0).size(), 1u);
}

}  // namespace
}  // namespace carillon::call
