// How many connections each address has open (address.hpp says what one address is).
#pragma once

#include "http/address.hpp"

#include <cstddef>
#include <memory>
#include <unordered_map>

namespace carillon::http {

class AddressCounter : public std::enable_shared_from_this<AddressCounter> {
 public:
  /// Made by std::make_shared.
  AddressCounter() = default;

  /// One connection of an address, until it is destroyed or released. Empty: not counted.
  class Place {
   public:
    Place() = default;
    Place(Place&& other) noexcept = default;
    Place& operator=(Place&& other) noexcept;
    ~Place() { release(); }

    void release();
    /// How many of this address there were, with this one, when it was taken. Empty: 0.
    [[nodiscard]] std::size_t number() const { return number_; }

   private:
    friend class AddressCounter;
    std::shared_ptr<AddressCounter> counter_;
    AddressKey key_;
    std::size_t number_ = 0;
  };

  [[nodiscard]] Place take(const boost::asio::ip::address& address);
  [[nodiscard]] std::size_t count(const boost::asio::ip::address& address) const;
  [[nodiscard]] std::size_t addresses() const { return counts_.size(); }

 private:
  std::unordered_map<AddressKey, std::size_t, AddressKeyHash> counts_;
};

}  // namespace carillon::http
