// When a push is tried again. Pure.
#pragma once

#include "base/random.hpp"
#include "base/time.hpp"

#include <cstddef>
#include <optional>

namespace carillon::push {

/// The waits between tries double from the first to the longest, each of them between half and the whole of that, so
/// that a thousand pushes that failed together do not come back together.
inline constexpr Duration first_wait = std::chrono::milliseconds{250};
inline constexpr Duration longest_wait = std::chrono::seconds{30};

/// When to try again after `tries` of them, of which the last ended `now`; not before the service has asked for.
/// nullopt: that would be `expires_at` or later, so never.
[[nodiscard]] std::optional<Time> next_try(std::size_t tries, std::optional<Duration> asked, Time now, Time expires_at,
                                           Random& random);

}  // namespace carillon::push
