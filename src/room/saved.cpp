// A room as a value, for a program that takes the place of this one while media flows.
#include <algorithm>
#include <set>

#include "room/room.hpp"

namespace carillon::room {
namespace {

template <class T>
bool has_twice(const std::vector<T>& values) {
  return std::set<T>{values.begin(), values.end()}.size() != values.size();
}

template <class Key, class Value>
std::vector<Key> keys(const std::vector<std::pair<Key, Value>>& entries) {
  std::vector<Key> all;
  for (const auto& [key, value] : entries) all.push_back(key);
  return all;
}

template <class Key, class Value>
const Value* find_in(const std::vector<std::pair<Key, Value>>& entries, const Key& key) {
  const auto found = std::ranges::find(entries, key, [](const auto& entry) { return entry.first; });
  return found == entries.end() ? nullptr : &found->second;
}

/// What is the peer's business with a producer on a transport; nullptr: it may be.
const char* wrong_with(const Room::Saved& saved, const PeerId& peer, const ProducerId& producer,
                       const TransportId& transport) {
  const Producer* source = find_in(saved.producers, producer);
  const Transport* on = find_in(saved.transports, transport);
  if (!source || source->peer == peer) return "somebody receives what nobody else sends";
  if (!on || on->peer != peer) return "somebody receives on no transport of his";
  return nullptr;
}

/// Why this cannot be a room; nullptr: it can.
const char* wrong_with(const Room::Saved& saved) {
  std::set<PeerId> peers;
  std::set<PeerId> joined;
  std::set<std::pair<PeerId, ProducerId>> subscriptions;
  std::size_t subscribed = 0;
  for (const Room::Saved::Peer& peer : saved.peers) {
    peers.insert(peer.id);
    if (peer.joined) joined.insert(peer.id);
    for (const auto& [producer, transport] : peer.refused) {
      if (const char* wrong = wrong_with(saved, peer.id, producer, transport)) return wrong;
      subscriptions.emplace(peer.id, producer);
      ++subscribed;
    }
  }
  if (peers.size() != saved.peers.size() || has_twice(keys(saved.transports)) || has_twice(keys(saved.producers)) ||
      has_twice(keys(saved.consumers)))
    return "something is in it twice";
  for (const auto& [id, transport] : saved.transports) {
    if (!peers.contains(transport.peer)) return "a transport has no peer";
  }
  for (const auto& [id, producer] : saved.producers) {
    const Transport* transport = find_in(saved.transports, producer.transport);
    if (!transport || transport->peer != producer.peer) return "somebody sends on no transport of his";
    if (!joined.contains(producer.peer)) return "somebody sends who has not joined";
  }
  for (const auto& [id, consumer] : saved.consumers) {
    if (const char* wrong = wrong_with(saved, consumer.peer, consumer.producer, consumer.transport)) return wrong;
    if (find_in(saved.producers, consumer.producer)->kind != consumer.kind) return "a consumer is of another kind";
    subscriptions.emplace(consumer.peer, consumer.producer);
    ++subscribed;
  }
  return subscriptions.size() == subscribed ? nullptr : "somebody receives the same twice";
}

}  // namespace

Room::Saved Room::save() const {
  Saved saved;
  for (const auto& [id, peer] : peers_) {
    Saved::Peer& entry = saved.peers.emplace_back(Saved::Peer{id, peer.joined, {}});
    for (const auto& [producer, subscription] : peer.subscriptions) {
      if (subscription.state == Subscription::State::refused)
        entry.refused.push_back({producer, subscription.transport});
    }
  }
  saved.transports.assign(transports_.begin(), transports_.end());
  for (const ProducerId& id : in_order_) saved.producers.emplace_back(id, producers_.at(id));
  saved.consumers.assign(consumers_.begin(), consumers_.end());
  return saved;
}

Result<Actions> Room::restore(const Saved& saved) {
  if (const char* wrong = wrong_with(saved)) return fail(Errc::bad_request, std::string{"a room cannot be: "} + wrong);
  for (const Saved::Peer& peer : saved.peers) peers_[peer.id].joined = peer.joined;
  transports_.insert(saved.transports.begin(), saved.transports.end());
  for (const auto& [id, producer] : saved.producers) {
    producers_.emplace(id, producer);
    in_order_.push_back(id);
  }
  consumers_.insert(saved.consumers.begin(), saved.consumers.end());
  for (const auto& [id, consumer] : saved.consumers) {
    peers_.at(consumer.peer)
        .subscriptions.emplace(consumer.producer,
                               Subscription{Subscription::State::made, consumer.transport, id, consumer.kind});
  }
  for (const Saved::Peer& peer : saved.peers) {
    for (const auto& [producer, transport] : peer.refused) {
      peers_.at(peer.id).subscriptions.emplace(
          producer, Subscription{Subscription::State::refused, transport, {}, producers_.at(producer).kind});
    }
  }
  streams_ += producers_.size() + consumers_.size();
  Actions out;
  hand_out_to_all(out);
  return out;
}

}  // namespace carillon::room
