#include "base/result.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace carillon {

std::string_view to_string(Errc code) {
  switch (code) {
    case Errc::bad_request: return "bad-request";
    case Errc::unauthorized: return "unauthorized";
    case Errc::token_expired: return "token-expired";
    case Errc::token_not_yet_valid: return "token-not-yet-valid";
    case Errc::forbidden: return "forbidden";
    case Errc::not_found: return "not-found";
    case Errc::conflict: return "conflict";
    case Errc::busy: return "busy";
    case Errc::too_large: return "too-large";
    case Errc::unsupported: return "unsupported";
    case Errc::rate_limited: return "rate-limited";
    case Errc::timeout: return "timeout";
    case Errc::worker_died: return "worker-died";
    case Errc::unavailable: return "unavailable";
    case Errc::internal: return "internal";
  }
  return "internal";
}

int http_status(Errc code) {
  switch (code) {
    case Errc::bad_request: return 400;
    case Errc::unauthorized:
    case Errc::token_expired:
    case Errc::token_not_yet_valid: return 401;
    case Errc::forbidden: return 403;
    case Errc::not_found: return 404;
    case Errc::conflict: return 409;
    case Errc::busy: return 486;  // SIP's Busy Here (RFC 3261 section 21.4.24): HTTP has no word for it.
    case Errc::too_large: return 413;
    case Errc::unsupported: return 415;
    case Errc::rate_limited: return 429;
    case Errc::timeout: return 504;
    case Errc::worker_died:
    case Errc::unavailable: return 503;
    case Errc::internal: return 500;
  }
  return 500;
}

void throw_error(const Error& error) {
  throw std::runtime_error(fmt::format("{}: {}", to_string(error.code), error.detail));
}

}  // namespace carillon
