#include "http/target.hpp"

namespace carillon::http {

namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool has_control(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7f) return true;
  }
  return false;
}

/// The path and query of "http://host/path?query"; the host of a proxy request says nothing to us.
std::optional<std::string_view> without_origin(std::string_view text) {
  if (text.starts_with('/')) return text;
  const std::size_t scheme = text.find("://");
  if (scheme == std::string_view::npos) return std::nullopt;
  const std::string_view name = text.substr(0, scheme);
  if (!equal_ignoring_case(name, "http") && !equal_ignoring_case(name, "https")) return std::nullopt;
  const std::string_view rest = text.substr(scheme + 3);
  const std::size_t slash = rest.find_first_of("/?");
  if (slash == 0) return std::nullopt;
  if (slash == std::string_view::npos) return std::string_view{"/"};
  if (rest[slash] == '?') return std::nullopt;
  return rest.substr(slash);
}

bool parse_query(std::string_view text, Values& out) {
  while (!text.empty()) {
    const std::size_t end = text.find('&');
    const std::string_view pair = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    auto name = percent_decode(pair.substr(0, equals), true);
    auto value = percent_decode(equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1), true);
    if (!name || !value) return false;
    out.add(std::move(*name), std::move(*value));
  }
  return true;
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hex_value(text[i + 1]);
      const int low = hex_value(text[i + 2]);
      if (high < 0 || low < 0 || (high == 0 && low == 0)) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}

std::optional<Target> parse_target(std::string_view text) {
  const auto local = without_origin(text);
  if (!local || has_control(*local)) return std::nullopt;

  const std::string_view without_fragment = local->substr(0, local->find('#'));
  const std::size_t question = without_fragment.find('?');
  Target target;
  target.raw_path = std::string{without_fragment.substr(0, question)};
  if (question != std::string_view::npos && !parse_query(without_fragment.substr(question + 1), target.query)) {
    return std::nullopt;
  }
  std::string_view rest = std::string_view{target.raw_path}.substr(1);
  for (;;) {
    const std::size_t slash = rest.find('/');
    auto segment = percent_decode(rest.substr(0, slash), false);
    if (!segment) return std::nullopt;
    target.segments.push_back(std::move(*segment));
    if (slash == std::string_view::npos) return target;
    rest.remove_prefix(slash + 1);
  }
}

}  // namespace carillon::http
