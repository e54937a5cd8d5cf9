#include "base/clock.hpp"

#include <fstream>

namespace carillon {
namespace {

Duration since_boot(std::chrono::steady_clock::time_point when) {
  return std::chrono::duration_cast<Duration>(when.time_since_epoch());
}

}  // namespace

SystemClock::SystemClock()
    : start_{std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now())},
      steady_start_{std::chrono::steady_clock::now()} {}

SystemClock::SystemClock(Duration offset) : steady_start_{std::chrono::steady_clock::now()} {
  start_ = Time{since_boot(steady_start_) + offset};
}

Duration SystemClock::offset() const { return start_.time_since_epoch() - since_boot(steady_start_); }

Time SystemClock::now() const {
  return start_ + std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - steady_start_);
}

Duration SystemClock::ahead() const {
  const auto wall = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  const Duration by = wall - now();
  // What a clock is slewed by goes into the monotonic one too; what is left below a second is rounding.
  return std::chrono::abs(by) < std::chrono::seconds{1} ? Duration{0} : by;
}

Duration uptime() { return since_boot(std::chrono::steady_clock::now()); }

std::string boot_id() {
  std::string id;
  std::ifstream{"/proc/sys/kernel/random/boot_id"} >> id;
  return id;
}

Duration ClockWatch::look() {
  const Duration ahead = clock_.ahead();
  const Duration by = ahead - ahead_;
  if (std::chrono::abs(by) < std::chrono::seconds{1}) return Duration{0};
  ahead_ = ahead;
  return by;
}

}  // namespace carillon
