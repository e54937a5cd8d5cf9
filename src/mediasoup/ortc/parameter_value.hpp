// Looking at codec parameters the way JavaScript does. Inner header.
#pragma once

#include "mediasoup/ortc/rtp_parameters.hpp"

#include <string_view>

namespace carillon::ortc {

/// nullptr: there is none.
[[nodiscard]] inline const ParameterValue* find_parameter(const Parameters& parameters, std::string_view name) {
  const auto it = parameters.find(name);
  return it == parameters.end() ? nullptr : &it->second;
}

/// false, 0, "" and a missing one: what `if (!x)` takes for "not given".
[[nodiscard]] inline bool is_falsy(const ParameterValue* value) {
  if (!value) return true;
  if (const bool* flag = std::get_if<bool>(value)) return !*flag;
  if (const std::int32_t* integer = std::get_if<std::int32_t>(value)) return *integer == 0;
  if (const double* number = std::get_if<double>(value)) return !(*number < 0 || *number > 0);
  return std::get<std::string>(*value).empty();
}

/// `a === b`, where a missing value equals only another missing one.
[[nodiscard]] inline bool is_same(const ParameterValue* a, const ParameterValue* b) {
  return a && b ? *a == *b : !a && !b;
}

/// `(a || 0) === (b || 0)`
[[nodiscard]] inline bool is_same_or_zero(const ParameterValue* a, const ParameterValue* b) {
  if (is_falsy(a) || is_falsy(b)) return is_falsy(a) && is_falsy(b);
  return *a == *b;
}

}  // namespace carillon::ortc
