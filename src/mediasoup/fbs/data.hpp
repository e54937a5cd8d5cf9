// What the worker says of data producers and data consumers. Include from .cpp files only.
#pragma once

#include "mediasoup/channel/messages.hpp"
#include "mediasoup/data_message.hpp"

#include <boost/json/object.hpp>

namespace carillon::mediasoup::fbs {

DataType read_data_type(FBS::DataProducer::Type type);
DataType read_data_type(FBS::DataConsumer::Type type);
FBS::DataProducer::Type write_data_producer_type(DataType type);
FBS::DataConsumer::Type write_data_consumer_type(DataType type);

boost::json::object data_producer_dump(const FBS::DataProducer::DumpResponse& dump);
boost::json::object data_producer_stats(const FBS::DataProducer::GetStatsResponse& stats);
boost::json::object data_consumer_dump(const FBS::DataConsumer::DumpResponse& dump);
boost::json::object data_consumer_stats(const FBS::DataConsumer::GetStatsResponse& stats);

}  // namespace carillon::mediasoup::fbs
