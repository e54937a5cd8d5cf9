#include "room/respawn.hpp"

#include <algorithm>

namespace carillon::room {

Duration Respawn::died(Time now) {
  while (!deaths_.empty() && deaths_.front() <= now - config_.window) deaths_.pop_front();
  deaths_.push_back(now);
  if (deaths_.size() <= config_.at_once) return Duration::zero();
  Duration wait = config_.first_wait;
  for (std::size_t n = config_.at_once + 1; n < deaths_.size() && wait < config_.longest_wait; ++n) wait *= 2;
  return std::min(wait, config_.longest_wait);
}

}  // namespace carillon::room
