// The options of a transport, written as the worker wants them. Include from .cpp files only.
#pragma once

#include "mediasoup/channel/messages.hpp"
#include "mediasoup/transport_options.hpp"

namespace carillon::mediasoup::fbs {

flatbuffers::Offset<FBS::Transport::ListenInfo> write_listen_info(Builder& builder, const TransportListenInfo& info);
flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<FBS::Transport::ListenInfo>>> write_listen_infos(
    Builder& builder, const std::vector<TransportListenInfo>& infos);

/// The whole options table for each kind of transport; the WebRtcServer goes in by its id.
flatbuffers::Offset<FBS::WebRtcTransport::WebRtcTransportOptions> write(Builder& builder,
                                                                        const WebRtcTransportOptions& options,
                                                                        const std::string& webrtc_server_id);
flatbuffers::Offset<FBS::PlainTransport::PlainTransportOptions> write(Builder& builder,
                                                                      const PlainTransportOptions& options);
flatbuffers::Offset<FBS::PipeTransport::PipeTransportOptions> write(Builder& builder,
                                                                    const PipeTransportOptions& options);
flatbuffers::Offset<FBS::DirectTransport::DirectTransportOptions> write(Builder& builder,
                                                                        const DirectTransportOptions& options);

}  // namespace carillon::mediasoup::fbs
