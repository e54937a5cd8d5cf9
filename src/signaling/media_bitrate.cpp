// In a call of two, nobody sends more than the other's network takes. A worker that has one stream of pictures for a
// receiver can only forward it or not: what does not fit is lost in front of his network, and sound with it. In a call
// of more the pictures come in layers, of which each receiver gets what he can take.
#include "base/async.hpp"
#include "mediasoup/webrtc_transport.hpp"
#include "room/bitrate.hpp"
#include "signaling/media_room.hpp"

#include <vector>

namespace carillon::signaling {
namespace {

/// Smaller changes are not told: estimates never stand still.
bool differs(std::uint64_t now, std::uint64_t before) {
  const std::uint64_t by = now > before ? now - before : before - now;
  return by * 20 > before;
}

}  // namespace

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

/// Comes once a second for each receiver, so it has to cost little when many are in the room.
void MediaRoom::fit(const DeviceId& receiver, std::uint64_t available_bps) {
  const room::Room* room = book();
  if (room == nullptr) return;
  const std::uint64_t most = shared_.config.max_incoming_bitrate_bps;
  const std::vector<DeviceId> senders = room->peers_beside(receiver);
  const bool are_two = senders.size() == 1 && room->joined(receiver);
  if (!are_two && !may_be_limited_) return;
  may_be_limited_ = are_two;
  for (const DeviceId& sender : senders)
    limit_all_of(*room, sender, are_two ? room::fitting_bitrate(available_bps, most) : most);
  if (!are_two) limit_all_of(*room, receiver, most);
}

void MediaRoom::limit_all_of(const room::Room& room, const DeviceId& sender, std::uint64_t bitrate_bps) {
  for (const auto& [id, transport] : transports_) {
    const room::Transport* known = room.transport(sender, room::TransportId{id});
    if (known == nullptr || known->consuming) continue;
    // Unknown: it is new, or this program has taken it over from another one.
    const auto [told, unknown] = limits_.try_emplace(id, bitrate_bps);
    if (!unknown && !differs(bitrate_bps, told->second)) continue;
    told->second = bitrate_bps;
    const auto self = shared_from_this();
    boost::asio::co_spawn(
        shared_.io, [self, transport = transport, bitrate_bps] { return self->limit(transport, bitrate_bps); },
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
