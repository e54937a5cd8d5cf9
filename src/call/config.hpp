// The rules of calling that an operator may choose, with their limits.
#pragma once

#include <chrono>
#include <cstddef>

#include "base/time.hpp"
#include "call/limits.hpp"

namespace carillon::call {

struct Config {
  /// How long a callee rings when the caller does not say.
  Duration ring = std::chrono::seconds{30};
  /// The longest a caller may ask for: most phones give up ringing by themselves after two minutes.
  Duration ring_max = std::chrono::seconds{120};

  /// How long the seat of a dropped connection is kept. 0: a drop is a hang-up.
  Duration grace = std::chrono::seconds{10};

  /// A callee who is in a call already: true rings him all the same, false answers the caller `busy`.
  bool call_waiting = true;

  /// `start-call` with the roomId of a call that is on joins that call. True: anybody who names the room may;
  /// false: only who was called into it.
  bool open_rooms = true;

  /// People in one call, the caller included, whatever became of them.
  std::size_t people_max = 64;
  /// Calls one device may be in at a time: one that talks, some on hold. More is an attack.
  std::size_t calls_per_device_max = 8;
  /// Calls that a device is shown when it connects, and their bytes; its own seats always are. Far more than anybody
  /// has, and with what is sent beside it well below the 1 MiB that may wait for a connection (http::Config).
  std::size_t shown_calls_max = 32;
  std::size_t shown_bytes_max = 256 * 1024;
  /// Bytes of the app's own words beside a call (docs/protocol.md: 4 KiB).
  std::size_t metadata_bytes_max = 4096;

  /// For how long, and how many of the newest for each device and each user, answered requests are remembered, so that
  /// a repeated `requestId` gets the same answer. A client gives up on a request well before.
  Duration requests_kept = std::chrono::minutes{2};
  std::size_t requests_per_device_max = 32;
  /// A device may be gone and come back, so what it asked is kept; but anybody has as many devices as he likes.
  std::size_t requests_per_user_max = 256;

  /// After a restart of the server, how long devices have to come back: a client that has tried in vain for a while
  /// waits up to 8 s between two tries.
  Duration restored_grace = std::chrono::seconds{20};

  Limits limits;
};

}  // namespace carillon::call
