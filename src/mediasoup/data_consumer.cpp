#include "mediasoup/data_consumer.hpp"

#include "mediasoup/channel/messages.hpp"
#include "mediasoup/fbs/data.hpp"
#include "mediasoup/saved.hpp"

namespace carillon::mediasoup {

namespace {

std::vector<std::uint16_t> numbers(const flatbuffers::Vector<std::uint16_t>* vector) {
  return {vector->begin(), vector->end()};
}

}  // namespace

DataConsumer::DataConsumer(std::shared_ptr<Channel> channel, Data data, boost::json::object app_data_of_user)
    : app_data{std::move(app_data_of_user)}, channel_{std::move(channel)}, data_{std::move(data)} {
  listening_ = channel_->listen(data_.id, [this](const Notification& notification) {
    const auto self = shared_from_this();  // a slot may drop the last other reference
    on_notification(notification);
  });
}

DataConsumer::~DataConsumer() = default;

void DataConsumer::close() {
  if (closed_) return;
  const auto self = shared_from_this();
  closed_ = true;
  listening_.stop();
  tell(*channel_, Method::TRANSPORT_CLOSE_DATACONSUMER, data_.transport_id, [&](Builder& builder) {
    return FBS::Transport::CreateCloseDataConsumerRequestDirect(builder, data_.id.c_str());
  });
  if (data_.on_over) std::exchange(data_.on_over, {})();
  on_close.emit();
}

void DataConsumer::on_transport_closed() {
  if (closed_) return;
  const auto self = shared_from_this();
  closed_ = true;
  listening_.stop();
  data_.on_over = {};
  on_transport_close.emit();
  on_close.emit();
}

void DataConsumer::on_data_producer_closed() {
  if (closed_) return;
  closed_ = true;
  listening_.stop();
  if (data_.on_over) std::exchange(data_.on_over, {})();
  on_data_producer_close.emit();
  on_close.emit();
}

void DataConsumer::on_data_producer_paused(bool paused) {
  if (data_.data_producer_paused == paused) return;
  data_.data_producer_paused = paused;
  (paused ? on_data_producer_pause : on_data_producer_resume).emit();
  if (!data_.paused) (paused ? on_pause : on_resume).emit();
}

Result<> DataConsumer::check_open() const {
  if (closed_ || channel_->closed()) return channel_->gone("the data consumer");
  return {};
}

asio::awaitable<Result<boost::json::value>> DataConsumer::dump() {
  const auto self = shared_from_this();
  if (const auto open = check_open(); !open) co_return open.error();
  const Result<Response> response = co_await request(*channel_, Method::DATACONSUMER_DUMP, data_.id);
  if (!response) co_return response.error();
  const auto dump = body<FBS::DataConsumer::DumpResponse>(*response);
  if (!dump) co_return dump.error();
  co_return boost::json::value(fbs::data_consumer_dump(**dump));
}

asio::awaitable<Result<boost::json::value>> DataConsumer::get_stats() {
  const auto self = shared_from_this();
  if (const auto open = check_open(); !open) co_return open.error();
  const Result<Response> response = co_await request(*channel_, Method::DATACONSUMER_GET_STATS, data_.id);
  if (!response) co_return response.error();
  const auto stats = body<FBS::DataConsumer::GetStatsResponse>(*response);
  if (!stats) co_return stats.error();
  boost::json::array array;
  array.push_back(fbs::data_consumer_stats(**stats));
  co_return boost::json::value(std::move(array));
}

asio::awaitable<Result<>> DataConsumer::pause() { return set_paused(true); }
asio::awaitable<Result<>> DataConsumer::resume() { return set_paused(false); }

asio::awaitable<Result<>> DataConsumer::set_paused(bool paused) {
  const auto self = shared_from_this();
  if (const auto open = check_open(); !open) co_return open.error();
  const Method method = paused ? Method::DATACONSUMER_PAUSE : Method::DATACONSUMER_RESUME;
  const Result<Response> response = co_await request(*channel_, method, data_.id);
  if (!response) co_return response.error();
  if (closed_ || data_.paused == paused) co_return Result<>{};
  data_.paused = paused;
  if (!data_.data_producer_paused) (paused ? on_pause : on_resume).emit();
  co_return Result<>{};
}

asio::awaitable<Result<>> DataConsumer::set_buffered_amount_low_threshold(std::uint32_t threshold) {
  const auto self = shared_from_this();
  if (const auto open = check_open(); !open) co_return open.error();
  auto answer =
      request(*channel_, Method::DATACONSUMER_SET_BUFFERED_AMOUNT_LOW_THRESHOLD, data_.id, [&](Builder& builder) {
        return FBS::DataConsumer::CreateSetBufferedAmountLowThresholdRequest(builder, threshold);
      });
  const Result<Response> response = co_await std::move(answer);
  if (!response) co_return response.error();
  co_return Result<>{};
}

asio::awaitable<Result<std::uint32_t>> DataConsumer::get_buffered_amount() {
  const auto self = shared_from_this();
  if (const auto open = check_open(); !open) co_return open.error();
  const Result<Response> response = co_await request(*channel_, Method::DATACONSUMER_GET_BUFFERED_AMOUNT, data_.id);
  if (!response) co_return response.error();
  const auto amount = body<FBS::DataConsumer::GetBufferedAmountResponse>(*response);
  if (!amount) co_return amount.error();
  co_return (*amount)->buffered_amount();
}

asio::awaitable<Result<std::uint32_t>> DataConsumer::send(DataMessage message) {
  const auto self = shared_from_this();
  if (const auto open = check_open(); !open) co_return open.error();
  auto answer = request(*channel_, Method::DATACONSUMER_SEND, data_.id, [&](Builder& builder) {
    return FBS::DataConsumer::CreateSendRequestDirect(builder, message.ppid, &message.bytes);
  });
  const Result<Response> response = co_await std::move(answer);
  if (!response) co_return response.error();
  const auto sent = body<FBS::DataConsumer::SendResponse>(*response);
  if (!sent) co_return sent.error();
  co_return (*sent)->buffered_amount();
}

asio::awaitable<Result<>> DataConsumer::set_subchannels(std::vector<std::uint16_t> subchannels) {
  const auto self = shared_from_this();
  if (const auto open = check_open(); !open) co_return open.error();
  auto answer = request(*channel_, Method::DATACONSUMER_SET_SUBCHANNELS, data_.id, [&](Builder& builder) {
    return FBS::DataConsumer::CreateSetSubchannelsRequestDirect(builder, &subchannels);
  });
  const Result<Response> response = co_await std::move(answer);
  if (!response) co_return response.error();
  const auto set = body<FBS::DataConsumer::SetSubchannelsResponse>(*response);
  if (!set) co_return set.error();
  data_.subchannels = numbers((*set)->subchannels());
  co_return Result<>{};
}

asio::awaitable<Result<>> DataConsumer::add_subchannel(std::uint16_t subchannel) {
  const auto self = shared_from_this();
  if (const auto open = check_open(); !open) co_return open.error();
  auto answer = request(*channel_, Method::DATACONSUMER_ADD_SUBCHANNEL, data_.id, [&](Builder& builder) {
    return FBS::DataConsumer::CreateAddSubchannelRequest(builder, subchannel);
  });
  const Result<Response> response = co_await std::move(answer);
  if (!response) co_return response.error();
  const auto added = body<FBS::DataConsumer::AddSubchannelResponse>(*response);
  if (!added) co_return added.error();
  data_.subchannels = numbers((*added)->subchannels());
  co_return Result<>{};
}

asio::awaitable<Result<>> DataConsumer::remove_subchannel(std::uint16_t subchannel) {
  const auto self = shared_from_this();
  if (const auto open = check_open(); !open) co_return open.error();
  auto answer = request(*channel_, Method::DATACONSUMER_REMOVE_SUBCHANNEL, data_.id, [&](Builder& builder) {
    return FBS::DataConsumer::CreateRemoveSubchannelRequest(builder, subchannel);
  });
  const Result<Response> response = co_await std::move(answer);
  if (!response) co_return response.error();
  const auto removed = body<FBS::DataConsumer::RemoveSubchannelResponse>(*response);
  if (!removed) co_return removed.error();
  data_.subchannels = numbers((*removed)->subchannels());
  co_return Result<>{};
}

boost::json::object DataConsumer::save() const {
  boost::json::object object{{"id", data_.id},
                             {"dataProducerId", data_.data_producer_id},
                             {"type", to_string(data_.type)},
                             {"label", data_.label},
                             {"protocol", data_.protocol},
                             {"paused", data_.paused},
                             {"dataProducerPaused", data_.data_producer_paused},
                             {"subchannels", boost::json::value_from(data_.subchannels)},
                             {"appData", app_data}};
  save_sctp_stream(object, data_.sctp_stream_parameters);
  return object;
}

std::shared_ptr<DataConsumer> DataConsumer::restore(std::shared_ptr<Channel> channel, const Saved& saved, Data data) {
  data.id = saved.string("id");
  data.data_producer_id = saved.string("dataProducerId");
  data.type = saved.one_of("type", {DataType::sctp, DataType::direct});
  data.label = saved.string("label");
  data.protocol = saved.string("protocol");
  data.paused = saved.boolean("paused");
  data.data_producer_paused = saved.boolean("dataProducerPaused");
  data.subchannels = saved.integers<std::uint16_t>("subchannels");
  return std::make_shared<DataConsumer>(std::move(channel), std::move(data), saved.json("appData"));
}

void DataConsumer::on_notification(const Notification& notification) {
  switch (notification.event()) {
    case NotificationEvent::DATACONSUMER_DATAPRODUCER_CLOSE: return on_data_producer_closed();
    case NotificationEvent::DATACONSUMER_DATAPRODUCER_PAUSE: return on_data_producer_paused(true);
    case NotificationEvent::DATACONSUMER_DATAPRODUCER_RESUME: return on_data_producer_paused(false);
    case NotificationEvent::DATACONSUMER_SCTP_SENDBUFFER_FULL: return on_sctp_send_buffer_full.emit();
    case NotificationEvent::DATACONSUMER_BUFFERED_AMOUNT_LOW:
      if (const auto* low = body<FBS::DataConsumer::BufferedAmountLowNotification>(notification)) {
        on_buffered_amount_low.emit(low->buffered_amount());
      }
      return;
    case NotificationEvent::DATACONSUMER_MESSAGE:
      if (const auto* message = body<FBS::DataConsumer::MessageNotification>(notification)) {
        on_message.emit(std::span{message->data()->data(), message->data()->size()}, message->ppid());
      }
      return;
    default: channel_->log().warn("data consumer {}: unknown event {}", data_.id, EnumNameEvent(notification.event()));
  }
}

}  // namespace carillon::mediasoup
