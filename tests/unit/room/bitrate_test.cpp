// What somebody may send to one who cannot take all of it.
#include "room/bitrate.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace carillon::room {
namespace {

constexpr std::uint64_t most = 5'000'000;

TEST(FittingBitrate, LeavesATenthOfWhatTheNetworkCarries) {
  EXPECT_EQ(fitting_bitrate(1'000'000, most), 900'000u);
  EXPECT_EQ(fitting_bitrate(250'000, most), 225'000u);
}

TEST(FittingBitrate, IsNeverMoreThanAnybodyMaySend) {
  EXPECT_EQ(fitting_bitrate(5'000'000, most), 4'500'000u);
  EXPECT_EQ(fitting_bitrate(50'000'000, most), most);
  EXPECT_EQ(fitting_bitrate(UINT64_MAX, most), most);
}

TEST(FittingBitrate, HasNoUpperEndWhereThereIsNoLimit) { EXPECT_EQ(fitting_bitrate(50'000'000, 0), 45'000'000u); }

TEST(FittingBitrate, IsNeverSoLittleThatNothingCanBeSent) {
  EXPECT_EQ(fitting_bitrate(30'000, most), bitrate_least_bps);
  EXPECT_EQ(fitting_bitrate(0, most), bitrate_least_bps);
  EXPECT_EQ(fitting_bitrate(0, 0), bitrate_least_bps);
  EXPECT_EQ(fitting_bitrate(0, 100'000), 100'000u) << "but not more than the operator allows";
}

const PeerId ann{"ann"};
const PeerId ben{"ben"};
const PeerId cat{"cat"};

TransportId up(const PeerId& peer) { return TransportId{peer.str() + ".up"}; }

/// A room in which everybody has a transport to send on and one to receive on.
struct BitrateLimitsTest : testing::Test {
  Config config;
  std::size_t streams = 0;
  Room room{config, streams};
  BitrateLimits limits{most};

  void come(const PeerId& peer) {
    EXPECT_TRUE(room.add_transport(peer, up(peer), false));
    EXPECT_TRUE(room.add_transport(peer, TransportId{peer.str() + ".down"}, true));
    EXPECT_TRUE(room.join(peer));
  }
  void go(const PeerId& peer) {
    (void)room.leave(peer);
    limits.forget(up(peer));
  }
  std::vector<BitrateLimit> measured(const PeerId& receiver, std::uint64_t available_bps) {
    return limits.measured(room, receiver, available_bps);
  }
};

using Told = std::vector<BitrateLimit>;
const Told nothing;

TEST_F(BitrateLimitsTest, OfTwoTheOtherIsTold) {
  come(ann);
  come(ben);
  EXPECT_EQ(measured(ben, 1'000'000), (Told{{up(ann), 900'000}}));
  EXPECT_EQ(measured(ann, 300'000), (Told{{up(ben), 270'000}}));
}

TEST_F(BitrateLimitsTest, SmallChangesAreNotTold) {
  come(ann);
  come(ben);
  EXPECT_EQ(measured(ben, 1'000'000), (Told{{up(ann), 900'000}}));
  EXPECT_EQ(measured(ben, 1'050'000), nothing);
  EXPECT_EQ(measured(ben, 950'000), nothing);
  EXPECT_EQ(measured(ben, 1'060'000), (Told{{up(ann), 954'000}}));
  EXPECT_EQ(measured(ben, 1'010'000), nothing) << "against what was told last";
  EXPECT_EQ(measured(ben, 1'000'000), (Told{{up(ann), 900'000}}));
}

TEST_F(BitrateLimitsTest, ManySmallChangesAreToldOnceTheyAreABigOne) {
  come(ann);
  come(ben);
  EXPECT_EQ(measured(ben, 1'000'000).size(), 1u);
  EXPECT_EQ(measured(ben, 980'000), nothing);
  EXPECT_EQ(measured(ben, 960'000), nothing);
  EXPECT_EQ(measured(ben, 940'000), (Told{{up(ann), 846'000}}));
}

TEST_F(BitrateLimitsTest, WhoIsAloneIsNotLimited) {
  come(ben);
  EXPECT_EQ(measured(ben, 300'000), (Told{{up(ben), most}})) << "the program before may have limited him";
  EXPECT_EQ(measured(ben, 300'000), nothing);
}

TEST_F(BitrateLimitsTest, OfThreeNobodyIsLimited) {
  come(ann);
  come(ben);
  EXPECT_EQ(measured(ben, 300'000), (Told{{up(ann), 270'000}}));
  come(cat);
  EXPECT_EQ(measured(ben, 300'000), (Told{{up(ann), most}, {up(cat), most}, {up(ben), most}}));
  EXPECT_EQ(measured(ben, 200'000), nothing);
  EXPECT_EQ(measured(cat, 200'000), nothing);
}

TEST_F(BitrateLimitsTest, TheLastTwoOfThreeAreLimitedAgain) {
  come(ann);
  come(ben);
  come(cat);
  EXPECT_EQ(measured(ben, 300'000).size(), 3u);
  go(cat);
  EXPECT_EQ(measured(ben, 300'000), (Told{{up(ann), 270'000}}));
}

TEST_F(BitrateLimitsTest, WhoHasNotJoinedDoesNotLimitTheOther) {
  come(ann);
  EXPECT_TRUE(room.add_transport(ben, TransportId{"ben.down"}, true));
  EXPECT_EQ(measured(ben, 300'000), (Told{{up(ann), most}}));
  EXPECT_EQ(measured(ben, 300'000), nothing);
}

TEST_F(BitrateLimitsTest, ATransportThatIsMadeAnewIsTold) {
  come(ann);
  come(ben);
  EXPECT_EQ(measured(ben, 300'000), (Told{{up(ann), 270'000}}));
  (void)room.remove_transport(up(ann));
  limits.forget(up(ann));
  EXPECT_EQ(measured(ben, 300'000), nothing) << "she cannot send";
  EXPECT_TRUE(room.add_transport(ann, up(ann), false));
  EXPECT_EQ(measured(ben, 300'000), (Told{{up(ann), 270'000}}));
}

TEST_F(BitrateLimitsTest, EveryTransportOnWhichOneSendsIsTold) {
  come(ann);
  come(ben);
  EXPECT_TRUE(room.add_transport(ann, TransportId{"ann.up.2"}, false));
  EXPECT_EQ(measured(ben, 300'000), (Told{{up(ann), 270'000}, {TransportId{"ann.up.2"}, 270'000}}));
}

}  // namespace
}  // namespace carillon::room
