#include "mediasoup/transport.hpp"

#include "mediasoup/channel/messages.hpp"
#include "mediasoup/fbs/consumer.hpp"
#include "mediasoup/fbs/rtp_parameters.hpp"
#include "mediasoup/fbs/transport.hpp"
#include "mediasoup/ortc/ortc.hpp"
#include "mediasoup/random_ids.hpp"

namespace carillon::mediasoup {

namespace {

/// An RTP header extension carries at most so many bytes of MID, so the worker reserves no more.
constexpr std::uint32_t mids_max = 100'000'000;

}  // namespace

Transport::Transport(TransportContext context) : app_data{std::move(context.app_data)}, context_{std::move(context)} {}

void Transport::start() {
  listening_ = context_.channel->listen(context_.transport_id, [this](const Notification& notification) {
    const auto self = shared_from_this();  // a slot may drop the last other reference
    on_notification(notification);
  });
}

// --- end

void Transport::close() { end(Ending::closed_itself); }
void Transport::on_router_closed() { end(Ending::router_closed); }

void Transport::end(Ending why) {
  if (closed_) return;
  const auto self = shared_from_this();
  closed_ = true;
  listening_.stop();
  on_ending();
  if (why == Ending::closed_itself) {
    tell(*context_.channel, Method::ROUTER_CLOSE_TRANSPORT, context_.router_id, [&](Builder& builder) {
      return FBS::Router::CreateCloseTransportRequestDirect(builder, context_.transport_id.c_str());
    });
  }
  end_children(why == Ending::router_closed ? nullptr : context_.router.lock());
  if (why == Ending::router_closed) on_router_close.emit();
  if (why == Ending::listen_server_closed) on_listen_server_close.emit();
  on_close.emit();
}

void Transport::end_children(const std::shared_ptr<TransportHost>& router) {
  // Taken out first: a slot may do anything, also close more of them.
  const auto producers = std::exchange(producers_, {});
  const auto consumers = std::exchange(consumers_, {});
  const auto data_producers = std::exchange(data_producers_, {});
  const auto data_consumers = std::exchange(data_consumers_, {});
  for (const auto& [id, producer] : producers) {
    producer->on_transport_closed();
    if (router) router->on_producer_closed(id);
  }
  for (const auto& [id, consumer] : consumers) consumer->on_transport_closed();
  for (const auto& [id, data_producer] : data_producers) {
    data_producer->on_transport_closed();
    if (router) router->on_data_producer_closed(id);
  }
  for (const auto& [id, data_consumer] : data_consumers) data_consumer->on_transport_closed();
  if (router) router->on_transport_closed(context_.transport_id);
}

// --- requests without much ado

Result<> Transport::check_open() const {
  if (closed_ || context_.channel->closed()) return context_.channel->gone("the transport");
  if (context_.router.expired()) return context_.channel->gone("the router");
  return {};
}

Result<> Transport::check_not_connected(bool connect_called) const {
  if (const auto open = check_open(); !open) return open;
  if (connect_called) return fail(Errc::conflict, "the transport is connected already");
  return {};
}

asio::awaitable<Result<>> Transport::settle(asio::awaitable<Result<Response>> answer) {
  const Result<Response> response = co_await std::move(answer);
  if (!response) co_return response.error();
  co_return Result<>{};
}

asio::awaitable<Result<>> Transport::set_max_incoming_bitrate(std::uint64_t bitrate_bps) {
  const auto self = shared_from_this();
  if (const auto open = check_open(); !open) co_return open.error();
  auto answer = request(*channel(), Method::TRANSPORT_SET_MAX_INCOMING_BITRATE, id(), [&](Builder& builder) {
    return FBS::Transport::CreateSetMaxIncomingBitrateRequest(builder, bitrate_bps);
  });
  co_return co_await settle(std::move(answer));
}

asio::awaitable<Result<>> Transport::set_max_outgoing_bitrate(std::uint64_t bitrate_bps) {
  const auto self = shared_from_this();
  if (const auto open = check_open(); !open) co_return open.error();
  auto answer = request(*channel(), Method::TRANSPORT_SET_MAX_OUTGOING_BITRATE, id(), [&](Builder& builder) {
    return FBS::Transport::CreateSetMaxOutgoingBitrateRequest(builder, bitrate_bps);
  });
  co_return co_await settle(std::move(answer));
}

asio::awaitable<Result<>> Transport::set_min_outgoing_bitrate(std::uint64_t bitrate_bps) {
  const auto self = shared_from_this();
  if (const auto open = check_open(); !open) co_return open.error();
  auto answer = request(*channel(), Method::TRANSPORT_SET_MIN_OUTGOING_BITRATE, id(), [&](Builder& builder) {
    return FBS::Transport::CreateSetMinOutgoingBitrateRequest(builder, bitrate_bps);
  });
  co_return co_await settle(std::move(answer));
}

asio::awaitable<Result<>> Transport::enable_trace_event(std::vector<TransportTraceEventType> types) {
  const auto self = shared_from_this();
  if (const auto open = check_open(); !open) co_return open.error();
  std::vector<FBS::Transport::TraceEventType> events;
  for (const auto type : types) {
    events.push_back(type == TransportTraceEventType::probation ? FBS::Transport::TraceEventType::PROBATION
                                                                : FBS::Transport::TraceEventType::BWE);
  }
  auto answer = request(*channel(), Method::TRANSPORT_ENABLE_TRACE_EVENT, id(), [&](Builder& builder) {
    return FBS::Transport::CreateEnableTraceEventRequestDirect(builder, &events);
  });
  co_return co_await settle(std::move(answer));
}

// --- notifications

void Transport::on_notification(const Notification& notification) {
  switch (notification.event()) {
    case NotificationEvent::TRANSPORT_TRACE:
      if (const auto* trace = body<FBS::Transport::TraceNotification>(notification))
        on_trace.emit(fbs::read_trace(*trace));
      return;
    case NotificationEvent::TRANSPORT_SCTP_NEGOTIATED_CAPABILITIES:
      if (const auto* negotiated = body<FBS::Transport::SctpNegotiatedCapabilitiesNotification>(notification);
          negotiated != nullptr && negotiated->negotiated_capabilities() != nullptr) {
        sctp_negotiated_capabilities_ = fbs::read_negotiated(*negotiated->negotiated_capabilities());
      }
      return;
    default: log().warn("transport {}: unknown event {}", id(), EnumNameEvent(notification.event()));
  }
}

std::optional<SctpState> Transport::changed_sctp_state(const Notification& notification) {
  if (notification.event() != NotificationEvent::TRANSPORT_SCTP_STATE_CHANGE) return std::nullopt;
  const auto* changed = body<FBS::Transport::SctpStateChangeNotification>(notification);
  if (changed == nullptr) return std::nullopt;
  return fbs::read_sctp_state(changed->sctp_state());
}

// --- produce

asio::awaitable<Result<std::shared_ptr<Producer>>> Transport::produce(ProducerOptions options) {
  const auto self = shared_from_this();
  if (const auto open = check_open(); !open) co_return open.error();
  Producer::Data data;
  const Result<ortc::RtpMapping> mapping = prepare_producer(options, data);
  if (!mapping) co_return mapping.error();
  auto answer = request(*channel(), Method::TRANSPORT_PRODUCE, id(), [&](Builder& builder) {
    const auto producer_id = builder.CreateString(data.id);
    const auto parameters = fbs::write(builder, data.rtp_parameters);
    const auto written_mapping = fbs::write(builder, *mapping);
    return FBS::Transport::CreateProduceRequest(builder, producer_id, fbs::write_kind(data.kind), parameters,
                                                written_mapping, data.paused, options.key_frame_request_delay,
                                                options.enable_mediasoup_packet_id_header_extension);
  });
  const Result<Response> response = co_await std::move(answer);
  if (!response) co_return response.error();
  const auto produced = body<FBS::Transport::ProduceResponse>(*response);
  if (!produced) co_return produced.error();
  if (const auto open = check_open(); !open) co_return open.error();  // it went with the transport, in the worker too
  data.type = static_cast<ProducerType>((*produced)->type());
  data.on_closed_itself = forget_producer(data.id);
  auto producer = std::make_shared<Producer>(channel(), std::move(data), std::move(options.app_data));
  producers_.emplace(producer->id(), producer);
  if (const auto router = context_.router.lock()) router->on_new_producer(producer);
  on_new_producer.emit(producer);
  co_return producer;
}

Result<ortc::RtpMapping> Transport::prepare_producer(ProducerOptions& options, Producer::Data& data) {
  if (options.id && (options.id->empty() || producers_.contains(*options.id))) {
    return fail(Errc::bad_request, "a producer with the id '" + *options.id + "' exists, or the id is empty");
  }
  auto& parameters = options.rtp_parameters;
  ortc::complete_producer_rtp_parameters(parameters, cname_for(parameters));
  if (const auto checked = ortc::check_producer_rtp_parameters(options.kind, parameters); !checked)
    return checked.error();
  const auto& router_capabilities = context_.router.lock()->router_rtp_capabilities();
  auto mapping = ortc::get_producer_rtp_parameters_mapping(parameters, router_capabilities, random_ssrc(*channel()));
  if (!mapping) return mapping.error();
  auto consumable = ortc::get_consumable_rtp_parameters(options.kind, parameters, router_capabilities, *mapping);
  if (!consumable) return consumable.error();
  data.id = options.id ? *options.id : random_uuid(*channel());
  data.transport_id = id();
  data.kind = options.kind;
  data.rtp_parameters = std::move(parameters);
  data.consumable_rtp_parameters = std::move(*consumable);
  data.paused = options.paused;
  return mapping;
}

std::string Transport::cname_for(const ortc::RtpParameters& parameters) {
  const std::string given = parameters.rtcp.cname.value_or("");
  // Through a pipe come producers of many senders: each keeps its own clock.
  if (type() == TransportType::pipe) return given.empty() ? random_cname(*channel()) : given;
  if (cname_for_producers_.empty()) cname_for_producers_ = given.empty() ? random_cname(*channel()) : given;
  return cname_for_producers_;
}

// --- consume

Result<std::shared_ptr<Producer>> Transport::find_producer(const std::string& producer_id) const {
  const auto router = context_.router.lock();
  auto producer = router ? router->producer_by_id(producer_id) : nullptr;
  if (!producer) return fail(Errc::not_found, "there is no producer '" + producer_id + "'");
  return producer;
}

std::string Transport::next_mid() {
  const std::string mid = std::to_string(next_mid_for_consumers_);
  next_mid_for_consumers_ = (next_mid_for_consumers_ + 1) % mids_max;
  return mid;
}

asio::awaitable<Result<std::shared_ptr<Consumer>>> Transport::consume(ConsumerOptions options) {
  const auto self = shared_from_this();
  if (const auto open = check_open(); !open) co_return open.error();
  if (options.mid && options.mid->empty())
    co_return fail(Errc::bad_request, "mid: expected a string that is not empty");
  const auto producer = find_producer(options.producer_id);
  if (!producer) co_return producer.error();
  ortc::ConsumerOptions wanted;
  wanted.pipe = options.pipe;
  wanted.enable_rtx = options.enable_rtx.value_or((*producer)->kind() == ortc::MediaKind::video);
  wanted.ssrc = random_ssrc(*channel());
  wanted.rtx_ssrc = random_ssrc(*channel());
  auto parameters =
      ortc::get_consumer_rtp_parameters((*producer)->consumable_rtp_parameters(), options.rtp_capabilities, wanted);
  if (!parameters) co_return parameters.error();
  if (!options.pipe) parameters->mid = options.mid ? *options.mid : next_mid();
  auto consuming = consume_with(*producer, std::move(*parameters), std::move(options));
  co_return co_await std::move(consuming);
}

asio::awaitable<Result<std::shared_ptr<Consumer>>> Transport::consume_with(std::shared_ptr<Producer> producer,
                                                                           ortc::RtpParameters rtp_parameters,
                                                                           ConsumerOptions options) {
  Consumer::Data data;
  data.id = random_uuid(*channel());
  data.transport_id = id();
  data.producer_id = producer->id();
  data.kind = producer->kind();
  data.type = options.pipe ? ConsumerType::pipe : static_cast<ConsumerType>(producer->type());
  data.rtp_parameters = std::move(rtp_parameters);
  auto answer = request(*channel(), Method::TRANSPORT_CONSUME, id(), [&](Builder& builder) {
    const auto consumer_id = builder.CreateString(data.id);
    const auto producer_id = builder.CreateString(data.producer_id);
    const auto parameters = fbs::write(builder, data.rtp_parameters);
    const auto encodings = fbs::write(builder, producer->consumable_rtp_parameters().encodings);
    flatbuffers::Offset<FBS::Consumer::ConsumerLayers> layers;
    if (options.preferred_layers) layers = fbs::write(builder, *options.preferred_layers);
    return FBS::Transport::CreateConsumeRequest(builder, consumer_id, producer_id, fbs::write_kind(data.kind),
                                                parameters, fbs::write_consumer_type(data.type), encodings,
                                                options.paused, layers, options.ignore_dtx);
  });
  const Result<Response> response = co_await std::move(answer);
  if (!response) co_return response.error();
  const auto consumed = body<FBS::Transport::ConsumeResponse>(*response);
  if (!consumed) co_return consumed.error();
  if (const auto open = check_open(); !open) co_return open.error();  // it went with the transport, in the worker too
  data.paused = (*consumed)->paused();
  data.producer_paused = (*consumed)->producer_paused();
  data.score = fbs::read_score(*(*consumed)->score());
  data.preferred_layers = fbs::read_layers((*consumed)->preferred_layers());
  data.on_over = forget_consumer(data.id);
  auto consumer = std::make_shared<Consumer>(channel(), std::move(data), std::move(options.app_data));
  consumers_.emplace(consumer->id(), consumer);
  on_new_consumer.emit(consumer);
  co_return consumer;
}

}  // namespace carillon::mediasoup
