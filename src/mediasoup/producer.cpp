#include "mediasoup/producer.hpp"

#include "mediasoup/channel/messages.hpp"
#include "mediasoup/fbs/producer.hpp"
#include "mediasoup/fbs/rtp_stream.hpp"
#include "mediasoup/ortc/rtp_parameters_json.hpp"
#include "mediasoup/saved.hpp"

namespace carillon::mediasoup {

std::string_view to_string(ProducerType type) {
  switch (type) {
    case ProducerType::simple: return "simple";
    case ProducerType::simulcast: return "simulcast";
    case ProducerType::svc: return "svc";
  }
  return "";
}

Producer::Producer(std::shared_ptr<Channel> channel, Data data, boost::json::object app_data_of_user)
    : app_data{std::move(app_data_of_user)}, channel_{std::move(channel)}, data_{std::move(data)} {
  listening_ = channel_->listen(data_.id, [this](const Notification& notification) {
    const auto self = shared_from_this();  // a slot may drop the last other reference
    on_notification(notification);
  });
}

Producer::~Producer() = default;

void Producer::close() {
  if (closed_) return;
  const auto self = shared_from_this();
  closed_ = true;
  listening_.stop();
  tell(*channel_, Method::TRANSPORT_CLOSE_PRODUCER, data_.transport_id,
       [&](Builder& builder) { return FBS::Transport::CreateCloseProducerRequestDirect(builder, data_.id.c_str()); });
  if (data_.on_closed_itself) std::exchange(data_.on_closed_itself, {})();
  on_close.emit();
}

void Producer::on_transport_closed() {
  if (closed_) return;
  const auto self = shared_from_this();
  closed_ = true;
  listening_.stop();
  data_.on_closed_itself = {};
  on_transport_close.emit();
  on_close.emit();
}

Result<> Producer::check_open() const {
  if (closed_ || channel_->closed()) return channel_->gone("the producer");
  return {};
}

asio::awaitable<Result<boost::json::value>> Producer::dump() {
  const auto self = shared_from_this();
  if (const auto open = check_open(); !open) co_return open.error();
  const Result<Response> response = co_await request(*channel_, Method::PRODUCER_DUMP, data_.id);
  if (!response) co_return response.error();
  const auto dump = body<FBS::Producer::DumpResponse>(*response);
  if (!dump) co_return dump.error();
  co_return boost::json::value(fbs::producer_dump(**dump));
}

asio::awaitable<Result<boost::json::value>> Producer::get_stats() {
  const auto self = shared_from_this();
  if (const auto open = check_open(); !open) co_return open.error();
  const Result<Response> response = co_await request(*channel_, Method::PRODUCER_GET_STATS, data_.id);
  if (!response) co_return response.error();
  const auto stats = body<FBS::Producer::GetStatsResponse>(*response);
  if (!stats) co_return stats.error();
  co_return boost::json::value(fbs::rtp_stream_stats((*stats)->stats()));
}

asio::awaitable<Result<>> Producer::pause() { return set_paused(true); }
asio::awaitable<Result<>> Producer::resume() { return set_paused(false); }

asio::awaitable<Result<>> Producer::set_paused(bool paused) {
  const auto self = shared_from_this();
  if (const auto open = check_open(); !open) co_return open.error();
  const Method method = paused ? Method::PRODUCER_PAUSE : Method::PRODUCER_RESUME;
  const Result<Response> response = co_await request(*channel_, method, data_.id);
  if (!response) co_return response.error();
  if (closed_ || data_.paused == paused) co_return Result<>{};
  data_.paused = paused;
  (paused ? on_pause : on_resume).emit();
  co_return Result<>{};
}

asio::awaitable<Result<>> Producer::enable_trace_event(std::vector<ProducerTraceEventType> types) {
  const auto self = shared_from_this();
  if (const auto open = check_open(); !open) co_return open.error();
  std::vector<FBS::Producer::TraceEventType> events;
  for (const auto type : types) events.push_back(fbs::write_trace_type(type));
  auto answer = request(*channel_, Method::PRODUCER_ENABLE_TRACE_EVENT, data_.id, [&](Builder& builder) {
    return FBS::Producer::CreateEnableTraceEventRequestDirect(builder, &events);
  });
  const Result<Response> response = co_await std::move(answer);
  if (!response) co_return response.error();
  co_return Result<>{};
}

Result<> Producer::send(std::span<const std::uint8_t> rtp_packet) {
  if (const auto open = check_open(); !open) return open.error();
  return notify(*channel_, NotificationEvent::PRODUCER_SEND, data_.id, [&](Builder& builder) {
    const auto data = builder.CreateVector(rtp_packet.data(), rtp_packet.size());
    return FBS::Producer::CreateSendNotification(builder, data);
  });
}

boost::json::object Producer::save() const {
  boost::json::array scores;
  for (const ProducerScore& score : score_) {
    boost::json::object object{{"encodingIdx", score.encoding_idx}, {"ssrc", score.ssrc}, {"score", score.score}};
    put(object, "rid", score.rid);
    scores.push_back(std::move(object));
  }
  return {{"id", data_.id},
          {"kind", ortc::to_string(data_.kind)},
          {"type", to_string(data_.type)},
          {"rtpParameters", ortc::to_json(data_.rtp_parameters)},
          {"consumableRtpParameters", ortc::to_json(data_.consumable_rtp_parameters)},
          {"paused", data_.paused},
          {"score", std::move(scores)},
          {"appData", app_data}};
}

/// `data` has what the transport knows: its own id, and whom to tell of the end.
std::shared_ptr<Producer> Producer::restore(std::shared_ptr<Channel> channel, const Saved& saved, Data data) {
  data.id = saved.string("id");
  data.kind = saved.one_of("kind", {ortc::MediaKind::audio, ortc::MediaKind::video});
  data.type = saved.one_of("type", {ProducerType::simple, ProducerType::simulcast, ProducerType::svc});
  data.rtp_parameters = restore_rtp_parameters(saved, "rtpParameters");
  data.consumable_rtp_parameters = restore_rtp_parameters(saved, "consumableRtpParameters");
  data.paused = saved.boolean("paused");
  auto producer = std::make_shared<Producer>(std::move(channel), std::move(data), saved.json("appData"));
  saved.each("score", [&](const Saved& score) {
    producer->score_.push_back({score.integer<std::uint32_t>("encodingIdx"), score.integer<std::uint32_t>("ssrc"),
                                score.optional_string("rid"), score.integer<std::uint8_t>("score")});
  });
  return producer;
}

void Producer::on_notification(const Notification& notification) {
  switch (notification.event()) {
    case NotificationEvent::PRODUCER_SCORE:
      if (const auto* scores = body<FBS::Producer::ScoreNotification>(notification)) {
        score_ = fbs::read_scores(*scores);
        const auto score = score_;  // a slot may cause the next one
        on_score.emit(score);
      }
      return;
    case NotificationEvent::PRODUCER_VIDEO_ORIENTATION_CHANGE:
      if (const auto* orientation = body<FBS::Producer::VideoOrientationChangeNotification>(notification)) {
        on_video_orientation_change.emit(fbs::read_video_orientation(*orientation));
      }
      return;
    case NotificationEvent::PRODUCER_TRACE:
      if (const auto* trace = body<FBS::Producer::TraceNotification>(notification))
        on_trace.emit(fbs::read_trace(*trace));
      return;
    default: channel_->log().warn("producer {}: unknown event {}", data_.id, EnumNameEvent(notification.event()));
  }
}

}  // namespace carillon::mediasoup
