#include "fuzz/worker_message.hpp"
#include "mediasoup/fbs/consumer.hpp"
#include "mediasoup/fbs/data.hpp"
#include "mediasoup/fbs/producer.hpp"
#include "mediasoup/fbs/rtp_parameters.hpp"
#include "mediasoup/fbs/rtp_stream.hpp"
#include "mediasoup/fbs/transport.hpp"
#include "mediasoup/ortc/rtp_parameters_json.hpp"
#include "mediasoup/ortc/transport_parameters_json.hpp"

#include <boost/json/serialize.hpp>

namespace carillon::fuzz {
namespace {

using namespace carillon::mediasoup;

void written(const boost::json::value& json) { (void)boost::json::serialize(json); }

void read(const FBS::WebRtcTransport::DumpResponse& dump) {
  written(fbs::base_dump(*dump.base()));
  written(ortc::to_json(fbs::read_ice_parameters(*dump.ice_parameters())));
  written(ortc::to_json(fbs::read_ice_candidates(dump.ice_candidates())));
  written(ortc::to_json(fbs::read_dtls_parameters(*dump.dtls_parameters())));
  (void)to_string(fbs::read_ice_state(dump.ice_state()));
  (void)to_string(fbs::read_dtls_state(dump.dtls_state()));
  (void)fbs::read_tuple(dump.ice_selected_tuple());
  (void)fbs::read_sctp_parameters(dump.base()->sctp_parameters());
  (void)fbs::read_sctp_state(dump.base()->sctp_state());
}

void read(const FBS::WebRtcTransport::GetStatsResponse& stats) {
  written(fbs::base_stats(*stats.base()));
  (void)to_string(fbs::read_ice_state(stats.ice_state()));
  (void)to_string(fbs::read_dtls_state(stats.dtls_state()));
  if (const auto tuple = fbs::read_tuple(stats.ice_selected_tuple())) written(fbs::to_json(*tuple));
}

void read(const FBS::PlainTransport::DumpResponse& dump) {
  written(fbs::base_dump(*dump.base()));
  written(fbs::to_json(fbs::read_tuple(*dump.tuple())));
  (void)fbs::read_tuple(dump.rtcp_tuple());
  if (const auto srtp = fbs::read_srtp_parameters(dump.srtp_parameters())) written(to_json(*srtp));
}

void read(const FBS::PipeTransport::DumpResponse& dump) {
  written(fbs::base_dump(*dump.base()));
  written(fbs::to_json(fbs::read_tuple(*dump.tuple())));
  if (const auto srtp = fbs::read_srtp_parameters(dump.srtp_parameters())) written(to_json(*srtp));
}

void read(const FBS::Transport::ConsumeResponse& consumed) {
  (void)fbs::read_score(*consumed.score());
  (void)fbs::read_layers(consumed.preferred_layers());
}

}  // namespace

void read_body(const FBS::Response::Response& response) {
  using Body = FBS::Response::Body;
  if (response.body() == nullptr) return;
  switch (response.body_type()) {
    case Body::WebRtcTransport_DumpResponse: return read(*response.body_as_WebRtcTransport_DumpResponse());
    case Body::WebRtcTransport_GetStatsResponse: return read(*response.body_as_WebRtcTransport_GetStatsResponse());
    case Body::WebRtcTransport_ConnectResponse:
      return (void)fbs::read_dtls_role(response.body_as_WebRtcTransport_ConnectResponse()->dtls_local_role());
    case Body::PlainTransport_DumpResponse: return read(*response.body_as_PlainTransport_DumpResponse());
    case Body::PipeTransport_DumpResponse: return read(*response.body_as_PipeTransport_DumpResponse());
    case Body::DirectTransport_DumpResponse:
      return written(fbs::base_dump(*response.body_as_DirectTransport_DumpResponse()->base()));
    case Body::DirectTransport_GetStatsResponse:
      return written(fbs::base_stats(*response.body_as_DirectTransport_GetStatsResponse()->base()));
    case Body::Transport_ConsumeResponse: return read(*response.body_as_Transport_ConsumeResponse());
    case Body::Transport_ProduceResponse:
      return (void)fbs::read_producer_type(response.body_as_Transport_ProduceResponse()->type());
    case Body::Producer_DumpResponse: return written(fbs::producer_dump(*response.body_as_Producer_DumpResponse()));
    case Body::Producer_GetStatsResponse:
      return written(fbs::rtp_stream_stats(response.body_as_Producer_GetStatsResponse()->stats()));
    case Body::Consumer_DumpResponse:
      return written(fbs::consumer_dump(*response.body_as_Consumer_DumpResponse()->data()));
    case Body::Consumer_GetStatsResponse:
      return written(fbs::rtp_stream_stats(response.body_as_Consumer_GetStatsResponse()->stats()));
    case Body::Consumer_SetPreferredLayersResponse:
      return (void)fbs::read_layers(response.body_as_Consumer_SetPreferredLayersResponse()->preferred_layers());
    case Body::DataProducer_DumpResponse:
      return written(fbs::data_producer_dump(*response.body_as_DataProducer_DumpResponse()));
    case Body::DataProducer_GetStatsResponse:
      return written(fbs::data_producer_stats(*response.body_as_DataProducer_GetStatsResponse()));
    case Body::DataConsumer_DumpResponse:
      return written(fbs::data_consumer_dump(*response.body_as_DataConsumer_DumpResponse()));
    case Body::DataConsumer_GetStatsResponse:
      return written(fbs::data_consumer_stats(*response.body_as_DataConsumer_GetStatsResponse()));
    default: return;  // bodies whose fields are copied as they are
  }
}

void read_body(const FBS::Notification::Notification& notification) {
  using Body = FBS::Notification::Body;
  if (notification.body() == nullptr) return;
  switch (notification.body_type()) {
    case Body::Transport_TraceNotification:
      return written(fbs::read_trace(*notification.body_as_Transport_TraceNotification()).info);
    case Body::Transport_SctpNegotiatedCapabilitiesNotification: {
      const auto* told = notification.body_as_Transport_SctpNegotiatedCapabilitiesNotification();
      if (told->negotiated_capabilities() != nullptr) (void)fbs::read_negotiated(*told->negotiated_capabilities());
      return;
    }
    case Body::Transport_SctpStateChangeNotification:
      return (void)to_string(
          fbs::read_sctp_state(notification.body_as_Transport_SctpStateChangeNotification()->sctp_state()));
    case Body::WebRtcTransport_IceStateChangeNotification:
      return (void)to_string(
          fbs::read_ice_state(notification.body_as_WebRtcTransport_IceStateChangeNotification()->ice_state()));
    case Body::WebRtcTransport_IceSelectedTupleChangeNotification:
      return written(fbs::to_json(
          fbs::read_tuple(*notification.body_as_WebRtcTransport_IceSelectedTupleChangeNotification()->tuple())));
    case Body::WebRtcTransport_DtlsStateChangeNotification:
      return (void)to_string(
          fbs::read_dtls_state(notification.body_as_WebRtcTransport_DtlsStateChangeNotification()->dtls_state()));
    case Body::PlainTransport_TupleNotification:
      return written(fbs::to_json(fbs::read_tuple(*notification.body_as_PlainTransport_TupleNotification()->tuple())));
    case Body::Producer_ScoreNotification:
      return (void)fbs::read_scores(*notification.body_as_Producer_ScoreNotification());
    case Body::Producer_VideoOrientationChangeNotification:
      return (void)fbs::read_video_orientation(*notification.body_as_Producer_VideoOrientationChangeNotification());
    case Body::Producer_TraceNotification:
      return written(fbs::read_trace(*notification.body_as_Producer_TraceNotification()).info);
    case Body::Consumer_ScoreNotification:
      return (void)fbs::read_score(*notification.body_as_Consumer_ScoreNotification()->score());
    case Body::Consumer_LayersChangeNotification:
      return (void)fbs::read_layers(notification.body_as_Consumer_LayersChangeNotification()->layers());
    case Body::Consumer_TraceNotification:
      return written(fbs::read_trace(*notification.body_as_Consumer_TraceNotification()).info);
    default: return;
  }
}

}  // namespace carillon::fuzz
