#include "protocol/decode.hpp"

#include <fmt/format.h>

#include <cctype>

namespace carillon::protocol {

std::string Path::str() const {
  if (is_index) return fmt::format("{}[{}]", parent ? parent->str() : "", index);
  if (parent == nullptr) return std::string{member};
  return fmt::format("{}.{}", parent->str(), member);
}

Error expected(const Path& path, std::string_view what) {
  return fail(Errc::bad_request, fmt::format("{}: expected {}", path.str(), what));
}

std::string wire_name(std::string_view member) {
  std::string name;
  name.reserve(member.size());
  bool upper = false;
  for (const char c : member) {
    if (c == '_') {
      upper = true;
    } else {
      name.push_back(upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c);
      upper = false;
    }
  }
  return name;
}

bool is_absent(const json::value* value) { return value == nullptr || value->is_null(); }

Result<> decode(const json::value& from, bool& to, const Path& path) {
  if (!from.is_bool()) return expected(path, "boolean");
  to = from.get_bool();
  return {};
}

Result<> decode(const json::value& from, double& to, const Path& path) {
  if (!from.is_number()) return expected(path, "number");
  to = from.to_number<double>();
  return {};
}

Result<> decode(const json::value& from, std::string& to, const Path& path) {
  return decode_text(from, to, 0, 256, path);
}

Result<> decode(const json::value& from, json::value& to, const Path&) {
  to = from;
  return {};
}

Result<> decode(const json::value& from, json::object& to, const Path& path) {
  if (!from.is_object()) return expected(path, "object");
  to = from.get_object();
  return {};
}

Result<> decode_text(const json::value& from, std::string& to, std::size_t min, std::size_t max, const Path& path) {
  if (!from.is_string()) return expected(path, "string");
  const json::string& text = from.get_string();
  if (text.size() < min || text.size() > max) return expected(path, fmt::format("{} to {} bytes", min, max));
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) return expected(path, "text without control characters");
  }
  to.assign(text.data(), text.size());
  return {};
}

Result<> decode_integer(const json::value& from, std::int64_t& to, std::int64_t min, std::int64_t max,
                        const Path& path) {
  boost::system::error_code error;
  const auto number = from.is_number() ? from.to_number<std::int64_t>(error) : 0;
  // to_number() refuses fractions and what does not fit.
  if (!from.is_number() || error || number < min || number > max) {
    return expected(path, fmt::format("integer {} to {}", min, max));
  }
  to = number;
  return {};
}

}  // namespace carillon::protocol
