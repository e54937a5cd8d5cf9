// What can be expected to fail returns a Result. This is the only place that knows which type that is.
#pragma once

#include <boost/system/result.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace carillon {

/// Why something failed. The names go on the wire (kebab-case, see to_string) and never change.
enum class Errc {
  bad_request,          ///< The message is not what it must be; the detail says where.
  unauthorized,         ///< Who you are is not proven.
  token_expired,        ///< The access token's `exp` has passed.
  token_not_yet_valid,  ///< The access token's `nbf` or `iat` lies in the future.
  forbidden,            ///< Who you are is known, and may not do this.
  not_found,            ///< There is no such call, producer, transport, page.
  conflict,             ///< Too late, or not in this state: the call has ended, the object is closed.
  busy,                 ///< The callee is in a call.
  too_large,            ///< More than the limit allows.
  unsupported,          ///< A method, media type or codec that we do not know.
  rate_limited,         ///< Too often; a later try may pass.
  timeout,              ///< The other side did not answer in time.
  worker_died,          ///< The media worker that should have answered is dead.
  unavailable,          ///< We are stopping, or a part we need is not there now.
  internal,             ///< Our own fault; the log says more.
};

struct Error {
  Errc code = Errc::internal;
  /// A sentence for whoever reads it, with the path first where there is one. Never holds a secret.
  std::string detail;
  /// When to come back; only where waiting helps (rate_limited, unavailable).
  std::optional<std::chrono::milliseconds> retry_after = {};

  friend bool operator==(const Error&, const Error&) = default;
};

/// Carries an Error into a Result of any type.
inline Error fail(Errc code, std::string detail) { return Error{code, std::move(detail)}; }
/// The same, with the time after which it is worth trying again.
inline Error fail(Errc code, std::string detail, std::chrono::milliseconds retry_after) {
  return Error{code, std::move(detail), retry_after};
}

/// Thrown by Result::value() on an error; code of ours looks with `if (result)` first.
[[noreturn]] void throw_error(const Error& error);

/// The name on the wire, in kebab-case.
[[nodiscard]] std::string_view to_string(Errc code);

/// The number on the wire: HTTP's status code of the same meaning (RFC 9110 section 15).
[[nodiscard]] int http_status(Errc code);

/// boost::system::result::value() finds this by argument-dependent lookup.
[[noreturn]] inline void throw_exception_from_error(const Error& error, const boost::source_location&) {
  throw_error(error);
}

template <class T = void>
using Result = boost::system::result<T, Error>;

}  // namespace carillon
