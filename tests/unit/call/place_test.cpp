// Who makes room when a user has as many devices as he may.
#include "call/place.hpp"

#include <gtest/gtest.h>

#include <map>

#include "unit/call/town.hpp"

namespace carillon::call {
namespace {

/// Alice's phone, laptop and tablet are connected, and were heard in this order.
class PlaceTest : public testing::Test {
 protected:
  PlaceTest() { town.connect({"alice.phone", "alice.laptop", "alice.tablet", "bob.phone"}); }

  [[nodiscard]] Place place(const std::string& device = "alice.watch", std::size_t devices_max = 3) const {
    return place_for(DeviceId{device}, user_of(device), town.calls, devices_max,
                     [&](const DeviceId& one) { return heard.at(one.str()); });
  }

  Town town;
  std::map<std::string, Time> heard{
      {"alice.phone", town.now + 1s}, {"alice.laptop", town.now + 2s}, {"alice.tablet", town.now + 3s}};
};

MATCHER(IsFree, "is free, and nobody goes") { return arg.is_free && !arg.goes; }
MATCHER_P(Takes, device, "takes the place of " + std::string{device}) {
  return arg.is_free && arg.goes == DeviceId{device};
}

TEST_F(PlaceTest, IsFreeBelowTheLimit) {
  EXPECT_THAT(place("alice.watch", 4), IsFree());
  EXPECT_THAT(place("bob.laptop"), IsFree());
  EXPECT_THAT(place("nobody.phone", 1), IsFree());
}

TEST_F(PlaceTest, IsFreeWithoutALimit) { EXPECT_THAT(place("alice.watch", 0), IsFree()); }

TEST_F(PlaceTest, OfADeviceThatIsHereOrMayComeBackIsItsOwn) {
  town.lose("alice.laptop");
  EXPECT_THAT(place("alice.phone", 1), IsFree());
  EXPECT_THAT(place("alice.laptop", 1), IsFree());
}

TEST_F(PlaceTest, IsMadeByTheOneThatHasBeenQuietForLongest) {
  EXPECT_THAT(place(), Takes("alice.phone"));
  heard["alice.phone"] = town.now + 4s;
  EXPECT_THAT(place(), Takes("alice.laptop"));
}

TEST_F(PlaceTest, IsMadeByThoseThatAreAwayFirst) {
  town.lose("alice.tablet");
  EXPECT_THAT(place(), Takes("alice.tablet"));
  town.lose("alice.laptop");
  EXPECT_THAT(place(), Takes("alice.laptop"));
}

TEST_F(PlaceTest, IsNotMadeByWhoSitsInACall) {
  town.start("alice.phone", {"bob"});
  EXPECT_THAT(place(), Takes("alice.laptop"));
  town.lose("alice.phone");
  EXPECT_THAT(place(), Takes("alice.laptop"));
}

TEST_F(PlaceTest, IsNotThereWhenAllSitInCalls) {
  town.start("alice.phone", {"bob"});
  town.start("alice.laptop", {"carol"});
  town.start("alice.tablet", {"dave"});
  EXPECT_FALSE(place().is_free);
  town.end("alice.tablet");
  EXPECT_THAT(place(), Takes("alice.tablet"));
}

}  // namespace
}  // namespace carillon::call
