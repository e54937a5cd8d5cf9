// Fields of a response that we read. Pure.
#pragma once

#include "base/time.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carillon::fetch {

using Headers = std::vector<std::pair<std::string, std::string>>;

/// The first field of this name, whatever its case; empty when there is none.
[[nodiscard]] std::string_view find_header(const Headers& headers, std::string_view name);

/// How long `Retry-After` asks to wait: seconds or a date (RFC 9110 section 10.2.3). nullopt: no such field, or
/// nonsense. A date that has passed is 0; nothing is longer than a day.
[[nodiscard]] std::optional<Duration> retry_after(const Headers& headers, Time now);

}  // namespace carillon::fetch
