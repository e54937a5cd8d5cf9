#include "mediasoup/fbs/rtp_stream.hpp"

#include "mediasoup/fbs/json.hpp"

namespace carillon::mediasoup::fbs {

namespace {

template <class T>
void put(json::object& object, std::string_view key, const T& value, Missing missing) {
  if (missing == Missing::null) {
    object[key] = or_null(value);
  } else {
    put_if(object, key, value);
  }
}

json::object base_stats(const FBS::RtpStream::BaseStats& stats) {
  json::object object;
  object["timestamp"] = stats.timestamp();
  object["ssrc"] = stats.ssrc();
  put_if(object, "rtxSsrc", stats.rtx_ssrc());
  put_if(object, "rid", stats.rid());
  object["kind"] = stats.kind() == FBS::RtpParameters::MediaKind::AUDIO ? "audio" : "video";
  object["mimeType"] = text(stats.mime_type());
  object["packetsLost"] = stats.packets_lost();
  object["fractionLost"] = stats.fraction_lost();
  object["jitter"] = stats.jitter();
  object["packetsDiscarded"] = stats.packets_discarded();
  object["packetsRetransmitted"] = stats.packets_retransmitted();
  object["packetsRepaired"] = stats.packets_repaired();
  object["nackCount"] = stats.nack_count();
  object["nackPacketCount"] = stats.nack_packet_count();
  object["pliCount"] = stats.pli_count();
  object["firCount"] = stats.fir_count();
  object["roundTripTime"] = stats.round_trip_time();
  if (stats.rtx_packets_discarded() > 0) object["rtxPacketsDiscarded"] = stats.rtx_packets_discarded();
  object["score"] = stats.score();
  return object;
}

json::object recv_stats(const FBS::RtpStream::RecvStats& stats) {
  json::object object = base_stats(*stats.base()->data_as_BaseStats());
  object["type"] = "inbound-rtp";
  object["byteCount"] = stats.byte_count();
  object["packetCount"] = stats.packet_count();
  object["bitrate"] = stats.bitrate();
  json::object by_layer;
  for (const auto* layer : *stats.bitrate_by_layer()) by_layer[text(layer->layer())] = layer->bitrate();
  object["bitrateByLayer"] = std::move(by_layer);
  return object;
}

json::object send_stats(const FBS::RtpStream::SendStats& stats) {
  json::object object = base_stats(*stats.base()->data_as_BaseStats());
  object["type"] = "outbound-rtp";
  object["byteCount"] = stats.byte_count();
  object["packetCount"] = stats.packet_count();
  object["bitrate"] = stats.bitrate();
  return object;
}

/// The worker nests BaseStats inside; anything else is not a stream that could be shown.
bool has_base(const FBS::RtpStream::Stats* base) { return base != nullptr && base->data_as_BaseStats() != nullptr; }

json::object rtx_stream_dump(const FBS::RtxStream::Params& params, Missing missing) {
  json::object object;
  object["ssrc"] = params.ssrc();
  object["payloadType"] = params.payload_type();
  object["mimeType"] = text(params.mime_type());
  object["clockRate"] = params.clock_rate();
  put(object, "rrid", params.rrid(), missing);
  object["cname"] = text(params.cname());
  return object;
}

}  // namespace

json::array rtp_stream_stats(const flatbuffers::Vector<flatbuffers::Offset<FBS::RtpStream::Stats>>* stats) {
  json::array array;
  for (const auto* one : *stats) {
    if (const auto* recv = one->data_as_RecvStats(); recv != nullptr && has_base(recv->base()))
      array.push_back(recv_stats(*recv));
    if (const auto* send = one->data_as_SendStats(); send != nullptr && has_base(send->base()))
      array.push_back(send_stats(*send));
  }
  return array;
}

json::object rtp_stream_dump(const FBS::RtpStream::Dump& stream, Missing missing) {
  const auto& params = *stream.params();
  json::object object;
  object["encodingIdx"] = params.encoding_idx();
  object["ssrc"] = params.ssrc();
  object["payloadType"] = params.payload_type();
  object["mimeType"] = text(params.mime_type());
  object["clockRate"] = params.clock_rate();
  put(object, "rid", params.rid(), missing);
  object["cname"] = text(params.cname());
  put(object, "rtxSsrc", params.rtx_ssrc(), missing);
  put(object, "rtxPayloadType", params.rtx_payload_type(), missing);
  object["useNack"] = params.use_nack();
  object["usePli"] = params.use_pli();
  object["useFir"] = params.use_fir();
  object["useInBandFec"] = params.use_in_band_fec();
  object["useDtx"] = params.use_dtx();
  object["spatialLayers"] = params.spatial_layers();
  object["temporalLayers"] = params.temporal_layers();
  json::object result;
  result["params"] = std::move(object);
  result["score"] = stream.score();
  if (stream.rtx_stream() != nullptr) {
    result["rtxStream"] = json::object{{"params", rtx_stream_dump(*stream.rtx_stream()->params(), missing)}};
  } else if (missing == Missing::null) {
    result["rtxStream"] = nullptr;
  }
  return result;
}

json::object rtp_packet_dump(const FBS::RtpPacket::Dump& packet) {
  json::object object;
  object["payloadType"] = packet.payload_type();
  object["sequenceNumber"] = packet.sequence_number();
  object["timestamp"] = packet.timestamp();
  object["marker"] = packet.marker();
  object["ssrc"] = packet.ssrc();
  object["isKeyFrame"] = packet.is_key_frame();
  object["size"] = packet.size();
  object["payloadSize"] = packet.payload_size();
  object["spatialLayer"] = packet.spatial_layer();
  object["temporalLayer"] = packet.temporal_layer();
  object["mid"] = or_null(packet.mid());
  object["rid"] = or_null(packet.rid());
  object["rrid"] = or_null(packet.rrid());
  object["wideSequenceNumber"] = or_null(packet.wide_sequence_number());
  return object;
}

}  // namespace carillon::mediasoup::fbs
