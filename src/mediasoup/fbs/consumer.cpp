#include "mediasoup/fbs/consumer.hpp"

#include "mediasoup/fbs/json.hpp"
#include "mediasoup/fbs/rtp_parameters.hpp"
#include "mediasoup/fbs/rtp_stream.hpp"
#include "mediasoup/fbs/transport.hpp"
#include "mediasoup/ortc/rtp_parameters_json.hpp"

namespace carillon::mediasoup::fbs {

namespace {

static_assert(static_cast<int>(ConsumerTraceEventType::rtp) == static_cast<int>(FBS::Consumer::TraceEventType::RTP));
static_assert(static_cast<int>(ConsumerType::pipe) == static_cast<int>(FBS::RtpParameters::Type::PIPE));

std::string_view trace_type_name(FBS::Consumer::TraceEventType type) {
  switch (type) {
    case FBS::Consumer::TraceEventType::KEYFRAME: return "keyframe";
    case FBS::Consumer::TraceEventType::FIR: return "fir";
    case FBS::Consumer::TraceEventType::NACK: return "nack";
    case FBS::Consumer::TraceEventType::PLI: return "pli";
    case FBS::Consumer::TraceEventType::RTP: return "rtp";
  }
  return "";
}

json::value trace_info(const FBS::Consumer::TraceNotification& trace) {
  if (trace.info() == nullptr) return nullptr;  // whatever type it names
  json::object object;
  switch (trace.info_type()) {
    case FBS::Consumer::TraceInfo::NONE: return nullptr;
    case FBS::Consumer::TraceInfo::KeyFrameTraceInfo:
      object["rtpPacket"] = rtp_packet_dump(*trace.info_as_KeyFrameTraceInfo()->rtp_packet());
      object["isRtx"] = trace.info_as_KeyFrameTraceInfo()->is_rtx();
      return object;
    case FBS::Consumer::TraceInfo::FirTraceInfo: object["ssrc"] = trace.info_as_FirTraceInfo()->ssrc(); return object;
    case FBS::Consumer::TraceInfo::PliTraceInfo: object["ssrc"] = trace.info_as_PliTraceInfo()->ssrc(); return object;
    case FBS::Consumer::TraceInfo::RtpTraceInfo:
      object["rtpPacket"] = rtp_packet_dump(*trace.info_as_RtpTraceInfo()->rtp_packet());
      object["isRtx"] = trace.info_as_RtpTraceInfo()->is_rtx();
      return object;
  }
  return nullptr;
}

json::object base_dump(const FBS::Consumer::BaseConsumerDump& dump) {
  json::object object;
  object["id"] = text(dump.id());
  object["producerId"] = text(dump.producer_id());
  object["kind"] = ortc::to_string(read_kind(dump.kind()));
  object["rtpParameters"] = rtp_parameters_dump(*dump.rtp_parameters());
  if (dump.consumable_rtp_encodings()->size() > 0) {
    object["consumableRtpEncodings"] = array_of(dump.consumable_rtp_encodings(), [](const auto* encoding) {
      return json::value(ortc::to_json(read_encoding(*encoding)));
    });
  }
  object["traceEventTypes"] = array_of(dump.trace_event_types(), [](auto type) {
    return json::value(trace_type_name(static_cast<FBS::Consumer::TraceEventType>(type)));
  });
  object["supportedCodecPayloadTypes"] =
      array_of(dump.supported_codec_payload_types(), [](auto type) { return json::value(type); });
  object["paused"] = dump.paused();
  object["producerPaused"] = dump.producer_paused();
  object["priority"] = dump.priority();
  return object;
}

json::value stream_dump(const FBS::RtpStream::Dump* stream) { return rtp_stream_dump(*stream, Missing::left_out); }

}  // namespace

FBS::RtpParameters::Type write_consumer_type(ConsumerType type) { return static_cast<FBS::RtpParameters::Type>(type); }
FBS::Consumer::TraceEventType write_trace_type(ConsumerTraceEventType type) {
  return static_cast<FBS::Consumer::TraceEventType>(type);
}

flatbuffers::Offset<FBS::Consumer::ConsumerLayers> write(Builder& builder, const ConsumerLayers& layers) {
  flatbuffers::Optional<std::uint8_t> temporal_layer;
  if (layers.temporal_layer) temporal_layer = *layers.temporal_layer;
  return FBS::Consumer::CreateConsumerLayers(builder, layers.spatial_layer, temporal_layer);
}

std::optional<ConsumerLayers> read_layers(const FBS::Consumer::ConsumerLayers* layers) {
  if (layers == nullptr) return std::nullopt;
  ConsumerLayers result;
  result.spatial_layer = layers->spatial_layer();
  if (layers->temporal_layer().has_value()) result.temporal_layer = *layers->temporal_layer();
  return result;
}

ConsumerScore read_score(const FBS::Consumer::ConsumerScore& score) {
  ConsumerScore result;
  result.score = score.score();
  result.producer_score = score.producer_score();
  result.producer_scores.assign(score.producer_scores()->begin(), score.producer_scores()->end());
  return result;
}

TraceEvent read_trace(const FBS::Consumer::TraceNotification& trace) {
  TraceEvent event;
  event.type = trace_type_name(trace.type());
  event.timestamp = trace.timestamp();
  event.direction = direction_name(trace.direction());
  event.info = trace_info(trace);
  return event;
}

json::object consumer_dump(const FBS::Consumer::ConsumerDump& dump) {
  json::object object = base_dump(*dump.base());
  const auto type = static_cast<ConsumerType>(dump.base()->type());
  object["type"] = to_string(type);
  if (type == ConsumerType::pipe) {
    object["rtpStreams"] = array_of(dump.rtp_streams(), stream_dump);
    return object;
  }
  if (dump.rtp_streams()->size() > 0) object["rtpStream"] = stream_dump(dump.rtp_streams()->Get(0));
  if (type == ConsumerType::simulcast || type == ConsumerType::svc) {
    object["preferredSpatialLayer"] = or_null(dump.preferred_spatial_layer());
    object["targetSpatialLayer"] = or_null(dump.target_spatial_layer());
    object["currentSpatialLayer"] = or_null(dump.current_spatial_layer());
    object["preferredTemporalLayer"] = or_null(dump.preferred_temporal_layer());
    object["targetTemporalLayer"] = or_null(dump.target_temporal_layer());
    object["currentTemporalLayer"] = or_null(dump.current_temporal_layer());
  }
  return object;
}

}  // namespace carillon::mediasoup::fbs
