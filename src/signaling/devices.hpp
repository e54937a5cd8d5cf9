// All devices that are connected or may come back, by id and by resume token. Also runs the deadlines of what we asked.
#pragma once

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/timer.hpp"
#include "signaling/device.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

namespace carillon::signaling {

using DevicePtr = std::shared_ptr<Device>;

class Devices {
 public:
  /// `clock` and `random` must outlive it.
  Devices(boost::asio::any_io_executor executor, const Clock& clock, Random& random, Duration answer_timeout);

  /// The device with this id, made if there is none; its identity is what the newest token says.
  DevicePtr admit(Identity identity);
  /// nullptr: no such device.
  [[nodiscard]] DevicePtr find(const DeviceId& id) const;
  /// nullptr: nobody's, or void. Tokens carry 192 random bits and are looked up by their hash.
  [[nodiscard]] DevicePtr find_by_resume_token(const std::string& token) const;

  /// One that a process before this had, with the token that it gave.
  void restore(Identity identity, const std::string& resume_hash, const std::string& used_hash);
  /// Gives the device this socket and a new resume token. The tokens before are void, but for the one that it has
  /// `used` to come (empty: none): a device that loses its socket before it has read the new one must use that again.
  void attach(const DevicePtr& device, std::shared_ptr<http::WebSocket> socket, const std::string& used);
  /// The device has read its new resume token: the one that it has used is void.
  void has_read_token(const DevicePtr& device);
  /// Asks the device (Device::request) and sees to the deadline.
  std::uint64_t request(const DevicePtr& device, std::string_view method, const json::object& data,
                        Device::Answer answer, std::function<bool()> wanted);
  /// Its resume token is void, what it was asked fails.
  void forget(const DeviceId& id);

  /// Other resume tokens than before are good for it.
  std::function<void(const Device&)> on_tokens;
  std::function<void(const DeviceId&)> on_forgotten;

  [[nodiscard]] std::size_t connected_count() const;
  [[nodiscard]] const std::unordered_map<DeviceId, DevicePtr>& all() const { return devices_; }

 private:
  void let_in_by_tokens(const DevicePtr& device);
  void void_tokens(const Device& device);
  void watch_deadlines();

  const Clock& clock_;
  Random& random_;
  Duration answer_timeout_;
  std::unordered_map<DeviceId, DevicePtr> devices_;
  std::unordered_map<std::string, DevicePtr> by_resume_hash_;
  Timer timer_;
  bool watching_ = false;
};

}  // namespace carillon::signaling
