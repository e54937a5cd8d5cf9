// WebRtcTransport: joins a browser (or another WebRTC endpoint) to a Router: ICE lite, DTLS, SRTP, data channels.
// Made by Router::create_webrtc_transport().
#pragma once

#include "mediasoup/ortc/dtls_parameters.hpp"
#include "mediasoup/ortc/ice_parameters.hpp"
#include "mediasoup/transport.hpp"

namespace FBS::WebRtcTransport {
struct DumpResponse;
}

namespace carillon::mediasoup {

class WebRtcTransport final : public Transport {
 public:
  struct Data {
    ortc::IceParameters ice_parameters;
    std::vector<ortc::IceCandidate> ice_candidates;
    IceState ice_state = IceState::fresh;
    std::optional<TransportTuple> ice_selected_tuple;
    ortc::DtlsParameters dtls_parameters;
    DtlsState dtls_state = DtlsState::fresh;
    std::optional<std::string> dtls_remote_cert;  // PEM, once DTLS is connected
    std::optional<ortc::SctpParameters> sctp_parameters;
    std::optional<SctpState> sctp_state;
  };

  /// For the Router only (transport_context.hpp).
  static std::shared_ptr<WebRtcTransport> make(TransportContext context, const Response& response,
                                               const FBS::WebRtcTransport::DumpResponse& dump);

  static std::shared_ptr<WebRtcTransport> restore(TransportContext context, const Saved& saved);
  [[nodiscard]] Result<boost::json::object> save() const override;

  [[nodiscard]] TransportType type() const override { return TransportType::webrtc; }

  /// Always "controlled": the worker is ICE lite.
  [[nodiscard]] std::string_view ice_role() const { return "controlled"; }
  [[nodiscard]] const ortc::IceParameters& ice_parameters() const { return data_.ice_parameters; }
  [[nodiscard]] const std::vector<ortc::IceCandidate>& ice_candidates() const { return data_.ice_candidates; }
  [[nodiscard]] IceState ice_state() const { return data_.ice_state; }
  [[nodiscard]] const std::optional<TransportTuple>& ice_selected_tuple() const { return data_.ice_selected_tuple; }
  [[nodiscard]] const ortc::DtlsParameters& dtls_parameters() const { return data_.dtls_parameters; }
  [[nodiscard]] DtlsState dtls_state() const { return data_.dtls_state; }
  [[nodiscard]] const std::optional<std::string>& dtls_remote_cert() const { return data_.dtls_remote_cert; }
  [[nodiscard]] const std::optional<ortc::SctpParameters>& sctp_parameters() const { return data_.sctp_parameters; }
  [[nodiscard]] const std::optional<SctpState>& sctp_state() const { return data_.sctp_state; }
  [[nodiscard]] const std::optional<ortc::SctpNegotiatedCapabilities>& sctp_negotiated_capabilities() const {
    return sctp_negotiated_capabilities_;
  }

  /// The endpoint's DTLS parameters, once. Ours get the role that was chosen.
  [[nodiscard]] asio::awaitable<Result<>> connect(ortc::DtlsParameters dtls_parameters);
  /// New ICE user name and password, for an endpoint whose network changed.
  [[nodiscard]] asio::awaitable<Result<ortc::IceParameters>> restart_ice();

  [[nodiscard]] asio::awaitable<Result<boost::json::value>> dump() override;
  [[nodiscard]] asio::awaitable<Result<boost::json::value>> get_stats() override;

  /// Its WebRtcServer ended, and the worker knows. For the WebRtcServer only.
  void on_listen_server_closed() { end(Ending::listen_server_closed); }

  Signal<IceState> on_ice_state_change;
  Signal<const TransportTuple&> on_ice_selected_tuple_change;
  Signal<DtlsState> on_dtls_state_change;
  Signal<SctpState> on_sctp_state_change;

 private:
  WebRtcTransport(TransportContext context, Data data);
  void on_notification(const Notification& notification) override;
  void on_ending() override;

  Data data_;
  /// While connect() is asked of the worker, and after; not when the worker has refused.
  bool connect_called_ = false;
};

}  // namespace carillon::mediasoup
