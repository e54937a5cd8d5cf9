// DirectTransport: joins this very program to a Router: it sends and gets RTP, RTCP and data messages as bytes.
// Made by Router::create_direct_transport().
#pragma once

#include "mediasoup/transport.hpp"

#include <span>

namespace FBS::DirectTransport {
struct DumpResponse;
}

namespace carillon::mediasoup {

class DirectTransport final : public Transport {
 public:
  /// For the Router only (transport_context.hpp).
  static std::shared_ptr<DirectTransport> make(TransportContext context, const Response& response,
                                               const FBS::DirectTransport::DumpResponse& dump);

  static std::shared_ptr<DirectTransport> restore(TransportContext context, const Saved& saved);
  [[nodiscard]] Result<boost::json::object> save() const override { return save_base(); }

  [[nodiscard]] TransportType type() const override { return TransportType::direct; }

  /// Nothing to connect: it always is.
  [[nodiscard]] asio::awaitable<Result<>> connect();
  [[nodiscard]] asio::awaitable<Result<>> set_max_incoming_bitrate(std::uint64_t bitrate_bps) override;
  [[nodiscard]] asio::awaitable<Result<>> set_max_outgoing_bitrate(std::uint64_t bitrate_bps) override;
  [[nodiscard]] asio::awaitable<Result<>> set_min_outgoing_bitrate(std::uint64_t bitrate_bps) override;
  /// One (compound) RTCP packet of the endpoint. The worker does not answer.
  Result<> send_rtcp(std::span<const std::uint8_t> rtcp_packet);

  [[nodiscard]] asio::awaitable<Result<boost::json::value>> dump() override;
  [[nodiscard]] asio::awaitable<Result<boost::json::value>> get_stats() override;

  Signal<std::span<const std::uint8_t>> on_rtcp;  ///< A packet for the endpoint; valid during the call only.

 private:
  explicit DirectTransport(TransportContext context);
  void on_notification(const Notification& notification) override;
};

}  // namespace carillon::mediasoup
