// ICE parameters and candidates of a WebRtcTransport as typed values. They only go from server to client; the JSON
// side is in transport_parameters_json.hpp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace carillon::ortc {

struct IceParameters {
  std::string username_fragment;
  std::string password;
  bool ice_lite = true;
  friend bool operator==(const IceParameters&, const IceParameters&) = default;
};

enum class IceProtocol { udp, tcp };

/// Always of type "host"; over TCP always "passive". The worker knows no others.
struct IceCandidate {
  std::string foundation;
  std::uint32_t priority = 0;
  std::string address;  // on the wire also as `ip`, its older name
  IceProtocol protocol = IceProtocol::udp;
  std::uint16_t port = 0;
  friend bool operator==(const IceCandidate&, const IceCandidate&) = default;
};

[[nodiscard]] std::string_view to_string(IceProtocol);  // "udp", "tcp"

}  // namespace carillon::ortc
