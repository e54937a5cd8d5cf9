#include "mediasoup/consumer.hpp"

#include "mediasoup/channel/messages.hpp"
#include "mediasoup/fbs/consumer.hpp"
#include "mediasoup/fbs/rtp_stream.hpp"
#include "mediasoup/ortc/rtp_parameters_json.hpp"
#include "mediasoup/saved.hpp"

namespace carillon::mediasoup {
namespace {

void save_layers(boost::json::object& object, std::string_view name, const std::optional<ConsumerLayers>& layers) {
  if (!layers) return;
  boost::json::object saved{{"spatialLayer", layers->spatial_layer}};
  put(saved, "temporalLayer", layers->temporal_layer);
  object[name] = std::move(saved);
}

std::optional<ConsumerLayers> restore_layers(const Saved& saved, std::string_view name) {
  if (saved.find(name) == nullptr) return std::nullopt;
  const Saved layers = saved.object(name);
  return ConsumerLayers{layers.integer<std::uint8_t>("spatialLayer"),
                        layers.optional_integer<std::uint8_t>("temporalLayer")};
}

}  // namespace

std::string_view to_string(ConsumerType type) {
  switch (type) {
    case ConsumerType::simple: return "simple";
    case ConsumerType::simulcast: return "simulcast";
    case ConsumerType::svc: return "svc";
    case ConsumerType::pipe: return "pipe";
  }
  return "";
}

Consumer::Consumer(std::shared_ptr<Channel> channel, Data data, boost::json::object app_data_of_user)
    : app_data{std::move(app_data_of_user)}, channel_{std::move(channel)}, data_{std::move(data)} {
  listening_ = channel_->listen(data_.id, [this](const Notification& notification) {
    const auto self = shared_from_this();  // a slot may drop the last other reference
    on_notification(notification);
  });
}

Consumer::~Consumer() = default;

void Consumer::close() {
  if (closed_) return;
  const auto self = shared_from_this();
  closed_ = true;
  listening_.stop();
  tell(*channel_, Method::TRANSPORT_CLOSE_CONSUMER, data_.transport_id,
       [&](Builder& builder) { return FBS::Transport::CreateCloseConsumerRequestDirect(builder, data_.id.c_str()); });
  if (data_.on_over) std::exchange(data_.on_over, {})();
  on_close.emit();
}

void Consumer::on_transport_closed() {
  if (closed_) return;
  const auto self = shared_from_this();
  closed_ = true;
  listening_.stop();
  data_.on_over = {};
  on_transport_close.emit();
  on_close.emit();
}

void Consumer::on_producer_closed() {
  if (closed_) return;
  closed_ = true;
  listening_.stop();
  if (data_.on_over) std::exchange(data_.on_over, {})();
  on_producer_close.emit();
  on_close.emit();
}

void Consumer::on_producer_paused(bool paused) {
  if (data_.producer_paused == paused) return;
  data_.producer_paused = paused;
  (paused ? on_producer_pause : on_producer_resume).emit();
  if (!data_.paused) (paused ? on_pause : on_resume).emit();
}

Result<> Consumer::check_open() const {
  if (closed_ || channel_->closed()) return channel_->gone("the consumer");
  return {};
}

asio::awaitable<Result<boost::json::value>> Consumer::dump() {
  const auto self = shared_from_this();
  if (const auto open = check_open(); !open) co_return open.error();
  const Result<Response> response = co_await request(*channel_, Method::CONSUMER_DUMP, data_.id);
  if (!response) co_return response.error();
  const auto dump = body<FBS::Consumer::DumpResponse>(*response);
  if (!dump) co_return dump.error();
  co_return boost::json::value(fbs::consumer_dump(*(*dump)->data()));
}

asio::awaitable<Result<boost::json::value>> Consumer::get_stats() {
  const auto self = shared_from_this();
  if (const auto open = check_open(); !open) co_return open.error();
  const Result<Response> response = co_await request(*channel_, Method::CONSUMER_GET_STATS, data_.id);
  if (!response) co_return response.error();
  const auto stats = body<FBS::Consumer::GetStatsResponse>(*response);
  if (!stats) co_return stats.error();
  co_return boost::json::value(fbs::rtp_stream_stats((*stats)->stats()));
}

asio::awaitable<Result<>> Consumer::pause() { return set_paused(true); }
asio::awaitable<Result<>> Consumer::resume() { return set_paused(false); }

asio::awaitable<Result<>> Consumer::set_paused(bool paused) {
  const auto self = shared_from_this();
  if (const auto open = check_open(); !open) co_return open.error();
  const Method method = paused ? Method::CONSUMER_PAUSE : Method::CONSUMER_RESUME;
  const Result<Response> response = co_await request(*channel_, method, data_.id);
  if (!response) co_return response.error();
  if (closed_ || data_.paused == paused) co_return Result<>{};
  data_.paused = paused;
  if (!data_.producer_paused) (paused ? on_pause : on_resume).emit();
  co_return Result<>{};
}

asio::awaitable<Result<>> Consumer::set_preferred_layers(ConsumerLayers layers) {
  const auto self = shared_from_this();
  if (const auto open = check_open(); !open) co_return open.error();
  auto answer = request(*channel_, Method::CONSUMER_SET_PREFERRED_LAYERS, data_.id, [&](Builder& builder) {
    const auto written = fbs::write(builder, layers);
    return FBS::Consumer::CreateSetPreferredLayersRequest(builder, written);
  });
  const Result<Response> response = co_await std::move(answer);
  if (!response) co_return response.error();
  data_.preferred_layers.reset();
  // A `simple` consumer has no layers and is answered without a body.
  if (const auto set = body<FBS::Consumer::SetPreferredLayersResponse>(*response)) {
    data_.preferred_layers = fbs::read_layers((*set)->preferred_layers());
  }
  co_return Result<>{};
}

asio::awaitable<Result<>> Consumer::set_priority(std::uint8_t priority) {
  const auto self = shared_from_this();
  if (const auto open = check_open(); !open) co_return open.error();
  auto answer = request(*channel_, Method::CONSUMER_SET_PRIORITY, data_.id,
                        [&](Builder& builder) { return FBS::Consumer::CreateSetPriorityRequest(builder, priority); });
  const Result<Response> response = co_await std::move(answer);
  if (!response) co_return response.error();
  const auto set = body<FBS::Consumer::SetPriorityResponse>(*response);
  if (!set) co_return set.error();
  priority_ = (*set)->priority();
  co_return Result<>{};
}

asio::awaitable<Result<>> Consumer::unset_priority() { return set_priority(1); }

asio::awaitable<Result<>> Consumer::request_key_frame() {
  const auto self = shared_from_this();
  if (const auto open = check_open(); !open) co_return open.error();
  const Result<Response> response = co_await request(*channel_, Method::CONSUMER_REQUEST_KEY_FRAME, data_.id);
  if (!response) co_return response.error();
  co_return Result<>{};
}

asio::awaitable<Result<>> Consumer::enable_trace_event(std::vector<ConsumerTraceEventType> types) {
  const auto self = shared_from_this();
  if (const auto open = check_open(); !open) co_return open.error();
  std::vector<FBS::Consumer::TraceEventType> events;
  events.reserve(types.size());
  for (const auto type : types) events.push_back(fbs::write_trace_type(type));
  auto answer = request(*channel_, Method::CONSUMER_ENABLE_TRACE_EVENT, data_.id, [&](Builder& builder) {
    return FBS::Consumer::CreateEnableTraceEventRequestDirect(builder, &events);
  });
  const Result<Response> response = co_await std::move(answer);
  if (!response) co_return response.error();
  co_return Result<>{};
}

boost::json::object Consumer::save() const {
  boost::json::object object{{"id", data_.id},
                             {"producerId", data_.producer_id},
                             {"kind", ortc::to_string(data_.kind)},
                             {"type", to_string(data_.type)},
                             {"rtpParameters", ortc::to_json(data_.rtp_parameters)},
                             {"paused", data_.paused},
                             {"producerPaused", data_.producer_paused},
                             {"priority", priority_},
                             {"score", data_.score.score},
                             {"producerScore", data_.score.producer_score},
                             {"producerScores", boost::json::value_from(data_.score.producer_scores)},
                             {"appData", app_data}};
  save_layers(object, "preferredLayers", data_.preferred_layers);
  save_layers(object, "currentLayers", current_layers_);
  return object;
}

/// `data` has what the transport knows: its own id, and whom to tell of the end.
std::shared_ptr<Consumer> Consumer::restore(std::shared_ptr<Channel> channel, const Saved& saved, Data data) {
  data.id = saved.string("id");
  data.producer_id = saved.string("producerId");
  data.kind = saved.one_of("kind", {ortc::MediaKind::audio, ortc::MediaKind::video});
  data.type =
      saved.one_of("type", {ConsumerType::simple, ConsumerType::simulcast, ConsumerType::svc, ConsumerType::pipe});
  data.rtp_parameters = restore_rtp_parameters(saved, "rtpParameters");
  data.paused = saved.boolean("paused");
  data.producer_paused = saved.boolean("producerPaused");
  data.score.score = saved.integer<std::uint8_t>("score");
  data.score.producer_score = saved.integer<std::uint8_t>("producerScore");
  data.score.producer_scores = saved.integers<std::uint8_t>("producerScores");
  data.preferred_layers = restore_layers(saved, "preferredLayers");
  auto consumer = std::make_shared<Consumer>(std::move(channel), std::move(data), saved.json("appData"));
  consumer->priority_ = saved.integer<std::uint8_t>("priority");
  consumer->current_layers_ = restore_layers(saved, "currentLayers");
  return consumer;
}

void Consumer::on_notification(const Notification& notification) {
  switch (notification.event()) {
    case NotificationEvent::CONSUMER_PRODUCER_CLOSE: return on_producer_closed();
    case NotificationEvent::CONSUMER_PRODUCER_PAUSE: return on_producer_paused(true);
    case NotificationEvent::CONSUMER_PRODUCER_RESUME: return on_producer_paused(false);
    case NotificationEvent::CONSUMER_SCORE:
      if (const auto* changed = body<FBS::Consumer::ScoreNotification>(notification)) {
        data_.score = fbs::read_score(*changed->score());
        const auto score = data_.score;  // a slot may cause the next one
        on_score.emit(score);
      }
      return;
    case NotificationEvent::CONSUMER_LAYERS_CHANGE:
      if (const auto* changed = body<FBS::Consumer::LayersChangeNotification>(notification)) {
        current_layers_ = fbs::read_layers(changed->layers());
        const auto layers = current_layers_;
        on_layers_change.emit(layers);
      }
      return;
    case NotificationEvent::CONSUMER_TRACE:
      if (const auto* trace = body<FBS::Consumer::TraceNotification>(notification))
        on_trace.emit(fbs::read_trace(*trace));
      return;
    case NotificationEvent::CONSUMER_RTP:
      if (const auto* packet = body<FBS::Consumer::RtpNotification>(notification)) {
        on_rtp.emit(std::span{packet->data()->data(), packet->data()->size()});
      }
      return;
    default: channel_->log().warn("consumer {}: unknown event {}", data_.id, EnumNameEvent(notification.event()));
  }
}

}  // namespace carillon::mediasoup
