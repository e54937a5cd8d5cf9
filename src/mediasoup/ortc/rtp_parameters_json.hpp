// RTP capabilities and parameters to and from JSON. To parse is to check: what comes out has the types, ranges and
// defaults that mediasoup's validateAndNormalize* functions leave behind; unknown fields are dropped.
//
// `path` names the value in error texts: "rtpParameters" gives "rtpParameters.codecs[0].payloadType: expected ...".
// JavaScript takes more than a typed value can hold; what is refused or bent is listed in
// tests/unit/mediasoup/ortc/README.md.
#pragma once

#include "base/result.hpp"
#include "mediasoup/ortc/rtp_parameters.hpp"

#include <boost/json/fwd.hpp>

#include <string_view>

namespace carillon::ortc {

/// What a client can receive. All errors are Errc::bad_request.
[[nodiscard]] Result<RtpCapabilities> parse_rtp_capabilities(const boost::json::value&,
                                                             std::string_view path = "rtpCapabilities");

/// One codec of a router's `mediaCodecs`, where the payload type may be missing.
[[nodiscard]] Result<RtpCodecCapability> parse_rtp_codec_capability(const boost::json::value&,
                                                                    std::string_view path = "mediaCodec");

/// What a client sends with a producer. For one that goes to a worker also call check_producer_rtp_parameters
/// (ortc.hpp).
[[nodiscard]] Result<RtpParameters> parse_rtp_parameters(const boost::json::value&,
                                                         std::string_view path = "rtpParameters");

[[nodiscard]] boost::json::value to_json(const RtpCapabilities&);
[[nodiscard]] boost::json::value to_json(const RtpCodecCapability&);
[[nodiscard]] boost::json::value to_json(const RtpParameters&);
[[nodiscard]] boost::json::value to_json(const RtpEncodingParameters&);
[[nodiscard]] boost::json::value to_json(const RtpMapping&);

}  // namespace carillon::ortc
