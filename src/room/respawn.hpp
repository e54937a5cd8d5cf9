// When a worker that died is started again: at once while that is rare, ever later while it dies again and again.
#pragma once

#include <cstddef>
#include <deque>

#include "base/time.hpp"

namespace carillon::room {

struct RespawnConfig {
  /// Deaths that are remembered: one of an hour ago says nothing of the next.
  Duration window = std::chrono::minutes{1};
  /// So many deaths in a window are answered at once: people wait for their picture.
  std::size_t at_once = 5;
  /// The wait after one death more; doubled with each that follows.
  Duration first_wait = std::chrono::milliseconds{200};
  Duration longest_wait = std::chrono::seconds{30};
};

/// Of one worker's place. Time must not run backwards.
class Respawn {
 public:
  explicit Respawn(RespawnConfig config = {}) : config_{config} {}

  /// The worker died, or did not start: how long to wait before the next start.
  [[nodiscard]] Duration died(Time now);
  /// Deaths in the last window.
  [[nodiscard]] std::size_t deaths() const { return deaths_.size(); }

 private:
  RespawnConfig config_;
  std::deque<Time> deaths_;
};

}  // namespace carillon::room
