#include "mediasoup/router.hpp"

#include "mediasoup/channel/messages.hpp"
#include "mediasoup/data_producer.hpp"
#include "mediasoup/direct_transport.hpp"
#include "mediasoup/fbs/json.hpp"
#include "mediasoup/fbs/transport_options.hpp"
#include "mediasoup/ortc/ortc.hpp"
#include "mediasoup/pipe_transport.hpp"
#include "mediasoup/plain_transport.hpp"
#include "mediasoup/producer.hpp"
#include "mediasoup/random_ids.hpp"
#include "mediasoup/webrtc_server.hpp"
#include "mediasoup/webrtc_transport.hpp"

namespace carillon::mediasoup {
namespace {

boost::json::value list_to_json(const FBS::Common::StringStringArray* list) {
  return {{"key", fbs::text(list->key())}, {"values", fbs::strings(list->values())}};
}

boost::json::value dump_to_json(const FBS::Router::DumpResponse& dump) {
  return {
      {"id", fbs::text(dump.id())},
      {"transportIds", fbs::strings(dump.transport_ids())},
      {"rtpObserverIds", fbs::strings(dump.rtp_observer_ids())},
      {"mapProducerIdConsumerIds", fbs::array_of(dump.map_producer_id_consumer_ids(), list_to_json)},
      {"mapConsumerIdProducerId", fbs::key_values(dump.map_consumer_id_producer_id())},
      {"mapProducerIdObserverIds", fbs::array_of(dump.map_producer_id_observer_ids(), list_to_json)},
      {"mapDataProducerIdDataConsumerIds", fbs::array_of(dump.map_data_producer_id_data_consumer_ids(), list_to_json)},
      {"mapDataConsumerIdDataProducerId", fbs::key_values(dump.map_data_consumer_id_data_producer_id())},
  };
}

/// What the worker would only find out after it has begun.
Result<> check_listen_info(const TransportListenInfo& info, std::string_view path) {
  if (info.ip.empty()) return fail(Errc::bad_request, fmt::format("{}.ip: expected an address", path));
  if (info.port_range.min > info.port_range.max) {
    return fail(Errc::bad_request, fmt::format("{}.port_range: min is above max", path));
  }
  return {};
}

Result<> check_options(const WebRtcTransportOptions& options, const std::shared_ptr<Channel>& channel) {
  if (options.web_rtc_server && !options.listen_infos.empty()) {
    return fail(Errc::bad_request, "only one of web_rtc_server and listen_infos may be given");
  }
  if (options.web_rtc_server) {
    if (options.web_rtc_server->closed()) return channel->gone("the WebRtcServer");
    if (options.web_rtc_server->channel() != channel) {
      return fail(Errc::bad_request, "web_rtc_server: belongs to another worker than the router");
    }
    return {};
  }
  if (options.listen_infos.empty()) {
    return fail(Errc::bad_request, "missing web_rtc_server and listen_infos (one of them is mandatory)");
  }
  for (const TransportListenInfo& info : options.listen_infos) {
    if (Result<> checked = check_listen_info(info, "listen_infos"); !checked) return checked;
  }
  return {};
}

/// The transport of type T that an answer tells of.
template <class T, class Dump>
Result<std::shared_ptr<T>> make_transport(const Response& response, TransportContext context) {
  const Result<const Dump*> dump = body<Dump>(response);
  if (!dump) return dump.error();
  return T::make(std::move(context), response, **dump);
}

}  // namespace

Router::Router(Context context) : app_data{std::move(context.app_data)}, context_{std::move(context)} {}
Router::~Router() = default;

Result<> Router::check_open() const {
  if (closed_) return context_.channel->gone("the router");
  return {};
}

std::shared_ptr<Transport> Router::transport_by_id(const std::string& transport_id) const {
  const auto found = transports_.find(transport_id);
  return found == transports_.end() ? nullptr : found->second;
}

std::shared_ptr<Producer> Router::producer_by_id(const std::string& producer_id) const {
  const auto found = producers_.find(producer_id);
  return found == producers_.end() ? nullptr : found->second;
}

std::shared_ptr<DataProducer> Router::data_producer_by_id(const std::string& data_producer_id) const {
  const auto found = data_producers_.find(data_producer_id);
  return found == data_producers_.end() ? nullptr : found->second;
}

void Router::on_new_producer(std::shared_ptr<Producer> producer) {
  const std::string producer_id = producer->id();
  producers_.insert_or_assign(producer_id, std::move(producer));
}

void Router::on_new_data_producer(std::shared_ptr<DataProducer> data_producer) {
  const std::string data_producer_id = data_producer->id();
  data_producers_.insert_or_assign(data_producer_id, std::move(data_producer));
}

void Router::on_producer_closed(const std::string& producer_id) { producers_.erase(producer_id); }
void Router::on_data_producer_closed(const std::string& data_producer_id) { data_producers_.erase(data_producer_id); }
void Router::on_transport_closed(const std::string& transport_id) { transports_.erase(transport_id); }

// --- end

void Router::close() {
  if (closed_) return;
  closed_ = true;
  const auto self = shared_from_this();
  tell(*context_.channel, Method::WORKER_CLOSE_ROUTER, "",
       [&](Builder& builder) { return FBS::Worker::CreateCloseRouterRequest(builder, builder.CreateString(id())); });
  end();
  if (context_.on_closed) context_.on_closed(id());
  on_close.emit();
}

void Router::on_worker_closed() {
  if (closed_) return;
  closed_ = true;
  const auto self = shared_from_this();
  end();
  on_worker_close.emit();
  on_close.emit();
}

void Router::end() {
  const auto transports = std::move(transports_);
  const auto rtp_observers = std::move(rtp_observers_);
  transports_.clear();
  rtp_observers_.clear();
  for (const auto& [transport_id, transport] : transports) transport->on_router_closed();
  producers_.clear();
  for (const auto& [observer_id, observer] : rtp_observers) observer->on_router_closed();
  data_producers_.clear();
  pipe_pairs_.clear();
}

asio::awaitable<Result<boost::json::value>> Router::dump() {
  if (const Result<> open = check_open(); !open) co_return open.error();
  auto answer = request(*context_.channel, Method::ROUTER_DUMP, id());
  const Result<Response> response = co_await std::move(answer);
  if (!response) co_return response.error();
  const auto dump = body<FBS::Router::DumpResponse>(*response);
  if (!dump) co_return dump.error();
  co_return dump_to_json(**dump);
}

// --- transports

TransportContext Router::transport_context(boost::json::object transport_app_data) {
  TransportContext made;
  made.channel = context_.channel;
  made.router = weak_from_this();
  made.router_id = id();
  made.transport_id = random_uuid(*context_.channel);
  made.app_data = std::move(transport_app_data);
  return made;
}

void Router::adopt(const std::shared_ptr<Transport>& transport) {
  transports_.emplace(transport->id(), transport);
  on_new_transport.emit(transport);
}

asio::awaitable<Result<std::shared_ptr<WebRtcTransport>>> Router::create_webrtc_transport(
    WebRtcTransportOptions options) {
  const auto self = shared_from_this();
  if (const Result<> open = check_open(); !open) co_return open.error();
  if (const Result<> good = check_options(options, context_.channel); !good) co_return good.error();
  const std::shared_ptr<WebRtcServer> server = options.web_rtc_server;
  TransportContext context = transport_context(std::move(options.app_data));
  const Method method =
      server ? Method::ROUTER_CREATE_WEBRTCTRANSPORT_WITH_SERVER : Method::ROUTER_CREATE_WEBRTCTRANSPORT;
  auto answer = request(*context_.channel, method, id(), [&](Builder& builder) {
    const auto written = fbs::write(builder, options, server ? server->id() : std::string{});
    return FBS::Router::CreateCreateWebRtcTransportRequest(builder, builder.CreateString(context.transport_id),
                                                           written);
  });
  const Result<Response> response = co_await std::move(answer);
  if (!response) co_return response.error();
  if (const Result<> open = check_open(); !open) co_return open.error();
  if (server && server->closed()) co_return context_.channel->gone("the WebRtcServer");
  auto transport = make_transport<WebRtcTransport, FBS::WebRtcTransport::DumpResponse>(*response, std::move(context));
  if (!transport) co_return transport.error();
  // Before anybody is told of the transport, and could close it.
  if (server) server->handle_webrtc_transport(*transport);
  adopt(std::shared_ptr<Transport>{*transport});
  co_return *transport;
}

asio::awaitable<Result<std::shared_ptr<PlainTransport>>> Router::create_plain_transport(PlainTransportOptions options) {
  const auto self = shared_from_this();
  if (const Result<> open = check_open(); !open) co_return open.error();
  if (const Result<> good = check_listen_info(options.listen_info, "listen_info"); !good) co_return good.error();
  if (options.rtcp_listen_info) {
    if (const Result<> good = check_listen_info(*options.rtcp_listen_info, "rtcp_listen_info"); !good)
      co_return good.error();
  }
  TransportContext context = transport_context(std::move(options.app_data));
  auto answer = request(*context_.channel, Method::ROUTER_CREATE_PLAINTRANSPORT, id(), [&](Builder& builder) {
    const auto written = fbs::write(builder, options);
    return FBS::Router::CreateCreatePlainTransportRequest(builder, builder.CreateString(context.transport_id), written);
  });
  const Result<Response> response = co_await std::move(answer);
  if (!response) co_return response.error();
  if (const Result<> open = check_open(); !open) co_return open.error();
  auto transport = make_transport<PlainTransport, FBS::PlainTransport::DumpResponse>(*response, std::move(context));
  if (!transport) co_return transport.error();
  adopt(std::shared_ptr<Transport>{*transport});
  co_return *transport;
}

asio::awaitable<Result<std::shared_ptr<PipeTransport>>> Router::create_pipe_transport(PipeTransportOptions options) {
  const auto self = shared_from_this();
  if (const Result<> open = check_open(); !open) co_return open.error();
  if (const Result<> good = check_listen_info(options.listen_info, "listen_info"); !good) co_return good.error();
  TransportContext context = transport_context(std::move(options.app_data));
  auto answer = request(*context_.channel, Method::ROUTER_CREATE_PIPETRANSPORT, id(), [&](Builder& builder) {
    const auto written = fbs::write(builder, options);
    return FBS::Router::CreateCreatePipeTransportRequest(builder, builder.CreateString(context.transport_id), written);
  });
  const Result<Response> response = co_await std::move(answer);
  if (!response) co_return response.error();
  if (const Result<> open = check_open(); !open) co_return open.error();
  auto transport = make_transport<PipeTransport, FBS::PipeTransport::DumpResponse>(*response, std::move(context));
  if (!transport) co_return transport.error();
  adopt(std::shared_ptr<Transport>{*transport});
  co_return *transport;
}

asio::awaitable<Result<std::shared_ptr<DirectTransport>>> Router::create_direct_transport(
    DirectTransportOptions options) {
  const auto self = shared_from_this();
  if (const Result<> open = check_open(); !open) co_return open.error();
  TransportContext context = transport_context(std::move(options.app_data));
  auto answer = request(*context_.channel, Method::ROUTER_CREATE_DIRECTTRANSPORT, id(), [&](Builder& builder) {
    const auto written = fbs::write(builder, options);
    return FBS::Router::CreateCreateDirectTransportRequest(builder, builder.CreateString(context.transport_id),
                                                           written);
  });
  const Result<Response> response = co_await std::move(answer);
  if (!response) co_return response.error();
  if (const Result<> open = check_open(); !open) co_return open.error();
  auto transport = make_transport<DirectTransport, FBS::DirectTransport::DumpResponse>(*response, std::move(context));
  if (!transport) co_return transport.error();
  adopt(std::shared_ptr<Transport>{*transport});
  co_return *transport;
}

// --- observers

RtpObserverContext Router::observer_context(boost::json::object observer_app_data) {
  const std::weak_ptr<Router> weak = weak_from_this();
  RtpObserverContext made;
  made.channel = context_.channel;
  made.router = weak;
  made.router_id = id();
  made.rtp_observer_id = random_uuid(*context_.channel);
  made.on_closed = [weak](const std::string& observer_id) {
    if (const auto router = weak.lock()) router->rtp_observers_.erase(observer_id);
  };
  made.app_data = std::move(observer_app_data);
  return made;
}

void Router::adopt(const std::shared_ptr<RtpObserver>& observer) {
  rtp_observers_.emplace(observer->id(), observer);
  on_new_rtp_observer.emit(observer);
}

asio::awaitable<Result<std::shared_ptr<ActiveSpeakerObserver>>> Router::create_active_speaker_observer(
    ActiveSpeakerObserverOptions options) {
  const auto self = shared_from_this();
  if (const Result<> open = check_open(); !open) co_return open.error();
  RtpObserverContext context = observer_context(std::move(options.app_data));
  auto answer = request(*context_.channel, Method::ROUTER_CREATE_ACTIVESPEAKEROBSERVER, id(), [&](Builder& builder) {
    const auto written = FBS::ActiveSpeakerObserver::CreateActiveSpeakerObserverOptions(builder, options.interval);
    return FBS::Router::CreateCreateActiveSpeakerObserverRequest(builder, builder.CreateString(context.rtp_observer_id),
                                                                 written);
  });
  const Result<Response> response = co_await std::move(answer);
  if (!response) co_return response.error();
  if (const Result<> open = check_open(); !open) co_return open.error();
  const auto observer = ActiveSpeakerObserver::make(std::move(context));
  adopt(std::shared_ptr<RtpObserver>{observer});
  co_return observer;
}

asio::awaitable<Result<std::shared_ptr<AudioLevelObserver>>> Router::create_audio_level_observer(
    AudioLevelObserverOptions options) {
  const auto self = shared_from_this();
  if (const Result<> open = check_open(); !open) co_return open.error();
  if (options.max_entries == 0) co_return fail(Errc::bad_request, "max_entries: expected a positive number");
  if (options.threshold < -127 || options.threshold > 0)
    co_return fail(Errc::bad_request, "threshold: expected -127 to 0");
  RtpObserverContext context = observer_context(std::move(options.app_data));
  auto answer = request(*context_.channel, Method::ROUTER_CREATE_AUDIOLEVELOBSERVER, id(), [&](Builder& builder) {
    const auto written = FBS::AudioLevelObserver::CreateAudioLevelObserverOptions(builder, options.max_entries,
                                                                                  options.threshold, options.interval);
    return FBS::Router::CreateCreateAudioLevelObserverRequest(builder, builder.CreateString(context.rtp_observer_id),
                                                              written);
  });
  const Result<Response> response = co_await std::move(answer);
  if (!response) co_return response.error();
  if (const Result<> open = check_open(); !open) co_return open.error();
  const auto observer = AudioLevelObserver::make(std::move(context));
  adopt(std::shared_ptr<RtpObserver>{observer});
  co_return observer;
}

// --- negotiation

bool Router::can_consume(const std::string& producer_id, const ortc::RtpCapabilities& capabilities) const {
  const std::shared_ptr<Producer> producer = producer_by_id(producer_id);
  return producer && ortc::can_consume(producer->consumable_rtp_parameters(), capabilities);
}

Result<> Router::update_media_codecs(const std::vector<ortc::RtpCodecCapability>& media_codecs) {
  Result<ortc::RtpCapabilities> capabilities = ortc::generate_router_rtp_capabilities(media_codecs);
  if (!capabilities) return capabilities.error();
  context_.rtp_capabilities = std::move(*capabilities);
  return {};
}

}  // namespace carillon::mediasoup
