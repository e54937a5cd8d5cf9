// One `trace` event of a transport, producer or consumer: what the worker saw, when, in which direction.
#pragma once

#include <cstdint>
#include <string>

#include <boost/json/value.hpp>

namespace carillon::mediasoup {

struct TraceEvent {
  std::string type;             // "rtp", "keyframe", "nack", "pli", "fir", "sr", "probation" or "bwe"
  std::uint64_t timestamp = 0;  // ms on the worker's clock
  std::string direction;        // "in" or "out"
  boost::json::value info;      // by type, with the field names of the package; null when there is nothing to say
};

}  // namespace carillon::mediasoup
