#include "room/bitrate.hpp"

namespace carillon::room {
namespace {

bool differs(std::uint64_t now, std::uint64_t before) {
  const std::uint64_t by = now > before ? now - before : before - now;
  return by * 20 > before;
}

}  // namespace

std::vector<BitrateLimit> BitrateLimits::measured(const Room& room, const PeerId& receiver,
                                                  std::uint64_t available_bps) {
  std::vector<BitrateLimit> out;
  const std::vector<PeerId> senders = room.peers_beside(receiver);
  const bool are_two = senders.size() == 1 && room.joined(receiver);
  if (!are_two && !may_be_limited_) return out;
  may_be_limited_ = are_two;
  for (const PeerId& sender : senders)
    limit_all_of(room, sender, are_two ? fitting_bitrate(available_bps, most_bps_) : most_bps_, out);
  if (!are_two) limit_all_of(room, receiver, most_bps_, out);
  return out;
}

void BitrateLimits::limit_all_of(const Room& room, const PeerId& sender, std::uint64_t bitrate_bps,
                                 std::vector<BitrateLimit>& out) {
  for (const TransportId& transport : room.sending_transports(sender)) {
    const auto [told, is_new] = told_.try_emplace(transport, bitrate_bps);
    if (!is_new && !differs(bitrate_bps, told->second)) continue;
    told->second = bitrate_bps;
    out.push_back({transport, bitrate_bps});
  }
}

}  // namespace carillon::room
