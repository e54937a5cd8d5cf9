// In a call of two, nobody sends more than the other's network takes. A worker that has one stream of pictures for a
// receiver can only forward it or not: what does not fit is lost in front of his network, and sound with it. In a call
// of more the pictures come in layers, of which each receiver gets what he can take. Pure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <vector>

#include "room/room.hpp"

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

/// The worker shall be told how much may come on this transport.
struct BitrateLimit {
  TransportId transport;
  std::uint64_t bitrate_bps = 0;  ///< 0: as much as comes.

  friend bool operator==(const BitrateLimit&, const BitrateLimit&) = default;
};

/// What the transports of one room may send.
class BitrateLimits {
 public:
  /// `most_bps`: what each may send that nobody limits; 0: as much as it likes.
  explicit BitrateLimits(std::uint64_t most_bps) : most_bps_{most_bps} {}

  /// The way to `receiver` is believed to carry `available_bps` now: what has to be told. Changes of less than a
  /// twentieth are not, since estimates never stand still. Cheap in a room of many, where it comes once a second for
  /// each of them.
  [[nodiscard]] std::vector<BitrateLimit> measured(const Room& room, const PeerId& receiver,
                                                   std::uint64_t available_bps);
  /// This transport is closed.
  void forget(const TransportId& transport) { told_.erase(transport); }

 private:
  void limit_all_of(const Room& room, const PeerId& sender, std::uint64_t bitrate_bps, std::vector<BitrateLimit>& out);

  std::uint64_t most_bps_;
  /// What the worker was told last. No entry: the transport is new, or this program has taken it over from another one.
  std::map<TransportId, std::uint64_t> told_;
  /// True at first: the program before may have limited somebody.
  bool may_be_limited_ = true;
};

}  // namespace carillon::room
