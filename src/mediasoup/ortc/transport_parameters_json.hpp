// DTLS, ICE and SCTP parameters to and from JSON. To parse is to check everything that the worker takes on trust.
// `path` names the value in error texts. All errors are Errc::bad_request.
#pragma once

#include "base/result.hpp"
#include "mediasoup/ortc/dtls_parameters.hpp"
#include "mediasoup/ortc/ice_parameters.hpp"
#include "mediasoup/ortc/sctp_parameters.hpp"

#include <boost/json/fwd.hpp>

#include <span>
#include <string_view>

namespace carillon::ortc {

[[nodiscard]] Result<DtlsParameters> parse_dtls_parameters(const boost::json::value&,
                                                           std::string_view path = "dtlsParameters");
[[nodiscard]] Result<SctpCapabilities> parse_sctp_capabilities(const boost::json::value&,
                                                               std::string_view path = "sctpCapabilities");
[[nodiscard]] Result<NumSctpStreams> parse_num_sctp_streams(const boost::json::value&,
                                                            std::string_view path = "numSctpStreams");
[[nodiscard]] Result<SctpStreamParameters> parse_sctp_stream_parameters(const boost::json::value&,
                                                                        std::string_view path = "sctpStreamParameters");

[[nodiscard]] boost::json::value to_json(const DtlsParameters&);
[[nodiscard]] boost::json::value to_json(const IceParameters&);
[[nodiscard]] boost::json::value to_json(const IceCandidate&);
[[nodiscard]] boost::json::value to_json(std::span<const IceCandidate>);
[[nodiscard]] boost::json::value to_json(const SctpCapabilities&);
[[nodiscard]] boost::json::value to_json(const SctpParameters&);
[[nodiscard]] boost::json::value to_json(const SctpStreamParameters&);

}  // namespace carillon::ortc
