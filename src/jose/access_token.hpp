// Access tokens: a JWT made by the app's backend, or by us for `--dev` and `carillon token`.
// docs/protocol.md lists the claims and the error codes.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "jose/key_set.hpp"

namespace carillon::jose {

/// What the bearer may do with calls. An absent `calls` claim grants all; an absent member of it does too.
struct CallGrants {
  bool start = true;                           // start-call and invite
  bool accept = true;                          // accept-call and join-call
  bool publish = true;                         // produce audio and video
  bool moderate = false;                       // end a call for everyone; absent means no
  std::optional<std::vector<std::string>> to;  // whom start-call and invite may name; absent: anybody
  std::optional<std::size_t> max;              // calls the user may have going at once as their caller; absent: any

  bool operator==(const CallGrants&) const = default;
};

struct Claims {
  std::string user;                   // sub: 1 to 128 bytes
  std::string name;                   // name: at most 128 bytes; the user id when absent
  std::optional<std::string> device;  // device: 1 to 128 bytes
  Time expires_at{};
  std::optional<Time> not_before;
  std::optional<Time> issued_at;
  CallGrants calls;

  bool operator==(const Claims&) const = default;
};

/// Both directions: how far the clocks of backend and server may be apart.
inline constexpr Duration clock_skew = std::chrono::seconds(60);
/// A token with all claims but `calls.to` at their largest is below 2 KiB in HS256, and RS256 of 8192 bits adds 1.4
/// KiB. What is left holds more than a hundred short user ids.
inline constexpr std::size_t token_bytes_max = 8 * 1024;

/// Errc::token_expired, Errc::token_not_yet_valid, and Errc::unauthorized for all else. The detail is for the
/// client (`exp 1767225600 is past; server time is 1767225720`) and never holds a part of the token or a key.
/// `key`, if given, becomes the name of the key that has signed it (KeySet::name_of).
[[nodiscard]] Result<Claims> verify_access_token(std::string_view token, const KeySet& keys, Time now,
                                                 std::string* key = nullptr);

/// Makes a token of these claims, with any key that can sign. Times are written in whole seconds, which every reader of
/// tokens understands: `exp` and `iat` rounded down and `nbf` up, so that it is never good for longer than the claims
/// say.
[[nodiscard]] Result<std::string> sign_access_token(const Claims& claims, const Key& key);

}  // namespace carillon::jose
