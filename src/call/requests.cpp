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
  auto& mine = by_device_[key.device];
  if (mine.size() == per_device_max_) {
    entries_.erase(mine.front());
    mine.erase(mine.begin());
  }
  mine.push_back(entries_.insert(entries_.end(), Entry{std::move(key), answer, now + kept_}));
}

void Requests::expire(Time now) {
  while (!entries_.empty() && entries_.front().until <= now) {
    const auto device = by_device_.find(entries_.front().key.device);
    device->second.erase(device->second.begin());  // the oldest of all is the oldest of its device
    if (device->second.empty()) by_device_.erase(device);
    entries_.pop_front();
  }
}

std::optional<Time> Requests::deadline() const {
  if (entries_.empty()) return std::nullopt;
  return entries_.front().until;
}

}  // namespace carillon::call
