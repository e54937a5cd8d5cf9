#include "http/trusted_proxies.hpp"

#include "http/address.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace carillon::http {

namespace {

using boost::asio::ip::address;
using Bytes = std::array<unsigned char, 16>;

/// The bits of IPv6 before an address of IPv4 in it.
constexpr unsigned mapped_bits = 96;

Bytes bytes_of(const address& given) {
  namespace ip = boost::asio::ip;
  const ip::address_v6 wide = given.is_v4() ? ip::make_address_v6(ip::v4_mapped, given.to_v4()) : given.to_v6();
  return wide.to_bytes();
}

/// Sets all bits from the first `bits` on to 0.
Bytes masked(Bytes bytes, unsigned bits) {
  for (unsigned i = 0; i < bytes.size(); ++i) {
    const unsigned kept = std::clamp(bits, i * 8, i * 8 + 8) - i * 8;
    bytes[i] = static_cast<unsigned char>(bytes[i] & (0xff00U >> kept));
  }
  return bytes;
}

std::optional<address> parse_address(std::string_view text) {
  boost::system::error_code ec;
  const address parsed = boost::asio::ip::make_address(std::string{text}, ec);
  return ec ? std::nullopt : std::optional{plain(parsed)};
}

std::optional<unsigned> parse_number(std::string_view text, unsigned most) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number > most) return std::nullopt;
  return number;
}

}  // namespace

Result<AddressPrefix> AddressPrefix::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto base = parse_address(text.substr(0, slash));
  const bool scoped = text.find('%') != std::string_view::npos;
  const unsigned width = base && base->is_v4() ? 32 : 128;
  const auto bits = slash == std::string_view::npos ? width : parse_number(text.substr(slash + 1), width);
  if (!base || scoped || !bits) {
    return fail(Errc::bad_request, "expected an address or a prefix, as 192.0.2.1, 10.0.0.0/8 or 2001:db8::/32, not '" +
                                       std::string{text} + "'");
  }
  if (*bits == 0) {
    return fail(Errc::bad_request,
                "'" + std::string{text} + "' is everybody, and whoever is trusted can speak for anybody");
  }
  AddressPrefix prefix;
  prefix.bits_ = *bits + 128 - width;
  prefix.bytes_ = masked(bytes_of(*base), prefix.bits_);
  prefix.text_ = std::string{text};
  if (prefix.bytes_ != bytes_of(*base)) {
    return fail(Errc::bad_request, "'" + std::string{text} + "': the address goes on behind its prefix");
  }
  return prefix;
}

bool AddressPrefix::contains(const address& given) const {
  if (plain(given).is_v4() && bits_ <= mapped_bits) return false;  // ::/8 has no IPv4 in it
  return masked(bytes_of(given), bits_) == bytes_;
}

bool TrustedProxies::contains(const address& given) const {
  return std::any_of(prefixes_.begin(), prefixes_.end(),
                     [&](const AddressPrefix& prefix) { return prefix.contains(given); });
}

TrustedProxies::Client TrustedProxies::client_of(const address& peer, const Headers& headers) const {
  const std::vector<std::string_view> hops = headers.tokens("X-Forwarded-For");
  Client client{plain(peer), false};
  for (auto hop = hops.rbegin(); hop != hops.rend(); ++hop) {
    const auto from = parse_peer(*hop);
    if (!from) return {client.address, false};
    client = {*from, true};
    if (!contains(*from)) break;
  }
  return client;
}

std::optional<address> parse_peer(std::string_view text) {
  if (const auto alone = parse_address(text)) return alone;
  std::string_view host = text;
  const std::size_t bracket = text.find(']');
  if (text.starts_with('[') && bracket != std::string_view::npos) {
    host = text.substr(1, bracket - 1);
    text.remove_prefix(bracket + 1);
    if (text.empty()) return parse_address(host);
  } else {
    host = text.substr(0, text.find(':'));
    text.remove_prefix(host.size());
  }
  constexpr unsigned last_port = 65'535;
  if (!text.starts_with(':') || !parse_number(text.substr(1), last_port)) return std::nullopt;
  return parse_address(host);
}

}  // namespace carillon::http
