// PlainTransport: joins a program that speaks plain RTP or SRTP over UDP (FFmpeg, GStreamer, a gateway) to a Router.
// Made by Router::create_plain_transport().
#pragma once

#include "mediasoup/srtp_parameters.hpp"
#include "mediasoup/transport.hpp"

namespace FBS::PlainTransport {
struct DumpResponse;
}

namespace carillon::mediasoup {

/// `ip` and `port` are needed without comedia, `rtcp_port` also without rtcp_mux, `srtp_parameters` with SRTP;
/// where they are not needed they must be left out.
struct PlainTransportConnectOptions {
  std::optional<std::string> ip;
  std::optional<std::uint16_t> port;
  std::optional<std::uint16_t> rtcp_port;
  std::optional<SrtpParameters> srtp_parameters;
};

class PlainTransport final : public Transport {
 public:
  struct Data {
    bool rtcp_mux = true;
    bool comedia = false;
    TransportTuple tuple;
    std::optional<TransportTuple> rtcp_tuple;  // without rtcp_mux
    std::optional<ortc::SctpParameters> sctp_parameters;
    std::optional<SctpState> sctp_state;
    std::optional<SrtpParameters> srtp_parameters;  // with SRTP: what the other side must use to read us
  };

  /// For the Router only (transport_context.hpp).
  static std::shared_ptr<PlainTransport> make(TransportContext context, const Response& response,
                                              const FBS::PlainTransport::DumpResponse& dump);

  static std::shared_ptr<PlainTransport> restore(TransportContext context, const Saved& saved);
  [[nodiscard]] Result<boost::json::object> save() const override;

  [[nodiscard]] TransportType type() const override { return TransportType::plain; }
  [[nodiscard]] const TransportTuple& tuple() const { return data_.tuple; }
  [[nodiscard]] const std::optional<TransportTuple>& rtcp_tuple() const { return data_.rtcp_tuple; }
  [[nodiscard]] const std::optional<ortc::SctpParameters>& sctp_parameters() const { return data_.sctp_parameters; }
  [[nodiscard]] const std::optional<SctpState>& sctp_state() const { return data_.sctp_state; }
  [[nodiscard]] const std::optional<ortc::SctpNegotiatedCapabilities>& sctp_negotiated_capabilities() const {
    return sctp_negotiated_capabilities_;
  }
  [[nodiscard]] const std::optional<SrtpParameters>& srtp_parameters() const { return data_.srtp_parameters; }

  /// Where the endpoint is and how it encrypts; once.
  [[nodiscard]] asio::awaitable<Result<>> connect(PlainTransportConnectOptions options);

  [[nodiscard]] asio::awaitable<Result<boost::json::value>> dump() override;
  [[nodiscard]] asio::awaitable<Result<boost::json::value>> get_stats() override;

  Signal<const TransportTuple&> on_tuple;       ///< With comedia: the endpoint's address is known now.
  Signal<const TransportTuple&> on_rtcp_tuple;  ///< With comedia and without rtcp_mux.
  Signal<SctpState> on_sctp_state_change;

 private:
  PlainTransport(TransportContext context, Data data);
  [[nodiscard]] Result<> check(const PlainTransportConnectOptions& options) const;
  void on_notification(const Notification& notification) override;
  void on_ending() override;

  Data data_;
  /// While connect() is asked of the worker, and after; not when the worker has refused.
  bool connect_called_ = false;
};

}  // namespace carillon::mediasoup
