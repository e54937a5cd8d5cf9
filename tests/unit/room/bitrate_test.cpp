// What somebody may send to one who cannot take all of it.
#include "room/bitrate.hpp"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace carillon::room
