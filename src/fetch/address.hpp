// Which IP addresses are somebody's inside: never reached on behalf of a stranger. Pure.
#pragma once

#include <string_view>

struct sockaddr;

namespace carillon::fetch {

/// True for a unicast address of the public internet. False for loopback, private, link-local, shared (RFC 6598),
/// multicast, documentation and reserved ranges of IPv4 and IPv6 (the IANA special-purpose registries, RFC 6890), for
/// IPv4 addresses of that kind inside IPv6 ones (mapped, 6to4, NAT64), and for everything that is neither IPv4 nor
/// IPv6.
[[nodiscard]] bool is_public(const sockaddr& address);
/// The same of an address as text, "192.0.2.1" or "2001:db8::1"; false if it is none.
[[nodiscard]] bool is_public(std::string_view address);

}  // namespace carillon::fetch
