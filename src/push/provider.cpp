#include "push/provider.hpp"

#include <fmt/format.h>

namespace carillon::push {

Verdict refused(int status) { return {Outcome::refused, {}, fmt::format("refused {}", status)}; }

std::optional<Verdict> busy(const fetch::Response& response, Time now) {
  if (response.status != 408 && response.status != 429 && response.status < 500) return std::nullopt;
  return Verdict{Outcome::again, fetch::retry_after(response.headers, now), fmt::format("refused {}", response.status)};
}

}  // namespace carillon::push
