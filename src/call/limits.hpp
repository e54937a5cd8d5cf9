// What one caller may do to others, and how often. Each limit is kept by who does it, so none can lock somebody else
// out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace carillon::call {

/// 0: no limit.
struct Limits {
  /// People that one user rings within any minute; each callee counts one.
  std::size_t rings_per_minute_user = 0;
  /// How often he rings the same person within any minute.
  std::size_t rings_per_minute_pair = 0;
  /// Calls that are on and were started with tokens of one signing key: one backend's share of a server.
  std::size_t rooms_per_key = 0;
  /// Calls in which he lets the same person ring at a time.
  std::size_t rings_at_once_pair = 0;
};

enum class Limit { rings_per_minute_user, rings_per_minute_pair, rooms_per_key, rings_at_once_pair };

/// As in the configuration and at /metrics: "rings-per-minute-user".
[[nodiscard]] std::string_view to_string(Limit limit);

/// How often each has refused, since the start.
struct Refusals {
  std::uint64_t rings_per_minute_user = 0;
  std::uint64_t rings_per_minute_pair = 0;
  std::uint64_t rooms_per_key = 0;
  std::uint64_t rings_at_once_pair = 0;
};

}  // namespace carillon::call
