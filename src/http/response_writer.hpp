// A response as bytes of HTTP/1.1. Pure.
#pragma once

#include "base/time.hpp"
#include "http/message.hpp"

#include <string>

namespace carillon::http {

struct ResponseFraming {
  bool keep_alive = true;
  bool is_http_11 = true;
  bool head_only = false;   // the answer to HEAD: lengths as for GET, and no body
  bool is_secured = false;  // came over TLS, and shall for a year (Strict-Transport-Security, RFC 6797)
  Time now{};
};

/// Status line and fields, with the empty line. Fields whose name or value would break out of their line are left
/// out. The body is to follow, unless head_only or the status has none (1xx, 204, 304).
[[nodiscard]] std::string write_header(const Response& response, const ResponseFraming& framing);
[[nodiscard]] bool has_body(const Response& response, const ResponseFraming& framing);

/// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7).
[[nodiscard]] std::string http_date(Time time);

}  // namespace carillon::http
