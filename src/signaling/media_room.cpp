#include "signaling/media_room.hpp"

#include "base/async.hpp"
#include "mediasoup/consumer.hpp"
#include "mediasoup/data_consumer.hpp"
#include "mediasoup/data_producer.hpp"
#include "mediasoup/ortc/ortc.hpp"
#include "mediasoup/ortc/rtp_parameters_json.hpp"
#include "mediasoup/producer.hpp"
#include "mediasoup/webrtc_transport.hpp"

#include <boost/json/array.hpp>

#include <utility>

namespace carillon::signaling {

const std::vector<ortc::RtpCodecCapability>& media_codecs() {
  static const std::vector<ortc::RtpCodecCapability> codecs = [] {
    using ortc::MediaKind;
    const auto h264 = [](const char* profile) {
      return ortc::RtpCodecCapability{
          .kind = MediaKind::video,
          .mime_type = "video/H264",
          .clock_rate = 90000,
          .parameters = {
              {"packetization-mode", 1}, {"profile-level-id", std::string{profile}}, {"level-asymmetry-allowed", 1}}};
    };
    return std::vector<ortc::RtpCodecCapability>{
        {.kind = MediaKind::audio, .mime_type = "audio/opus", .clock_rate = 48000, .channels = 2},
        // VP8 first: every browser has it, and simulcast works everywhere.
        {.kind = MediaKind::video, .mime_type = "video/VP8", .clock_rate = 90000},
        {.kind = MediaKind::video, .mime_type = "video/VP9", .clock_rate = 90000, .parameters = {{"profile-id", 2}}},
        h264("4d0032"),
        h264("42e01f"),
    };
  }();
  return codecs;
}

const json::value& server_rtp_capabilities() {
  static const json::value capabilities = ortc::to_json(ortc::generate_router_rtp_capabilities(media_codecs()).value());
  return capabilities;
}

MediaRoom::MediaRoom(Shared& shared, CallId call, RoomId room)
    : shared_{shared},
      log_{shared.log.with("call", call)},
      call_{std::move(call)},
      room_{std::move(room)},
      opened_{shared.io, Timer::time_point::max()},
      limits_{shared.config.max_incoming_bitrate_bps} {}

MediaRoom::~MediaRoom() = default;

boost::asio::awaitable<Result<>> MediaRoom::open(room::WorkerId worker) {
  const std::shared_ptr<MediaRoom> self = shared_from_this();  // closed while we wait, perhaps
  Result<> opened = fail(Errc::worker_died, "the room's worker is gone");
  if (const WorkerPool::Entry* entry = shared_.workers.find(worker)) {
    server_ = entry->server;
    const std::shared_ptr<mediasoup::Worker> process = entry->worker;
    mediasoup::RouterOptions options;
    options.media_codecs = media_codecs();
    auto router = co_await process->create_router(std::move(options));
    if (router) {
      router_ = *router;
      opened = Result<>{};
    } else {
      opened = router.error();
    }
  }
  opening_ = false;
  opened_.cancel();
  if (!opened) co_return opened;
  if (closed_) {
    router_->close();
    co_return Result<>{};
  }
  // Who speaks is told from the first audio on; nobody waits for it.
  mediasoup::AudioLevelObserverOptions levels;
  levels.interval = 800;
  levels.threshold = -60;
  auto speakers = co_await router_->create_audio_level_observer(std::move(levels));
  if (speakers && !closed_) {
    speakers_ = *speakers;
    watch_speakers();
  }
  co_return Result<>{};
}

void MediaRoom::close(Error why) {
  if (closed_) return;
  closed_ = true;
  over_ = std::move(why);
  opened_.cancel();
  if (router_) router_->close();
  consumers_.clear();
  data_consumers_.clear();
  producers_.clear();
  data_producers_.clear();
  transports_.clear();
  peers_.clear();
}

void MediaRoom::drop_peer(const DeviceId& peer) {
  if (room::Room* room = book()) perform(room->leave(peer));
  peers_.erase(peer);
}

boost::asio::awaitable<bool> MediaRoom::ready() {
  while (opening_ && !closed_) {
    boost::system::error_code woken;
    co_await opened_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  }
  co_return !closed_ && router_ != nullptr;
}

room::Room* MediaRoom::book() { return closed_ ? nullptr : shared_.rooms.find(room_); }

Result<room::Room*> MediaRoom::book_for(const Device& device) {
  room::Room* room = book();
  if (room == nullptr) return over_;
  // What an earlier session asked may be answered when a later one of the same id has taken the seat again.
  const bool here = shared_.devices.find(device.id()).get() == &device;
  if (!here || !shared_.has_seat(device.id(), call_)) return fail(Errc::conflict, "this device has left the call");
  return room;
}

json::object MediaRoom::with_call(json::object data) const {
  data["callId"] = call_.str();
  return data;
}

void MediaRoom::notify(const DeviceId& to, std::string_view method, json::object data) {
  if (const DevicePtr device = shared_.devices.find(to)) device->notify(method, with_call(std::move(data)));
}

/// All forms of mediasoup-demo's dialects at once.
json::object MediaRoom::peer_json(const DeviceId& id) const {
  const auto found = peers_.find(id);
  if (found == peers_.end()) return {{"id", id.str()}, {"peerId", id.str()}};
  const Peer& peer = found->second;
  const UserId& user = peer.device->user();
  return {{"id", id.str()},
          {"peerId", id.str()},
          {"userId", user.str()},
          {"deviceId", device_label(user, id)},
          {"displayName", peer.display_name},
          {"device", peer.device_info}};
}

void MediaRoom::perform(const room::Actions& actions) {
  for (const room::Action& action : actions) {
    std::visit([this](const auto& a) { perform(a); }, action);
  }
}

void MediaRoom::perform(const room::NewPeer& action) {
  json::object data = peer_json(action.peer);
  data["peer"] = peer_json(action.peer);
  notify(action.to, "newPeer", std::move(data));
}

void MediaRoom::perform(const room::PeerClosed& action) {
  notify(action.to, "peerClosed", {{"peerId", action.peer.str()}});
}

void MediaRoom::perform(const room::Consume& action) {
  boost::asio::co_spawn(
      shared_.io, [self = shared_from_this(), action] { return self->consume(action); }, report(log_, "consume"));
}

void MediaRoom::perform(const room::ConsumerClosed& action) {
  const std::string& id = action.consumer.str();
  if (action.kind == room::Kind::data) {
    data_consumers_.erase(id);
    notify(action.peer, "dataConsumerClosed", {{"dataConsumerId", id}});
  } else {
    consumers_.erase(id);
    notify(action.peer, "consumerClosed", {{"consumerId", id}});
  }
}

void MediaRoom::perform(const room::CloseTransport& action) {
  const auto found = transports_.find(action.transport.str());
  if (found == transports_.end()) return;
  const std::shared_ptr<mediasoup::WebRtcTransport> transport = found->second;
  limits_.forget(action.transport);
  transports_.erase(found);
  transport->close();
  // What it carried is over too; the book has forgotten it already.
  std::erase_if(producers_, [](const auto& entry) { return entry.second->closed(); });
  std::erase_if(data_producers_, [](const auto& entry) { return entry.second->closed(); });
  std::erase_if(consumers_, [](const auto& entry) { return entry.second->closed(); });
  std::erase_if(data_consumers_, [](const auto& entry) { return entry.second->closed(); });
}

void MediaRoom::watch_speakers() {
  const std::weak_ptr<MediaRoom> weak = weak_from_this();
  speakers_->on_volumes.connect_forever([weak](const std::vector<mediasoup::AudioLevelVolume>& volumes) {
    const auto self = weak.lock();
    if (!self || volumes.empty()) return;
    const json::value* peer = volumes.front().producer->app_data.if_contains("peerId");
    if (peer != nullptr) self->tell_speaker(DeviceId{std::string{peer->as_string()}}, volumes.front().volume);
  });
  speakers_->on_silence.connect_forever([weak] {
    if (const auto self = weak.lock()) self->tell_speaker(DeviceId{}, std::nullopt);
  });
}

/// Only when it is somebody else than before: a word each 800 ms would tell nothing new.
void MediaRoom::tell_speaker(const DeviceId& peer, std::optional<int> volume) {
  if (closed_ || peer == speaking_) return;
  speaking_ = peer;
  json::object data;
  data["peerId"] = peer.empty() ? json::value{} : json::value(peer.str());
  if (volume) data["volume"] = *volume;
  for (const auto& [to, state] : peers_) notify(to, "activeSpeaker", data);
}

std::optional<json::object> MediaRoom::snapshot(const DeviceId& device) {
  room::Room* room = book();
  if (room == nullptr || !room->joined(device)) return std::nullopt;
  json::array peers;
  for (const DeviceId& peer : room->peers_beside(device)) peers.push_back(peer_json(peer));
  json::array transports;
  for (const auto& [id, transport] : transports_) {
    if (room->transport(device, room::TransportId{id}) != nullptr) transports.emplace_back(id);
  }
  json::array producers;
  for (const auto& [id, producer] : producers_) {
    if (room->producer(device, room::ProducerId{id}) != nullptr) producers.emplace_back(id);
  }
  json::array consumers;
  for (const auto& [id, consumer] : consumers_) {
    if (room->consumer(device, room::ConsumerId{id}) == nullptr) continue;
    consumers.push_back(json::object{
        {"id", id}, {"producerId", consumer->producer_id()}, {"producerPaused", consumer->producer_paused()}});
  }
  json::array data_consumers;
  for (const auto& [id, consumer] : data_consumers_) {
    if (room->consumer(device, room::ConsumerId{id}) != nullptr) data_consumers.push_back(json::object{{"id", id}});
  }
  return json::object{{"peers", std::move(peers)},
                      {"transports", std::move(transports)},
                      {"producers", std::move(producers)},
                      {"consumers", std::move(consumers)},
                      {"dataConsumers", std::move(data_consumers)}};
}

}  // namespace carillon::signaling
