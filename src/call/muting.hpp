// Whom people do not want to hear from, and who wants to hear from nobody now. Only what is so at present: it is
// kept by the store, and told to call::Calls by events.
#pragma once

#include <cstddef>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/id.hpp"

namespace carillon::call {

/// Why a ring is not heard. In the order of how much of the call its callee gets to know.
enum class Mute {
  none,            ///< It is heard.
  do_not_disturb,  ///< Nothing rings; it is a missed call of his list.
  blocked,         ///< He has blocked who rings him: nothing rings, and his list of missed calls stays as it is.
};

class Muting {
 public:
  void block(const UserId& user, const UserId& whom) { blocks_[user].insert(whom); }
  void unblock(const UserId& user, const UserId& whom);
  void set_do_not_disturb(const UserId& user, bool on);

  /// How this ring of `by` is for `callee`.
  [[nodiscard]] Mute of(const UserId& callee, const UserId& by) const;
  [[nodiscard]] bool does_not_disturb(const UserId& user) const { return undisturbed_.contains(user); }
  /// Whom he has blocked, in the order of their ids.
  [[nodiscard]] std::vector<UserId> blocked_by(const UserId& user) const;
  [[nodiscard]] std::size_t count_blocked_by(const UserId& user) const;

 private:
  std::unordered_map<UserId, std::set<UserId>> blocks_;
  std::unordered_set<UserId> undisturbed_;
};

}  // namespace carillon::call
