// The data half of Transport: produce_data(), consume_data(), and who has which SCTP stream.
#include "mediasoup/channel/messages.hpp"
#include "mediasoup/fbs/data.hpp"
#include "mediasoup/fbs/transport.hpp"
#include "mediasoup/ortc/transport_parameters_json.hpp"
#include "mediasoup/random_ids.hpp"
#include "mediasoup/transport.hpp"

namespace carillon::mediasoup {

namespace {

/// Stream ids go from 0 to 65534 (RFC 8831 section 6.5).
constexpr std::size_t sctp_streams_max = 65535;

/// The same rules as for one that came as JSON.
Result<> check_stream(const std::optional<ortc::SctpStreamParameters>& stream) {
  if (!stream) return fail(Errc::bad_request, "sctpStreamParameters: missing");
  const auto parsed = ortc::parse_sctp_stream_parameters(ortc::to_json(*stream));
  if (!parsed) return parsed.error();
  return {};
}

/// What the data producer's sender chose, unless the options say otherwise.
ortc::SctpStreamParameters stream_for(const DataProducer& data_producer, const DataConsumerOptions& options) {
  auto stream = data_producer.sctp_stream_parameters().value_or(ortc::SctpStreamParameters{});
  if (options.ordered) stream.ordered = *options.ordered;
  if (options.ordered && *options.ordered) {
    stream.max_packet_life_time.reset();
    stream.max_retransmits.reset();
    return stream;
  }
  if (options.max_packet_life_time) stream.max_packet_life_time = options.max_packet_life_time;
  if (options.max_retransmits) stream.max_retransmits = options.max_retransmits;
  if (options.max_packet_life_time || options.max_retransmits) stream.ordered = false;
  return stream;
}

}  // namespace

asio::awaitable<Result<std::shared_ptr<DataProducer>>> Transport::produce_data(DataProducerOptions options) {
  const auto self = shared_from_this();
  if (const auto open = check_open(); !open) co_return open.error();
  if (options.id && (options.id->empty() || data_producers_.contains(*options.id))) {
    co_return fail(Errc::bad_request, "a data producer with the id '" + *options.id + "' exists, or the id is empty");
  }
  const bool direct = type() == TransportType::direct;
  if (direct && options.sctp_stream_parameters) {
    log().warn("transport {}: sctp_stream_parameters mean nothing on a DirectTransport", id());
    options.sctp_stream_parameters.reset();
  }
  if (!direct) {
    if (const auto checked = check_stream(options.sctp_stream_parameters); !checked) co_return checked.error();
  }
  const std::string data_producer_id = options.id ? *options.id : random_uuid(*channel());
  auto answer = request(*channel(), Method::TRANSPORT_PRODUCE_DATA, id(), [&](Builder& builder) {
    flatbuffers::Offset<FBS::SctpParameters::SctpStreamParameters> stream;
    if (options.sctp_stream_parameters) stream = fbs::write(builder, *options.sctp_stream_parameters);
    const auto data_type = direct ? DataType::direct : DataType::sctp;
    return FBS::Transport::CreateProduceDataRequestDirect(
        builder, data_producer_id.c_str(), fbs::write_data_producer_type(data_type), stream, options.label.c_str(),
        options.protocol.c_str(), options.paused);
  });
  const Result<Response> response = co_await std::move(answer);
  if (!response) co_return response.error();
  const auto dump = body<FBS::DataProducer::DumpResponse>(*response);
  if (!dump) co_return dump.error();
  if (const auto open = check_open(); !open) co_return open.error();  // it went with the transport, in the worker too
  DataProducer::Data data;
  data.id = data_producer_id;
  data.transport_id = id();
  data.type = fbs::read_data_type((*dump)->type());
  data.sctp_stream_parameters = fbs::read_sctp_stream_parameters((*dump)->sctp_stream_parameters());
  data.label = (*dump)->label()->str();
  data.protocol = (*dump)->protocol()->str();
  data.paused = options.paused;
  data.on_closed_itself = forget_data_producer(data_producer_id);
  auto data_producer = std::make_shared<DataProducer>(channel(), std::move(data), std::move(options.app_data));
  data_producers_.emplace(data_producer->id(), data_producer);
  if (const auto router = context_.router.lock()) router->on_new_data_producer(data_producer);
  on_new_data_producer.emit(data_producer);
  co_return data_producer;
}

asio::awaitable<Result<std::shared_ptr<DataConsumer>>> Transport::consume_data(DataConsumerOptions options) {
  const auto self = shared_from_this();
  if (const auto open = check_open(); !open) co_return open.error();
  const auto data_producer = context_.router.lock()->data_producer_by_id(options.data_producer_id);
  if (!data_producer) co_return fail(Errc::not_found, "there is no data producer '" + options.data_producer_id + "'");
  std::optional<ortc::SctpStreamParameters> stream;
  if (type() == TransportType::direct) {
    if (options.ordered || options.max_packet_life_time || options.max_retransmits) {
      log().warn("transport {}: ordered, max_packet_life_time and max_retransmits mean nothing on a DirectTransport",
                 id());
    }
  } else {
    stream = stream_for(*data_producer, options);
    if (const auto checked = check_stream(stream); !checked) co_return checked.error();
    const auto stream_id = take_sctp_stream_id();
    if (!stream_id) co_return stream_id.error();
    stream->stream_id = *stream_id;
  }
  auto consuming = consume_data_with(data_producer, stream, std::move(options));
  const auto data_consumer = co_await std::move(consuming);
  if (!data_consumer) give_back_sctp_stream_id(stream);
  co_return data_consumer;
}

asio::awaitable<Result<std::shared_ptr<DataConsumer>>> Transport::consume_data_with(
    std::shared_ptr<DataProducer> data_producer, std::optional<ortc::SctpStreamParameters> stream,
    DataConsumerOptions options) {
  const std::string data_consumer_id = random_uuid(*channel());
  auto answer = request(*channel(), Method::TRANSPORT_CONSUME_DATA, id(), [&](Builder& builder) {
    flatbuffers::Offset<FBS::SctpParameters::SctpStreamParameters> written_stream;
    if (stream) written_stream = fbs::write(builder, *stream);
    const auto data_type = stream ? DataType::sctp : DataType::direct;
    return FBS::Transport::CreateConsumeDataRequestDirect(
        builder, data_consumer_id.c_str(), data_producer->id().c_str(), fbs::write_data_consumer_type(data_type),
        written_stream, data_producer->label().c_str(), data_producer->protocol().c_str(), options.paused,
        &options.subchannels);
  });
  const Result<Response> response = co_await std::move(answer);
  if (!response) co_return response.error();
  const auto dump = body<FBS::DataConsumer::DumpResponse>(*response);
  if (!dump) co_return dump.error();
  if (const auto open = check_open(); !open) co_return open.error();  // it went with the transport, in the worker too
  DataConsumer::Data data;
  data.id = data_consumer_id;
  data.transport_id = id();
  data.data_producer_id = data_producer->id();
  data.type = fbs::read_data_type((*dump)->type());
  data.sctp_stream_parameters = fbs::read_sctp_stream_parameters((*dump)->sctp_stream_parameters());
  data.label = (*dump)->label()->str();
  data.protocol = (*dump)->protocol()->str();
  data.paused = (*dump)->paused();
  data.data_producer_paused = (*dump)->data_producer_paused();
  data.subchannels.assign((*dump)->subchannels()->begin(), (*dump)->subchannels()->end());
  data.on_over = forget_data_consumer(data_consumer_id, stream);
  auto data_consumer = std::make_shared<DataConsumer>(channel(), std::move(data), std::move(options.app_data));
  data_consumers_.emplace(data_consumer->id(), data_consumer);
  on_new_data_consumer.emit(data_consumer);
  co_return data_consumer;
}

Result<std::uint16_t> Transport::take_sctp_stream_id() {
  // What was given out before the association stood may lie above what the other side takes.
  if (sctp_negotiated_capabilities_ &&
      next_sctp_stream_id_ + 1 > sctp_negotiated_capabilities_->negotiated_max_outbound_streams) {
    next_sctp_stream_id_ = 0;
  }
  for (std::size_t tried = 0; tried < sctp_streams_max; ++tried) {
    const std::size_t stream_id = (next_sctp_stream_id_ + tried) % sctp_streams_max;
    if (!sctp_stream_ids_.empty() && sctp_stream_ids_[stream_id]) continue;
    keep_sctp_stream_id(static_cast<std::uint16_t>(stream_id));
    next_sctp_stream_id_ = static_cast<std::uint32_t>(stream_id) + 1;
    return static_cast<std::uint16_t>(stream_id);
  }
  return fail(Errc::unavailable, "all SCTP streams of the transport are in use");
}

void Transport::keep_sctp_stream_id(std::uint16_t stream_id) {
  if (sctp_stream_ids_.empty()) sctp_stream_ids_.resize(sctp_streams_max);
  sctp_stream_ids_[stream_id] = true;
}

void Transport::give_back_sctp_stream_id(const std::optional<ortc::SctpStreamParameters>& stream) {
  if (stream) sctp_stream_ids_[stream->stream_id] = false;
}

}  // namespace carillon::mediasoup
