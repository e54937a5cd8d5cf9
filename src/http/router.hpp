// Which handler a path has. Patterns are literal segments and whole segments in braces; the first that fits wins,
// literal before braces. Pure.
#pragma once

#include "http/message.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::http {

class PathPattern {
 public:
  /// `pattern` begins with '/'.
  explicit PathPattern(std::string_view pattern);

  /// The values of the segments in braces; nullopt when the path is another. A brace takes no empty segment.
  [[nodiscard]] std::optional<Values> match(const std::vector<std::string>& segments) const;
  [[nodiscard]] bool is_literal() const { return literal_; }

 private:
  struct Segment {
    std::string text;  // the literal, or the name
    bool is_name = false;
  };
  std::vector<Segment> segments_;
  bool literal_ = true;
};

/// Methods and paths to values of type T.
template <class T>
class RouteTable {
 public:
  void add(std::string method, std::string_view pattern, T value) {
    routes_.push_back({std::move(method), PathPattern{pattern}, std::move(value)});
  }

  struct Match {
    const T* value = nullptr;  // null: no such route
    Values params;
    std::vector<std::string> allowed;  // methods of this path, for 405; empty: the path is unknown
  };

  [[nodiscard]] Match find(std::string_view method, const std::vector<std::string>& segments) const {
    Match match;
    bool literal = false;
    for (const Route& route : routes_) {
      auto params = route.pattern.match(segments);
      if (!params) continue;
      match.allowed.push_back(route.method);
      if (route.method != method || (match.value && (literal || !route.pattern.is_literal()))) continue;
      match.value = &route.value;
      match.params = std::move(*params);
      literal = route.pattern.is_literal();
    }
    return match;
  }

 private:
  struct Route {
    std::string method;
    PathPattern pattern;
    T value;
  };
  std::vector<Route> routes_;
};

}  // namespace carillon::http
