// What one address may open: so many connections at once, and so many new ones a second. Time is an argument. Pure.
#pragma once

#include "base/time.hpp"
#include "http/address_counter.hpp"
#include "http/address_rate.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace carillon::http {

class AddressLimits {
 public:
  struct Config {
    std::size_t at_once = 0;     // 0: no limit
    std::size_t per_second = 0;  // the same
    /// The limit holds for this machine, too.
    bool loopback_at_once = false;
    bool loopback_per_second = false;
  };

  explicit AddressLimits(const Config& config);

  enum class Verdict : std::uint8_t { welcome, too_many, too_often };
  struct Entry {
    Verdict verdict = Verdict::welcome;
    /// To be held as long as the connection is open, refused or not.
    AddressCounter::Place place;
  };
  [[nodiscard]] Entry enter(const boost::asio::ip::address& address, Time now);

  struct Refused {
    std::uint64_t too_many = 0;  // since the start
    std::uint64_t too_often = 0;
  };
  [[nodiscard]] const Refused& refused() const { return refused_; }

 private:
  Config config_;
  std::shared_ptr<AddressCounter> counter_ = std::make_shared<AddressCounter>();
  std::optional<AddressRate> rate_;
  Refused refused_;
};

/// What a refused peer is told; a literal.
[[nodiscard]] std::string_view reason_of(AddressLimits::Verdict verdict);

}  // namespace carillon::http
