// What the worker says of producers. Include from .cpp files only.
#pragma once

#include "mediasoup/channel/messages.hpp"
#include "mediasoup/producer.hpp"

namespace carillon::mediasoup::fbs {

/// nullopt: a type that no producer has.
std::optional<ProducerType> read_producer_type(FBS::RtpParameters::Type type);
FBS::RtpParameters::Type write_producer_type(ProducerType type);
FBS::Producer::TraceEventType write_trace_type(ProducerTraceEventType type);

std::vector<ProducerScore> read_scores(const FBS::Producer::ScoreNotification& notification);
ProducerVideoOrientation read_video_orientation(const FBS::Producer::VideoOrientationChangeNotification& notification);
TraceEvent read_trace(const FBS::Producer::TraceNotification& trace);

boost::json::object producer_dump(const FBS::Producer::DumpResponse& dump);

}  // namespace carillon::mediasoup::fbs
