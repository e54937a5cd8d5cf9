#include "push/backoff.hpp"

#include <algorithm>

namespace carillon::push {

std::optional<Time> next_try(std::size_t tries, std::optional<Duration> asked, Time now, Time expires_at,
                             Random& random) {
  Duration wait = first_wait;
  for (std::size_t i = 1; i < tries && wait < longest_wait; ++i) wait *= 2;
  wait = std::min(wait, longest_wait);
  const Duration half = wait / 2;
  wait = half + Duration{random.number() % (half.count() + 1)};
  const Time at = now + std::max(wait, asked.value_or(Duration{0}));
  if (at >= expires_at) return std::nullopt;
  return at;
}

}  // namespace carillon::push
