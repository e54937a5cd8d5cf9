// What is pushed, and to whom, whatever the service. Plain values.
#pragma once

#include "base/id.hpp"
#include "base/time.hpp"

#include <boost/json/object.hpp>

#include <compare>
#include <string>
#include <string_view>

namespace carillon::push {

namespace json = boost::json;

/// One device as its push service knows it.
struct Target {
  std::string type;     ///< Which provider: "webpush", "fcm".
  std::string address;  ///< Endpoint or token. A capability: never logged.
  std::string details;  ///< JSON text of the provider; empty when it has none.
  friend auto operator<=>(const Target&, const Target&) = default;
};

enum class Kind {
  ring,    ///< call-started: worth something until the ring is over.
  end,     ///< end-call: takes the place of the ring.
  missed,  ///< missed-call: can wait for hours.
};

struct Message {
  Kind kind = Kind::ring;
  CallId call;
  /// The payload. Texts and whole numbers only, so that every service can carry it.
  json::object data;
  /// After this it is worth nothing and is not sent.
  Time expires_at;
};

/// How long an end and a missed call are worth sending, from the moment they are made. An end must find a phone that is
/// out of reach for a moment; what rang on it has stopped ringing by itself after two minutes.
inline constexpr Duration end_lasts = std::chrono::seconds{60};
inline constexpr Duration missed_lasts = std::chrono::hours{24};

/// What is left of it, in whole seconds: the unit of every service. 0 when it has expired.
[[nodiscard]] std::chrono::seconds time_left(const Message& message, Time now);

/// The payload as JSON text of at most `bytes_max`: names are cut, at a character, until it fits.
[[nodiscard]] std::string fitted(json::object data, std::size_t bytes_max);

}  // namespace carillon::push
