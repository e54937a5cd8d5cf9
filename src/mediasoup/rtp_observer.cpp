#include "mediasoup/rtp_observer.hpp"

#include "mediasoup/channel/messages.hpp"
#include "mediasoup/producer.hpp"
#include "mediasoup/saved.hpp"

namespace carillon::mediasoup {

std::string_view to_string(RtpObserverType type) {
  switch (type) {
    case RtpObserverType::activespeaker: return "activespeaker";
    case RtpObserverType::audiolevel: return "audiolevel";
  }
  return "audiolevel";
}

RtpObserver::RtpObserver(RtpObserverContext context)
    : app_data{std::move(context.app_data)}, context_{std::move(context)} {}

void RtpObserver::start() {
  const std::weak_ptr<RtpObserver> weak = weak_from_this();
  listening_ = context_.channel->listen(id(), [weak](const Notification& notification) {
    if (const auto self = weak.lock()) self->on_notification(notification);
  });
}

std::shared_ptr<Producer> RtpObserver::producer_by_id(const std::string& producer_id) const {
  const auto router = context_.router.lock();
  return router ? router->producer_by_id(producer_id) : nullptr;
}

boost::json::object RtpObserver::save() const {
  return {{"id", id()}, {"type", to_string(type())}, {"paused", paused_}, {"appData", app_data}};
}

void RtpObserver::restore(const Saved& saved) { paused_ = saved.boolean("paused"); }

void RtpObserver::close() {
  if (closed_) return;
  closed_ = true;
  const auto self = shared_from_this();
  listening_.stop();
  tell(*context_.channel, Method::ROUTER_CLOSE_RTPOBSERVER, context_.router_id, [&](Builder& builder) {
    return FBS::Router::CreateCloseRtpObserverRequest(builder, builder.CreateString(id()));
  });
  if (context_.on_closed) context_.on_closed(id());
  on_close.emit();
}

void RtpObserver::on_router_closed() {
  if (closed_) return;
  closed_ = true;
  const auto self = shared_from_this();
  listening_.stop();
  on_router_close.emit();
  on_close.emit();
}

asio::awaitable<Result<>> RtpObserver::pause() {
  const auto self = shared_from_this();
  if (closed_) co_return context_.channel->gone("the RtpObserver");
  auto answer = request(*context_.channel, Method::RTPOBSERVER_PAUSE, id());
  const Result<Response> response = co_await std::move(answer);
  if (!response) co_return response.error();
  if (!std::exchange(paused_, true)) on_pause.emit();
  co_return Result<>{};
}

asio::awaitable<Result<>> RtpObserver::resume() {
  const auto self = shared_from_this();
  if (closed_) co_return context_.channel->gone("the RtpObserver");
  auto answer = request(*context_.channel, Method::RTPOBSERVER_RESUME, id());
  const Result<Response> response = co_await std::move(answer);
  if (!response) co_return response.error();
  if (std::exchange(paused_, false)) on_resume.emit();
  co_return Result<>{};
}

asio::awaitable<Result<>> RtpObserver::add_producer(std::string producer_id) {
  const auto self = shared_from_this();
  if (closed_) co_return context_.channel->gone("the RtpObserver");
  const std::shared_ptr<Producer> producer = producer_by_id(producer_id);
  if (!producer) co_return fail(Errc::not_found, fmt::format("no producer with id \"{}\"", producer_id));
  auto answer = request(*context_.channel, Method::RTPOBSERVER_ADD_PRODUCER, id(), [&](Builder& builder) {
    return FBS::RtpObserver::CreateAddProducerRequest(builder, builder.CreateString(producer_id));
  });
  const Result<Response> response = co_await std::move(answer);
  if (!response) co_return response.error();
  on_add_producer.emit(producer);
  co_return Result<>{};
}

asio::awaitable<Result<>> RtpObserver::remove_producer(std::string producer_id) {
  const auto self = shared_from_this();
  if (closed_) co_return context_.channel->gone("the RtpObserver");
  const std::shared_ptr<Producer> producer = producer_by_id(producer_id);
  if (!producer) co_return fail(Errc::not_found, fmt::format("no producer with id \"{}\"", producer_id));
  auto answer = request(*context_.channel, Method::RTPOBSERVER_REMOVE_PRODUCER, id(), [&](Builder& builder) {
    return FBS::RtpObserver::CreateRemoveProducerRequest(builder, builder.CreateString(producer_id));
  });
  const Result<Response> response = co_await std::move(answer);
  if (!response) co_return response.error();
  on_remove_producer.emit(producer);
  co_return Result<>{};
}

}  // namespace carillon::mediasoup
