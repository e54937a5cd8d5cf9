// How often each address may do something (address.hpp says what one address is). Time is an argument. Pure.
#pragma once

#include "base/token_bucket.hpp"
#include "http/address.hpp"

#include <cstddef>
#include <optional>
#include <unordered_map>

namespace carillon::http {

class AddressRate {
 public:
  /// More addresses than this are not kept for long. With the old ones there are twice as many at most, 3 MB.
  static constexpr std::size_t addresses_max = 16 * 1024;

  /// So often a second, and `burst` at once. Both are more than 0.
  AddressRate(double per_second, double burst);

  /// One more of this address. Else nothing is counted, and it says after which time there will be one.
  [[nodiscard]] std::optional<Duration> take(const boost::asio::ip::address& address, Time now);
  [[nodiscard]] std::size_t addresses() const { return young_.size() + old_.size(); }

 private:
  using Buckets = std::unordered_map<AddressKey, TokenBucket, AddressKeyHash>;

  TokenBucket& bucket_of(const AddressKey& key);

  double per_second_;
  double burst_;
  Duration refill_;  // an empty bucket is full again, and need not be remembered
  Buckets young_;    // taken from since young_since_
  Buckets old_;      // before
  std::optional<Time> young_since_;
};

}  // namespace carillon::http
