// How often something may happen: a bucket that fills with time and is emptied by what happens. Time is an argument.
#pragma once

#include "base/time.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

namespace carillon {

class TokenBucket {
 public:
  /// It holds `burst` at most, and is full at first. `per_second` is more than 0.
  TokenBucket(double per_second, double burst) : per_second_{per_second}, burst_{burst}, tokens_{burst} {}

  /// Takes one. Else it takes nothing and says after which time there will be one.
  [[nodiscard]] std::optional<Duration> take(Time now) {
    // A clock that stands still or goes back fills nothing.
    if (filled_at_ && now > *filled_at_) {
      const auto passed = std::chrono::duration<double>(now - *filled_at_).count();
      tokens_ = std::min(burst_, tokens_ + passed * per_second_);
    }
    if (!filled_at_ || now > *filled_at_) filled_at_ = now;
    if (tokens_ >= 1 - rounding) {
      tokens_ -= 1;
      return std::nullopt;
    }
    return Duration{static_cast<Duration::rep>(std::ceil((1 - tokens_) / per_second_ * 1000 - rounding))};
  }

 private:
  /// A third of a token, three times, is one.
  static constexpr double rounding = 1e-6;

  double per_second_;
  double burst_;
  double tokens_;
  std::optional<Time> filled_at_;
};

}  // namespace carillon
