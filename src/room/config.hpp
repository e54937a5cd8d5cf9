// How much one room and one peer may hold. A client that wants more gets an error, not our memory.
#pragma once

#include <cstddef>

namespace carillon::room {

struct Config {
  /// One to send, one to receive, and as many again while a client moves from old ones to new.
  std::size_t transports_per_peer_max = 4;
  /// Microphone, camera, screen, screen sound, a few data channels; twice that.
  std::size_t producers_per_peer_max = 16;
  /// What one peer is given at a time, by kind; audio and data go to everybody while these rooms stay what a call is.
  /// The oldest producers come first; when one ends, the next moves up.
  std::size_t audio_consumers_per_peer_max = 64;
  /// More pictures than a large screen shows at once; each costs the downlink of a phone some 100 kbit/s at least.
  std::size_t video_consumers_per_peer_max = 25;
  std::size_t data_consumers_per_peer_max = 128;
  /// What a room is taken to weigh before anybody sends: a call of two, with two producers and two consumers each.
  std::size_t streams_expected_per_room = 8;
};

}  // namespace carillon::room
