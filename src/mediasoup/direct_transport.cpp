#include "mediasoup/direct_transport.hpp"

#include "mediasoup/channel/messages.hpp"
#include "mediasoup/fbs/transport.hpp"

namespace carillon::mediasoup {

namespace {

Error no_bitrates() { return fail(Errc::unsupported, "a DirectTransport has no bitrate limits"); }

}  // namespace

std::shared_ptr<DirectTransport> DirectTransport::make(TransportContext context, const Response& /*response*/,
                                                       const FBS::DirectTransport::DumpResponse& /*dump*/) {
  std::shared_ptr<DirectTransport> transport{new DirectTransport{std::move(context)}};
  transport->start();
  return transport;
}

std::shared_ptr<DirectTransport> DirectTransport::restore(TransportContext context, const Saved& saved) {
  std::shared_ptr<DirectTransport> transport{new DirectTransport{std::move(context)}};
  transport->restore_base(saved);
  return transport;
}

DirectTransport::DirectTransport(TransportContext context) : Transport{std::move(context)} {}

asio::awaitable<Result<>> DirectTransport::connect() { co_return check_open(); }
asio::awaitable<Result<>> DirectTransport::set_max_incoming_bitrate(std::uint64_t) { co_return no_bitrates(); }
asio::awaitable<Result<>> DirectTransport::set_max_outgoing_bitrate(std::uint64_t) { co_return no_bitrates(); }
asio::awaitable<Result<>> DirectTransport::set_min_outgoing_bitrate(std::uint64_t) { co_return no_bitrates(); }

Result<> DirectTransport::send_rtcp(std::span<const std::uint8_t> rtcp_packet) {
  if (const auto open = check_open(); !open) return open.error();
  return notify(*channel(), NotificationEvent::TRANSPORT_SEND_RTCP, id(), [&](Builder& builder) {
    const auto data = builder.CreateVector(rtcp_packet.data(), rtcp_packet.size());
    return FBS::Transport::CreateSendRtcpNotification(builder, data);
  });
}

asio::awaitable<Result<boost::json::value>> DirectTransport::dump() {
  const auto self = shared_from_this();
  if (const auto open = check_open(); !open) co_return open.error();
  const Result<Response> response = co_await request(*channel(), Method::TRANSPORT_DUMP, id());
  if (!response) co_return response.error();
  const auto dump = body<FBS::DirectTransport::DumpResponse>(*response);
  if (!dump) co_return dump.error();
  co_return boost::json::value(fbs::base_dump(*(*dump)->base()));
}

asio::awaitable<Result<boost::json::value>> DirectTransport::get_stats() {
  const auto self = shared_from_this();
  if (const auto open = check_open(); !open) co_return open.error();
  const Result<Response> response = co_await request(*channel(), Method::TRANSPORT_GET_STATS, id());
  if (!response) co_return response.error();
  const auto stats = body<FBS::DirectTransport::GetStatsResponse>(*response);
  if (!stats) co_return stats.error();
  boost::json::object object = fbs::base_stats(*(*stats)->base());
  object["type"] = "direct-transport";
  boost::json::array array;
  array.push_back(std::move(object));
  co_return boost::json::value(std::move(array));
}

void DirectTransport::on_notification(const Notification& notification) {
  if (notification.event() == NotificationEvent::DIRECTTRANSPORT_RTCP) {
    if (const auto* packet = body<FBS::DirectTransport::RtcpNotification>(notification)) {
      on_rtcp.emit(std::span{packet->data()->data(), packet->data()->size()});
    }
    return;
  }
  Transport::on_notification(notification);
}

}  // namespace carillon::mediasoup
