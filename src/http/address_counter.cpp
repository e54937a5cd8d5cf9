#include "http/address_counter.hpp"

#include <random>
#include <utility>

namespace carillon::http {

namespace {

using boost::asio::ip::address;

/// A socket for both families shows IPv4 peers as ::ffff:192.0.2.1.
address plain(const address& given) {
  if (!given.is_v6() || !given.to_v6().is_v4_mapped()) return given;
  return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, given.to_v6());
}

std::uint64_t random_seed() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

}  // namespace

AddressCounter::AddressCounter() : counts_{16, Hash{random_seed()}} {}

AddressCounter::Place& AddressCounter::Place::operator=(Place&& other) noexcept {
  if (this == &other) return *this;
  release();
  counter_ = std::move(other.counter_);
  key_ = other.key_;
  number_ = other.number_;
  return *this;
}

void AddressCounter::Place::release() {
  const auto counter = std::exchange(counter_, nullptr);
  if (!counter) return;
  const auto found = counter->counts_.find(key_);
  if (--found->second == 0) counter->counts_.erase(found);
}

AddressCounter::Place AddressCounter::take(const address& given) {
  Place place;
  place.key_ = key_of(given);
  place.number_ = ++counts_[place.key_];
  place.counter_ = shared_from_this();
  return place;
}

std::size_t AddressCounter::count(const address& given) const {
  const auto found = counts_.find(key_of(given));
  return found == counts_.end() ? 0 : found->second;
}

AddressCounter::Key AddressCounter::key_of(const address& given) {
  const address one = plain(given);
  if (one.is_v4()) return {one.to_v4().to_uint(), false};
  Key key{0, true};
  const auto bytes = one.to_v6().to_bytes();
  for (std::size_t i = 0; i < 8; ++i) key.prefix = key.prefix << 8 | bytes[i];
  return key;
}

/// The finalizer of splitmix64.
std::size_t AddressCounter::Hash::operator()(const Key& key) const {
  std::uint64_t x = key.prefix + seed + (key.is_v6 ? 0x9e3779b97f4a7c15 : 0);
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

bool is_loopback(const address& given) { return plain(given).is_loopback(); }

}  // namespace carillon::http
