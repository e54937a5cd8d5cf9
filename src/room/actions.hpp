// What must be done, in this order, after something happened in a room. Plain values; the driver performs them.
#pragma once

#include <string_view>
#include <variant>
#include <vector>

#include "base/id.hpp"

namespace carillon::room {

using WorkerId = Id<struct WorkerTag>;
using TransportId = Id<struct TransportTag>;
using ProducerId = Id<struct ProducerTag>;  ///< Also of a data producer: mediasoup's ids are unique among all.
using ConsumerId = Id<struct ConsumerTag>;  ///< Also of a data consumer.

/// A peer is a device while it is in a room.
using PeerId = DeviceId;

/// What a producer sends. `data` is a data producer: it is shared out by the same rules.
enum class Kind { audio, video, data };

[[nodiscard]] std::string_view to_string(Kind kind);

/// Notification `newPeer` to `to`.
struct NewPeer {
  PeerId to;
  PeerId peer;
  friend bool operator==(const NewPeer&, const NewPeer&) = default;
};

/// Notification `peerClosed` to `to`.
struct PeerClosed {
  PeerId to;
  PeerId peer;
  friend bool operator==(const PeerClosed&, const PeerClosed&) = default;
};

/// Make a consumer of this producer on this transport of `peer` and offer it. Then say how it went: Room::consumed()
/// or Room::refused().
struct Consume {
  PeerId peer;
  TransportId transport;
  ProducerId producer;
  PeerId from;  ///< Whose producer it is.
  Kind kind = Kind::audio;
  friend bool operator==(const Consume&, const Consume&) = default;
};

/// This consumer died with its producer: forget it and send `consumerClosed`.
struct ConsumerClosed {
  PeerId peer;
  ConsumerId consumer;
  Kind kind = Kind::audio;
  friend bool operator==(const ConsumerClosed&, const ConsumerClosed&) = default;
};

/// Close this transport; what it carried is gone from the room already.
struct CloseTransport {
  TransportId transport;
  friend bool operator==(const CloseTransport&, const CloseTransport&) = default;
};

using Action = std::variant<NewPeer, PeerClosed, Consume, ConsumerClosed, CloseTransport>;
using Actions = std::vector<Action>;

}  // namespace carillon::room
