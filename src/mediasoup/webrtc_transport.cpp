#include "mediasoup/webrtc_transport.hpp"

#include "mediasoup/channel/messages.hpp"
#include "mediasoup/fbs/transport.hpp"
#include "mediasoup/ortc/transport_parameters_json.hpp"
#include "mediasoup/saved.hpp"

namespace carillon::mediasoup {
namespace {

ortc::IceParameters restore_ice_parameters(const Saved& saved) {
  return {saved.string("usernameFragment"), saved.string("password"), saved.boolean("iceLite")};
}

ortc::IceCandidate restore_ice_candidate(const Saved& saved) {
  ortc::IceCandidate candidate;
  candidate.foundation = saved.string("foundation");
  candidate.priority = saved.integer<std::uint32_t>("priority");
  candidate.address = saved.string("address");
  candidate.protocol = saved.one_of("protocol", {ortc::IceProtocol::udp, ortc::IceProtocol::tcp});
  candidate.port = saved.integer<std::uint16_t>("port");
  return candidate;
}

}  // namespace

std::shared_ptr<WebRtcTransport> WebRtcTransport::make(TransportContext context, const Response& /*keeps `dump` alive*/,
                                                       const FBS::WebRtcTransport::DumpResponse& dump) {
  Data data;
  data.ice_parameters = fbs::read_ice_parameters(*dump.ice_parameters());
  data.ice_candidates = fbs::read_ice_candidates(dump.ice_candidates());
  data.ice_state = fbs::read_ice_state(dump.ice_state());
  data.ice_selected_tuple = fbs::read_tuple(dump.ice_selected_tuple());
  data.dtls_parameters = fbs::read_dtls_parameters(*dump.dtls_parameters());
  data.dtls_state = fbs::read_dtls_state(dump.dtls_state());
  data.sctp_parameters = fbs::read_sctp_parameters(dump.base()->sctp_parameters());
  data.sctp_state = fbs::read_sctp_state(dump.base()->sctp_state());
  std::shared_ptr<WebRtcTransport> transport{new WebRtcTransport{std::move(context), std::move(data)}};
  transport->start();
  return transport;
}

WebRtcTransport::WebRtcTransport(TransportContext context, Data data)
    : Transport{std::move(context)}, data_{std::move(data)} {}

Result<boost::json::object> WebRtcTransport::save() const {
  boost::json::object object = save_base();
  object["iceParameters"] = ortc::to_json(data_.ice_parameters);
  object["iceCandidates"] = ortc::to_json(data_.ice_candidates);
  object["iceState"] = to_string(data_.ice_state);
  if (data_.ice_selected_tuple) object["iceSelectedTuple"] = mediasoup::save(*data_.ice_selected_tuple);
  object["dtlsParameters"] = ortc::to_json(data_.dtls_parameters);
  object["dtlsState"] = to_string(data_.dtls_state);
  put(object, "dtlsRemoteCert", data_.dtls_remote_cert);
  save_sctp(object, data_.sctp_parameters, data_.sctp_state);
  object["connectCalled"] = connect_called_;
  return object;
}

std::shared_ptr<WebRtcTransport> WebRtcTransport::restore(TransportContext context, const Saved& saved) {
  Data data;
  data.ice_parameters = restore_ice_parameters(saved.object("iceParameters"));
  saved.each("iceCandidates",
             [&](const Saved& candidate) { data.ice_candidates.push_back(restore_ice_candidate(candidate)); });
  data.ice_state = saved.one_of("iceState", {IceState::fresh, IceState::connected, IceState::completed,
                                             IceState::disconnected, IceState::closed});
  data.ice_selected_tuple = restore_optional_tuple(saved, "iceSelectedTuple");
  data.dtls_parameters = saved.parsed("dtlsParameters", [](const boost::json::value& value, const std::string& path) {
    return ortc::parse_dtls_parameters(value, path);
  });
  data.dtls_state = saved.one_of("dtlsState", {DtlsState::fresh, DtlsState::connecting, DtlsState::connected,
                                               DtlsState::failed, DtlsState::closed});
  data.dtls_remote_cert = saved.optional_string("dtlsRemoteCert");
  data.sctp_parameters = restore_sctp_parameters(saved);
  data.sctp_state = restore_sctp_state(saved);
  std::shared_ptr<WebRtcTransport> transport{new WebRtcTransport{std::move(context), std::move(data)}};
  transport->connect_called_ = saved.boolean("connectCalled");
  transport->restore_base(saved);
  return transport;
}

void WebRtcTransport::on_ending() {
  data_.ice_state = IceState::closed;
  data_.ice_selected_tuple.reset();
  data_.dtls_state = DtlsState::closed;
  if (data_.sctp_state) data_.sctp_state = SctpState::closed;
}

asio::awaitable<Result<>> WebRtcTransport::connect(ortc::DtlsParameters dtls_parameters) {
  const auto self = shared_from_this();
  if (const auto open = check_not_connected(connect_called_); !open) co_return open.error();
  // The same rules as for what came as JSON: an empty list of fingerprints has killed a worker.
  const auto checked = ortc::parse_dtls_parameters(ortc::to_json(dtls_parameters));
  if (!checked) co_return checked.error();
  connect_called_ = true;
  auto answer = request(*channel(), Method::WEBRTCTRANSPORT_CONNECT, id(), [&](Builder& builder) {
    const auto written = fbs::write(builder, *checked);
    return FBS::WebRtcTransport::CreateConnectRequest(builder, written);
  });
  const Result<Response> response = co_await std::move(answer);
  connect_called_ = response.has_value();
  if (!response) co_return response.error();
  const auto connected = body<FBS::WebRtcTransport::ConnectResponse>(*response);
  if (!connected) co_return connected.error();
  data_.dtls_parameters.role = fbs::read_dtls_role((*connected)->dtls_local_role());
  co_return Result<>{};
}

asio::awaitable<Result<ortc::IceParameters>> WebRtcTransport::restart_ice() {
  const auto self = shared_from_this();
  if (const auto open = check_open(); !open) co_return open.error();
  const Result<Response> response = co_await request(*channel(), Method::TRANSPORT_RESTART_ICE, id());
  if (!response) co_return response.error();
  const auto restarted = body<FBS::Transport::RestartIceResponse>(*response);
  if (!restarted) co_return restarted.error();
  ortc::IceParameters parameters;
  parameters.username_fragment = (*restarted)->username_fragment()->str();
  parameters.password = (*restarted)->password()->str();
  parameters.ice_lite = (*restarted)->ice_lite();
  data_.ice_parameters = parameters;
  co_return parameters;
}

asio::awaitable<Result<boost::json::value>> WebRtcTransport::dump() {
  const auto self = shared_from_this();
  if (const auto open = check_open(); !open) co_return open.error();
  const Result<Response> response = co_await request(*channel(), Method::TRANSPORT_DUMP, id());
  if (!response) co_return response.error();
  const auto dump = body<FBS::WebRtcTransport::DumpResponse>(*response);
  if (!dump) co_return dump.error();
  boost::json::object object = fbs::base_dump(*(*dump)->base());
  object["iceRole"] = ice_role();
  object["iceParameters"] = ortc::to_json(fbs::read_ice_parameters(*(*dump)->ice_parameters()));
  object["iceCandidates"] = ortc::to_json(fbs::read_ice_candidates((*dump)->ice_candidates()));
  object["iceState"] = to_string(fbs::read_ice_state((*dump)->ice_state()));
  object["dtlsParameters"] = ortc::to_json(fbs::read_dtls_parameters(*(*dump)->dtls_parameters()));
  object["dtlsState"] = to_string(fbs::read_dtls_state((*dump)->dtls_state()));
  co_return boost::json::value(std::move(object));
}

asio::awaitable<Result<boost::json::value>> WebRtcTransport::get_stats() {
  const auto self = shared_from_this();
  if (const auto open = check_open(); !open) co_return open.error();
  const Result<Response> response = co_await request(*channel(), Method::TRANSPORT_GET_STATS, id());
  if (!response) co_return response.error();
  const auto stats = body<FBS::WebRtcTransport::GetStatsResponse>(*response);
  if (!stats) co_return stats.error();
  boost::json::object object = fbs::base_stats(*(*stats)->base());
  object["type"] = "webrtc-transport";
  object["iceRole"] = ice_role();
  object["iceState"] = to_string(fbs::read_ice_state((*stats)->ice_state()));
  if (const auto tuple = fbs::read_tuple((*stats)->ice_selected_tuple()))
    object["iceSelectedTuple"] = fbs::to_json(*tuple);
  object["dtlsState"] = to_string(fbs::read_dtls_state((*stats)->dtls_state()));
  boost::json::array array;
  array.push_back(std::move(object));
  co_return boost::json::value(std::move(array));
}

void WebRtcTransport::on_notification(const Notification& notification) {
  if (const auto state = changed_sctp_state(notification)) {
    data_.sctp_state = *state;
    on_sctp_state_change.emit(*state);
    return;
  }
  switch (notification.event()) {
    case NotificationEvent::WEBRTCTRANSPORT_ICE_STATE_CHANGE:
      if (const auto* changed = body<FBS::WebRtcTransport::IceStateChangeNotification>(notification)) {
        data_.ice_state = fbs::read_ice_state(changed->ice_state());
        on_ice_state_change.emit(data_.ice_state);
      }
      return;
    case NotificationEvent::WEBRTCTRANSPORT_ICE_SELECTED_TUPLE_CHANGE:
      if (const auto* changed = body<FBS::WebRtcTransport::IceSelectedTupleChangeNotification>(notification)) {
        const TransportTuple tuple = fbs::read_tuple(*changed->tuple());
        data_.ice_selected_tuple = tuple;
        on_ice_selected_tuple_change.emit(tuple);
      }
      return;
    case NotificationEvent::WEBRTCTRANSPORT_DTLS_STATE_CHANGE:
      if (const auto* changed = body<FBS::WebRtcTransport::DtlsStateChangeNotification>(notification)) {
        data_.dtls_state = fbs::read_dtls_state(changed->dtls_state());
        if (data_.dtls_state == DtlsState::connected && changed->remote_cert() != nullptr) {
          data_.dtls_remote_cert = changed->remote_cert()->str();
        }
        on_dtls_state_change.emit(data_.dtls_state);
      }
      return;
    default: Transport::on_notification(notification);
  }
}

}  // namespace carillon::mediasoup
