// Who is here: the devices of each user that have a session, or had one a moment ago and may come back within the
// grace.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/id.hpp"
#include "base/time.hpp"
#include "call/actions.hpp"

namespace carillon::call {

class Presence {
 public:
  struct Device {
    UserId user;
    std::optional<Time> lost_until = {};  ///< nullopt: connected.
    std::vector<Tell> missed = {};        ///< The end-calls it must hear of after it resumes.
  };
  struct User {
    std::string name;
    std::set<DeviceId> devices;  ///< Connected and lost ones, in a fixed order.
  };

  void connect(const DeviceId& device, const UserId& user, std::string name);
  void resume(const DeviceId& device);
  void lose(const DeviceId& device, Time until);
  void forget(const DeviceId& device);
  /// Keeps an end-call for a lost device, the newest few.
  void miss(const Tell& tell);
  [[nodiscard]] std::vector<Tell> take_missed(const DeviceId& device);

  [[nodiscard]] const Device* find(const DeviceId& device) const;
  [[nodiscard]] bool connected(const DeviceId& device) const;
  /// Connected devices of this user.
  [[nodiscard]] std::vector<DeviceId> devices_of(const UserId& user) const;
  [[nodiscard]] Party party(const UserId& user) const;
  /// The next lost device whose grace ends, and when.
  [[nodiscard]] std::optional<std::pair<Time, DeviceId>> next_lost() const;

  /// Everybody with a connected or lost device.
  [[nodiscard]] const std::map<UserId, User>& users() const { return users_; }
  [[nodiscard]] std::size_t device_count() const { return devices_.size(); }

  void check_invariants() const;

 private:
  std::map<UserId, User> users_;
  std::unordered_map<DeviceId, Device> devices_;
  std::set<std::pair<Time, DeviceId>> lost_;
};

}  // namespace carillon::call
