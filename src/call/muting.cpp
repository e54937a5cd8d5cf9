#include "call/muting.hpp"

namespace carillon::call {

void Muting::unblock(const UserId& user, const UserId& whom) {
  const auto list = blocks_.find(user);
  if (list == blocks_.end()) return;
  list->second.erase(whom);
  if (list->second.empty()) blocks_.erase(list);
}

void Muting::set_do_not_disturb(const UserId& user, bool on) {
  if (on) {
    undisturbed_.insert(user);
  } else {
    undisturbed_.erase(user);
  }
}

Mute Muting::of(const UserId& callee, const UserId& by) const {
  const auto list = blocks_.find(callee);
  if (list != blocks_.end() && list->second.contains(by)) return Mute::blocked;
  return does_not_disturb(callee) ? Mute::do_not_disturb : Mute::none;
}

std::vector<UserId> Muting::blocked_by(const UserId& user) const {
  const auto list = blocks_.find(user);
  if (list == blocks_.end()) return {};
  return {list->second.begin(), list->second.end()};
}

std::size_t Muting::count_blocked_by(const UserId& user) const {
  const auto list = blocks_.find(user);
  return list == blocks_.end() ? 0 : list->second.size();
}

}  // namespace carillon::call
