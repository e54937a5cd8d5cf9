#include "call/place.hpp"

#include <set>
#include <utility>

namespace carillon::call {

Place place_for(const DeviceId& device, const UserId& user, const Calls& calls, std::size_t devices_max,
                const std::function<Time(const DeviceId&)>& last_heard) {
  const Presence& presence = calls.presence();
  if (devices_max == 0 || presence.find(device) != nullptr) return {};
  const auto his = presence.users().find(user);
  if (his == presence.users().end() || his->second.devices.size() < devices_max) return {};
  // One that is not here misses least.
  const auto weight = [&](const DeviceId& one) { return std::pair{presence.connected(one), last_heard(one)}; };
  std::optional<DeviceId> idle;
  for (const DeviceId& one : his->second.devices) {
    if (calls.sits(one)) continue;
    if (!idle || weight(one) < weight(*idle)) idle = one;
  }
  return {idle.has_value(), idle};
}

}  // namespace carillon::call
