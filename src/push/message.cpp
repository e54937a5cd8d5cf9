#include "push/message.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>

namespace carillon::push {
namespace {

/// What a person reads, and can still read when it is shorter.
constexpr std::string_view name_member = "callerName";

/// `text` without its last character.
void drop_character(json::string& text) {
  const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80; };
  while (!text.empty() && continues(text.back())) text.pop_back();
  if (!text.empty()) text.pop_back();
}

}  // namespace

std::chrono::seconds time_left(const Message& message, Time now) {
  return std::chrono::floor<std::chrono::seconds>(std::max(Duration{0}, message.expires_at - now));
}

std::string fitted(json::object data, std::size_t bytes_max) {
  std::string text = json::serialize(data);
  json::value* name = data.if_contains(name_member);
  while (text.size() > bytes_max && name != nullptr && name->is_string() && !name->get_string().empty()) {
    drop_character(name->get_string());
    text = json::serialize(data);
  }
  return text;
}

}  // namespace carillon::push
