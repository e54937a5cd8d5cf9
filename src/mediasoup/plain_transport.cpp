#include "mediasoup/plain_transport.hpp"

#include "mediasoup/channel/messages.hpp"
#include "mediasoup/fbs/transport.hpp"
#include "mediasoup/saved.hpp"

namespace carillon::mediasoup {

std::shared_ptr<PlainTransport> PlainTransport::make(TransportContext context, const Response& /*keeps `dump` alive*/,
                                                     const FBS::PlainTransport::DumpResponse& dump) {
  Data data;
  data.rtcp_mux = dump.rtcp_mux();
  data.comedia = dump.comedia();
  data.tuple = fbs::read_tuple(*dump.tuple());
  data.rtcp_tuple = fbs::read_tuple(dump.rtcp_tuple());
  data.sctp_parameters = fbs::read_sctp_parameters(dump.base()->sctp_parameters());
  data.sctp_state = fbs::read_sctp_state(dump.base()->sctp_state());
  data.srtp_parameters = fbs::read_srtp_parameters(dump.srtp_parameters());
  std::shared_ptr<PlainTransport> transport{new PlainTransport{std::move(context), std::move(data)}};
  transport->start();
  return transport;
}

PlainTransport::PlainTransport(TransportContext context, Data data)
    : Transport{std::move(context)}, data_{std::move(data)} {}

Result<boost::json::object> PlainTransport::save() const {
  boost::json::object object = save_base();
  object["rtcpMux"] = data_.rtcp_mux;
  object["comedia"] = data_.comedia;
  object["tuple"] = mediasoup::save(data_.tuple);
  if (data_.rtcp_tuple) object["rtcpTuple"] = mediasoup::save(*data_.rtcp_tuple);
  save_sctp(object, data_.sctp_parameters, data_.sctp_state);
  if (data_.srtp_parameters) object["srtpParameters"] = to_json(*data_.srtp_parameters);
  object["connectCalled"] = connect_called_;
  return object;
}

std::shared_ptr<PlainTransport> PlainTransport::restore(TransportContext context, const Saved& saved) {
  Data data;
  data.rtcp_mux = saved.boolean("rtcpMux");
  data.comedia = saved.boolean("comedia");
  data.tuple = restore_tuple(saved.object("tuple"));
  data.rtcp_tuple = restore_optional_tuple(saved, "rtcpTuple");
  data.sctp_parameters = restore_sctp_parameters(saved);
  data.sctp_state = restore_sctp_state(saved);
  if (saved.find("srtpParameters") != nullptr) {
    data.srtp_parameters = saved.parsed("srtpParameters", [](const boost::json::value& value, const std::string& path) {
      return parse_srtp_parameters(value, path);
    });
  }
  std::shared_ptr<PlainTransport> transport{new PlainTransport{std::move(context), std::move(data)}};
  transport->connect_called_ = saved.boolean("connectCalled");
  transport->restore_base(saved);
  return transport;
}

void PlainTransport::on_ending() {
  if (data_.sctp_state) data_.sctp_state = SctpState::closed;
}

Result<> PlainTransport::check(const PlainTransportConnectOptions& options) const {
  if (options.srtp_parameters.has_value() != data_.srtp_parameters.has_value()) {
    return fail(Errc::bad_request,
                data_.srtp_parameters ? "srtpParameters: missing, SRTP is on" : "srtpParameters: SRTP is off");
  }
  if (options.srtp_parameters) {
    if (const auto checked = check_srtp_parameters(*options.srtp_parameters); !checked) return checked.error();
  }
  if (data_.comedia) {
    if (options.ip || options.port || options.rtcp_port) {
      return fail(Errc::bad_request, "ip, port, rtcpPort: not with comedia, which learns them from the first packet");
    }
    return {};
  }
  if (!options.ip || options.ip->empty()) return fail(Errc::bad_request, "ip: missing");
  if (!options.port) return fail(Errc::bad_request, "port: missing");
  if (options.rtcp_port.has_value() == data_.rtcp_mux) {
    return fail(Errc::bad_request, data_.rtcp_mux ? "rtcpPort: not with rtcpMux" : "rtcpPort: missing, rtcpMux is off");
  }
  return {};
}

asio::awaitable<Result<>> PlainTransport::connect(PlainTransportConnectOptions options) {
  const auto self = shared_from_this();
  if (const auto open = check_not_connected(connect_called_); !open) co_return open.error();
  if (const auto checked = check(options); !checked) co_return checked.error();
  connect_called_ = true;
  auto answer = request(*channel(), Method::PLAINTRANSPORT_CONNECT, id(), [&](Builder& builder) {
    flatbuffers::Offset<flatbuffers::String> ip;
    flatbuffers::Offset<FBS::SrtpParameters::SrtpParameters> srtp_parameters;
    if (options.ip) ip = builder.CreateString(*options.ip);
    if (options.srtp_parameters) srtp_parameters = fbs::write(builder, *options.srtp_parameters);
    flatbuffers::Optional<std::uint16_t> port;
    flatbuffers::Optional<std::uint16_t> rtcp_port;
    if (options.port) port = *options.port;
    if (options.rtcp_port) rtcp_port = *options.rtcp_port;
    return FBS::PlainTransport::CreateConnectRequest(builder, ip, port, rtcp_port, srtp_parameters);
  });
  const Result<Response> response = co_await std::move(answer);
  connect_called_ = response.has_value();
  if (!response) co_return response.error();
  const auto connected = body<FBS::PlainTransport::ConnectResponse>(*response);
  if (!connected) co_return connected.error();
  if (const auto tuple = fbs::read_tuple((*connected)->tuple())) data_.tuple = *tuple;
  if (auto tuple = fbs::read_tuple((*connected)->rtcp_tuple())) data_.rtcp_tuple = std::move(tuple);
  if (auto ours = fbs::read_srtp_parameters((*connected)->srtp_parameters())) data_.srtp_parameters = std::move(ours);
  co_return Result<>{};
}

asio::awaitable<Result<boost::json::value>> PlainTransport::dump() {
  const auto self = shared_from_this();
  if (const auto open = check_open(); !open) co_return open.error();
  const Result<Response> response = co_await request(*channel(), Method::TRANSPORT_DUMP, id());
  if (!response) co_return response.error();
  const auto dump = body<FBS::PlainTransport::DumpResponse>(*response);
  if (!dump) co_return dump.error();
  boost::json::object object = fbs::base_dump(*(*dump)->base());
  object["rtcpMux"] = (*dump)->rtcp_mux();
  object["comedia"] = (*dump)->comedia();
  object["tuple"] = fbs::to_json(fbs::read_tuple(*(*dump)->tuple()));
  if (const auto tuple = fbs::read_tuple((*dump)->rtcp_tuple())) object["rtcpTuple"] = fbs::to_json(*tuple);
  if (const auto srtp = fbs::read_srtp_parameters((*dump)->srtp_parameters()))
    object["srtpParameters"] = to_json(*srtp);
  co_return boost::json::value(std::move(object));
}

asio::awaitable<Result<boost::json::value>> PlainTransport::get_stats() {
  const auto self = shared_from_this();
  if (const auto open = check_open(); !open) co_return open.error();
  const Result<Response> response = co_await request(*channel(), Method::TRANSPORT_GET_STATS, id());
  if (!response) co_return response.error();
  const auto stats = body<FBS::PlainTransport::GetStatsResponse>(*response);
  if (!stats) co_return stats.error();
  boost::json::object object = fbs::base_stats(*(*stats)->base());
  object["type"] = "plain-rtp-transport";
  object["rtcpMux"] = (*stats)->rtcp_mux();
  object["comedia"] = (*stats)->comedia();
  object["tuple"] = fbs::to_json(fbs::read_tuple(*(*stats)->tuple()));
  if (const auto tuple = fbs::read_tuple((*stats)->rtcp_tuple())) object["rtcpTuple"] = fbs::to_json(*tuple);
  boost::json::array array;
  array.push_back(std::move(object));
  co_return boost::json::value(std::move(array));
}

void PlainTransport::on_notification(const Notification& notification) {
  if (const auto state = changed_sctp_state(notification)) {
    data_.sctp_state = *state;
    on_sctp_state_change.emit(*state);
    return;
  }
  switch (notification.event()) {
    case NotificationEvent::PLAINTRANSPORT_TUPLE:
      if (const auto* learned = body<FBS::PlainTransport::TupleNotification>(notification)) {
        const TransportTuple tuple = fbs::read_tuple(*learned->tuple());
        data_.tuple = tuple;
        on_tuple.emit(tuple);
      }
      return;
    case NotificationEvent::PLAINTRANSPORT_RTCP_TUPLE:
      if (const auto* learned = body<FBS::PlainTransport::RtcpTupleNotification>(notification)) {
        const TransportTuple tuple = fbs::read_tuple(*learned->tuple());
        data_.rtcp_tuple = tuple;
        on_rtcp_tuple.emit(tuple);
      }
      return;
    default: Transport::on_notification(notification);
  }
}

}  // namespace carillon::mediasoup
