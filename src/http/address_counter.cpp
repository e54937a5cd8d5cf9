#include "http/address_counter.hpp"

#include <utility>

namespace carillon::http {

using boost::asio::ip::address;

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
  place.key_ = AddressKey{given};
  place.number_ = ++counts_[place.key_];
  place.counter_ = shared_from_this();
  return place;
}

std::size_t AddressCounter::count(const address& given) const {
  const auto found = counts_.find(AddressKey{given});
  return found == counts_.end() ? 0 : found->second;
}

}  // namespace carillon::http
