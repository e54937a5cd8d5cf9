// How many connections each address has open. An address of IPv6 stands for its /64, which is what one customer has.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>

namespace carillon::http {

class AddressCounter : public std::enable_shared_from_this<AddressCounter> {
  struct Key {
    std::uint64_t prefix = 0;
    bool is_v6 = false;

    bool operator==(const Key&) const = default;
  };

 public:
  /// Made by std::make_shared.
  AddressCounter();

  /// One connection of an address, until it is destroyed or released. Empty: not counted.
  class Place {
   public:
    Place() = default;
    Place(Place&& other) noexcept = default;
    Place& operator=(Place&& other) noexcept;
    ~Place() { release(); }

    void release();
    /// How many of this address there were, with this one, when it was taken.
    [[nodiscard]] std::size_t number() const { return number_; }

   private:
    friend class AddressCounter;
    std::shared_ptr<AddressCounter> counter_;
    Key key_;
    std::size_t number_ = 0;
  };

  [[nodiscard]] Place take(const boost::asio::ip::address& address);
  [[nodiscard]] std::size_t count(const boost::asio::ip::address& address) const;
  [[nodiscard]] std::size_t addresses() const { return counts_.size(); }

 private:
  /// Seeded: nobody can choose addresses that fall into one bucket.
  struct Hash {
    std::uint64_t seed = 0;
    std::size_t operator()(const Key& key) const;
  };
  static Key key_of(const boost::asio::ip::address& address);

  std::unordered_map<Key, std::size_t, Hash> counts_;
};

/// Also ::ffff:127.0.0.1.
[[nodiscard]] bool is_loopback(const boost::asio::ip::address& address);

}  // namespace carillon::http
