// How much somebody may send to one who cannot take all of it. Pure.
#pragma once

#include <algorithm>
#include <cstdint>

namespace carillon::room {

/// Below this there is no picture to speak of, and an estimate that is so low is more likely wrong than the network so
/// poor: sound takes 40 kbit/s, the rest a picture of 320 x 180.
constexpr std::uint64_t bitrate_least_bps = 150'000;

/// What the only sender may send to the only receiver, in bits per second, when the way to him is believed to carry
/// `available_bps`. A tenth is left for what is sent again, and for the queue before the narrowest place to empty.
/// `most_bps`: the limit of every sender; 0: none.
[[nodiscard]] constexpr std::uint64_t fitting_bitrate(std::uint64_t available_bps, std::uint64_t most_bps) {
  const std::uint64_t fitting = std::max(bitrate_least_bps, available_bps / 10 * 9);
  return most_bps == 0 ? fitting : std::min(most_bps, fitting);
}

}  // namespace carillon::room
