#include "http/address_limits.hpp"

namespace carillon::http {

namespace {

/// Seconds' worth of new connections at once: an office comes back after a restart, a page asks for all its files.
constexpr double burst_seconds = 10;

}  // namespace

AddressLimits::AddressLimits(const Config& config) : config_{config} {
  const auto per_second = static_cast<double>(config.per_second);
  if (config.per_second > 0) rate_.emplace(per_second, burst_seconds * per_second);
}

AddressLimits::Entry AddressLimits::enter(const boost::asio::ip::address& address, Time now) {
  const bool local = is_loopback(address);
  Entry entry;
  if (config_.at_once > 0 && (!local || config_.loopback_at_once)) entry.place = counter_->take(address);
  const bool rated = rate_ && (!local || config_.loopback_per_second);
  if (rated && rate_->take(address, now)) {
    entry.verdict = Verdict::too_often;
    ++refused_.too_often;
  } else if (entry.place.number() > config_.at_once) {
    entry.verdict = Verdict::too_many;
    ++refused_.too_many;
  }
  return entry;
}

std::string_view reason_of(AddressLimits::Verdict verdict) {
  switch (verdict) {
    case AddressLimits::Verdict::welcome: return "";
    case AddressLimits::Verdict::too_many: return "too many connections from your address";
    case AddressLimits::Verdict::too_often: return "too many new connections from your address";
  }
  return "";
}

}  // namespace carillon::http
