// Addresses of peers, as limits see them. Pure.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstddef>
#include <cstdint>

namespace carillon::http {

/// 192.0.2.1 for ::ffff:192.0.2.1, which is how a socket for both families shows peers of IPv4.
[[nodiscard]] boost::asio::ip::address plain(const boost::asio::ip::address& given);

/// Also ::ffff:127.0.0.1.
[[nodiscard]] bool is_loopback(const boost::asio::ip::address& address);

/// Whom an address is counted for. One of IPv6 stands for its /64, which is what one customer has.
struct AddressKey {
  std::uint64_t prefix = 0;
  bool is_v6 = false;

  AddressKey() = default;
  explicit AddressKey(const boost::asio::ip::address& address);
  bool operator==(const AddressKey&) const = default;
};

/// Seeded: nobody can choose addresses that fall into one bucket of a table.
class AddressKeyHash {
 public:
  AddressKeyHash();
  [[nodiscard]] std::size_t operator()(const AddressKey& key) const;

 private:
  std::uint64_t seed_;
};

}  // namespace carillon::http
