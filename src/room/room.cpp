#include "room/room.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"

namespace carillon::room {
namespace {

template <class Map, class Key>
auto* find_in(Map& map, const Key& key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
}

/// What hangs on one peer, or on one transport: the keys of those entries.
template <class Map, class Predicate>
auto keys_where(const Map& map, Predicate predicate) {
  std::vector<typename Map::key_type> keys;
  for (const auto& [key, value] : map) {
    if (predicate(value)) keys.push_back(key);
  }
  return keys;
}

}  // namespace

std::string_view to_string(Kind kind) {
  switch (kind) {
    case Kind::audio: return "audio";
    case Kind::video: return "video";
    case Kind::data: return "data";
  }
  return "data";
}

Room::~Room() { streams_ -= producers_.size() + consumers_.size(); }

// ---- Peers -------------------------------------------------------------------------------------------------------

Result<> Room::may_add_transport(const PeerId& peer) const {
  const auto held = std::ranges::count_if(transports_, [&](const auto& entry) { return entry.second.peer == peer; });
  if (static_cast<std::size_t>(held) >= config_.transports_per_peer_max) {
    return fail(Errc::too_large, "too many transports");
  }
  return {};
}

Result<Actions> Room::add_transport(const PeerId& peer, const TransportId& transport, bool consuming) {
  if (const auto may = may_add_transport(peer); !may) return may.error();
  if (!transports_.emplace(transport, Transport{peer, consuming}).second) {
    return fail(Errc::conflict, "this transport is here already");
  }
  peers_[peer];
  Actions out;
  hand_out(peer, out);
  return out;
}

Result<Actions> Room::join(const PeerId& peer) {
  Peer& entry = peers_[peer];
  if (entry.joined) return fail(Errc::conflict, "this device has joined already");
  entry.joined = true;
  Actions out;
  hand_out(peer, out);
  for (const PeerId& other : peers_beside(peer)) out.emplace_back(NewPeer{other, peer});
  return out;
}

Actions Room::leave(const PeerId& peer) {
  Actions out;
  const Peer* entry = find_in(peers_, peer);
  if (!entry) return out;
  for (const TransportId& id :
       keys_where(transports_, [&](const Transport& transport) { return transport.peer == peer; })) {
    erase_transport(id, out);
    out.emplace_back(CloseTransport{id});
  }
  const bool was_joined = entry->joined;
  peers_.erase(peer);
  if (was_joined) {
    for (const PeerId& other : peers_beside(peer)) out.emplace_back(PeerClosed{other, peer});
  }
  hand_out_to_all(out);
  return out;
}

Actions Room::remove_transport(const TransportId& transport) {
  Actions out;
  erase_transport(transport, out);
  hand_out_to_all(out);
  return out;
}

// ---- Producers ---------------------------------------------------------------------------------------------------

Result<> Room::may_produce(const PeerId& peer, const TransportId& transport) const {
  if (!this->transport(peer, transport)) return fail(Errc::not_found, "there is no such transport");
  if (!joined(peer)) return fail(Errc::forbidden, "join first");
  const auto held = std::ranges::count_if(producers_, [&](const auto& entry) { return entry.second.peer == peer; });
  if (static_cast<std::size_t>(held) >= config_.producers_per_peer_max) {
    return fail(Errc::too_large, "too many producers");
  }
  return {};
}

Result<Actions> Room::add_producer(const PeerId& peer, const TransportId& transport, const ProducerId& producer,
                                   Kind kind) {
  if (const auto may = may_produce(peer, transport); !may) return may.error();
  if (!producers_.emplace(producer, Producer{peer, transport, kind}).second) {
    return fail(Errc::conflict, "this producer is here already");
  }
  in_order_.push_back(producer);
  ++streams_;
  Actions out;
  hand_out_to_all(out);
  return out;
}

Actions Room::remove_producer(const ProducerId& producer) {
  Actions out;
  erase_producer(producer, out);
  hand_out_to_all(out);
  return out;
}

// ---- Consumers ---------------------------------------------------------------------------------------------------

bool Room::consumed(const Consume& consume, const ConsumerId& consumer) {
  Peer* peer = find_in(peers_, consume.peer);
  if (!peer) return false;
  Subscription* subscription = find_in(peer->subscriptions, consume.producer);
  const bool wanted =
      subscription && subscription->state == Subscription::State::asked && subscription->transport == consume.transport;
  if (!wanted) return false;
  subscription->state = Subscription::State::made;
  subscription->consumer = consumer;
  const Consumer made{consume.peer, consume.transport, consume.producer, consume.kind};
  check(consumers_.emplace(consumer, made).second, "the id of a new consumer is new");
  ++streams_;
  return true;
}

Actions Room::refused(const Consume& consume) {
  Actions out;
  Peer* peer = find_in(peers_, consume.peer);
  Subscription* subscription = peer ? find_in(peer->subscriptions, consume.producer) : nullptr;
  if (!subscription || subscription->transport != consume.transport) return out;
  if (subscription->state == Subscription::State::made) erase_consumer(subscription->consumer);
  subscription->state = Subscription::State::refused;
  hand_out(consume.peer, out);
  return out;
}

Actions Room::remove_consumer(const ConsumerId& consumer) {
  const Consumer* found = find_in(consumers_, consumer);
  if (!found) return {};
  return refused(Consume{found->peer, found->transport, found->producer, {}, found->kind});
}

// ---- Who gets what -----------------------------------------------------------------------------------------------

std::size_t Room::limit(Kind kind) const {
  switch (kind) {
    case Kind::audio: return config_.audio_consumers_per_peer_max;
    case Kind::video: return config_.video_consumers_per_peer_max;
    case Kind::data: return config_.data_consumers_per_peer_max;
  }
  return 0;
}

/// The one place that decides what a peer gets: all that he has not been offered yet, up to the limits.
void Room::hand_out(const PeerId& id, Actions& out) {
  Peer& peer = peers_.at(id);
  if (!peer.joined) return;
  const auto receiving = std::ranges::find_if(
      transports_, [&](const auto& entry) { return entry.second.peer == id && entry.second.consuming; });
  if (receiving == transports_.end()) return;
  const auto taken = [&](Kind kind) {
    return static_cast<std::size_t>(std::ranges::count_if(peer.subscriptions, [&](const auto& entry) {
      return entry.second.kind == kind && entry.second.state != Subscription::State::refused;
    }));
  };
  for (const ProducerId& producer : in_order_) {
    const Producer& source = producers_.at(producer);
    if (source.peer == id || peer.subscriptions.contains(producer) || taken(source.kind) >= limit(source.kind))
      continue;
    peer.subscriptions.emplace(producer, Subscription{Subscription::State::asked, receiving->first, {}, source.kind});
    out.emplace_back(Consume{id, receiving->first, producer, source.peer, source.kind});
  }
}

void Room::hand_out_to_all(Actions& out) {
  for (const auto& [id, peer] : peers_) hand_out(id, out);
}

void Room::erase_consumer(const ConsumerId& consumer) { streams_ -= consumers_.erase(consumer); }

void Room::erase_producer(const ProducerId& producer, Actions& out) {
  const auto found = producers_.find(producer);
  if (found == producers_.end()) return;
  for (auto& [id, peer] : peers_) {
    const Subscription* subscription = find_in(peer.subscriptions, producer);
    if (!subscription) continue;
    if (subscription->state == Subscription::State::made) {
      out.emplace_back(ConsumerClosed{id, subscription->consumer, found->second.kind});
      erase_consumer(subscription->consumer);
    }
    peer.subscriptions.erase(producer);
  }
  producers_.erase(found);
  std::erase(in_order_, producer);
  --streams_;
}

/// What it carried goes: its producers for everybody, its consumers so that they can be made again on another one.
void Room::erase_transport(const TransportId& transport, Actions& out) {
  const auto found = transports_.find(transport);
  if (found == transports_.end()) return;
  for (const ProducerId& id :
       keys_where(producers_, [&](const Producer& entry) { return entry.transport == transport; })) {
    erase_producer(id, out);
  }
  std::erase_if(peers_.at(found->second.peer).subscriptions, [&](const auto& entry) {
    const Subscription& subscription = entry.second;
    if (subscription.transport != transport) return false;
    if (subscription.state == Subscription::State::made) erase_consumer(subscription.consumer);
    return true;
  });
  transports_.erase(found);
}

// ---- Who is here -------------------------------------------------------------------------------------------------

bool Room::joined(const PeerId& peer) const {
  const Peer* found = find_in(peers_, peer);
  return found && found->joined;
}

std::vector<PeerId> Room::peers_beside(const PeerId& peer) const {
  std::vector<PeerId> others;
  for (const auto& [id, entry] : peers_) {
    if (entry.joined && id != peer) others.push_back(id);
  }
  return others;
}

std::vector<TransportId> Room::sending_transports(const PeerId& peer) const {
  std::vector<TransportId> sending;
  for (const auto& [id, transport] : transports_) {
    if (transport.peer == peer && !transport.consuming) sending.push_back(id);
  }
  return sending;
}

const Transport* Room::transport(const PeerId& peer, const TransportId& transport) const {
  const Transport* found = find_in(transports_, transport);
  return found && found->peer == peer ? found : nullptr;
}

const Producer* Room::producer(const PeerId& peer, const ProducerId& producer) const {
  const Producer* found = find_in(producers_, producer);
  return found && found->peer == peer ? found : nullptr;
}

const Consumer* Room::consumer(const PeerId& peer, const ConsumerId& consumer) const {
  const Consumer* found = find_in(consumers_, consumer);
  return found && found->peer == peer ? found : nullptr;
}

// ---- What must hold ----------------------------------------------------------------------------------------------

void Room::check_invariants() const {
  for (const auto& [id, transport] : transports_) check(peers_.contains(transport.peer), "a transport has a peer");
  for (const auto& [id, producer] : producers_) {
    check(joined(producer.peer), "who produces has joined");
    check(transport(producer.peer, producer.transport), "a producer has a transport of its peer");
  }
  check(in_order_.size() == producers_.size(), "each producer has its place in the order");
  std::size_t made = 0;
  for (const auto& [id, peer] : peers_) {
    for (const auto& [producer, subscription] : peer.subscriptions) {
      check(producers_.contains(producer) && producers_.at(producer).peer != id, "a peer gets what others send");
      check(transport(id, subscription.transport), "a subscription has a transport of its peer");
      if (subscription.state != Subscription::State::made) continue;
      ++made;
      check(consumer(id, subscription.consumer), "a consumer that was made is here");
    }
  }
  check(made == consumers_.size(), "each consumer is of a subscription");
}

}  // namespace carillon::room
