// RTP parameters between ortc's values and the worker's tables. Include from .cpp files only.
#pragma once

#include "mediasoup/channel/messages.hpp"
#include "mediasoup/ortc/rtp_parameters.hpp"

#include <boost/json/value.hpp>

#include <vector>

namespace carillon::mediasoup::fbs {

using WrittenEncodings =
    flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<FBS::RtpParameters::RtpEncodingParameters>>>;

FBS::RtpParameters::MediaKind write_kind(ortc::MediaKind kind);
ortc::MediaKind read_kind(FBS::RtpParameters::MediaKind kind);

/// Header extensions that the worker does not know are left out: it could not be told of them.
flatbuffers::Offset<FBS::RtpParameters::RtpParameters> write(Builder& builder, const ortc::RtpParameters& parameters);
WrittenEncodings write(Builder& builder, const std::vector<ortc::RtpEncodingParameters>& encodings);
flatbuffers::Offset<FBS::RtpParameters::RtpMapping> write(Builder& builder, const ortc::RtpMapping& mapping);

ortc::RtpParameters read_rtp_parameters(const FBS::RtpParameters::RtpParameters& parameters);
ortc::RtpEncodingParameters read_encoding(const FBS::RtpParameters::RtpEncodingParameters& encoding);
/// As dump() shows them: without the `parameter` of RTCP feedback that has none, which the worker leaves out.
boost::json::value rtp_parameters_dump(const FBS::RtpParameters::RtpParameters& parameters);

ortc::RtpMapping read_mapping(const FBS::RtpParameters::RtpMapping& mapping);

}  // namespace carillon::mediasoup::fbs
