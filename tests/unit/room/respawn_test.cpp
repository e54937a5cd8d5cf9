// How soon a worker that died is started again.
#include "room/respawn.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace carillon::room {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

const Time start{seconds{1'000'000}};

TEST(Respawn, AFirstDeathIsAnsweredAtOnce) {
  Respawn respawn;
  EXPECT_EQ(respawn.died(start), Duration::zero());
}

TEST(Respawn, DeathsThatFollowEachOtherWaitEverLongerUpToALimit) {
  Respawn respawn{{.at_once = 2, .first_wait = milliseconds{200}, .longest_wait = seconds{1}}};
  std::vector<Duration> waits;
  for (int i = 0; i < 7; ++i) waits.push_back(respawn.died(start + milliseconds{i}));
  const std::vector<Duration> expected{milliseconds{0},   milliseconds{0}, milliseconds{200}, milliseconds{400},
                                       milliseconds{800}, seconds{1},      seconds{1}};
  EXPECT_EQ(waits, expected);
}

TEST(Respawn, WhatIsLongerAgoThanTheWindowDoesNotCount) {
  Respawn respawn{{.window = seconds{60}, .at_once = 1}};
  EXPECT_EQ(respawn.died(start), Duration::zero());
  EXPECT_EQ(respawn.died(start + seconds{60}), Duration::zero());
  EXPECT_EQ(respawn.died(start + seconds{61}), milliseconds{200});
  EXPECT_EQ(respawn.deaths(), 2U);
}

TEST(Respawn, AThousandDeathsInARowNeitherOverflowNorWaitForEver) {
  Respawn respawn;
  Duration last{0};
  for (int i = 0; i < 1000; ++i) last = respawn.died(start);
  EXPECT_EQ(last, seconds{30});
}

}  // namespace
}  // namespace carillon::room
