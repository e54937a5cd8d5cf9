// From JSON to described structs. Parse, do not validate: what comes out has every field of the right type.
// Unknown members are ignored; `std::optional` members may be absent or null.
// Errors name the place: `data.callees[0]: expected string`.
#pragma once

#include "base/id.hpp"
#include "base/result.hpp"

#include <boost/describe.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/mp11/algorithm.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace carillon::protocol {

namespace json = boost::json;

/// Where in a message we are. A chain on the stack: it costs nothing until an error is written.
struct Path {
  const Path* parent = nullptr;
  std::string_view member;
  std::size_t index = 0;
  bool is_index = false;

  [[nodiscard]] Path operator/(std::string_view name) const { return {this, name, 0, false}; }
  [[nodiscard]] Path operator[](std::size_t i) const { return {this, {}, i, true}; }
  [[nodiscard]] std::string str() const;
};

/// Errc::bad_request with the detail `path: expected what`.
[[nodiscard]] Error expected(const Path& path, std::string_view what);

/// `room_id` is `roomId` on the wire.
[[nodiscard]] std::string wire_name(std::string_view member);

/// A number of a closed range, both ends included.
template <class T, T min, T max>
struct Bounded {
  T value = min;
  constexpr operator T() const { return value; }
};

/// Text of 1 to `max` bytes without control characters.
template <std::size_t max>
struct Text {
  std::string value;
  operator const std::string&() const { return value; }
};

/// Ids that clients choose or repeat: longer ones are not ours.
inline constexpr std::size_t id_bytes_max = 128;

Result<> decode(const json::value& from, bool& to, const Path& path);
Result<> decode(const json::value& from, double& to, const Path& path);
/// Labels: at most 256 bytes, empty ones too.
Result<> decode(const json::value& from, std::string& to, const Path& path);
Result<> decode(const json::value& from, json::value& to, const Path& path);
Result<> decode(const json::value& from, json::object& to, const Path& path);
Result<> decode_text(const json::value& from, std::string& to, std::size_t min, std::size_t max, const Path& path);
Result<> decode_integer(const json::value& from, std::int64_t& to, std::int64_t min, std::int64_t max,
                        const Path& path);
[[nodiscard]] bool is_absent(const json::value* value);

template <class Tag>
Result<> decode(const json::value& from, Id<Tag>& to, const Path& path) {
  std::string text;
  Result<> read = decode_text(from, text, 1, id_bytes_max, path);
  if (read) to = Id<Tag>{std::move(text)};
  return read;
}

template <std::size_t max>
Result<> decode(const json::value& from, Text<max>& to, const Path& path) {
  return decode_text(from, to.value, 1, max, path);
}

template <class T, T min, T max>
Result<> decode(const json::value& from, Bounded<T, min, max>& to, const Path& path) {
  std::int64_t number = 0;
  Result<> read = decode_integer(from, number, min, max, path);
  if (read) to.value = static_cast<T>(number);
  return read;
}

/// Enums: described, their names as on the wire.
template <class E>
requires boost::describe::has_describe_enumerators<E>::value Result<> decode(const json::value& from, E& to,
                                                                             const Path& path) {
  bool found = false;
  std::string names;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>([&](auto enumerator) {
    if (!names.empty()) names += " or ";
    names += '"';
    names += enumerator.name;
    names += '"';
    if (from.is_string() && from.get_string() == enumerator.name) {
      to = enumerator.value;
      found = true;
    }
  });
  if (!found) return expected(path, names);
  return {};
}

template <class T>
Result<> decode(const json::value& from, std::vector<T>& to, const Path& path) {
  if (!from.is_array()) return expected(path, "array");
  to.clear();
  std::size_t index = 0;
  for (const json::value& item : from.get_array()) {
    if (Result<> read = decode(item, to.emplace_back(), path[index++]); !read) return read;
  }
  return {};
}

template <class T>
Result<> decode(const json::value& from, std::optional<T>& to, const Path& path) {
  return decode(from, to.emplace(), path);
}

template <class T>
requires boost::describe::has_describe_members<T>::value Result<> decode(const json::value& from, T& to,
                                                                         const Path& path);

namespace detail {

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

/// What an absent member is read as, so that the error says what was expected.
inline const json::value absent = nullptr;

}  // namespace detail

template <class T>
requires boost::describe::has_describe_members<T>::value Result<> decode(const json::object& from, T& to,
                                                                         const Path& path) {
  Result<> result;
  using Members = boost::describe::describe_members<T, boost::describe::mod_public>;
  boost::mp11::mp_for_each<Members>([&](auto member) {
    if (!result) return;
    auto& field = to.*member.pointer;
    const std::string name = wire_name(member.name);
    const json::value* value = from.if_contains(name);
    if constexpr (detail::is_optional<std::remove_reference_t<decltype(field)>>) {
      if (is_absent(value)) return;
    }
    result = decode(value != nullptr ? *value : detail::absent, field, path / name);
  });
  return result;
}

template <class T>
requires boost::describe::has_describe_members<T>::value Result<> decode(const json::value& from, T& to,
                                                                         const Path& path) {
  if (!from.is_object()) return expected(path, "object");
  return decode(from.get_object(), to, path);
}

/// The `data` of a message as T.
template <class T>
Result<T> decode_data(const json::object& data) {
  const Path root{nullptr, "data", 0, false};
  T value;
  const Result<> read = decode(data, value, root);
  if (!read) return read.error();
  return value;
}

}  // namespace carillon::protocol
