#include "call/ring_limits.hpp"

#include <chrono>

namespace carillon::call {
namespace {

constexpr Duration window = std::chrono::minutes{1};

/// How long until `more`, which are no more than the limit, fit beside those of the last minute; nullopt: they fit now.
std::optional<Duration> wait_for_room(const std::deque<Time>& rings, std::size_t more, std::size_t limit, Time now) {
  if (rings.size() + more <= limit) return std::nullopt;
  const std::size_t leave = rings.size() + more - limit;
  return rings[leave - 1] + window - now;
}

}  // namespace

std::string_view to_string(Limit limit) {
  switch (limit) {
    case Limit::rings_per_minute_user: return "rings-per-minute-user";
    case Limit::rings_per_minute_pair: return "rings-per-minute-pair";
    case Limit::rooms_per_key: return "rooms-per-key";
    case Limit::rings_at_once_pair: return "rings-at-once-pair";
  }
  return "";
}

std::optional<RingLimits::Refusal> RingLimits::take(const UserId& caller, const std::vector<UserId>& callees,
                                                    Time now) {
  if (limits_.rings_per_minute_user == 0 && limits_.rings_per_minute_pair == 0) return std::nullopt;
  expire(now);
  if (const auto refusal = refuse(caller, callees, now)) return refusal;
  for (const UserId& callee : callees) {
    Caller& counted = callers_[caller];
    counted.rings.push_back(now);
    counted.by_callee[callee].push_back(now);
    order_.push_back({now, caller, callee});
  }
  return std::nullopt;
}

std::optional<RingLimits::Refusal> RingLimits::refuse(const UserId& caller, const std::vector<UserId>& callees,
                                                      Time now) const {
  const auto known = callers_.find(caller);
  if (known == callers_.end()) return std::nullopt;
  const auto& [rings, by_callee] = known->second;
  if (limits_.rings_per_minute_user > 0) {
    if (const auto wait = wait_for_room(rings, callees.size(), limits_.rings_per_minute_user, now))
      return Refusal{Limit::rings_per_minute_user, *wait};
  }
  if (limits_.rings_per_minute_pair == 0) return std::nullopt;
  for (const UserId& callee : callees) {
    const auto pair = by_callee.find(callee);
    if (pair == by_callee.end()) continue;
    if (const auto wait = wait_for_room(pair->second, 1, limits_.rings_per_minute_pair, now))
      return Refusal{Limit::rings_per_minute_pair, *wait};
  }
  return std::nullopt;
}

/// Time does not run backwards, so the oldest of all is the oldest of its caller and of its pair.
void RingLimits::expire(Time now) {
  while (!order_.empty() && order_.front().at + window <= now) {
    const Ring& ring = order_.front();
    const auto caller = callers_.find(ring.caller);
    const auto pair = caller->second.by_callee.find(ring.callee);
    pair->second.pop_front();
    if (pair->second.empty()) caller->second.by_callee.erase(pair);
    caller->second.rings.pop_front();
    if (caller->second.rings.empty()) callers_.erase(caller);
    order_.pop_front();
  }
}

}  // namespace carillon::call
