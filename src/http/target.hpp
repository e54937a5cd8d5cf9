// The request target: its path and query, percent-decoded (RFC 9112 section 3.2, RFC 3986). Pure.
#pragma once

#include "http/message.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::http {

struct Target {
  std::string raw_path;               // "/a%2Fb/c"
  std::vector<std::string> segments;  // {"a/b", "c"}; "/" is one empty segment, as is a slash at the end
  Values query;
};

/// nullopt for a bad escape, an encoded NUL, a control character, or what is neither origin-form nor absolute-form.
[[nodiscard]] std::optional<Target> parse_target(std::string_view text);

/// nullopt when an escape is not % and two hex digits, or decodes to NUL.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);

}  // namespace carillon::http
