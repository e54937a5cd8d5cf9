#include "mediasoup/fbs/producer.hpp"

#include "mediasoup/fbs/json.hpp"
#include "mediasoup/fbs/rtp_parameters.hpp"
#include "mediasoup/fbs/rtp_stream.hpp"
#include "mediasoup/fbs/transport.hpp"
#include "mediasoup/ortc/rtp_parameters_json.hpp"

namespace carillon::mediasoup::fbs {

namespace {

static_assert(static_cast<int>(ProducerTraceEventType::sr) == static_cast<int>(FBS::Producer::TraceEventType::SR));

std::string_view trace_type_name(FBS::Producer::TraceEventType type) {
  switch (type) {
    case FBS::Producer::TraceEventType::KEYFRAME: return "keyframe";
    case FBS::Producer::TraceEventType::FIR: return "fir";
    case FBS::Producer::TraceEventType::NACK: return "nack";
    case FBS::Producer::TraceEventType::PLI: return "pli";
    case FBS::Producer::TraceEventType::RTP: return "rtp";
    case FBS::Producer::TraceEventType::SR: return "sr";
  }
  return "";
}

json::value trace_info(const FBS::Producer::TraceNotification& trace) {
  if (trace.info() == nullptr) return nullptr;  // whatever type it names
  json::object object;
  switch (trace.info_type()) {
    case FBS::Producer::TraceInfo::NONE: return nullptr;
    case FBS::Producer::TraceInfo::KeyFrameTraceInfo:
      object["rtpPacket"] = rtp_packet_dump(*trace.info_as_KeyFrameTraceInfo()->rtp_packet());
      object["isRtx"] = trace.info_as_KeyFrameTraceInfo()->is_rtx();
      return object;
    case FBS::Producer::TraceInfo::FirTraceInfo: object["ssrc"] = trace.info_as_FirTraceInfo()->ssrc(); return object;
    case FBS::Producer::TraceInfo::PliTraceInfo: object["ssrc"] = trace.info_as_PliTraceInfo()->ssrc(); return object;
    case FBS::Producer::TraceInfo::RtpTraceInfo:
      object["rtpPacket"] = rtp_packet_dump(*trace.info_as_RtpTraceInfo()->rtp_packet());
      object["isRtx"] = trace.info_as_RtpTraceInfo()->is_rtx();
      return object;
    case FBS::Producer::TraceInfo::SrTraceInfo: {
      const auto& report = *trace.info_as_SrTraceInfo();
      object["ssrc"] = report.ssrc();
      object["ntpSec"] = report.ntp_sec();
      object["ntpFrac"] = report.ntp_frac();
      object["rtpTs"] = report.rtp_ts();
      object["packetCount"] = report.packet_count();
      object["octetCount"] = report.octet_count();
      return object;
    }
  }
  return nullptr;
}

/// As the package shows it: with null where an encoding has no rid or no SSRC.
json::object mapping_dump(const FBS::RtpParameters::RtpMapping& mapping) {
  json::object object;
  object["codecs"] = array_of(mapping.codecs(), [](const auto* codec) {
    return json::value{{"payloadType", codec->payload_type()}, {"mappedPayloadType", codec->mapped_payload_type()}};
  });
  object["encodings"] = array_of(mapping.encodings(), [](const auto* encoding) {
    json::object one;
    one["rid"] = or_null(encoding->rid());
    one["ssrc"] = or_null(encoding->ssrc());
    one["mappedSsrc"] = encoding->mapped_ssrc();
    return json::value(std::move(one));
  });
  return object;
}

}  // namespace

std::optional<ProducerType> read_producer_type(FBS::RtpParameters::Type type) {
  switch (type) {
    case FBS::RtpParameters::Type::SIMPLE: return ProducerType::simple;
    case FBS::RtpParameters::Type::SIMULCAST: return ProducerType::simulcast;
    case FBS::RtpParameters::Type::SVC: return ProducerType::svc;
    case FBS::RtpParameters::Type::PIPE: return std::nullopt;
  }
  return std::nullopt;
}

FBS::RtpParameters::Type write_producer_type(ProducerType type) {
  switch (type) {
    case ProducerType::simple: return FBS::RtpParameters::Type::SIMPLE;
    case ProducerType::simulcast: return FBS::RtpParameters::Type::SIMULCAST;
    case ProducerType::svc: return FBS::RtpParameters::Type::SVC;
  }
  return FBS::RtpParameters::Type::SIMPLE;
}

FBS::Producer::TraceEventType write_trace_type(ProducerTraceEventType type) {
  return static_cast<FBS::Producer::TraceEventType>(type);
}

std::vector<ProducerScore> read_scores(const FBS::Producer::ScoreNotification& notification) {
  std::vector<ProducerScore> scores;
  for (const auto* score : *notification.scores()) {
    ProducerScore read;
    read.encoding_idx = score->encoding_idx();
    read.ssrc = score->ssrc();
    if (score->rid() != nullptr) read.rid = score->rid()->str();
    read.score = score->score();
    scores.push_back(std::move(read));
  }
  return scores;
}

ProducerVideoOrientation read_video_orientation(const FBS::Producer::VideoOrientationChangeNotification& notification) {
  return {notification.camera(), notification.flip(), notification.rotation()};
}

TraceEvent read_trace(const FBS::Producer::TraceNotification& trace) {
  TraceEvent event;
  event.type = trace_type_name(trace.type());
  event.timestamp = trace.timestamp();
  event.direction = direction_name(trace.direction());
  event.info = trace_info(trace);
  return event;
}

json::object producer_dump(const FBS::Producer::DumpResponse& dump) {
  json::object object;
  object["id"] = text(dump.id());
  object["kind"] = ortc::to_string(read_kind(dump.kind()));
  if (const auto type = read_producer_type(dump.type())) object["type"] = to_string(*type);
  object["rtpParameters"] = rtp_parameters_dump(*dump.rtp_parameters());
  object["rtpMapping"] = mapping_dump(*dump.rtp_mapping());
  if (dump.rtp_streams()->size() > 0) {
    object["rtpStreams"] = array_of(
        dump.rtp_streams(), [](const auto* stream) { return json::value(rtp_stream_dump(*stream, Missing::null)); });
  }
  object["traceEventTypes"] = array_of(dump.trace_event_types(), [](auto type) {
    return json::value(trace_type_name(static_cast<FBS::Producer::TraceEventType>(type)));
  });
  object["paused"] = dump.paused();
  return object;
}

}  // namespace carillon::mediasoup::fbs
