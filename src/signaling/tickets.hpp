// Tickets: what a push carries so that a device without login can ask about one call, say that it rings, and decline.
// Good for this and nothing else. Pure.
#pragma once

#include "base/id.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "jose/key_set.hpp"

#include <string>
#include <string_view>

namespace carillon::signaling {

struct Ticket {
  CallId call;
  UserId user;
  std::string subscription;  ///< The device that the push went to.
  Time ring_until;
  friend bool operator==(const Ticket&, const Ticket&) = default;
};

class Tickets {
 public:
  /// A push may be late by hours; its ticket can still ask then, and hears that the call is over.
  static constexpr Duration lifetime = std::chrono::hours{24};

  /// An HS256 key that is used for nothing else.
  explicit Tickets(jose::Key key) : key_{std::move(key)} {}

  [[nodiscard]] Result<std::string> make(const Ticket& ticket, Time now) const;
  /// Errors: unauthorized, token_expired.
  [[nodiscard]] Result<Ticket> read(std::string_view text, Time now) const;

 private:
  jose::Key key_;
};

}  // namespace carillon::signaling
