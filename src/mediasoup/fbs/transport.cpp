#include "mediasoup/fbs/transport.hpp"

#include "mediasoup/fbs/json.hpp"
#include "mediasoup/ortc/transport_parameters_json.hpp"

namespace carillon::mediasoup::fbs {

namespace {

// Our enums list the same values in the same order as the schema's, so a number is all there is to carry over.
template <class To, class From>
To same_number(From value) {
  return static_cast<To>(static_cast<std::uint8_t>(value));
}
static_assert(static_cast<int>(SctpState::closed) == static_cast<int>(FBS::SctpAssociation::SctpState::CLOSED));
static_assert(static_cast<int>(IceState::disconnected) ==
              static_cast<int>(FBS::WebRtcTransport::IceState::DISCONNECTED));
static_assert(static_cast<int>(DtlsState::closed) == static_cast<int>(FBS::WebRtcTransport::DtlsState::CLOSED));
static_assert(static_cast<int>(ortc::DtlsRole::server) == static_cast<int>(FBS::WebRtcTransport::DtlsRole::SERVER));
static_assert(static_cast<int>(ortc::FingerprintAlgorithm::sha512) ==
              static_cast<int>(FBS::WebRtcTransport::FingerprintAlgorithm::SHA512));
static_assert(static_cast<int>(SrtpCryptoSuite::aes_cm_128_hmac_sha1_32) ==
              static_cast<int>(FBS::SrtpParameters::SrtpCryptoSuite::AES_CM_128_HMAC_SHA1_32));

std::string_view trace_type_name(FBS::Transport::TraceEventType type) {
  return type == FBS::Transport::TraceEventType::PROBATION ? "probation" : "bwe";
}

json::object bwe_info(const FBS::Transport::BweTraceInfo& info) {
  json::object object;
  object["desiredBitrate"] = info.desired_bitrate();
  object["effectiveDesiredBitrate"] = info.effective_desired_bitrate();
  object["minBitrate"] = info.min_bitrate();
  object["maxBitrate"] = info.max_bitrate();
  object["startBitrate"] = info.start_bitrate();
  object["maxPaddingBitrate"] = info.max_padding_bitrate();
  object["availableBitrate"] = info.available_bitrate();
  object["bweType"] = info.bwe_type() == FBS::Transport::BweType::TRANSPORT_CC ? "transport-cc" : "remb";
  return object;
}

json::object header_extensions(const FBS::Transport::RecvRtpHeaderExtensions& extensions) {
  json::object object;
  put_if(object, "mid", extensions.mid());
  put_if(object, "rid", extensions.rid());
  put_if(object, "rrid", extensions.rrid());
  put_if(object, "absSendTime", extensions.abs_send_time());
  put_if(object, "transportWideCc01", extensions.transport_wide_cc01());
  return object;
}

json::object rtp_listener(const FBS::Transport::RtpListener& listener) {
  json::object object;
  object["ssrcTable"] = key_values(listener.ssrc_table());
  object["midTable"] = key_values(listener.mid_table());
  object["ridTable"] = key_values(listener.rid_table());
  return object;
}

}  // namespace

FBS::Transport::Protocol write_protocol(TransportProtocol protocol) {
  return protocol == TransportProtocol::udp ? FBS::Transport::Protocol::UDP : FBS::Transport::Protocol::TCP;
}

TransportProtocol read_protocol(FBS::Transport::Protocol protocol) {
  return protocol == FBS::Transport::Protocol::TCP ? TransportProtocol::tcp : TransportProtocol::udp;
}

SctpState read_sctp_state(FBS::SctpAssociation::SctpState state) { return same_number<SctpState>(state); }

std::optional<SctpState> read_sctp_state(flatbuffers::Optional<FBS::SctpAssociation::SctpState> state) {
  if (!state.has_value()) return std::nullopt;
  return read_sctp_state(*state);
}

IceState read_ice_state(FBS::WebRtcTransport::IceState state) { return same_number<IceState>(state); }
DtlsState read_dtls_state(FBS::WebRtcTransport::DtlsState state) { return same_number<DtlsState>(state); }
ortc::DtlsRole read_dtls_role(FBS::WebRtcTransport::DtlsRole role) { return same_number<ortc::DtlsRole>(role); }

TransportTuple read_tuple(const FBS::Transport::Tuple& tuple) {
  TransportTuple result;
  result.local_address = text(tuple.local_address());
  result.local_port = tuple.local_port();
  if (tuple.remote_ip() != nullptr) result.remote_ip = tuple.remote_ip()->str();
  result.remote_port = tuple.remote_port();
  result.protocol = read_protocol(tuple.protocol());
  return result;
}

std::optional<TransportTuple> read_tuple(const FBS::Transport::Tuple* tuple) {
  if (tuple == nullptr) return std::nullopt;
  return read_tuple(*tuple);
}

json::object to_json(const TransportTuple& tuple) {
  json::object object;
  object["localIp"] = tuple.local_address;  // the older name of localAddress
  object["localAddress"] = tuple.local_address;
  object["localPort"] = tuple.local_port;
  if (tuple.remote_ip) object["remoteIp"] = *tuple.remote_ip;
  object["remotePort"] = tuple.remote_port;
  object["protocol"] = to_string(tuple.protocol);
  return object;
}

FBS::SrtpParameters::SrtpCryptoSuite write_crypto_suite(SrtpCryptoSuite suite) {
  return same_number<FBS::SrtpParameters::SrtpCryptoSuite>(suite);
}

flatbuffers::Offset<FBS::SrtpParameters::SrtpParameters> write(Builder& builder, const SrtpParameters& parameters) {
  return FBS::SrtpParameters::CreateSrtpParametersDirect(builder, write_crypto_suite(parameters.crypto_suite),
                                                         parameters.key_base64.c_str());
}

std::optional<SrtpParameters> read_srtp_parameters(const FBS::SrtpParameters::SrtpParameters* parameters) {
  if (parameters == nullptr) return std::nullopt;
  return SrtpParameters{same_number<SrtpCryptoSuite>(parameters->crypto_suite()), text(parameters->key_base64())};
}

flatbuffers::Offset<FBS::WebRtcTransport::DtlsParameters> write(Builder& builder,
                                                                const ortc::DtlsParameters& parameters) {
  std::vector<flatbuffers::Offset<FBS::WebRtcTransport::Fingerprint>> fingerprints;
  for (const auto& fingerprint : parameters.fingerprints) {
    fingerprints.push_back(FBS::WebRtcTransport::CreateFingerprintDirect(
        builder, same_number<FBS::WebRtcTransport::FingerprintAlgorithm>(fingerprint.algorithm),
        fingerprint.value.c_str()));
  }
  return FBS::WebRtcTransport::CreateDtlsParametersDirect(builder, &fingerprints,
                                                          same_number<FBS::WebRtcTransport::DtlsRole>(parameters.role));
}

ortc::DtlsParameters read_dtls_parameters(const FBS::WebRtcTransport::DtlsParameters& parameters) {
  ortc::DtlsParameters result;
  result.role = read_dtls_role(parameters.role());
  for (const auto* fingerprint : *parameters.fingerprints()) {
    result.fingerprints.push_back(
        {same_number<ortc::FingerprintAlgorithm>(fingerprint->algorithm()), text(fingerprint->value())});
  }
  return result;
}

ortc::IceParameters read_ice_parameters(const FBS::WebRtcTransport::IceParameters& parameters) {
  return {text(parameters.username_fragment()), text(parameters.password()), parameters.ice_lite()};
}

std::vector<ortc::IceCandidate> read_ice_candidates(
    const flatbuffers::Vector<flatbuffers::Offset<FBS::WebRtcTransport::IceCandidate>>* candidates) {
  std::vector<ortc::IceCandidate> result;
  if (candidates == nullptr) return result;
  for (const auto* candidate : *candidates) {
    ortc::IceCandidate read;
    read.foundation = text(candidate->foundation());
    read.priority = candidate->priority();
    read.address = text(candidate->address());
    read.protocol =
        candidate->protocol() == FBS::Transport::Protocol::TCP ? ortc::IceProtocol::tcp : ortc::IceProtocol::udp;
    read.port = candidate->port();
    result.push_back(std::move(read));
  }
  return result;
}

flatbuffers::Offset<FBS::SctpParameters::SctpStreamParameters> write(Builder& builder,
                                                                     const ortc::SctpStreamParameters& parameters) {
  flatbuffers::Optional<std::uint16_t> life_time;
  flatbuffers::Optional<std::uint16_t> retransmits;
  if (parameters.max_packet_life_time) life_time = *parameters.max_packet_life_time;
  if (parameters.max_retransmits) retransmits = *parameters.max_retransmits;
  return FBS::SctpParameters::CreateSctpStreamParameters(builder, parameters.stream_id, parameters.ordered, life_time,
                                                         retransmits);
}

std::optional<ortc::SctpStreamParameters> read_sctp_stream_parameters(
    const FBS::SctpParameters::SctpStreamParameters* parameters) {
  if (parameters == nullptr) return std::nullopt;
  ortc::SctpStreamParameters result;
  result.stream_id = parameters->stream_id();
  result.ordered = parameters->ordered().value_or(true);
  if (parameters->max_packet_life_time().has_value()) result.max_packet_life_time = *parameters->max_packet_life_time();
  if (parameters->max_retransmits().has_value()) result.max_retransmits = *parameters->max_retransmits();
  return result;
}

std::optional<ortc::SctpParameters> read_sctp_parameters(const FBS::SctpParameters::SctpParameters* parameters) {
  if (parameters == nullptr) return std::nullopt;
  ortc::SctpParameters result;
  result.port = parameters->port();
  result.max_send_message_size = parameters->max_send_message_size();
  result.max_receive_message_size = parameters->max_receive_message_size();
  result.send_buffer_size = parameters->send_buffer_size();
  result.per_stream_send_queue_limit = parameters->per_stream_send_queue_limit();
  result.max_receiver_window_buffer_size = parameters->max_receiver_window_buffer_size();
  result.is_data_channel = parameters->is_data_channel();
  return result;
}

ortc::SctpNegotiatedCapabilities read_negotiated(const FBS::SctpAssociation::SctpNegotiatedCapabilities& capabilities) {
  return {capabilities.negotiated_max_outbound_streams(), capabilities.negotiated_max_inbound_streams()};
}

json::object base_dump(const FBS::Transport::Dump& dump) {
  json::object object;
  object["id"] = text(dump.id());
  object["producerIds"] = strings(dump.producer_ids());
  object["consumerIds"] = strings(dump.consumer_ids());
  object["mapSsrcConsumerId"] = key_values(dump.map_ssrc_consumer_id());
  object["mapRtxSsrcConsumerId"] = key_values(dump.map_rtx_ssrc_consumer_id());
  object["dataProducerIds"] = strings(dump.data_producer_ids());
  object["dataConsumerIds"] = strings(dump.data_consumer_ids());
  object["recvRtpHeaderExtensions"] = header_extensions(*dump.recv_rtp_header_extensions());
  object["rtpListener"] = rtp_listener(*dump.rtp_listener());
  object["maxSendMessageSize"] = dump.max_send_message_size();
  object["maxReceiveMessageSize"] = dump.max_receive_message_size();
  if (const auto parameters = read_sctp_parameters(dump.sctp_parameters()))
    object["sctpParameters"] = ortc::to_json(*parameters);
  if (const auto state = read_sctp_state(dump.sctp_state())) object["sctpState"] = to_string(*state);
  if (dump.sctp_negotiated_capabilities() != nullptr) {
    const auto negotiated = read_negotiated(*dump.sctp_negotiated_capabilities());
    object["sctpNegotiatedCapabilities"] = {
        {"negotiatedMaxOutboundStreams", negotiated.negotiated_max_outbound_streams},
        {"negotiatedMaxInboundStreams", negotiated.negotiated_max_inbound_streams}};
  }
  if (dump.sctp_listener() != nullptr) {
    object["sctpListener"] = json::object{{"streamIdTable", key_values(dump.sctp_listener()->stream_id_table())}};
  }
  object["traceEventTypes"] = array_of(dump.trace_event_types(), [](auto type) {
    return json::value(trace_type_name(static_cast<FBS::Transport::TraceEventType>(type)));
  });
  return object;
}

json::object base_stats(const FBS::Transport::Stats& stats) {
  json::object object;
  object["transportId"] = text(stats.transport_id());
  object["timestamp"] = stats.timestamp();
  if (const auto state = read_sctp_state(stats.sctp_state())) object["sctpState"] = to_string(*state);
  object["bytesReceived"] = stats.bytes_received();
  object["recvBitrate"] = stats.recv_bitrate();
  object["bytesSent"] = stats.bytes_sent();
  object["sendBitrate"] = stats.send_bitrate();
  object["rtpBytesReceived"] = stats.rtp_bytes_received();
  object["rtpRecvBitrate"] = stats.rtp_recv_bitrate();
  object["rtpBytesSent"] = stats.rtp_bytes_sent();
  object["rtpSendBitrate"] = stats.rtp_send_bitrate();
  object["rtxBytesReceived"] = stats.rtx_bytes_received();
  object["rtxRecvBitrate"] = stats.rtx_recv_bitrate();
  object["rtxBytesSent"] = stats.rtx_bytes_sent();
  object["rtxSendBitrate"] = stats.rtx_send_bitrate();
  object["probationBytesSent"] = stats.probation_bytes_sent();
  object["probationSendBitrate"] = stats.probation_send_bitrate();
  put_if(object, "availableOutgoingBitrate", stats.available_outgoing_bitrate());
  put_if(object, "availableIncomingBitrate", stats.available_incoming_bitrate());
  put_if(object, "maxIncomingBitrate", stats.max_incoming_bitrate());
  put_if(object, "maxOutgoingBitrate", stats.max_outgoing_bitrate());
  put_if(object, "minOutgoingBitrate", stats.min_outgoing_bitrate());
  put_if(object, "rtpPacketLossReceived", stats.rtp_packet_loss_received());
  put_if(object, "rtpPacketLossSent", stats.rtp_packet_loss_sent());
  return object;
}

std::string_view direction_name(FBS::Common::TraceDirection direction) {
  return direction == FBS::Common::TraceDirection::DIRECTION_IN ? "in" : "out";
}

TraceEvent read_trace(const FBS::Transport::TraceNotification& trace) {
  TraceEvent event;
  event.type = trace_type_name(trace.type());
  event.timestamp = trace.timestamp();
  event.direction = direction_name(trace.direction());
  event.info = json::object{};
  if (const auto* info = trace.info_as_BweTraceInfo()) event.info = bwe_info(*info);
  return event;
}

}  // namespace carillon::mediasoup::fbs
