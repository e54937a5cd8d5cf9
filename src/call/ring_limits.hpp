// Who has rung whom within the last minute. Not a bucket that fills: of any minute it can be said that no more rang
// than the limit allows. Time is an argument.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/id.hpp"
#include "base/time.hpp"
#include "call/limits.hpp"

namespace carillon::call {

class RingLimits {
 public:
  explicit RingLimits(const Limits& limits) : limits_{limits} {}

  struct Refusal {
    Limit limit = Limit::rings_per_minute_user;
    Duration retry_after{0};
    friend bool operator==(const Refusal&, const Refusal&) = default;
  };

  /// Counts one ring for each of these, who are distinct and, if there is a limit for users, no more than that.
  /// Refused, nothing is counted.
  [[nodiscard]] std::optional<Refusal> take(const UserId& caller, const std::vector<UserId>& callees, Time now);

  /// Rings that still count.
  [[nodiscard]] std::size_t size() const { return order_.size(); }

 private:
  struct Caller {
    std::deque<Time> rings;  // the oldest first
    std::map<UserId, std::deque<Time>> by_callee;
  };
  struct Ring {
    Time at;
    UserId caller;
    UserId callee;
  };
  [[nodiscard]] std::optional<Refusal> refuse(const UserId& caller, const std::vector<UserId>& callees, Time now) const;
  void expire(Time now);

  Limits limits_;
  std::unordered_map<UserId, Caller> callers_;
  std::deque<Ring> order_;  // of all callers, the oldest first
};

}  // namespace carillon::call
