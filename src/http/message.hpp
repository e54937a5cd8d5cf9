// What a request and a response are, as values. Not how they look on the wire: request_parser.hpp and
// response_writer.hpp know that. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carillon::http {

/// Names and values in the order they came. Names compare without regard to case, as RFC 9110 section 5.1 says.
class Headers {
 public:
  using Field = std::pair<std::string, std::string>;

  Headers() = default;
  Headers(std::initializer_list<Field> fields) : fields_(fields) {}

  void add(std::string name, std::string value);
  /// Replaces every field of this name.
  void set(std::string name, std::string value);

  /// The first value; empty when there is none. The view lives as long as the field does.
  [[nodiscard]] std::string_view get(std::string_view name) const;
  [[nodiscard]] bool contains(std::string_view name) const;
  [[nodiscard]] std::size_t count(std::string_view name) const;
  /// True when a comma-separated list of tokens, over all fields of this name, has the token.
  [[nodiscard]] bool has_token(std::string_view name, std::string_view token) const;
  /// All tokens of such a list, in order, without the spaces around them.
  [[nodiscard]] std::vector<std::string_view> tokens(std::string_view name) const;

  [[nodiscard]] auto begin() const { return fields_.begin(); }
  [[nodiscard]] auto end() const { return fields_.end(); }
  [[nodiscard]] std::size_t size() const { return fields_.size(); }

 private:
  std::vector<Field> fields_;
};

/// Named values: of the query string, or of the `{name}` parts of a route.
class Values {
 public:
  void add(std::string name, std::string value);
  /// The first value; nullopt when the name is absent.
  [[nodiscard]] std::optional<std::string> find(std::string_view name) const;
  /// The first value, or an empty string.
  [[nodiscard]] std::string get(std::string_view name) const;
  [[nodiscard]] std::size_t size() const { return values_.size(); }

 private:
  std::vector<std::pair<std::string, std::string>> values_;
};

struct Request {
  std::string method;    // "GET"
  std::string path;      // percent-decoded, without the query; begins with '/'
  std::string raw_path;  // as sent
  Values params;         // of the route's {name} parts, percent-decoded
  Values query;          // percent-decoded, '+' is a space
  Headers headers;
  std::string body;
  std::string remote_address;  // "192.0.2.1:4711"; not for logs at info

  /// The token of `Authorization: Bearer <token>`; nullopt without one.
  [[nodiscard]] std::optional<std::string> bearer_token() const;
};

struct Response {
  int status = 200;
  std::string content_type;  // empty: no Content-Type field
  Headers headers;           // beside Content-Type, Content-Length, Date, Connection, which the server writes
  std::string body;

  Response() = default;
  Response(int the_status, std::string the_content_type, std::string the_body);

  [[nodiscard]] static Response text(int status, std::string body);
  [[nodiscard]] static Response json(int status, std::string body);
  [[nodiscard]] static Response empty(int status);
};

/// "Not Found" for 404; "Unknown" for what has no name.
[[nodiscard]] std::string_view reason_phrase(int status);

[[nodiscard]] bool equal_ignoring_case(std::string_view a, std::string_view b);

}  // namespace carillon::http
