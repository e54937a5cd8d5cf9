#include "mediasoup/transport_options.hpp"

namespace carillon::mediasoup {

std::string_view to_string(TransportType type) {
  switch (type) {
    case TransportType::webrtc: return "webrtc";
    case TransportType::plain: return "plain";
    case TransportType::pipe: return "pipe";
    case TransportType::direct: return "direct";
  }
  return "";
}

std::string_view to_string(TransportProtocol protocol) { return protocol == TransportProtocol::udp ? "udp" : "tcp"; }

std::string_view to_string(SctpState state) {
  switch (state) {
    case SctpState::fresh: return "new";
    case SctpState::connecting: return "connecting";
    case SctpState::connected: return "connected";
    case SctpState::failed: return "failed";
    case SctpState::closed: return "closed";
  }
  return "";
}

std::string_view to_string(IceState state) {
  switch (state) {
    case IceState::fresh: return "new";
    case IceState::connected: return "connected";
    case IceState::completed: return "completed";
    case IceState::disconnected: return "disconnected";
    case IceState::closed: return "closed";
  }
  return "";
}

std::string_view to_string(DtlsState state) {
  switch (state) {
    case DtlsState::fresh: return "new";
    case DtlsState::connecting: return "connecting";
    case DtlsState::connected: return "connected";
    case DtlsState::failed: return "failed";
    case DtlsState::closed: return "closed";
  }
  return "";
}

}  // namespace carillon::mediasoup
