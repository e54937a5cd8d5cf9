// Ids that this library makes up. The worker takes them on trust, so they come from the system's random source, unless
// a simulation wants them repeatable (ChannelOptions.random).
#pragma once

#include "mediasoup/channel/channel.hpp"

#include <cstdint>
#include <string>

namespace carillon::mediasoup {

[[nodiscard]] std::string random_uuid(const Channel& channel);
/// Eight characters: enough to tell the senders of one router apart.
[[nodiscard]] std::string random_cname(const Channel& channel);
/// From ortc::ssrc_min to ortc::ssrc_max.
[[nodiscard]] std::uint32_t random_ssrc(const Channel& channel);

}  // namespace carillon::mediasoup
