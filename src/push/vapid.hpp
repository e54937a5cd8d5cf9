// Says to a push service who sends: VAPID (RFC 8292). Pure.
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "jose/key_set.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace carillon::push {

class Vapid {
 public:
  /// `key` is a P-256 pair; `subject` says whom a push service may write to: `mailto:` or `https:` (RFC 8292
  /// section 2.1; some services insist on it). Error: bad_request.
  [[nodiscard]] static Result<Vapid> make(jose::Key key, std::string subject);

  /// What pages subscribe with, `applicationServerKey`: the public key, base64url (RFC 8292 section 3.2).
  [[nodiscard]] const std::string& public_key() const { return public_key_; }

  /// The value of the Authorization header for pushes to endpoints of this origin (`https://push.example`, with its
  /// port if that is not 443). A token is good for 12 hours and used again for the first six; at most 256 origins are
  /// remembered.
  [[nodiscard]] Result<std::string> authorization(const std::string& origin, Time now);

  /// The tokens made so far are not accepted: the next ones are new.
  void forget() { tokens_.clear(); }

  static constexpr Duration token_lifetime = std::chrono::hours{12};
  static constexpr std::size_t origins_max = 256;

 private:
  struct Token {
    std::string header;
    Time renew_at;
  };
  Vapid(jose::Key key, std::string subject, std::string public_key)
      : key_{std::move(key)}, subject_{std::move(subject)}, public_key_{std::move(public_key)} {}

  jose::Key key_;
  std::string subject_;
  std::string public_key_;
  std::map<std::string, Token, std::less<>> tokens_;  // by origin
};

}  // namespace carillon::push
