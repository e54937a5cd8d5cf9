// What timers wait by: the monotonic clock, or in a simulation a clock that stands still until it is moved.
#pragma once

#include "base/time.hpp"

#include <boost/asio/basic_waitable_timer.hpp>

#include <chrono>
#include <optional>

namespace carillon {

class VirtualTime;

/// std::chrono::steady_clock, but for a thread that has a VirtualTime.
struct TimerClock {
  using duration = std::chrono::steady_clock::duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::steady_clock::time_point;
  static constexpr bool is_steady = true;

  [[nodiscard]] static time_point now() noexcept;
};

/// How long Asio may sleep before it looks at the clock again. In virtual time it never sleeps.
struct TimerWait {
  [[nodiscard]] static TimerClock::duration to_wait_duration(const TimerClock::duration& left) noexcept;
  [[nodiscard]] static TimerClock::duration to_wait_duration(const TimerClock::time_point& at) noexcept {
    return to_wait_duration(at - TimerClock::now());
  }
};

/// Used like boost::asio::steady_timer.
using Timer = boost::asio::basic_waitable_timer<TimerClock, TimerWait>;

/// While it lives, the time of this thread for every Timer: only advance() moves it. One at a time, for simulations:
/// io_context::poll() runs what is due, and never waits.
class VirtualTime {
 public:
  VirtualTime() noexcept;
  ~VirtualTime() noexcept;
  VirtualTime(const VirtualTime&) = delete;
  VirtualTime& operator=(const VirtualTime&) = delete;

  [[nodiscard]] TimerClock::time_point now() const { return now_; }
  void advance_to(TimerClock::time_point then) { now_ = then; }
  /// When the next Timer is due, or somewhat earlier when one was cancelled; nullopt: none is set. Of the io_context
  /// that was polled last, while nothing else has happened.
  [[nodiscard]] std::optional<TimerClock::time_point> next() const { return next_; }
  /// Before a poll() after which next() is asked.
  void forget_next() { next_.reset(); }

 private:
  friend struct TimerClock;
  friend struct TimerWait;
  static constinit inline thread_local VirtualTime* of_thread_ = nullptr;

  TimerClock::time_point now_{};
  std::optional<TimerClock::time_point> next_;
};

inline TimerClock::time_point TimerClock::now() noexcept {
  const VirtualTime* virtual_time = VirtualTime::of_thread_;
  return virtual_time == nullptr ? std::chrono::steady_clock::now() : virtual_time->now_;
}

inline TimerClock::duration TimerWait::to_wait_duration(const TimerClock::duration& left) noexcept {
  VirtualTime* virtual_time = VirtualTime::of_thread_;
  if (virtual_time == nullptr) return left;
  // Timers without an end say "in centuries".
  if (left < std::chrono::hours{24 * 365 * 100}) virtual_time->next_ = virtual_time->now_ + left;
  return TimerClock::duration::zero();
}

inline VirtualTime::VirtualTime() noexcept { of_thread_ = this; }
inline VirtualTime::~VirtualTime() noexcept { of_thread_ = nullptr; }

}  // namespace carillon
