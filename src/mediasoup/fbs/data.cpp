#include "mediasoup/fbs/data.hpp"

#include "mediasoup/fbs/json.hpp"
#include "mediasoup/fbs/transport.hpp"
#include "mediasoup/ortc/transport_parameters_json.hpp"

namespace carillon::mediasoup::fbs {

DataType read_data_type(FBS::DataProducer::Type type) {
  return type == FBS::DataProducer::Type::SCTP ? DataType::sctp : DataType::direct;
}
DataType read_data_type(FBS::DataConsumer::Type type) {
  return type == FBS::DataConsumer::Type::SCTP ? DataType::sctp : DataType::direct;
}
FBS::DataProducer::Type write_data_producer_type(DataType type) {
  return type == DataType::sctp ? FBS::DataProducer::Type::SCTP : FBS::DataProducer::Type::DIRECT;
}
FBS::DataConsumer::Type write_data_consumer_type(DataType type) {
  return type == DataType::sctp ? FBS::DataConsumer::Type::SCTP : FBS::DataConsumer::Type::DIRECT;
}

json::object data_producer_dump(const FBS::DataProducer::DumpResponse& dump) {
  json::object object;
  object["id"] = text(dump.id());
  object["type"] = to_string(read_data_type(dump.type()));
  if (const auto stream = read_sctp_stream_parameters(dump.sctp_stream_parameters())) {
    object["sctpStreamParameters"] = ortc::to_json(*stream);
  }
  object["label"] = text(dump.label());
  object["protocol"] = text(dump.protocol());
  object["paused"] = dump.paused();
  return object;
}

json::object data_producer_stats(const FBS::DataProducer::GetStatsResponse& stats) {
  json::object object;
  object["type"] = "data-producer";
  object["timestamp"] = stats.timestamp();
  object["label"] = text(stats.label());
  object["protocol"] = text(stats.protocol());
  object["messagesReceived"] = stats.messages_received();
  object["bytesReceived"] = stats.bytes_received();
  return object;
}

json::object data_consumer_dump(const FBS::DataConsumer::DumpResponse& dump) {
  json::object object;
  object["id"] = text(dump.id());
  object["dataProducerId"] = text(dump.data_producer_id());
  object["type"] = to_string(read_data_type(dump.type()));
  if (const auto stream = read_sctp_stream_parameters(dump.sctp_stream_parameters())) {
    object["sctpStreamParameters"] = ortc::to_json(*stream);
  }
  object["label"] = text(dump.label());
  object["protocol"] = text(dump.protocol());
  object["bufferedAmount"] = dump.buffered_amount();
  object["bufferedAmountLowThreshold"] = dump.buffered_amount_low_threshold();
  object["paused"] = dump.paused();
  object["dataProducerPaused"] = dump.data_producer_paused();
  object["subchannels"] = array_of(dump.subchannels(), [](auto subchannel) { return json::value(subchannel); });
  return object;
}

json::object data_consumer_stats(const FBS::DataConsumer::GetStatsResponse& stats) {
  json::object object;
  object["type"] = "data-consumer";
  object["timestamp"] = stats.timestamp();
  object["label"] = text(stats.label());
  object["protocol"] = text(stats.protocol());
  object["messagesSent"] = stats.messages_sent();
  object["bytesSent"] = stats.bytes_sent();
  object["bufferedAmount"] = stats.buffered_amount();
  return object;
}

}  // namespace carillon::mediasoup::fbs
