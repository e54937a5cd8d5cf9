#include "call/requests.hpp"

#include <algorithm>
#include <utility>

namespace carillon::call {

const Result<Reply>* Requests::find(const Key& key) const {
  const auto device = by_device_.find(key.device);
  if (device == by_device_.end()) return nullptr;
  const auto found = std::ranges::find_if(device->second, [&](const auto& entry) { return entry->key == key; });
  return found == device->second.end() ? nullptr : &(*found)->answer;
}

void Requests::remember(Key key, const Result<Reply>& answer, Time now) {
  const auto mine = by_device_.find(key.device);
  if (mine != by_device_.end() && mine->second.size() >= per_device_max_) forget(mine->second.front());
  const auto his = by_user_.find(key.user);
  if (his != by_user_.end() && his->second.size() >= per_user_max_) forget(his->second.begin()->second);
  const auto entry = entries_.insert(entries_.end(), Entry{std::move(key), answer, now + kept_, ++last_number_});
  by_device_[entry->key.device].push_back(entry);
  by_user_[entry->key.user].emplace(entry->number, entry);
}

void Requests::expire(Time now) {
  while (!entries_.empty() && entries_.front().until <= now) forget(entries_.begin());
}

void Requests::forget(Entries::iterator entry) {
  const auto device = by_device_.find(entry->key.device);
  std::erase(device->second, entry);
  if (device->second.empty()) by_device_.erase(device);
  const auto user = by_user_.find(entry->key.user);
  user->second.erase(entry->number);
  if (user->second.empty()) by_user_.erase(user);
  entries_.erase(entry);
}

std::optional<Time> Requests::deadline() const {
  if (entries_.empty()) return std::nullopt;
  return entries_.front().until;
}

}  // namespace carillon::call
