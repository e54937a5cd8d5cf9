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
  explicit UserRates(std::size_t messages_per_second) : messages_per_second_{messages_per_second} {}

  /// One more message of one of his sessions; nullopt: let it through.
  [[nodiscard]] std::optional<MessageLimit::Refusal> message(const UserId& user, Time now) {
    if (messages_per_second_ == 0) return std::nullopt;
    return of(user, now).messages.take(now);
  }

  /// Users who are remembered.
  [[nodiscard]] std::size_t size() const { return users_.size(); }

 private:
  /// By then the buckets of a user are full again: he is as good as new.
  static constexpr std::chrono::seconds forget_after{10};

  struct User {
    MessageLimit messages;
    Time used_at;
  };

  User& of(const UserId& id, Time now) {
    if (now - looked_at_ >= forget_after) {
      looked_at_ = now;
      std::erase_if(users_, [now](const auto& entry) { return now - entry.second.used_at >= forget_after; });
    }
    User& user = users_.try_emplace(id, User{MessageLimit{messages_per_second_}, now}).first->second;
    user.used_at = now;
    return user;
  }

  std::size_t messages_per_second_;
  std::unordered_map<UserId, User> users_;
  Time looked_at_;
};

}  // namespace carillon::signaling
