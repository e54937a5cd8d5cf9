// What a transport is asked for, and the small values it tells about itself: plain data, no Asio, no FlatBuffers.
// Names and defaults are those of mediasoup v3 (TransportListenInfo, WebRtcTransportOptions, ...).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "mediasoup/srtp_parameters.hpp"

namespace carillon::mediasoup {

class WebRtcServer;

enum class TransportType { webrtc, plain, pipe, direct };
enum class TransportProtocol { udp, tcp };
enum class SctpState { fresh, connecting, connected, failed, closed };
enum class IceState { fresh, connected, completed, disconnected, closed };
enum class DtlsState { fresh, connecting, connected, failed, closed };

/// The name of the package: `fresh` is "new" there, a word C++ keeps for itself.
std::string_view to_string(TransportType type);
std::string_view to_string(TransportProtocol protocol);
std::string_view to_string(SctpState state);
std::string_view to_string(IceState state);
std::string_view to_string(DtlsState state);

struct TransportPortRange {
  std::uint16_t min = 0;
  std::uint16_t max = 0;  // 0: no range, the worker's own ports are used
};

struct TransportSocketFlags {
  bool ipv6_only = false;
  bool udp_reuse_port = false;
};

struct TransportListenInfo {
  TransportProtocol protocol = TransportProtocol::udp;
  std::string ip;
  std::optional<std::string> announced_address;  // IPv4, IPv6 or host name that peers shall use instead of `ip`
  bool expose_internal_ip = false;               // also offer `ip` when `announced_address` is given
  std::uint16_t port = 0;                        // 0: any free port
  TransportPortRange port_range;                 // when given, `port` is ignored
  TransportSocketFlags flags;
  std::uint32_t send_buffer_size = 0;  // bytes; 0: the system's default
  std::uint32_t recv_buffer_size = 0;
};

struct TransportTuple {
  std::string local_address;
  std::uint16_t local_port = 0;
  std::optional<std::string> remote_ip;
  std::uint16_t remote_port = 0;
  TransportProtocol protocol = TransportProtocol::udp;

  bool operator==(const TransportTuple&) const = default;
};

/// SCTP settings that WebRtcTransport, PlainTransport and PipeTransport share. Sizes are in bytes.
struct SctpOptions {
  bool enable_sctp = false;
  std::uint32_t max_send_message_size = 262144;
  std::uint32_t max_receive_message_size = 262144;
  std::uint32_t sctp_send_buffer_size = 2000000;
  std::uint32_t sctp_per_stream_send_queue_limit = 2000000;
  std::uint32_t sctp_max_receiver_window_buffer_size = 5242880;
  std::uint32_t sctp_default_stream_buffered_amount_low_threshold = 1024;
};

/// Exactly one of `web_rtc_server` and `listen_infos` must be given.
struct WebRtcTransportOptions : SctpOptions {
  std::shared_ptr<WebRtcServer> web_rtc_server;
  std::vector<TransportListenInfo> listen_infos;
  std::optional<bool> enable_udp;  // default true
  std::optional<bool> enable_tcp;  // default true with a WebRtcServer, false otherwise
  bool prefer_udp = false;
  bool prefer_tcp = false;
  std::uint8_t ice_consent_timeout = 30;                      // seconds; 0: never ask again
  std::uint64_t initial_available_outgoing_bitrate = 600000;  // bits per second
  boost::json::object app_data;
};

struct PlainTransportOptions : SctpOptions {
  TransportListenInfo listen_info;
  std::optional<TransportListenInfo> rtcp_listen_info;  // when given, RTCP has its own port and `rtcp_mux` is false
  bool rtcp_mux = true;
  bool comedia = false;  // learn the remote address from the first packet that comes
  bool enable_srtp = false;
  SrtpCryptoSuite srtp_crypto_suite = SrtpCryptoSuite::aes_cm_128_hmac_sha1_80;
  boost::json::object app_data;
};

struct PipeTransportOptions : SctpOptions {
  TransportListenInfo listen_info;
  bool enable_rtx = false;
  bool enable_srtp = false;
  boost::json::object app_data;
};

struct DirectTransportOptions {
  std::uint32_t max_send_message_size = 262144;
  std::uint32_t max_receive_message_size = 262144;
  boost::json::object app_data;
};

}  // namespace carillon::mediasoup
