#include "mediasoup/ortc/json_reader.hpp"

#include <cmath>

namespace carillon::ortc {

namespace {

/// Number.MAX_SAFE_INTEGER: above it a double, and so any number in JavaScript, skips integers.
constexpr std::int64_t safe_integer_max = 9'007'199'254'740'991;

std::string expected_range(std::int64_t min, std::int64_t max) {
  return "expected integer " + std::to_string(min) + ".." + std::to_string(max);
}

}  // namespace

bool is_falsy(const boost::json::value* value) {
  if (!value) return true;
  switch (value->kind()) {
    case boost::json::kind::null: return true;
    case boost::json::kind::bool_: return !value->get_bool();
    case boost::json::kind::int64: return value->get_int64() == 0;
    case boost::json::kind::uint64: return value->get_uint64() == 0;
    case boost::json::kind::double_: return value->get_double() == 0;
    case boost::json::kind::string: return value->get_string().empty();
    case boost::json::kind::array:
    case boost::json::kind::object: return false;
  }
  return false;
}

std::optional<std::int64_t> integer_of(const boost::json::value& value) {
  double number = 0;
  if (value.is_int64())
    number = static_cast<double>(value.get_int64());
  else if (value.is_uint64())
    number = static_cast<double>(value.get_uint64());
  else if (value.is_double())
    number = value.get_double();
  else
    return std::nullopt;
  if (!(std::abs(number) <= static_cast<double>(safe_integer_max)) || std::trunc(number) != number) return std::nullopt;
  return static_cast<std::int64_t>(number);
}

ObjectReader::ObjectReader(const boost::json::value& value, const Path& path, Faults& faults)
    : object_{value.if_object()}, path_{path}, faults_{faults} {
  if (!object_) faults_.add(path_, "expected object");
}

const boost::json::value* ObjectReader::find(std::string_view name) const {
  return object_ ? object_->if_contains(name) : nullptr;
}

std::string ObjectReader::string(std::string_view name, std::size_t size_max) const {
  std::optional<std::string> text = optional_string(name, size_max);
  if (text && !text->empty()) return *std::move(text);
  faults_.add(Path{path_, name}, "expected string that is not empty");
  return {};
}

std::optional<std::string> ObjectReader::optional_string(std::string_view name, std::size_t size_max) const {
  const boost::json::value* value = find(name);
  if (value && value->is_string()) {
    const boost::json::string& text = value->get_string();
    if (text.size() > size_max) {
      faults_.add(Path{path_, name}, "expected at most " + std::to_string(size_max) + " bytes");
      return std::nullopt;
    }
    return std::string{text.begin(), text.end()};
  }
  if (!is_falsy(value)) faults_.add(Path{path_, name}, "expected string");
  return std::nullopt;
}

std::int64_t ObjectReader::integer_in(std::string_view name, const boost::json::value* value, std::int64_t min,
                                      std::int64_t max) const {
  const std::optional<std::int64_t> number = value ? integer_of(*value) : std::nullopt;
  if (number && *number >= min && *number <= max) return *number;
  faults_.add(Path{path_, name}, expected_range(min, max));
  return 0;
}

}  // namespace carillon::ortc
