// Whether a worker that owes an answer hangs, or only waits for its turn on a busy machine. Pure: what was seen comes
// in. A worker is single-threaded, answers in order and in microseconds; what it writes is read by us between two
// looks.
#pragma once

#include "base/time.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace carillon::mediasoup {

/// One look at a worker whose oldest request is overdue.
struct HangLook {
  std::uint32_t request = 0;  // its id: with another one the watch begins anew
  Duration waiting{0};        // since it was sent
  char state = '?';           // of the main thread, as /proc/<pid>/stat names it: R S D T t Z ...
  Duration cpu{0};            // that the main thread has had since it began
};

enum class HangVerdict {
  wait,      ///< Nothing can be said yet.
  starved,   ///< It would answer if it got a processor, or its memory back: not its fault.
  stopped,   ///< By SIGSTOP, or by a debugger. Probes are to be off (probe_interval 0) for one who debugs a worker.
  asleep,    ///< It was asked and does not wake up: a deadlock.
  spinning,  ///< It runs and runs and does not answer: an endless loop.
};
[[nodiscard]] constexpr bool is_hung(HangVerdict verdict) {
  return verdict == HangVerdict::stopped || verdict == HangVerdict::asleep || verdict == HangVerdict::spinning;
}

[[nodiscard]] std::string_view to_string(HangVerdict verdict);

/// How the limits add up to half a second: at most probe_interval (200 ms) until it is asked, look_interval (50 ms)
/// until the first look, and one of the limits below.
class HangWatch {
 public:
  /// From a request to the first look, and between two.
  static constexpr Duration look_interval{50};
  /// What is stopped or asleep is so at all looks for this long: our own program may have been held up just before the
  /// first, with the answer lying in the pipe; between two looks it is read.
  static constexpr Duration silent_limit{200};
  /// So much processor time without an answer. Calls have stood still for as long then.
  static constexpr Duration spinning_limit{250};

  [[nodiscard]] HangVerdict look(const HangLook& now);
  /// Every request was answered.
  void clear() { first_.reset(); }

 private:
  std::optional<HangLook> first_;
  std::optional<HangLook> silent_since_;  // in this state, without processor time since
  int silent_looks_ = 0;
};

}  // namespace carillon::mediasoup
