#include "unit/signaling/simulation/inspector.hpp"

#include "mediasoup/audio_level_observer.hpp"
#include "mediasoup/consumer.hpp"
#include "mediasoup/data_consumer.hpp"
#include "mediasoup/data_producer.hpp"
#include "mediasoup/producer.hpp"
#include "mediasoup/webrtc_transport.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <map>
#include <set>
#include <utility>

namespace carillon::signaling {
namespace {

template <class Map>
std::set<std::string> keys_of(const Map& map) {
  std::set<std::string> keys;
  for (const auto& [key, value] : map) keys.insert(key);
  return keys;
}

}  // namespace

boost::asio::awaitable<http::UpgradeDecision> Inspector::upgrade(Node& node, http::UpgradeRequest request) {
  return node.on_upgrade(std::move(request));
}

boost::asio::awaitable<http::Response> Inspector::decline(Node& node, http::Request request) {
  return node.use_ticket(std::move(request), Node::TicketUse::decline);
}

json::object Inspector::counts(const Node& node) {
  http::Request request;
  request.headers.add("Authorization", "Bearer " + node.config_.server_key.reveal());
  return json::parse(node.debug_counts(request).body).as_object();
}

std::shared_ptr<Device> Inspector::device(const Node& node, const DeviceId& id) { return node.devices_.find(id); }

void Inspector::release_workers(Node& node) {
  for (const auto& [id, entry] : node.workers_.all()) entry.worker->release();
}

// ---- Whenever nothing is to be done ------------------------------------------------------------------------------

void Inspector::at_rest() {
  Node* node = server_.node();
  if (node == nullptr || !server_.is_up()) return;
  node->calls_.calls().check_invariants();
  node->rooms_.check_invariants();
  rooms(*node);
  journal(*node);
}

void Inspector::rooms(Node& node) {
  const call::Calls& calls = node.calls_.calls();
  if (node.media_rooms_.size() != calls.counts().calls)
    world_.wrong("{} calls have {} media rooms", calls.counts().calls, node.media_rooms_.size());
  std::size_t housed = 0;
  for (const auto& [id, media] : node.media_rooms_) {
    if (calls.find(id) == nullptr) world_.wrong("a media room without a call: {}", id);
    if (media->closed_) world_.wrong("the media room of {} is closed", id);
    for (const auto& [device, peer] : media->peers_) {
      if (!calls.may_join_room(device, id)) world_.wrong("{} is a peer of {} without a seat", device, id);
      if (node.devices_.find(device) != peer.device) world_.wrong("{} is a peer of {} and another device", device, id);
    }
    const room::Room* book = node.rooms_.find(media->room_);
    if (book == nullptr) {
      if (!media->transports_.empty() || !media->peers_.empty())
        world_.wrong("the room of {} is in no book, and has somebody in it", id);
      continue;
    }
    ++housed;
    if (book->peer_count() != media->peers_.size() || book->transport_count() != media->transports_.size() ||
        book->producer_count() != media->producers_.size() + media->data_producers_.size() ||
        book->consumer_count() != media->consumers_.size() + media->data_consumers_.size())
      world_.wrong("the room of {} has not what its book says", id);
    for (const auto& [key, object] : media->transports_)
      if (object->closed()) world_.wrong("a closed transport is kept in {}", id);
    for (const auto& [key, object] : media->producers_)
      if (object->closed()) world_.wrong("a closed producer is kept in {}", id);
    for (const auto& [key, object] : media->data_producers_)
      if (object->closed()) world_.wrong("a closed data producer is kept in {}", id);
  }
  if (node.rooms_.counts().rooms != housed)
    world_.wrong("{} rooms are open, {} of a call", node.rooms_.counts().rooms, housed);
}

/// What is on is in the journal, and nothing else is.
void Inspector::journal(Node& node) {
  std::size_t calls = 0;
  std::size_t sessions = 0;
  for (const auto& [name, text] : server_.journal().values()) {
    if (name.starts_with("session/")) ++sessions;
    if (!name.starts_with("call/")) continue;
    ++calls;
    if (node.calls_.calls().find(CallId{name.substr(5)}) == nullptr)
      world_.wrong("{} is over and still in the journal", name);
  }
  if (calls != node.calls_.calls().counts().calls) world_.wrong("the journal lacks a call");
  if (sessions != node.devices_.all().size()) world_.wrong("the journal has not the sessions that are");
  if (node.devices_.all().size() != node.calls_.calls().presence().device_count())
    world_.wrong("{} devices are kept, {} are present", node.devices_.all().size(),
                 node.calls_.calls().presence().device_count());
}

// ---- When nothing is under way -----------------------------------------------------------------------------------

bool Inspector::is_calm() {
  Node* node = server_.node();
  if (node == nullptr || !server_.is_up() || world_.under_way() > 0) return false;
  if (node->workers_.all().size() != node->config_.media.workers) return false;
  for (const auto& [id, entry] : node->workers_.all()) {
    if (entry.worker->channel()->requests_in_flight() > 0) return false;
  }
  for (const auto& [id, media] : node->media_rooms_) {
    if (media->opening_ || !media->router_) return false;
  }
  return true;
}

void Inspector::when_calm() {
  Node* node = server_.node();
  if (node == nullptr || !server_.is_up()) return world_.wrong("the server is not up when all is calm");
  workers(*node);
  compare_counts(*node);
}

/// The worker has what the node owns, and the other way round.
void Inspector::workers(Node& node) {
  std::map<std::string, const MediaRoom*> of_router;
  for (const auto& [id, media] : node.media_rooms_) {
    if (media->opening_ || !media->router_) {
      world_.wrong("the room of {} is still being opened", id);
      continue;
    }
    of_router[media->router_->id()] = media.get();
  }
  for (const auto& worker : server_.workers()) {
    if (!worker->lives()) continue;
    const WorkerPool::Entry* entry = node.workers_.find(room::WorkerId{std::to_string(worker->pid())});
    if (entry == nullptr) {
      world_.wrong("worker {} lives and nobody has it", worker->pid());
      continue;
    }
    if (entry->worker->router_count() != worker->routers().size())
      world_.wrong("worker {} has {} routers, the host {}", worker->pid(), worker->routers().size(),
                   entry->worker->router_count());
    for (const auto& [id, router] : worker->routers()) {
      const auto owner = of_router.find(id);
      if (owner == of_router.end()) {
        world_.wrong("router {} of worker {} has no owner", id, worker->pid());
        continue;
      }
      const MediaRoom& room = *owner->second;
      of_router.erase(owner);
      const auto same = [&](const char* what, const std::set<std::string>& in_worker,
                            const std::set<std::string>& in_node) {
        for (const std::string& object : in_worker)
          if (!in_node.contains(object)) world_.wrong("{} {} of {} has no owner", what, object, room.call_);
        for (const std::string& object : in_node)
          if (!in_worker.contains(object)) world_.wrong("{} {} of {} is not in the worker", what, object, room.call_);
      };
      same("transport", router.transports, keys_of(room.transports_));
      same("producer", keys_of(router.producers), keys_of(room.producers_));
      same("consumer", keys_of(router.consumers), keys_of(room.consumers_));
      same("data producer", keys_of(router.data_producers), keys_of(room.data_producers_));
      same("data consumer", keys_of(router.data_consumers), keys_of(room.data_consumers_));
      same("observer", router.observers,
           room.speakers_ ? std::set<std::string>{room.speakers_->id()} : std::set<std::string>{});
    }
  }
  for (const auto& [router, room] : of_router) world_.wrong("the room of {} has a router in no worker", room->call_);
}

void Inspector::compare_counts(Node& node) {
  const json::object told = counts(node);
  std::size_t routers = 0;
  std::size_t transports = 0;
  std::size_t producers = 0;
  std::size_t consumers = 0;
  std::map<std::int64_t, std::pair<std::size_t, std::size_t>> by_pid;
  for (const auto& worker : server_.workers()) {
    if (!worker->lives()) continue;
    auto& [of_routers, of_transports] = by_pid[worker->pid()];
    for (const auto& [id, router] : worker->routers()) {
      ++of_routers;
      of_transports += router.transports.size();
      producers += router.producers.size() + router.data_producers.size();
      consumers += router.consumers.size() + router.data_consumers.size();
    }
    routers += of_routers;
    transports += of_transports;
  }
  const auto number = [&](const json::object& from, const char* name) {
    return from.at(name).to_number<std::size_t>();
  };
  if (number(told, "rooms") != routers || number(told, "transports") != transports ||
      number(told, "producers") != producers || number(told, "consumers") != consumers)
    world_.wrong("the counts are not what the workers have: {}", json::serialize(told));
  for (const json::value& each : told.at("workers").as_array()) {
    const json::object& worker = each.as_object();
    const auto found = by_pid.find(worker.at("pid").to_number<std::int64_t>());
    if (found == by_pid.end() || found->second.first != number(worker, "routers") ||
        found->second.second != number(worker, "transports"))
      world_.wrong("the counts of a worker are not its own: {}", json::serialize(told));
  }
}

// ---- After everybody has gone ------------------------------------------------------------------------------------

void Inspector::at_the_end() {
  Node& node = *server_.node();
  const call::Counts calls = node.calls_.calls().counts();
  const room::Counts rooms = node.rooms_.counts();
  const std::size_t left = calls.calls + calls.devices + calls.users + calls.requests + rooms.rooms + rooms.peers +
                           rooms.transports + rooms.producers + rooms.consumers + node.media_rooms_.size() +
                           node.devices_.all().size();
  if (left > 0) world_.wrong("something stays: {}", json::serialize(counts(node)));
  for (const auto& worker : server_.workers()) {
    if (worker->lives() && !worker->routers().empty()) world_.wrong("worker {} keeps a router", worker->pid());
  }
  if (node.sender_.size() > 0) world_.wrong("{} pushes stay", node.sender_.size());
  if (server_.push().asked() > 0) world_.wrong("{} requests to the push service stay", server_.push().asked());
  for (const auto& [name, text] : server_.journal().values()) world_.wrong("the journal keeps {}", name);
}

}  // namespace carillon::signaling
