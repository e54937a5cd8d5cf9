#include "http/response_writer.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace carillon::http {

namespace {

bool fits_a_line(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f;
  });
}

bool status_has_body(int status) { return status >= 200 && status != 204 && status != 304; }

}  // namespace

std::string http_date(Time time) {
  const std::time_t seconds = std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
  return fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(seconds));
}

bool has_body(const Response& response, const ResponseFraming& framing) {
  return !framing.head_only && status_has_body(response.status) && !response.body.empty();
}

std::string write_header(const Response& response, const ResponseFraming& framing) {
  std::string out;
  auto to = std::back_inserter(out);
  fmt::format_to(to, "HTTP/1.1 {} {}\r\nDate: {}\r\n", response.status, reason_phrase(response.status),
                 http_date(framing.now));
  if (!response.content_type.empty() && fits_a_line(response.content_type)) {
    fmt::format_to(to, "Content-Type: {}\r\n", response.content_type);
  }
  if (status_has_body(response.status)) fmt::format_to(to, "Content-Length: {}\r\n", response.body.size());
  for (const auto& [name, value] : response.headers) {
    if (fits_a_line(name) && fits_a_line(value)) fmt::format_to(to, "{}: {}\r\n", name, value);
  }
  if (framing.is_secured) out += "Strict-Transport-Security: max-age=31536000\r\n";
  if (!framing.keep_alive) {
    out += "Connection: close\r\n";
  } else if (!framing.is_http_11) {
    out += "Connection: keep-alive\r\n";
  }
  out += "\r\n";
  return out;
}

}  // namespace carillon::http
