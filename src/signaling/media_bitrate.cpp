// What each receiver's network carries, as the worker measures it, and what the senders are told (room/bitrate.hpp).
#include "base/async.hpp"
#include "mediasoup/webrtc_transport.hpp"
#include "signaling/media_room.hpp"

#include <vector>

namespace carillon::signaling {

boost::asio::awaitable<void> MediaRoom::measure(DeviceId receiver,
                                                std::shared_ptr<mediasoup::WebRtcTransport> transport) {
  watch(receiver, transport);
  std::vector<mediasoup::TransportTraceEventType> events(1, mediasoup::TransportTraceEventType::bwe);
  const Result<> traced = co_await transport->enable_trace_event(std::move(events));
  if (!traced && !transport->closed()) log_.warn("what a peer can take is not known: {}", traced.error().detail);
}

void MediaRoom::watch(const DeviceId& receiver, const std::shared_ptr<mediasoup::WebRtcTransport>& transport) {
  const std::weak_ptr<MediaRoom> weak = weak_from_this();
  transport->on_trace.connect_forever([weak, receiver](const mediasoup::TraceEvent& event) {
    const auto self = weak.lock();
    if (!self || event.type != "bwe") return;
    self->fit(receiver, event.info.at("availableBitrate").to_number<std::uint64_t>());
  });
}

void MediaRoom::fit(const DeviceId& receiver, std::uint64_t available_bps) {
  const room::Room* room = book();
  if (room == nullptr) return;
  for (const room::BitrateLimit& limit : limits_.measured(*room, receiver, available_bps)) {
    const auto transport = transports_.find(limit.transport.str());
    if (transport == transports_.end()) continue;
    const auto self = shared_from_this();
    boost::asio::co_spawn(
        shared_.io,
        [self, transport = transport->second, bitrate_bps = limit.bitrate_bps] {
          return self->limit(transport, bitrate_bps);
        },
        report(log_, "limit"));
  }
}

boost::asio::awaitable<void> MediaRoom::limit(std::shared_ptr<mediasoup::WebRtcTransport> transport,
                                              std::uint64_t bitrate_bps) {
  log_.debug("transport {} may send {} bit/s", transport->id(), bitrate_bps);
  const Result<> limited = co_await transport->set_max_incoming_bitrate(bitrate_bps);
  if (!limited && !transport->closed()) log_.warn("no bitrate limit: {}", limited.error().detail);
}

}  // namespace carillon::signaling
