#include "call/presence.hpp"

#include "base/check.hpp"

namespace carillon::call {
namespace {

/// Calls that can end for one device within one grace. A person has one or two; more is an attack.
constexpr std::size_t missed_max = 16;

}  // namespace

void Presence::connect(const DeviceId& device, const UserId& user, std::string name) {
  forget(device);
  devices_.emplace(device, Device{user});
  User& entry = users_[user];
  entry.name = std::move(name);
  entry.devices.insert(device);
}

void Presence::resume(const DeviceId& device) {
  Device& entry = devices_.at(device);
  if (entry.lost_until) lost_.erase({*entry.lost_until, device});
  entry.lost_until.reset();
}

void Presence::lose(const DeviceId& device, Time until) {
  Device& entry = devices_.at(device);
  if (entry.lost_until) return;
  entry.lost_until = until;
  lost_.insert({until, device});
}

void Presence::forget(const DeviceId& device) {
  const auto found = devices_.find(device);
  if (found == devices_.end()) return;
  if (found->second.lost_until) lost_.erase({*found->second.lost_until, device});
  const auto user = users_.find(found->second.user);
  user->second.devices.erase(device);
  if (user->second.devices.empty()) users_.erase(user);
  devices_.erase(found);
}

void Presence::miss(const Tell& tell) {
  const auto found = devices_.find(tell.device);
  if (found == devices_.end() || !found->second.lost_until) return;
  std::vector<Tell>& missed = found->second.missed;
  if (missed.size() == missed_max) missed.erase(missed.begin());
  missed.push_back(tell);
}

std::vector<Tell> Presence::take_missed(const DeviceId& device) {
  return std::exchange(devices_.at(device).missed, {});
}

const Presence::Device* Presence::find(const DeviceId& device) const {
  const auto found = devices_.find(device);
  return found == devices_.end() ? nullptr : &found->second;
}

bool Presence::connected(const DeviceId& device) const {
  const Device* found = find(device);
  return found && !found->lost_until;
}

std::vector<DeviceId> Presence::devices_of(const UserId& user) const {
  std::vector<DeviceId> here;
  const auto found = users_.find(user);
  if (found == users_.end()) return here;
  for (const DeviceId& device : found->second.devices) {
    if (connected(device)) here.push_back(device);
  }
  return here;
}

Party Presence::party(const UserId& user) const {
  const auto found = users_.find(user);
  return {user, found == users_.end() ? std::string{} : found->second.name};
}

std::optional<std::pair<Time, DeviceId>> Presence::next_lost() const {
  if (lost_.empty()) return std::nullopt;
  return *lost_.begin();
}

void Presence::check_invariants() const {
  std::size_t devices = 0;
  for (const auto& [id, user] : users_) {
    check(!user.devices.empty(), "a user who is known has a device");
    devices += user.devices.size();
    for (const DeviceId& device : user.devices) {
      const Device* found = find(device);
      check(found && found->user == id, "a device is its user's");
      check(!found->lost_until || lost_.contains({*found->lost_until, device}), "a lost device has a deadline");
      check(found->lost_until || found->missed.empty(), "a connected device misses nothing");
    }
  }
  check(devices == devices_.size(), "each device belongs to a user");
}

}  // namespace carillon::call
