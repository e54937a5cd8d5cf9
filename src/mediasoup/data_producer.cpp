#include "mediasoup/data_producer.hpp"

#include "mediasoup/channel/messages.hpp"
#include "mediasoup/fbs/data.hpp"
#include "mediasoup/saved.hpp"

namespace carillon::mediasoup {

DataProducer::DataProducer(std::shared_ptr<Channel> channel, Data data, boost::json::object app_data_of_user)
    : app_data{std::move(app_data_of_user)}, channel_{std::move(channel)}, data_{std::move(data)} {}

void DataProducer::close() {
  if (closed_) return;
  const auto self = shared_from_this();
  closed_ = true;
  tell(*channel_, Method::TRANSPORT_CLOSE_DATAPRODUCER, data_.transport_id, [&](Builder& builder) {
    return FBS::Transport::CreateCloseDataProducerRequestDirect(builder, data_.id.c_str());
  });
  if (data_.on_closed_itself) std::exchange(data_.on_closed_itself, {})();
  on_close.emit();
}

void DataProducer::on_transport_closed() {
  if (closed_) return;
  const auto self = shared_from_this();
  closed_ = true;
  data_.on_closed_itself = {};
  on_transport_close.emit();
  on_close.emit();
}

Result<> DataProducer::check_open() const {
  if (closed_ || channel_->closed()) return channel_->gone("the data producer");
  return {};
}

asio::awaitable<Result<boost::json::value>> DataProducer::dump() {
  const auto self = shared_from_this();
  if (const auto open = check_open(); !open) co_return open.error();
  const Result<Response> response = co_await request(*channel_, Method::DATAPRODUCER_DUMP, data_.id);
  if (!response) co_return response.error();
  const auto dump = body<FBS::DataProducer::DumpResponse>(*response);
  if (!dump) co_return dump.error();
  co_return boost::json::value(fbs::data_producer_dump(**dump));
}

asio::awaitable<Result<boost::json::value>> DataProducer::get_stats() {
  const auto self = shared_from_this();
  if (const auto open = check_open(); !open) co_return open.error();
  const Result<Response> response = co_await request(*channel_, Method::DATAPRODUCER_GET_STATS, data_.id);
  if (!response) co_return response.error();
  const auto stats = body<FBS::DataProducer::GetStatsResponse>(*response);
  if (!stats) co_return stats.error();
  boost::json::array array;
  array.push_back(fbs::data_producer_stats(**stats));
  co_return boost::json::value(std::move(array));
}

asio::awaitable<Result<>> DataProducer::pause() { return set_paused(true); }
asio::awaitable<Result<>> DataProducer::resume() { return set_paused(false); }

asio::awaitable<Result<>> DataProducer::set_paused(bool paused) {
  const auto self = shared_from_this();
  if (const auto open = check_open(); !open) co_return open.error();
  const Method method = paused ? Method::DATAPRODUCER_PAUSE : Method::DATAPRODUCER_RESUME;
  const Result<Response> response = co_await request(*channel_, method, data_.id);
  if (!response) co_return response.error();
  if (closed_ || data_.paused == paused) co_return Result<>{};
  data_.paused = paused;
  (paused ? on_pause : on_resume).emit();
  co_return Result<>{};
}

boost::json::object DataProducer::save() const {
  boost::json::object object{{"id", data_.id},         {"type", to_string(data_.type)},
                             {"label", data_.label},   {"protocol", data_.protocol},
                             {"paused", data_.paused}, {"appData", app_data}};
  save_sctp_stream(object, data_.sctp_stream_parameters);
  return object;
}

/// `data` has what the transport knows: its own id, and whom to tell of the end.
std::shared_ptr<DataProducer> DataProducer::restore(std::shared_ptr<Channel> channel, const Saved& saved, Data data) {
  data.id = saved.string("id");
  data.type = saved.one_of("type", {DataType::sctp, DataType::direct});
  data.sctp_stream_parameters = restore_sctp_stream(saved);
  data.label = saved.string("label");
  data.protocol = saved.string("protocol");
  data.paused = saved.boolean("paused");
  return std::make_shared<DataProducer>(std::move(channel), std::move(data), saved.json("appData"));
}

Result<> DataProducer::send(const DataMessage& message, const Subchannels& to) {
  if (const auto open = check_open(); !open) return open.error();
  flatbuffers::Optional<std::uint16_t> required;
  flatbuffers::Optional<std::uint16_t> ignored;
  if (to.required) required = *to.required;
  if (to.ignored) ignored = *to.ignored;
  return notify(*channel_, NotificationEvent::DATAPRODUCER_SEND, data_.id, [&](Builder& builder) {
    return FBS::DataProducer::CreateSendNotificationDirect(builder, message.ppid, &message.bytes, &to.subchannels,
                                                           required, ignored);
  });
}

}  // namespace carillon::mediasoup
