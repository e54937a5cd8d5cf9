// Where the thin shell gets the time from. Pure parts take a Time as an argument and never see a clock.
#pragma once

#include "base/time.hpp"

namespace carillon {

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Time now() const = 0;
};

/// The wall clock as it was when the program started, carried on by the monotonic clock: a jump of the system's
/// clock moves no deadline.
class SystemClock final : public Clock {
 public:
  SystemClock();
  [[nodiscard]] Time now() const override;

 private:
  Time start_;
  std::chrono::steady_clock::time_point steady_start_;
};

/// Stands still until a test moves it.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Time start) : now_{start} {}
  [[nodiscard]] Time now() const override { return now_; }
  void advance(Duration by) { now_ += by; }

 private:
  Time now_;
};

}  // namespace carillon
