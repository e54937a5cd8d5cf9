// What a transport says of itself, between the worker's tables and our values or JSON. Include from .cpp files only.
#pragma once

#include "mediasoup/channel/messages.hpp"
#include "mediasoup/ortc/dtls_parameters.hpp"
#include "mediasoup/ortc/ice_parameters.hpp"
#include "mediasoup/ortc/sctp_parameters.hpp"
#include "mediasoup/srtp_parameters.hpp"
#include "mediasoup/trace.hpp"
#include "mediasoup/transport_options.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <vector>

namespace carillon::mediasoup::fbs {

FBS::Transport::Protocol write_protocol(TransportProtocol protocol);
TransportProtocol read_protocol(FBS::Transport::Protocol protocol);
SctpState read_sctp_state(FBS::SctpAssociation::SctpState state);
std::optional<SctpState> read_sctp_state(flatbuffers::Optional<FBS::SctpAssociation::SctpState> state);
IceState read_ice_state(FBS::WebRtcTransport::IceState state);
DtlsState read_dtls_state(FBS::WebRtcTransport::DtlsState state);
ortc::DtlsRole read_dtls_role(FBS::WebRtcTransport::DtlsRole role);

TransportTuple read_tuple(const FBS::Transport::Tuple& tuple);
std::optional<TransportTuple> read_tuple(const FBS::Transport::Tuple* tuple);
boost::json::object to_json(const TransportTuple& tuple);

FBS::SrtpParameters::SrtpCryptoSuite write_crypto_suite(SrtpCryptoSuite suite);
flatbuffers::Offset<FBS::SrtpParameters::SrtpParameters> write(Builder& builder, const SrtpParameters& parameters);
std::optional<SrtpParameters> read_srtp_parameters(const FBS::SrtpParameters::SrtpParameters* parameters);

flatbuffers::Offset<FBS::WebRtcTransport::DtlsParameters> write(Builder& builder,
                                                                const ortc::DtlsParameters& parameters);
ortc::DtlsParameters read_dtls_parameters(const FBS::WebRtcTransport::DtlsParameters& parameters);
ortc::IceParameters read_ice_parameters(const FBS::WebRtcTransport::IceParameters& parameters);
std::vector<ortc::IceCandidate> read_ice_candidates(
    const flatbuffers::Vector<flatbuffers::Offset<FBS::WebRtcTransport::IceCandidate>>* candidates);

flatbuffers::Offset<FBS::SctpParameters::SctpStreamParameters> write(Builder& builder,
                                                                     const ortc::SctpStreamParameters& parameters);
std::optional<ortc::SctpStreamParameters> read_sctp_stream_parameters(
    const FBS::SctpParameters::SctpStreamParameters* parameters);
std::optional<ortc::SctpParameters> read_sctp_parameters(const FBS::SctpParameters::SctpParameters* parameters);
ortc::SctpNegotiatedCapabilities read_negotiated(const FBS::SctpAssociation::SctpNegotiatedCapabilities& capabilities);

/// The part of dump() and get_stats() that all transports share.
boost::json::object base_dump(const FBS::Transport::Dump& dump);
boost::json::object base_stats(const FBS::Transport::Stats& stats);

TraceEvent read_trace(const FBS::Transport::TraceNotification& trace);
std::string_view direction_name(FBS::Common::TraceDirection direction);  // "in", "out"

}  // namespace carillon::mediasoup::fbs
