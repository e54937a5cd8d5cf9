// What one user, or one ticket, may ask of the store: so many at a time whatever way they come, and by REST so many a
// second. Others are never refused for it. Time is an argument.
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "base/token_bucket.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace carillon::signaling {

class UserLimits {
 public:
  /// 0: no limit.
  UserLimits(std::size_t at_once, std::size_t per_second) : at_once_{at_once}, per_second_{per_second} {}

  /// One more request by REST. Error: rate_limited, with the time after which to come back.
  [[nodiscard]] Result<> admit(const std::string& who, Time now);

  /// Of one request that waits for the store: it is counted while a copy of this lives, also when nobody waits for the
  /// answer any more. May outlive the limits.
  using Place = std::shared_ptr<const void>;
  [[nodiscard]] Result<Place> enter(const std::string& who, Time now);

  /// Names the limit that has refused something.
  std::function<void(std::string_view limit)> on_refused;

  /// Those who are remembered: whoever has asked for nothing in the last seconds is forgotten in time.
  [[nodiscard]] std::size_t size() const { return users_->size(); }

 private:
  struct User {
    TokenBucket requests;
    std::size_t waiting = 0;
    Time used_at;
  };
  using Users = std::unordered_map<std::string, User>;

  [[nodiscard]] User& user(const std::string& who, Time now);
  void forget_idle(Time now);
  [[nodiscard]] Error refuse(std::string_view limit, std::string detail, Duration retry_after) const;

  std::size_t at_once_;
  std::size_t per_second_;
  std::shared_ptr<Users> users_ = std::make_shared<Users>();
  std::size_t sweep_at_ = 64;  ///< When there are so many, it looks who can be forgotten.
};

}  // namespace carillon::signaling
