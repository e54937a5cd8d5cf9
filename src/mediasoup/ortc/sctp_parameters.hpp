// SCTP (data channel) parameters as typed values, under mediasoup's names. The JSON side is in
// transport_parameters_json.hpp.
#pragma once

#include <cstdint>
#include <optional>

namespace carillon::ortc {

/// How many SCTP streams an endpoint opens and takes. Clients of older mediasoup-client still send it.
struct NumSctpStreams {
  std::uint16_t os = 1024;   // outgoing streams at the start
  std::uint16_t mis = 1024;  // most incoming streams
  friend bool operator==(const NumSctpStreams&, const NumSctpStreams&) = default;
};

struct SctpCapabilities {
  NumSctpStreams num_streams;
  friend bool operator==(const SctpCapabilities&, const SctpCapabilities&) = default;
};

/// What the worker says of a transport's SCTP association; sizes in bytes. On the wire to a client go also `OS` and
/// `MIS` (always 65535) and `maxMessageSize` (= max_receive_message_size), as mediasoup writes them for older clients.
struct SctpParameters {
  std::uint16_t port = 5000;
  std::uint32_t max_send_message_size = 0;
  std::uint32_t max_receive_message_size = 0;
  std::uint32_t send_buffer_size = 0;
  std::uint32_t per_stream_send_queue_limit = 0;
  std::uint32_t max_receiver_window_buffer_size = 0;
  bool is_data_channel = false;
  friend bool operator==(const SctpParameters&, const SctpParameters&) = default;
};

struct SctpNegotiatedCapabilities {
  std::uint16_t negotiated_max_outbound_streams = 0;
  std::uint16_t negotiated_max_inbound_streams = 0;
  friend bool operator==(const SctpNegotiatedCapabilities&, const SctpNegotiatedCapabilities&) = default;
};

struct SctpStreamParameters {
  std::uint16_t stream_id = 0;  // 0..65534
  bool ordered = true;
  std::optional<std::uint16_t> max_packet_life_time;  // ms; only when not ordered, and only one of the two
  std::optional<std::uint16_t> max_retransmits;
  friend bool operator==(const SctpStreamParameters&, const SctpStreamParameters&) = default;
};

}  // namespace carillon::ortc
