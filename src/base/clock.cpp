#include "base/clock.hpp"

namespace carillon {

SystemClock::SystemClock()
    : start_{std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now())},
      steady_start_{std::chrono::steady_clock::now()} {}

Time SystemClock::now() const {
  return start_ + std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - steady_start_);
}

}  // namespace carillon
