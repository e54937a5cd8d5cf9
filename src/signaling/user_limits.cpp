#include "signaling/user_limits.hpp"

#include <algorithm>
#include <utility>

namespace carillon::signaling {
namespace {

using namespace std::chrono_literals;

/// As with messages by WebSocket.
constexpr double burst_seconds = 2;
/// A bucket is full again by then, which is what a new one is.
constexpr Duration idle_after = 2s;
/// The store answers in a few milliseconds, and in a few hundred when much is asked of it.
constexpr Duration store_moves_in = 200ms;

}  // namespace

Result<> UserLimits::admit(const std::string& who, Time now) {
  if (per_second_ == 0) return {};
  const auto wait = user(who, now).requests.take(now);
  if (wait) return refuse("messages-per-second", "too many requests", *wait);
  return {};
}

Result<UserLimits::Place> UserLimits::enter(const std::string& who, Time now) {
  if (at_once_ == 0) return Place{};
  User& asking = user(who, now);
  if (asking.waiting >= at_once_)
    return refuse("waiting-per-user", "too many requests of yours wait for their answers", store_moves_in);
  ++asking.waiting;
  return Place{nullptr, [users = std::weak_ptr{users_}, who](const void*) {
                 if (const auto all = users.lock()) --all->at(who).waiting;
               }};
}

UserLimits::User& UserLimits::user(const std::string& who, Time now) {
  auto found = users_->find(who);
  if (found == users_->end()) {
    if (users_->size() >= sweep_at_) forget_idle(now);
    const auto rate = static_cast<double>(std::max<std::size_t>(per_second_, 1));
    found = users_->emplace(who, User{.requests = {rate, burst_seconds * rate}, .used_at = now}).first;
  }
  found->second.used_at = now;
  return found->second;
}

/// So rarely that each user pays for one other.
void UserLimits::forget_idle(Time now) {
  std::erase_if(*users_, [&](const auto& entry) {
    return entry.second.waiting == 0 && now - entry.second.used_at >= idle_after;
  });
  sweep_at_ = std::max<std::size_t>(64, 2 * users_->size());
}

Error UserLimits::refuse(std::string_view limit, std::string detail, Duration retry_after) const {
  if (on_refused) on_refused(limit);
  return fail(Errc::rate_limited, std::move(detail), retry_after);
}

}  // namespace carillon::signaling
