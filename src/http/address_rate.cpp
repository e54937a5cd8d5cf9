#include "http/address_rate.hpp"

#include <cmath>

namespace carillon::http {

AddressRate::AddressRate(double per_second, double burst)
    : per_second_{per_second},
      burst_{burst},
      refill_{static_cast<Duration::rep>(std::ceil(burst / per_second * 1000))} {}

/// Nobody walks through all of them to find those that are full again: the old ones are, when the young ones get old.
/// Too many young ones get old before their time. Then somebody may be forgotten, who has his burst once more: whoever
/// brings that about has so many addresses that he needs no trick.
std::optional<Duration> AddressRate::take(const boost::asio::ip::address& address, Time now) {
  const bool all_refilled = young_since_ && now - *young_since_ >= refill_;
  if (!young_since_ || all_refilled || young_.size() >= addresses_max) {
    old_.swap(young_);
    young_.clear();
    young_since_ = now;
  }
  return bucket_of(AddressKey{address}).take(now);
}

TokenBucket& AddressRate::bucket_of(const AddressKey& key) {
  const auto young = young_.find(key);
  if (young != young_.end()) return young->second;
  const auto old = old_.find(key);
  const TokenBucket bucket = old == old_.end() ? TokenBucket{per_second_, burst_} : old->second;
  return young_.emplace(key, bucket).first->second;
}

}  // namespace carillon::http
