// Proxies before this server that are believed when they say for whom they speak, in X-Forwarded-For. Pure.
#pragma once

#include "base/result.hpp"
#include "http/message.hpp"

#include <array>
#include <boost/asio/ip/address.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::http {

/// All addresses that begin with the same bits.
class AddressPrefix {
 public:
  /// "192.0.2.1", "10.0.0.0/8", "2001:db8::/32". Refused are bits behind the prefix, and the prefix of all addresses.
  [[nodiscard]] static Result<AddressPrefix> parse(std::string_view text);

  [[nodiscard]] bool contains(const boost::asio::ip::address& address) const;
  /// As it was given.
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::array<unsigned char, 16> bytes_{};  // of IPv6; IPv4 is ::ffff:192.0.2.1 in it
  unsigned bits_ = 128;
  std::string text_;
};

class TrustedProxies {
 public:
  TrustedProxies() = default;
  explicit TrustedProxies(std::vector<AddressPrefix> prefixes) : prefixes_{std::move(prefixes)} {}

  [[nodiscard]] bool contains(const boost::asio::ip::address& address) const;
  [[nodiscard]] const std::vector<AddressPrefix>& prefixes() const { return prefixes_; }

  struct Client {
    boost::asio::ip::address address;
    /// False: nobody has said. It is then the proxy that should have.
    bool is_known = true;
  };
  /// For whom `peer`, one of them, hands on a request: the last address in X-Forwarded-For that is none of theirs. What
  /// stands before it may be of anybody's making. When all of them are ours, the first.
  [[nodiscard]] Client client_of(const boost::asio::ip::address& peer, const Headers& headers) const;

 private:
  std::vector<AddressPrefix> prefixes_;
};

/// An address, with or without a port: "192.0.2.1:4711", "2001:db8::1", "[2001:db8::1]:4711". nullopt: it is none.
[[nodiscard]] std::optional<boost::asio::ip::address> parse_peer(std::string_view text);

}  // namespace carillon::http
