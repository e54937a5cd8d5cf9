// How many messages one session may send: more are refused with the time after which to come back, and a session that
// does not care is closed. Time is an argument.
#pragma once

#include "base/token_bucket.hpp"

#include <cstddef>
#include <optional>

namespace carillon::signaling {

class MessageLimit {
 public:
  /// 0: no limit.
  explicit MessageLimit(std::size_t per_second)
      : on_{per_second > 0},
        messages_{rate(per_second), 2 * rate(per_second)},
        patience_{rate(per_second), refusals_max * rate(per_second)} {}

  struct Refusal {
    Duration retry_after{0};
    /// It has gone on for too long: no client that reads its answers does this.
    bool hopeless = false;
  };
  /// One more message; nullopt: let it through.
  [[nodiscard]] std::optional<Refusal> take(Time now) {
    if (!on_) return std::nullopt;
    const auto wait = messages_.take(now);
    if (!wait) return std::nullopt;
    return Refusal{*wait, patience_.take(now).has_value()};
  }

 private:
  /// Seconds' worth of refused messages. Twice the rate is borne for ever, ten times the rate for a second.
  static constexpr double refusals_max = 10;
  static double rate(std::size_t per_second) { return per_second > 0 ? static_cast<double>(per_second) : 1; }

  bool on_;
  TokenBucket messages_;
  TokenBucket patience_;
};

}  // namespace carillon::signaling
