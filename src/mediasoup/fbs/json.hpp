// FlatBuffers values as JSON, for dumps and stats. What is missing in the schema's sense is left out. Include from .cpp
// files only.
#pragma once

#include "mediasoup/channel/messages.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <string>
#include <string_view>
#include <type_traits>

namespace carillon::mediasoup::fbs {

namespace json = boost::json;

using StringVector = flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>;

/// "" when there is none.
[[nodiscard]] inline std::string text(const flatbuffers::String* string) {
  return string == nullptr ? std::string{} : string->str();
}

/// An array of what `convert` makes of each element; empty when there is no vector.
template <class Vector, class Convert>
[[nodiscard]] json::array array_of(const Vector* elements, Convert convert) {
  json::array array;
  if (elements == nullptr) return array;
  for (const auto element : *elements) array.push_back(json::value(convert(element)));
  return array;
}

[[nodiscard]] inline json::array strings(const StringVector* texts) {
  return array_of(texts, [](const flatbuffers::String* one) { return json::value(text(one)); });
}

/// A map, which the schema and the package write as an array of objects with `key` and `value`.
template <class Vector>
[[nodiscard]] json::array key_values(const Vector* pairs) {
  return array_of(pairs, [](const auto* pair) {
    json::object object;
    if constexpr (std::is_pointer_v<decltype(pair->key())>) {
      object["key"] = text(pair->key());
    } else {
      object["key"] = pair->key();
    }
    object["value"] = text(pair->value());
    return object;
  });
}

/// Where the package leaves a field out: a number that is missing, a text that is missing or empty.
template <class T>
void put_if(json::object& object, std::string_view key, const flatbuffers::Optional<T>& value) {
  if (value.has_value()) object[key] = *value;
}
inline void put_if(json::object& object, std::string_view key, const flatbuffers::String* value) {
  if (value != nullptr && value->size() > 0) object[key] = value->str();
}

/// Where the package writes null for what is missing.
template <class T>
[[nodiscard]] json::value or_null(const flatbuffers::Optional<T>& value) {
  return value.has_value() ? json::value(*value) : json::value(nullptr);
}
[[nodiscard]] inline json::value or_null(const flatbuffers::String* value) {
  return value != nullptr ? json::value(value->str()) : json::value(nullptr);
}

}  // namespace carillon::mediasoup::fbs
