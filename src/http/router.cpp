#include "http/router.hpp"

namespace carillon::http {

PathPattern::PathPattern(std::string_view pattern) {
  if (pattern.starts_with('/')) pattern.remove_prefix(1);
  for (;;) {
    const std::size_t slash = pattern.find('/');
    const std::string_view text = pattern.substr(0, slash);
    const bool is_name = text.size() > 2 && text.front() == '{' && text.back() == '}';
    segments_.push_back({std::string{is_name ? text.substr(1, text.size() - 2) : text}, is_name});
    literal_ = literal_ && !is_name;
    if (slash == std::string_view::npos) return;
    pattern.remove_prefix(slash + 1);
  }
}

std::optional<Values> PathPattern::match(const std::vector<std::string>& segments) const {
  if (segments.size() != segments_.size()) return std::nullopt;
  Values values;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    if (segments_[i].is_name) {
      if (segments[i].empty()) return std::nullopt;
      values.add(segments_[i].text, segments[i]);
    } else if (segments_[i].text != segments[i]) {
      return std::nullopt;
    }
  }
  return values;
}

}  // namespace carillon::http
