// JSON of tokens and keys: strict, shallow, and without members of the same name, which two readers would understand
// differently (RFC 7515 section 4 asks to refuse them). Pure.
#pragma once

#include "base/result.hpp"

#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace carillon::jose {

/// An object, at most 16 levels deep. Errc::bad_request says what is wrong.
[[nodiscard]] Result<boost::json::object> parse_json_object(std::string_view text);

/// nullptr: absent, or not a string.
[[nodiscard]] const boost::json::string* find_string(const boost::json::object& object, std::string_view name);

}  // namespace carillon::jose
