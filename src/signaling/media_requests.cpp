// The media methods of clients, one function each: check, ask the worker, look again, answer, act.
#include "signaling/media_room.hpp"

#include "base/async.hpp"
#include "mediasoup/consumer.hpp"
#include "mediasoup/data_consumer.hpp"
#include "mediasoup/data_producer.hpp"
#include "mediasoup/ortc/rtp_parameters_json.hpp"
#include "mediasoup/ortc/transport_parameters_json.hpp"
#include "mediasoup/producer.hpp"
#include "mediasoup/webrtc_transport.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <utility>

namespace carillon::signaling {
namespace {

/// Of a producer: the client's own words, which every other client gets.
constexpr std::size_t app_data_bytes_max = 4096;

/// Of a producer, too, and nearly all of it goes on to every other client. Browsers send 0.7 to 1.9 kB.
constexpr std::size_t rtp_parameters_bytes_max = 8192;

/// How long the worker waits after a key frame request before it asks again. Its default of 1 s is the second that
/// people wait for a picture when the first request went unheard; below 300 ms it asks twice on a slow line.
constexpr std::uint32_t key_frame_request_delay_ms = 400;

Result<json::object> checked_app_data(const std::optional<json::object>& app_data) {
  json::object checked = app_data.value_or(json::object{});
  if (json::serialize(checked).size() > app_data_bytes_max) {
    return fail(Errc::too_large, fmt::format("data.appData: expected at most {} bytes", app_data_bytes_max));
  }
  return checked;
}

Error no_such(std::string_view what, const std::string& id) {
  return fail(Errc::not_found, fmt::format("data.{}Id: there is no {} {} of yours in this call", what, what, id));
}

/// mediasoup-demo's newer clients want `{stats: [...]}`, all others the array itself.
json::value stats_json(const Device& device, json::value stats) {
  if (!device.newer_dialect) return stats;
  return json::object{{"stats", std::move(stats)}};
}

/// Answers with what a mediasoup object said of itself.
void answer_stats(const Device& device, Result<json::value> stats, const MediaRoom::Answer& answer) {
  if (!stats) return answer(stats.error());
  answer(stats_json(device, std::move(*stats)));
}

void answer_done(const Result<>& done, const MediaRoom::Answer& answer) {
  if (!done) return answer(done.error());
  answer(json::object{});
}

json::object transport_json(const mediasoup::WebRtcTransport& transport) {
  json::object data{{"id", transport.id()},
                    {"transportId", transport.id()},
                    {"iceParameters", ortc::to_json(transport.ice_parameters())},
                    {"iceCandidates", ortc::to_json(transport.ice_candidates())},
                    {"dtlsParameters", ortc::to_json(transport.dtls_parameters())}};
  if (transport.sctp_parameters()) data["sctpParameters"] = ortc::to_json(*transport.sctp_parameters());
  return data;
}

}  // namespace

boost::asio::awaitable<void> MediaRoom::handle(DevicePtr device, protocol::MediaRequest request, Answer answer) {
  const std::shared_ptr<MediaRoom> self = shared_from_this();
  const bool open = co_await ready();
  if (!open) {
    answer(over_);
    co_return;
  }
  auto handled = std::visit([&](auto& r) { return on(device, std::move(r), answer); }, request);
  co_await std::move(handled);
}

Result<std::shared_ptr<mediasoup::WebRtcTransport>> MediaRoom::transport_of(const DeviceId& peer,
                                                                            const std::string& id) {
  const room::Room* room = book();
  const auto found = transports_.find(id);
  if (room == nullptr || found == transports_.end() || room->transport(peer, room::TransportId{id}) == nullptr) {
    return no_such("transport", id);
  }
  return found->second;
}

Result<std::shared_ptr<mediasoup::Producer>> MediaRoom::producer_of(const DeviceId& peer, const std::string& id) {
  const room::Room* room = book();
  const auto found = producers_.find(id);
  if (room == nullptr || found == producers_.end() || room->producer(peer, room::ProducerId{id}) == nullptr) {
    return no_such("producer", id);
  }
  return found->second;
}

Result<std::shared_ptr<mediasoup::Consumer>> MediaRoom::consumer_of(const DeviceId& peer, const std::string& id) {
  const room::Room* room = book();
  const auto found = consumers_.find(id);
  if (room == nullptr || found == consumers_.end() || room->consumer(peer, room::ConsumerId{id}) == nullptr) {
    return no_such("consumer", id);
  }
  return found->second;
}

boost::asio::awaitable<void> MediaRoom::on(DevicePtr, protocol::GetRouterRtpCapabilities, Answer answer) {
  json::object data = server_rtp_capabilities().as_object();
  data["routerRtpCapabilities"] = server_rtp_capabilities();
  answer(std::move(data));
  co_return;
}

boost::asio::awaitable<void> MediaRoom::on(DevicePtr device, protocol::CreateWebRtcTransport request, Answer answer) {
  using protocol::Direction;
  const auto direction = request.app_data ? request.app_data->direction : std::nullopt;
  device->newer_dialect = direction.has_value();
  const bool consuming = direction ? direction == Direction::consumer : request.consuming.value_or(false);

  Result<room::Room*> room = book_for(*device);
  Result<> allowed = room ? (*room)->may_add_transport(device->id()) : Result<>{room.error()};
  if (!allowed) co_return answer(allowed.error());

  mediasoup::WebRtcTransportOptions options;
  options.web_rtc_server = server_;
  options.enable_udp = !request.force_tcp.value_or(false);
  options.enable_tcp = true;
  options.prefer_udp = true;
  options.enable_sctp = request.sctp_capabilities.has_value() || direction.has_value();
  options.initial_available_outgoing_bitrate = shared_.config.initial_outgoing_bitrate_bps;
  auto made = co_await router_->create_webrtc_transport(std::move(options));
  if (!made) co_return answer(made.error());
  const std::shared_ptr<mediasoup::WebRtcTransport> transport = *made;

  room = book_for(*device);
  Result<room::Actions> added =
      room ? (*room)->add_transport(device->id(), room::TransportId{transport->id()}, consuming)
           : Result<room::Actions>{room.error()};
  if (!added) {
    transport->close();
    co_return answer(added.error());
  }
  transports_.emplace(transport->id(), transport);
  peers_.try_emplace(device->id(), Peer{device, device->identity().name, {}, {}});
  answer(transport_json(*transport));
  perform(*added);
  if (consuming) {
    co_await measure(device->id(), transport);
  } else if (shared_.config.max_incoming_bitrate_bps > 0) {
    co_await limit(transport, shared_.config.max_incoming_bitrate_bps);
  }
}

boost::asio::awaitable<void> MediaRoom::on(DevicePtr device, protocol::ConnectWebRtcTransport request, Answer answer) {
  auto transport = transport_of(device->id(), request.transport_id);
  if (!transport) co_return answer(transport.error());
  auto dtls = ortc::parse_dtls_parameters(request.dtls_parameters, "data.dtlsParameters");
  if (!dtls) co_return answer(dtls.error());
  const Result<> connected = co_await (*transport)->connect(std::move(*dtls));
  answer_done(connected, answer);
}

boost::asio::awaitable<void> MediaRoom::on(DevicePtr device, protocol::RestartIce request, Answer answer) {
  auto transport = transport_of(device->id(), request.transport_id);
  if (!transport) co_return answer(transport.error());
  const auto ice = co_await (*transport)->restart_ice();
  if (!ice) co_return answer(ice.error());
  json::object data = ortc::to_json(*ice).as_object();
  data["iceParameters"] = ortc::to_json(*ice);
  answer(std::move(data));
}

boost::asio::awaitable<void> MediaRoom::on(DevicePtr device, protocol::Join request, Answer answer) {
  std::optional<ortc::RtpCapabilities> capabilities;
  if (request.rtp_capabilities) {
    auto parsed = ortc::parse_rtp_capabilities(*request.rtp_capabilities, "data.rtpCapabilities");
    if (!parsed) co_return answer(parsed.error());
    capabilities = std::move(*parsed);
  }
  const Result<json::object> device_info = checked_app_data(request.device);
  if (!device_info) co_return answer(fail(Errc::too_large, "data.device: expected at most 4096 bytes"));

  const Result<room::Room*> room = book_for(*device);
  if (!room) co_return answer(room.error());
  const Result<room::Actions> joined = (*room)->join(device->id());
  if (!joined) co_return answer(joined.error());

  Peer& peer = peers_[device->id()];
  peer.device = device;
  peer.display_name = request.display_name ? request.display_name->value : device->identity().name;
  peer.device_info = *device_info;
  peer.rtp_capabilities = std::move(capabilities);
  json::array others;
  for (const DeviceId& other : (*room)->peers_beside(device->id())) {
    json::object entry = peer_json(other);
    entry["peer"] = peer_json(other);
    others.push_back(std::move(entry));
  }
  answer(json::object{{"peers", std::move(others)}});
  perform(*joined);
}

boost::asio::awaitable<void> MediaRoom::on(DevicePtr device, protocol::Produce request, Answer answer) {
  auto transport = transport_of(device->id(), request.transport_id);
  if (!transport) co_return answer(transport.error());
  const room::TransportId transport_id{(*transport)->id()};
  if (json::serialize(request.rtp_parameters).size() > rtp_parameters_bytes_max) {
    const auto most = fmt::format("data.rtpParameters: expected at most {} bytes", rtp_parameters_bytes_max);
    co_return answer(fail(Errc::too_large, most));
  }
  auto parameters = ortc::parse_rtp_parameters(request.rtp_parameters, "data.rtpParameters");
  if (!parameters) co_return answer(parameters.error());
  Result<json::object> app_data = checked_app_data(request.app_data);
  if (!app_data) co_return answer(app_data.error());
  if (!device->identity().grants.publish) co_return answer(fail(Errc::forbidden, "the token does not grant produce"));
  Result<room::Room*> room = book_for(*device);
  Result<> allowed = room ? (*room)->may_produce(device->id(), transport_id) : Result<>{room.error()};
  if (!allowed) co_return answer(allowed.error());

  const bool video = request.kind == protocol::Kind::video;
  mediasoup::ProducerOptions options;
  options.kind = video ? ortc::MediaKind::video : ortc::MediaKind::audio;
  options.rtp_parameters = std::move(*parameters);
  options.paused = request.paused.value_or(false);
  if (video) options.key_frame_request_delay = key_frame_request_delay_ms;
  options.app_data = std::move(*app_data);
  options.app_data["peerId"] = device->id().str();
  auto made = co_await (*transport)->produce(std::move(options));
  if (!made) co_return answer(made.error());
  const std::shared_ptr<mediasoup::Producer> producer = *made;

  room = book_for(*device);
  const auto kind = video ? room::Kind::video : room::Kind::audio;
  Result<room::Actions> added =
      room ? (*room)->add_producer(device->id(), transport_id, room::ProducerId{producer->id()}, kind)
           : Result<room::Actions>{room.error()};
  if (!added) {
    producer->close();
    co_return answer(added.error());
  }
  producers_.emplace(producer->id(), producer);
  watch(device->id(), producer);
  answer(json::object{{"id", producer->id()}, {"producerId", producer->id()}});
  perform(*added);
  if (!video && speakers_) {
    const Result<> watched = co_await speakers_->add_producer(producer->id());
    if (!watched && !producer->closed()) log_.warn("who speaks is not watched: {}", watched.error().detail);
  }
}

void MediaRoom::watch(const DeviceId& peer, const std::shared_ptr<mediasoup::Producer>& producer) {
  const std::weak_ptr<MediaRoom> weak = weak_from_this();
  producer->on_score.connect_forever(
      [weak, peer, id = producer->id()](const std::vector<mediasoup::ProducerScore>& scores) {
        const auto self = weak.lock();
        if (!self) return;
        json::array list;
        for (const mediasoup::ProducerScore& score : scores) {
          json::object entry{{"encodingIdx", score.encoding_idx}, {"ssrc", score.ssrc}, {"score", score.score}};
          if (score.rid) entry["rid"] = *score.rid;
          list.push_back(std::move(entry));
        }
        self->notify(peer, "producerScore", {{"producerId", id}, {"score", std::move(list)}});
      });
}

boost::asio::awaitable<void> MediaRoom::on(DevicePtr device, protocol::ProduceData request, Answer answer) {
  auto transport = transport_of(device->id(), request.transport_id);
  if (!transport) co_return answer(transport.error());
  const room::TransportId transport_id{(*transport)->id()};
  auto stream = ortc::parse_sctp_stream_parameters(request.sctp_stream_parameters, "data.sctpStreamParameters");
  if (!stream) co_return answer(stream.error());
  Result<json::object> app_data = checked_app_data(request.app_data);
  if (!app_data) co_return answer(app_data.error());
  Result<room::Room*> room = book_for(*device);
  Result<> allowed = room ? (*room)->may_produce(device->id(), transport_id) : Result<>{room.error()};
  if (!allowed) co_return answer(allowed.error());
  // The worker would refuse it too, but as if it were a fault of ours.
  for (const auto& [id, other] : data_producers_) {
    const room::Producer* known = (*room)->producer(device->id(), room::ProducerId{id});
    const auto& taken = other->sctp_stream_parameters();
    if (known != nullptr && known->transport == transport_id && taken && taken->stream_id == stream->stream_id)
      co_return answer(fail(Errc::conflict, "data.sctpStreamParameters.streamId: in use on this transport"));
  }

  mediasoup::DataProducerOptions options;
  options.sctp_stream_parameters = std::move(*stream);
  options.label = request.label.value_or("");
  options.protocol = request.protocol.value_or("");
  options.app_data = std::move(*app_data);
  options.app_data["peerId"] = device->id().str();
  auto made = co_await (*transport)->produce_data(std::move(options));
  if (!made) co_return answer(made.error());
  const std::shared_ptr<mediasoup::DataProducer> producer = *made;

  room = book_for(*device);
  Result<room::Actions> added =
      room ? (*room)->add_producer(device->id(), transport_id, room::ProducerId{producer->id()}, room::Kind::data)
           : Result<room::Actions>{room.error()};
  if (!added) {
    producer->close();
    co_return answer(added.error());
  }
  data_producers_.emplace(producer->id(), producer);
  answer(json::object{{"id", producer->id()}, {"dataProducerId", producer->id()}});
  perform(*added);
}

boost::asio::awaitable<void> MediaRoom::on(DevicePtr device, protocol::OnProducer request, Answer answer) {
  auto found = producer_of(device->id(), request.producer_id);
  if (!found) co_return answer(found.error());
  const std::shared_ptr<mediasoup::Producer> producer = *found;
  if (request.action == protocol::ProducerAction::close) {
    producers_.erase(producer->id());
    producer->close();
    answer(json::object{});
    perform(book()->remove_producer(room::ProducerId{producer->id()}));
    co_return;
  }
  const bool pause = request.action == protocol::ProducerAction::pause;
  auto changing = pause ? producer->pause() : producer->resume();
  const Result<> changed = co_await std::move(changing);
  answer_done(changed, answer);
}

boost::asio::awaitable<void> MediaRoom::on(DevicePtr device, protocol::OnConsumer request, Answer answer) {
  auto found = consumer_of(device->id(), request.consumer_id);
  if (!found) co_return answer(found.error());
  const std::shared_ptr<mediasoup::Consumer> consumer = *found;
  Result<> done;
  switch (request.action) {
    case protocol::ConsumerAction::pause: done = co_await consumer->pause(); break;
    case protocol::ConsumerAction::resume: done = co_await consumer->resume(); break;
    case protocol::ConsumerAction::request_key_frame: done = co_await consumer->request_key_frame(); break;
  }
  answer_done(done, answer);
}

boost::asio::awaitable<void> MediaRoom::on(DevicePtr device, protocol::SetConsumerPreferredLayers request,
                                           Answer answer) {
  auto consumer = consumer_of(device->id(), request.consumer_id);
  if (!consumer) co_return answer(consumer.error());
  mediasoup::ConsumerLayers layers;
  layers.spatial_layer = static_cast<std::uint8_t>(request.spatial_layer);
  if (request.temporal_layer) layers.temporal_layer = static_cast<std::uint8_t>(request.temporal_layer->value);
  const Result<> done = co_await (*consumer)->set_preferred_layers(layers);
  answer_done(done, answer);
}

boost::asio::awaitable<void> MediaRoom::on(DevicePtr device, protocol::SetConsumerPriority request, Answer answer) {
  auto consumer = consumer_of(device->id(), request.consumer_id);
  if (!consumer) co_return answer(consumer.error());
  const Result<> done = co_await (*consumer)->set_priority(static_cast<std::uint8_t>(request.priority));
  answer_done(done, answer);
}

boost::asio::awaitable<void> MediaRoom::on(DevicePtr device, protocol::GetTransportStats request, Answer answer) {
  auto transport = transport_of(device->id(), request.transport_id);
  if (!transport) co_return answer(transport.error());
  auto stats = co_await (*transport)->get_stats();
  answer_stats(*device, std::move(stats), answer);
}

boost::asio::awaitable<void> MediaRoom::on(DevicePtr device, protocol::GetProducerStats request, Answer answer) {
  auto producer = producer_of(device->id(), request.producer_id);
  if (!producer) co_return answer(producer.error());
  auto stats = co_await (*producer)->get_stats();
  answer_stats(*device, std::move(stats), answer);
}

boost::asio::awaitable<void> MediaRoom::on(DevicePtr device, protocol::GetConsumerStats request, Answer answer) {
  auto consumer = consumer_of(device->id(), request.consumer_id);
  if (!consumer) co_return answer(consumer.error());
  auto stats = co_await (*consumer)->get_stats();
  answer_stats(*device, std::move(stats), answer);
}

boost::asio::awaitable<void> MediaRoom::on(DevicePtr device, protocol::GetDataProducerStats request, Answer answer) {
  const room::Room* room = book();
  const auto found = data_producers_.find(request.data_producer_id);
  if (room == nullptr || found == data_producers_.end() ||
      room->producer(device->id(), room::ProducerId{found->first}) == nullptr) {
    co_return answer(no_such("dataProducer", request.data_producer_id));
  }
  const std::shared_ptr<mediasoup::DataProducer> producer = found->second;
  auto stats = co_await producer->get_stats();
  answer_stats(*device, std::move(stats), answer);
}

boost::asio::awaitable<void> MediaRoom::on(DevicePtr device, protocol::GetDataConsumerStats request, Answer answer) {
  const room::Room* room = book();
  const auto found = data_consumers_.find(request.data_consumer_id);
  if (room == nullptr || found == data_consumers_.end() ||
      room->consumer(device->id(), room::ConsumerId{found->first}) == nullptr) {
    co_return answer(no_such("dataConsumer", request.data_consumer_id));
  }
  const std::shared_ptr<mediasoup::DataConsumer> consumer = found->second;
  auto stats = co_await consumer->get_stats();
  answer_stats(*device, std::move(stats), answer);
}

}  // namespace carillon::signaling
