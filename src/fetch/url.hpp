// The parts of an https: address that decide whom we talk to. Pure.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace carillon::fetch {

struct Url {
  bool is_https = true;
  std::string host;  ///< In small letters; an IPv6 address without its brackets.
  std::uint16_t port = 443;
  std::string text;  ///< As given.

  /// `https://push.example`, with its port if that is not the scheme's own (RFC 6454 section 6.2).
  [[nodiscard]] std::string origin() const;
};

/// Longer ones are no address of a push service: the longest in use are near 700 bytes.
inline constexpr std::size_t url_bytes_max = 2048;

/// An absolute http: or https: address with a host, without user, password and fragment, of printable ASCII. The error
/// says what is wrong and quotes nothing: an address may be a secret.
[[nodiscard]] Result<Url> parse_url(std::string_view text);

}  // namespace carillon::fetch
