// RTP streams and packets as the worker describes them, in JSON as the npm package shows them. Include from .cpp files
// only.
#pragma once

#include "mediasoup/channel/messages.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace carillon::mediasoup::fbs {

/// `type` is "inbound-rtp" or "outbound-rtp".
boost::json::array rtp_stream_stats(const flatbuffers::Vector<flatbuffers::Offset<FBS::RtpStream::Stats>>* stats);

/// The package shows a missing field of a stream as null in a producer's dump, and leaves it out in a consumer's.
enum class Missing { null, left_out };
boost::json::object rtp_stream_dump(const FBS::RtpStream::Dump& stream, Missing missing);

boost::json::object rtp_packet_dump(const FBS::RtpPacket::Dump& packet);

}  // namespace carillon::mediasoup::fbs
