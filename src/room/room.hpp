// One room: its peers, what each sends, and who must get which of it. Pure book-keeping by ids; the mediasoup objects
// are the driver's.
//
// The ideas:
// - A peer exists from its first transport on, and is *joined* from join() on; only joined peers see and are seen.
// - Every joined peer with a consuming transport gets every producer of the other joined peers, up to Config's limits,
//   the oldest producers first. Whenever something changes, the room hands out what has become due as `Consume`.
// - Making a consumer takes a while. When it is made the driver asks consumed(): false means that the world has
//   moved (producer closed, peer left), and the driver closes the consumer and tells nobody.
// - What closes is forgotten here at once, with all that hung on it; the actions say who must be told.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "room/actions.hpp"
#include "room/config.hpp"

namespace carillon::room {

struct Transport {
  PeerId peer;
  bool consuming = false;  ///< Its peer receives on it.
};

struct Producer {
  PeerId peer;
  TransportId transport;
  Kind kind = Kind::audio;
};

struct Consumer {
  PeerId peer;
  TransportId transport;
  ProducerId producer;
  Kind kind = Kind::audio;
};

class Room {
 public:
  /// Both must live as long as the room; `streams` counts the producers and consumers of the room's worker.
  Room(const Config& config, std::size_t& streams) : config_{config}, streams_{streams} {}
  ~Room();
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;

  // ---- Peers ----

  /// Ask before a transport is made; add_transport() asks again.
  [[nodiscard]] Result<> may_add_transport(const PeerId& peer) const;
  [[nodiscard]] Result<Actions> add_transport(const PeerId& peer, const TransportId& transport, bool consuming);
  /// conflict: joined already. The others hear of the peer after it got its consumers.
  [[nodiscard]] Result<Actions> join(const PeerId& peer);
  /// The peer goes with all it has. Also before it joined; unknown peers have left already.
  [[nodiscard]] Actions leave(const PeerId& peer);
  [[nodiscard]] Actions remove_transport(const TransportId& transport);

  // ---- Producers ----

  /// not_found: not a transport of this peer; forbidden: not joined; too_large: has too many. Ask before one is made.
  [[nodiscard]] Result<> may_produce(const PeerId& peer, const TransportId& transport) const;
  [[nodiscard]] Result<Actions> add_producer(const PeerId& peer, const TransportId& transport,
                                             const ProducerId& producer, Kind kind);
  [[nodiscard]] Actions remove_producer(const ProducerId& producer);

  // ---- Consumers ----

  /// The consumer of an action Consume is made. False: nobody wants it any more, close it.
  [[nodiscard]] bool consumed(const Consume& consume, const ConsumerId& consumer);
  /// It could not be made, or the client does not want it: not tried again on this transport.
  [[nodiscard]] Actions refused(const Consume& consume);
  /// The client, or the worker, closed it: not made again on this transport.
  [[nodiscard]] Actions remove_consumer(const ConsumerId& consumer);

  // ---- What outlives the program: saved.cpp ----

  struct Saved {
    struct Refusal {
      ProducerId producer;
      TransportId transport;
    };
    struct Peer {
      PeerId id;
      bool joined = false;
      std::vector<Refusal> refused;
    };
    std::vector<Peer> peers;
    std::vector<std::pair<TransportId, Transport>> transports;
    std::vector<std::pair<ProducerId, Producer>> producers;  ///< The oldest first.
    std::vector<std::pair<ConsumerId, Consumer>> consumers;
  };
  [[nodiscard]] Saved save() const;
  /// Into a room that is empty. The actions are what was asked for and not made yet, or has become due by another
  /// configuration. bad_request: it makes no sense; the room is then empty still.
  [[nodiscard]] Result<Actions> restore(const Saved& saved);

  // ---- Who is here ----

  [[nodiscard]] bool joined(const PeerId& peer) const;
  /// The joined ones but this, in the order of their ids.
  [[nodiscard]] std::vector<PeerId> peers_beside(const PeerId& peer) const;
  /// On which this peer sends, in the order of their ids.
  [[nodiscard]] std::vector<TransportId> sending_transports(const PeerId& peer) const;
  /// nullptr: not here, or not of this peer.
  [[nodiscard]] const Transport* transport(const PeerId& peer, const TransportId& transport) const;
  [[nodiscard]] const Producer* producer(const PeerId& peer, const ProducerId& producer) const;
  [[nodiscard]] const Consumer* consumer(const PeerId& peer, const ConsumerId& consumer) const;
  [[nodiscard]] std::size_t peer_count() const { return peers_.size(); }
  [[nodiscard]] std::size_t transport_count() const { return transports_.size(); }
  [[nodiscard]] std::size_t producer_count() const { return producers_.size(); }
  [[nodiscard]] std::size_t consumer_count() const { return consumers_.size(); }

  /// Aborts on a bug.
  void check_invariants() const;

 private:
  /// What became of one producer for one peer. No entry: not handed out yet.
  struct Subscription {
    enum class State { asked, made, refused };
    State state = State::asked;
    TransportId transport;
    ConsumerId consumer;  ///< While made.
    Kind kind = Kind::audio;
  };
  struct Peer {
    bool joined = false;
    std::map<ProducerId, Subscription> subscriptions;
  };

  [[nodiscard]] std::size_t limit(Kind kind) const;
  void hand_out(const PeerId& peer, Actions& out);
  void hand_out_to_all(Actions& out);
  void erase_producer(const ProducerId& producer, Actions& out);
  void erase_consumer(const ConsumerId& consumer);
  void erase_transport(const TransportId& transport, Actions& out);

  const Config& config_;
  std::size_t& streams_;
  std::map<PeerId, Peer> peers_;
  std::map<TransportId, Transport> transports_;
  std::map<ProducerId, Producer> producers_;
  std::vector<ProducerId> in_order_;  // of producers_, the oldest first
  std::map<ConsumerId, Consumer> consumers_;
};

}  // namespace carillon::room
