// "L3T2_KEY" and its kin: how many spatial and temporal layers an RTP stream has. https://www.w3.org/TR/webrtc-svc/
#pragma once

#include <cstdint>
#include <string_view>

namespace carillon::ortc {

struct ScalabilityMode {
  std::uint8_t spatial_layers = 1;   // 1..99
  std::uint8_t temporal_layers = 1;  // 1..99
  bool ksvc = false;                 // lower spatial layers are needed at key frames only
  friend bool operator==(const ScalabilityMode&, const ScalabilityMode&) = default;
};

/// What does not start like a mode is L1T1. What follows is ignored ("L3T2h" is L3T2).
[[nodiscard]] ScalabilityMode parse_scalability_mode(std::string_view text);

}  // namespace carillon::ortc
