#include "mediasoup/fbs/transport_options.hpp"

#include "mediasoup/fbs/transport.hpp"

namespace carillon::mediasoup::fbs {

namespace {

flatbuffers::Offset<FBS::Transport::Options> write_base(Builder& builder, const SctpOptions& options,
                                                        flatbuffers::Optional<std::uint64_t> available_bitrate_bps,
                                                        bool is_data_channel) {
  return FBS::Transport::CreateOptions(builder, /*direct=*/false, available_bitrate_bps, options.enable_sctp,
                                       options.max_send_message_size, options.max_receive_message_size,
                                       options.sctp_send_buffer_size, options.sctp_per_stream_send_queue_limit,
                                       options.sctp_max_receiver_window_buffer_size,
                                       options.sctp_default_stream_buffered_amount_low_threshold, is_data_channel);
}

}  // namespace

flatbuffers::Offset<FBS::Transport::ListenInfo> write_listen_info(Builder& builder, const TransportListenInfo& info) {
  const auto port_range = FBS::Transport::CreatePortRange(builder, info.port_range.min, info.port_range.max);
  const auto flags = FBS::Transport::CreateSocketFlags(builder, info.flags.ipv6_only, info.flags.udp_reuse_port);
  const char* announced_address = info.announced_address ? info.announced_address->c_str() : nullptr;
  return FBS::Transport::CreateListenInfoDirect(builder, write_protocol(info.protocol), info.ip.c_str(),
                                                announced_address, info.expose_internal_ip, info.port, port_range,
                                                flags, info.send_buffer_size, info.recv_buffer_size);
}

flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<FBS::Transport::ListenInfo>>> write_listen_infos(
    Builder& builder, const std::vector<TransportListenInfo>& infos) {
  std::vector<flatbuffers::Offset<FBS::Transport::ListenInfo>> offsets;
  offsets.reserve(infos.size());
  for (const auto& info : infos) offsets.push_back(write_listen_info(builder, info));
  return builder.CreateVector(offsets);
}

flatbuffers::Offset<FBS::WebRtcTransport::WebRtcTransportOptions> write(Builder& builder,
                                                                        const WebRtcTransportOptions& options,
                                                                        const std::string& webrtc_server_id) {
  const bool with_server = !webrtc_server_id.empty();
  auto listen_type = FBS::WebRtcTransport::Listen::ListenIndividual;
  flatbuffers::Offset<void> listen;
  if (with_server) {
    listen_type = FBS::WebRtcTransport::Listen::ListenServer;
    listen = FBS::WebRtcTransport::CreateListenServerDirect(builder, webrtc_server_id.c_str()).Union();
  } else {
    const auto infos = write_listen_infos(builder, options.listen_infos);
    listen = FBS::WebRtcTransport::CreateListenIndividual(builder, infos).Union();
  }
  const auto base = write_base(builder, options, options.initial_available_outgoing_bitrate, /*is_data_channel=*/true);
  return FBS::WebRtcTransport::CreateWebRtcTransportOptions(
      builder, base, listen_type, listen, options.enable_udp.value_or(true), options.enable_tcp.value_or(with_server),
      options.prefer_udp, options.prefer_tcp, options.ice_consent_timeout);
}

flatbuffers::Offset<FBS::PlainTransport::PlainTransportOptions> write(Builder& builder,
                                                                      const PlainTransportOptions& options) {
  const auto base = write_base(builder, options, flatbuffers::nullopt, /*is_data_channel=*/false);
  const auto listen_info = write_listen_info(builder, options.listen_info);
  flatbuffers::Offset<FBS::Transport::ListenInfo> rtcp_listen_info;
  if (options.rtcp_listen_info) rtcp_listen_info = write_listen_info(builder, *options.rtcp_listen_info);
  const bool rtcp_mux = options.rtcp_mux && !options.rtcp_listen_info;
  return FBS::PlainTransport::CreatePlainTransportOptions(builder, base, listen_info, rtcp_listen_info, rtcp_mux,
                                                          options.comedia, options.enable_srtp,
                                                          write_crypto_suite(options.srtp_crypto_suite));
}

flatbuffers::Offset<FBS::PipeTransport::PipeTransportOptions> write(Builder& builder,
                                                                    const PipeTransportOptions& options) {
  const auto base = write_base(builder, options, flatbuffers::nullopt, /*is_data_channel=*/false);
  const auto listen_info = write_listen_info(builder, options.listen_info);
  return FBS::PipeTransport::CreatePipeTransportOptions(builder, base, listen_info, options.enable_rtx,
                                                        options.enable_srtp);
}

flatbuffers::Offset<FBS::DirectTransport::DirectTransportOptions> write(Builder& builder,
                                                                        const DirectTransportOptions& options) {
  const auto base = FBS::Transport::CreateOptions(builder, /*direct=*/true, flatbuffers::nullopt, /*enable_sctp=*/false,
                                                  options.max_send_message_size, options.max_receive_message_size);
  return FBS::DirectTransport::CreateDirectTransportOptions(builder, base);
}

}  // namespace carillon::mediasoup::fbs
