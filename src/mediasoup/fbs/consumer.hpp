// What the worker says of consumers. Include from .cpp files only.
#pragma once

#include "mediasoup/channel/messages.hpp"
#include "mediasoup/consumer.hpp"

namespace carillon::mediasoup::fbs {

FBS::RtpParameters::Type write_consumer_type(ConsumerType type);
FBS::Consumer::TraceEventType write_trace_type(ConsumerTraceEventType type);

flatbuffers::Offset<FBS::Consumer::ConsumerLayers> write(Builder& builder, const ConsumerLayers& layers);
std::optional<ConsumerLayers> read_layers(const FBS::Consumer::ConsumerLayers* layers);
ConsumerScore read_score(const FBS::Consumer::ConsumerScore& score);
TraceEvent read_trace(const FBS::Consumer::TraceNotification& trace);

boost::json::object consumer_dump(const FBS::Consumer::ConsumerDump& dump);

}  // namespace carillon::mediasoup::fbs
