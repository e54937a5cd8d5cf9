#include "http/address.hpp"

#include <random>

namespace carillon::http {

using boost::asio::ip::address;

address plain(const address& given) {
  if (!given.is_v6() || !given.to_v6().is_v4_mapped()) return given;
  return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, given.to_v6());
}

bool is_loopback(const address& given) { return plain(given).is_loopback(); }

AddressKey::AddressKey(const address& given) {
  const address one = plain(given);
  is_v6 = one.is_v6();
  if (!is_v6) {
    prefix = one.to_v4().to_uint();
    return;
  }
  const auto bytes = one.to_v6().to_bytes();
  for (std::size_t i = 0; i < 8; ++i) prefix = prefix << 8 | bytes[i];
}

AddressKeyHash::AddressKeyHash() {
  std::random_device device;
  seed_ = std::uint64_t{device()} << 32 | device();
}

/// The finalizer of splitmix64.
std::size_t AddressKeyHash::operator()(const AddressKey& key) const {
  std::uint64_t x = key.prefix + seed_ + (key.is_v6 ? 0x9e3779b97f4a7c15 : 0);
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

}  // namespace carillon::http
