#include "mediasoup/pipe_transport.hpp"

#include "mediasoup/channel/messages.hpp"
#include "mediasoup/fbs/transport.hpp"
#include "mediasoup/ortc/ortc.hpp"
#include "mediasoup/random_ids.hpp"

namespace carillon::mediasoup {

std::shared_ptr<PipeTransport> PipeTransport::make(TransportContext context, const Response& /*keeps `dump` alive*/,
                                                   const FBS::PipeTransport::DumpResponse& dump) {
  Data data;
  data.tuple = fbs::read_tuple(*dump.tuple());
  data.sctp_parameters = fbs::read_sctp_parameters(dump.base()->sctp_parameters());
  data.sctp_state = fbs::read_sctp_state(dump.base()->sctp_state());
  data.rtx = dump.rtx();
  data.srtp_parameters = fbs::read_srtp_parameters(dump.srtp_parameters());
  std::shared_ptr<PipeTransport> transport{new PipeTransport{std::move(context), std::move(data)}};
  transport->start();
  return transport;
}

PipeTransport::PipeTransport(TransportContext context, Data data)
    : Transport{std::move(context)}, data_{std::move(data)} {}

Result<boost::json::object> PipeTransport::save() const {
  return fail(Errc::unsupported, "a PipeTransport cannot be carried over to another program: " + id());
}

void PipeTransport::on_ending() {
  if (data_.sctp_state) data_.sctp_state = SctpState::closed;
}

asio::awaitable<Result<>> PipeTransport::connect(PipeTransportConnectOptions options) {
  const auto self = shared_from_this();
  if (const auto open = check_not_connected(connect_called_); !open) co_return open.error();
  if (options.ip.empty()) co_return fail(Errc::bad_request, "ip: missing");
  if (options.port == 0) co_return fail(Errc::bad_request, "port: missing");
  if (options.srtp_parameters.has_value() != data_.srtp_parameters.has_value()) {
    co_return fail(Errc::bad_request,
                   data_.srtp_parameters ? "srtpParameters: missing, SRTP is on" : "srtpParameters: SRTP is off");
  }
  if (options.srtp_parameters) {
    if (const auto checked = check_srtp_parameters(*options.srtp_parameters); !checked) co_return checked.error();
  }
  connect_called_ = true;
  auto answer = request(*channel(), Method::PIPETRANSPORT_CONNECT, id(), [&](Builder& builder) {
    const auto ip = builder.CreateString(options.ip);
    flatbuffers::Offset<FBS::SrtpParameters::SrtpParameters> srtp_parameters;
    if (options.srtp_parameters) srtp_parameters = fbs::write(builder, *options.srtp_parameters);
    return FBS::PipeTransport::CreateConnectRequest(builder, ip, options.port, srtp_parameters);
  });
  const Result<Response> response = co_await std::move(answer);
  connect_called_ = response.has_value();
  if (!response) co_return response.error();
  const auto connected = body<FBS::PipeTransport::ConnectResponse>(*response);
  if (!connected) co_return connected.error();
  data_.tuple = fbs::read_tuple(*(*connected)->tuple());
  co_return Result<>{};
}

asio::awaitable<Result<std::shared_ptr<Consumer>>> PipeTransport::consume(ConsumerOptions options) {
  const auto self = shared_from_this();
  if (const auto open = check_open(); !open) co_return open.error();
  const auto producer = find_producer(options.producer_id);
  if (!producer) co_return producer.error();
  auto parameters = ortc::get_pipe_consumer_rtp_parameters((*producer)->consumable_rtp_parameters(), data_.rtx,
                                                           random_ssrc(*channel()), random_ssrc(*channel()));
  ConsumerOptions piped;
  piped.producer_id = options.producer_id;
  piped.pipe = true;
  piped.app_data = std::move(options.app_data);
  auto consuming = consume_with(*producer, std::move(parameters), std::move(piped));
  co_return co_await std::move(consuming);
}

asio::awaitable<Result<boost::json::value>> PipeTransport::dump() {
  const auto self = shared_from_this();
  if (const auto open = check_open(); !open) co_return open.error();
  const Result<Response> response = co_await request(*channel(), Method::TRANSPORT_DUMP, id());
  if (!response) co_return response.error();
  const auto dump = body<FBS::PipeTransport::DumpResponse>(*response);
  if (!dump) co_return dump.error();
  boost::json::object object = fbs::base_dump(*(*dump)->base());
  object["tuple"] = fbs::to_json(fbs::read_tuple(*(*dump)->tuple()));
  object["rtx"] = (*dump)->rtx();
  if (const auto srtp = fbs::read_srtp_parameters((*dump)->srtp_parameters()))
    object["srtpParameters"] = to_json(*srtp);
  co_return boost::json::value(std::move(object));
}

asio::awaitable<Result<boost::json::value>> PipeTransport::get_stats() {
  const auto self = shared_from_this();
  if (const auto open = check_open(); !open) co_return open.error();
  const Result<Response> response = co_await request(*channel(), Method::TRANSPORT_GET_STATS, id());
  if (!response) co_return response.error();
  const auto stats = body<FBS::PipeTransport::GetStatsResponse>(*response);
  if (!stats) co_return stats.error();
  boost::json::object object = fbs::base_stats(*(*stats)->base());
  object["type"] = "pipe-transport";
  object["tuple"] = fbs::to_json(fbs::read_tuple(*(*stats)->tuple()));
  boost::json::array array;
  array.push_back(std::move(object));
  co_return boost::json::value(std::move(array));
}

void PipeTransport::on_notification(const Notification& notification) {
  if (const auto state = changed_sctp_state(notification)) {
    data_.sctp_state = *state;
    on_sctp_state_change.emit(*state);
    return;
  }
  Transport::on_notification(notification);
}

}  // namespace carillon::mediasoup
