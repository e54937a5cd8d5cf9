// Moments and spans of time as all parts use them: milliseconds since the epoch, as on the wire.
#pragma once

#include <chrono>
#include <cstdint>

namespace carillon {

using Duration = std::chrono::milliseconds;
using Time = std::chrono::sys_time<Duration>;

/// Milliseconds since the epoch, the form of all times in messages.
[[nodiscard]] constexpr std::int64_t to_ms(Time time) { return time.time_since_epoch().count(); }
[[nodiscard]] constexpr Time from_ms(std::int64_t ms) { return Time{Duration{ms}}; }

}  // namespace carillon
