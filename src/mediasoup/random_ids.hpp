// Ids that this library makes up. The worker takes them on trust, so they come from the system's random source.
#pragma once

#include <cstdint>
#include <string>

namespace carillon::mediasoup {

[[nodiscard]] std::string random_uuid();
/// Eight characters: enough to tell the senders of one router apart.
[[nodiscard]] std::string random_cname();
/// From ortc::ssrc_min to ortc::ssrc_max.
[[nodiscard]] std::uint32_t random_ssrc();

}  // namespace carillon::mediasoup
