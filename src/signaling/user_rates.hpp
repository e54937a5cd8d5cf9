// How much one user may do with all his sessions together: sessions cost nothing, so what is counted for each of them
// bounds nobody. Time is an argument.
#pragma once

#include "base/id.hpp"
#include "signaling/message_limit.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <unordered_map>

namespace carillon::signaling {

class UserRates {
 public:
  /// 0: no limit.
  UserRates(std::size_t messages_per_second, std::size_t producers_per_second)
      : messages_per_second_{messages_per_second}, producers_per_second_{producers_per_second} {}

  /// One more message of one of his sessions; nullopt: let it through.
  [[nodiscard]] std::optional<MessageLimit::Refusal> message(const UserId& user, Time now) {
    if (messages_per_second_ == 0) return std::nullopt;
    return of(user, now).messages.take(now);
  }
  /// He begins to send one more thing. Else the time after which he may.
  [[nodiscard]] std::optional<Duration> produce(const UserId& user, Time now) {
    if (producers_per_second_ == 0) return std::nullopt;
    return of(user, now).producers.take(now);
  }

  /// Users who are remembered.
  [[nodiscard]] std::size_t size() const { return users_.size(); }

 private:
  /// A call needs three or four; after a media worker's death they are all made anew, perhaps more than once.
  static constexpr std::size_t producers_burst = 8;
  /// By then all buckets of a user are full again: he is as good as new.
  static constexpr std::chrono::seconds forget_after{10};

  struct User {
    MessageLimit messages;
    TokenBucket producers;
    Time used_at;
  };

  User& of(const UserId& id, Time now) {
    if (now - looked_at_ >= forget_after) {
      looked_at_ = now;
      std::erase_if(users_, [now](const auto& entry) { return now - entry.second.used_at >= forget_after; });
    }
    const auto rate = static_cast<double>(producers_per_second_ > 0 ? producers_per_second_ : 1);
    User& user =
        users_.try_emplace(id, User{MessageLimit{messages_per_second_}, TokenBucket{rate, producers_burst * rate}, now})
            .first->second;
    user.used_at = now;
    return user;
  }

  std::size_t messages_per_second_;
  std::size_t producers_per_second_;
  std::unordered_map<UserId, User> users_;
  Time looked_at_;
};

}  // namespace carillon::signaling
