// Where the thin shell gets the time from. Pure parts take a Time as an argument and never see a clock.
#pragma once

#include "base/time.hpp"

#include <string>

namespace carillon {

class Clock {
 public:
  virtual ~Clock() = default;
  /// Never jumps: for deadlines, and for all that is compared with them.
  [[nodiscard]] virtual Time now() const = 0;
  /// By how much the system's clock has jumped since the start, in all, while now() went on; 0 below a second.
  [[nodiscard]] virtual Duration ahead() const = 0;
  /// What the system's clock says: for times that others have signed, or will read.
  [[nodiscard]] Time wall() const { return now() + ahead(); }
};

/// The wall clock as it was when the program started, carried on by the monotonic clock: a jump of the system's
/// clock moves no deadline.
class SystemClock final : public Clock {
 public:
  SystemClock();
  /// Goes on where that of another process has it. Only while the machine runs: boot_id().
  explicit SystemClock(Duration offset);
  [[nodiscard]] Time now() const override;
  [[nodiscard]] Duration ahead() const override;
  /// From the monotonic clock to this one.
  [[nodiscard]] Duration offset() const;

 private:
  Time start_;
  std::chrono::steady_clock::time_point steady_start_;
};

/// The monotonic clock, which begins anew with the machine.
[[nodiscard]] Duration uptime();
/// Which run of the machine this is; empty: nobody knows.
[[nodiscard]] std::string boot_id();

/// Stands still until a test moves it.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Time start) : now_{start} {}
  [[nodiscard]] Time now() const override { return now_; }
  [[nodiscard]] Duration ahead() const override { return ahead_; }
  void advance(Duration by) { now_ += by; }
  /// The system's clock is set, by so much.
  void jump(Duration by) { ahead_ += by; }

 private:
  Time now_;
  Duration ahead_{0};
};

/// Notices that the system's clock was set, or stood still while the machine slept.
class ClockWatch {
 public:
  /// `clock` must live as long.
  explicit ClockWatch(const Clock& clock) : clock_{clock}, ahead_{clock.ahead()} {}

  /// By how much it has jumped since the last look; 0: it has not.
  [[nodiscard]] Duration look();

 private:
  const Clock& clock_;
  Duration ahead_;
};

}  // namespace carillon
