// How a peer gets what another peer sends: made paused, offered to the client, resumed when the client is ready.
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

#include <utility>

namespace carillon::signaling {
namespace {

json::object score_json(const mediasoup::ConsumerScore& score) {
  json::array all;
  for (const std::uint8_t each : score.producer_scores) all.emplace_back(each);
  return {{"score", score.score}, {"producerScore", score.producer_score}, {"producerScores", std::move(all)}};
}

/// For when a consumer has closed: else whoever makes and closes producers fills the memory with what nobody answers.
std::function<void()> no_answer_needed(const DevicePtr& device, std::uint64_t asked) {
  return [weak = std::weak_ptr{device}, asked] {
    if (const DevicePtr still = weak.lock()) still->cancel(asked);
  };
}

}  // namespace

boost::asio::awaitable<void> MediaRoom::consume(room::Consume action) {
  const std::shared_ptr<MediaRoom> self = shared_from_this();
  auto made = action.kind == room::Kind::data ? consume_data(action) : consume_media(action);
  co_await std::move(made);
}

boost::asio::awaitable<void> MediaRoom::consume_media(room::Consume action) {
  const auto transport = transports_.find(action.transport.str());
  const auto peer = peers_.find(action.peer);
  if (closed_ || transport == transports_.end() || peer == peers_.end()) co_return;
  const DevicePtr device = peer->second.device;
  const auto& capabilities = peer->second.rtp_capabilities;
  if (!capabilities || !router_->can_consume(action.producer.str(), *capabilities)) {
    refuse(action, fail(Errc::unsupported, "the client cannot receive this codec"));
    co_return;
  }
  mediasoup::ConsumerOptions options;
  options.producer_id = action.producer.str();
  options.rtp_capabilities = *capabilities;
  options.paused = true;
  const std::shared_ptr<mediasoup::WebRtcTransport> on = transport->second;
  auto made = co_await on->consume(std::move(options));
  if (!made) {
    refuse(action, made.error());
    co_return;
  }
  const std::shared_ptr<mediasoup::Consumer> consumer = *made;
  room::Room* room = book();
  if (room == nullptr || !room->consumed(action, room::ConsumerId{consumer->id()})) {
    consumer->close();  // the world moved on meanwhile
    co_return;
  }
  consumers_.emplace(consumer->id(), consumer);
  watch(action.peer, consumer);
  offer(device, action, consumer);
}

boost::asio::awaitable<void> MediaRoom::consume_data(room::Consume action) {
  const auto transport = transports_.find(action.transport.str());
  const auto peer = peers_.find(action.peer);
  if (closed_ || transport == transports_.end() || peer == peers_.end()) co_return;
  const DevicePtr device = peer->second.device;
  const std::shared_ptr<mediasoup::WebRtcTransport> on = transport->second;
  if (!on->sctp_parameters()) {
    refuse(action, fail(Errc::unsupported, "the transport has no SCTP"));
    co_return;
  }
  mediasoup::DataConsumerOptions options;
  options.data_producer_id = action.producer.str();
  auto made = co_await on->consume_data(std::move(options));
  if (!made) {
    refuse(action, made.error());
    co_return;
  }
  const std::shared_ptr<mediasoup::DataConsumer> consumer = *made;
  room::Room* room = book();
  if (room == nullptr || !room->consumed(action, room::ConsumerId{consumer->id()})) {
    consumer->close();
    co_return;
  }
  data_consumers_.emplace(consumer->id(), consumer);
  offer(device, action, consumer);
}

boost::asio::awaitable<void> MediaRoom::let_flow(std::shared_ptr<mediasoup::Consumer> consumer) {
  const std::shared_ptr<MediaRoom> self = shared_from_this();
  if (!consumer->closed()) {
    const Result<> resumed = co_await consumer->resume();
    if (!resumed && !consumer->closed()) log_.warn("consumer does not resume: {}", resumed.error().detail);
  }
  unanswered_.erase(consumer->id());
}

void MediaRoom::offer(const DevicePtr& device, const room::Consume& action,
                      const std::shared_ptr<mediasoup::Consumer>& consumer) {
  unanswered_.insert(consumer->id());
  const auto producer = producers_.find(action.producer.str());
  json::object app_data = producer == producers_.end() ? json::object{} : producer->second->app_data;
  json::object data = with_call({{"peerId", action.from.str()},
                                 {"producerId", action.producer.str()},
                                 {"id", consumer->id()},
                                 {"consumerId", consumer->id()},
                                 {"transportId", action.transport.str()},
                                 {"kind", consumer->kind() == ortc::MediaKind::video ? "video" : "audio"},
                                 {"rtpParameters", ortc::to_json(consumer->rtp_parameters())},
                                 {"type", mediasoup::to_string(consumer->type())},
                                 {"appData", std::move(app_data)},
                                 {"producerPaused", consumer->producer_paused()},
                                 {"consumerScore", score_json(consumer->score())}});
  const std::weak_ptr<MediaRoom> weak = weak_from_this();
  const auto on_answer = [weak, consumer](const Result<json::object>& answer) {
    const auto self = weak.lock();
    if (!self) return;
    if (consumer->closed()) {
      self->unanswered_.erase(consumer->id());
    } else if (answer) {
      boost::asio::co_spawn(
          self->shared_.io, [self, consumer] { return self->let_flow(consumer); }, report(self->log_, "resume"));
    } else {
      self->log_.info("a consumer was not taken: {}", answer.error().detail);
      self->drop_consumer(consumer->id());
    }
  };
  const std::uint64_t asked =
      shared_.devices.request(device, "newConsumer", data, on_answer, [consumer] { return !consumer->closed(); });
  consumer->on_close.connect_forever(no_answer_needed(device, asked));
}

void MediaRoom::offer(const DevicePtr& device, const room::Consume& action,
                      const std::shared_ptr<mediasoup::DataConsumer>& consumer) {
  unanswered_.insert(consumer->id());
  const auto producer = data_producers_.find(action.producer.str());
  json::object app_data = producer == data_producers_.end() ? json::object{} : producer->second->app_data;
  json::object data = with_call({{"peerId", action.from.str()},
                                 {"dataProducerId", action.producer.str()},
                                 {"id", consumer->id()},
                                 {"dataConsumerId", consumer->id()},
                                 {"transportId", action.transport.str()},
                                 {"label", consumer->label()},
                                 {"protocol", consumer->protocol()},
                                 {"appData", std::move(app_data)}});
  if (consumer->sctp_stream_parameters()) {
    data["sctpStreamParameters"] = ortc::to_json(*consumer->sctp_stream_parameters());
  }
  const std::weak_ptr<MediaRoom> weak = weak_from_this();
  const auto on_answer = [weak, consumer](const Result<json::object>& answer) {
    const auto self = weak.lock();
    if (!self) return;
    self->unanswered_.erase(consumer->id());
    if (!answer && !consumer->closed()) self->drop_consumer(consumer->id());
  };
  const std::uint64_t asked =
      shared_.devices.request(device, "newDataConsumer", data, on_answer, [consumer] { return !consumer->closed(); });
  consumer->on_close.connect_forever(no_answer_needed(device, asked));
}

void MediaRoom::watch(const DeviceId& peer, const std::shared_ptr<mediasoup::Consumer>& consumer) {
  const std::weak_ptr<MediaRoom> weak = weak_from_this();
  const std::string id = consumer->id();
  const auto tell = [weak, peer, id](std::string_view method, json::object data) {
    const auto self = weak.lock();
    if (!self) return;
    data["consumerId"] = id;
    self->notify(peer, method, std::move(data));
  };
  consumer->on_score.connect_forever([tell](const mediasoup::ConsumerScore& score) {
    tell("consumerScore", {{"score", score_json(score)}});
  });
  consumer->on_producer_pause.connect_forever([tell] { tell("consumerPaused", {}); });
  consumer->on_producer_resume.connect_forever([tell] { tell("consumerResumed", {}); });
  consumer->on_layers_change.connect_forever([tell](const std::optional<mediasoup::ConsumerLayers>& layers) {
    json::object data{{"spatialLayer", nullptr}, {"temporalLayer", nullptr}};
    if (layers) {
      data["spatialLayer"] = layers->spatial_layer;
      if (layers->temporal_layer) data["temporalLayer"] = *layers->temporal_layer;
      data["layers"] = json::object{{"spatialLayer", data["spatialLayer"]}, {"temporalLayer", data["temporalLayer"]}};
    }
    tell("consumerLayersChanged", std::move(data));
  });
}

void MediaRoom::refuse(const room::Consume& action, const Error& why) {
  log_.debug("no consumer for a peer: {}", why.detail);
  if (room::Room* room = book()) perform(room->refused(action));
}

void MediaRoom::drop_consumer(const std::string& id) {
  unanswered_.erase(id);
  if (room::Room* room = book()) perform(room->remove_consumer(room::ConsumerId{id}));
  if (const auto found = consumers_.find(id); found != consumers_.end()) {
    const auto consumer = found->second;
    consumers_.erase(found);
    consumer->close();
  }
  if (const auto found = data_consumers_.find(id); found != data_consumers_.end()) {
    const auto consumer = found->second;
    data_consumers_.erase(found);
    consumer->close();
  }
}

}  // namespace carillon::signaling
