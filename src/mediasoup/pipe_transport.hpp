// PipeTransport: joins two Routers, of two workers or two hosts. All streams of a producer pass, none is chosen.
// Made by Router::create_pipe_transport(); Router::pipe_to_router() makes pairs by itself.
#pragma once

#include "mediasoup/srtp_parameters.hpp"
#include "mediasoup/transport.hpp"

namespace FBS::PipeTransport {
struct DumpResponse;
}

namespace carillon::mediasoup {

struct PipeTransportConnectOptions {
  std::string ip;
  std::uint16_t port = 0;
  std::optional<SrtpParameters> srtp_parameters;  // with SRTP, and only then
};

class PipeTransport final : public Transport {
 public:
  struct Data {
    TransportTuple tuple;
    std::optional<ortc::SctpParameters> sctp_parameters;
    std::optional<SctpState> sctp_state;
    bool rtx = false;
    std::optional<SrtpParameters> srtp_parameters;
  };

  /// For the Router only (transport_context.hpp).
  static std::shared_ptr<PipeTransport> make(TransportContext context, const Response& response,
                                             const FBS::PipeTransport::DumpResponse& dump);

  /// Unsupported: pipes join workers of which each is saved by itself.
  [[nodiscard]] Result<boost::json::object> save() const override;

  [[nodiscard]] TransportType type() const override { return TransportType::pipe; }
  [[nodiscard]] const TransportTuple& tuple() const { return data_.tuple; }
  [[nodiscard]] const std::optional<ortc::SctpParameters>& sctp_parameters() const { return data_.sctp_parameters; }
  [[nodiscard]] const std::optional<SctpState>& sctp_state() const { return data_.sctp_state; }
  [[nodiscard]] const std::optional<ortc::SctpNegotiatedCapabilities>& sctp_negotiated_capabilities() const {
    return sctp_negotiated_capabilities_;
  }
  [[nodiscard]] const std::optional<SrtpParameters>& srtp_parameters() const { return data_.srtp_parameters; }

  /// The other PipeTransport's address and, with SRTP, its keys; once.
  [[nodiscard]] asio::awaitable<Result<>> connect(PipeTransportConnectOptions options);
  /// Looks at `producer_id` and `app_data` only: a pipe carries all that the producer sends.
  [[nodiscard]] asio::awaitable<Result<std::shared_ptr<Consumer>>> consume(ConsumerOptions options) override;

  [[nodiscard]] asio::awaitable<Result<boost::json::value>> dump() override;
  [[nodiscard]] asio::awaitable<Result<boost::json::value>> get_stats() override;

  Signal<SctpState> on_sctp_state_change;

 private:
  PipeTransport(TransportContext context, Data data);
  void on_notification(const Notification& notification) override;
  void on_ending() override;

  Data data_;
  /// While connect() is asked of the worker, and after; not when the worker has refused.
  bool connect_called_ = false;
};

}  // namespace carillon::mediasoup
