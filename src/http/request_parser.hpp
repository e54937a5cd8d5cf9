// One HTTP/1.x request out of bytes, with limits and without doubt about where it ends: whatever two readers could
// read differently (RFC 9112 section 11.2, request smuggling) is refused. No socket in here.
#pragma once

#include "http/message.hpp"
#include "http/target.hpp"

#include <cstddef>
#include <memory>
#include <string_view>

namespace carillon::http {

struct RequestLimits {
  std::size_t header_bytes_max = 8 * 1024;  // request line and fields together
  std::size_t body_bytes_max = 64 * 1024;
};

class RequestParser {
 public:
  explicit RequestParser(RequestLimits limits);
  ~RequestParser();

  enum class State { header, body, complete, failed };

  /// Takes bytes from the front and says how many; the rest must be given again with more behind it. Takes nothing
  /// once complete or failed: what follows is the next request.
  std::size_t feed(std::string_view bytes);
  [[nodiscard]] State state() const;
  /// True once the first byte of the request is seen.
  [[nodiscard]] bool started() const;

  /// When failed: 400, 413, 431, 501 or 505, and a sentence why.
  [[nodiscard]] int error_status() const;
  [[nodiscard]] std::string_view error_text() const;

  /// From state body on: the client waits for `100 Continue` before it sends its body.
  [[nodiscard]] bool expects_continue() const;

  /// When complete. Of the request, method, raw_path, path, query, headers and body are set.
  [[nodiscard]] Request& request();
  [[nodiscard]] const Target& target() const;
  /// The client lets us keep the connection.
  [[nodiscard]] bool keep_alive() const;
  [[nodiscard]] bool is_http_11() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace carillon::http
