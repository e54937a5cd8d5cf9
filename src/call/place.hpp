// Room for one more device of a user, who has so many at most: docs/protocol.md, "Limits" (`sessions-per-user`).
#pragma once

#include <cstddef>
#include <functional>
#include <optional>

#include "base/id.hpp"
#include "base/time.hpp"
#include "call/calls.hpp"

namespace carillon::call {

struct Place {
  bool is_free = true;
  std::optional<DeviceId> goes = {};  ///< Makes room; nullopt: nobody needs to.
};

/// `devices_max` 0: no limit. `last_heard`: when a device of his has last said something.
/// Whoever has forgotten 32 open tabs can still sign in on his phone; and nobody is thrown out of a call for it.
[[nodiscard]] Place place_for(const DeviceId& device, const UserId& user, const Calls& calls, std::size_t devices_max,
                              const std::function<Time(const DeviceId&)>& last_heard);

}  // namespace carillon::call
