#include "signaling/devices.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace carillon::signaling {
namespace {

/// Deadlines of requests are some tens of seconds: looking once a second is exact enough.
constexpr std::chrono::seconds look_every{1};
constexpr std::size_t resume_token_bytes = 24;

}  // namespace

Devices::Devices(boost::asio::any_io_executor executor, const Clock& clock, Random& random, Duration answer_timeout)
    : clock_{clock}, random_{random}, answer_timeout_{answer_timeout}, timer_{std::move(executor)} {}

DevicePtr Devices::admit(Identity identity) {
  const DeviceId id = identity.device;
  DevicePtr& device = devices_[id];
  if (device) {
    device->update(std::move(identity));
  } else {
    device = std::make_shared<Device>(std::move(identity), answer_timeout_);
  }
  return device;
}

DevicePtr Devices::find(const DeviceId& id) const {
  const auto found = devices_.find(id);
  return found == devices_.end() ? nullptr : found->second;
}

DevicePtr Devices::find_by_resume_token(const std::string& token) const {
  const auto found = by_resume_hash_.find(resume_hash_of(token));
  return found == by_resume_hash_.end() ? nullptr : found->second;
}

void Devices::attach(const DevicePtr& device, std::shared_ptr<http::WebSocket> socket, const std::string& used) {
  void_tokens(*device);
  device->attach(std::move(socket), Secret{random_.token(resume_token_bytes)},
                 used.empty() ? std::string{} : resume_hash_of(used));
  device->active_at = clock_.now();
  let_in_by_tokens(device);
  if (on_tokens) on_tokens(*device);
}

void Devices::has_read_token(const DevicePtr& device) {
  if (device->used_hash().empty()) return;
  by_resume_hash_.erase(device->used_hash());
  device->forget_used_token();
  if (on_tokens) on_tokens(*device);
}

void Devices::restore(Identity identity, const std::string& resume_hash, const std::string& used_hash) {
  const DevicePtr device = admit(std::move(identity));
  device->restore(resume_hash, used_hash);
  let_in_by_tokens(device);
}

void Devices::let_in_by_tokens(const DevicePtr& device) {
  by_resume_hash_.emplace(device->resume_hash(), device);
  if (!device->used_hash().empty()) by_resume_hash_.emplace(device->used_hash(), device);
}

void Devices::void_tokens(const Device& device) {
  by_resume_hash_.erase(device.resume_hash());
  by_resume_hash_.erase(device.used_hash());
}

std::uint64_t Devices::request(const DevicePtr& device, std::string_view method, const json::object& data,
                               Device::Answer answer, std::function<bool()> wanted) {
  const std::uint64_t id = device->request(method, data, clock_.now(), std::move(answer), std::move(wanted));
  watch_deadlines();
  return id;
}

void Devices::forget(const DeviceId& id) {
  const auto found = devices_.find(id);
  if (found == devices_.end()) return;
  const DevicePtr device = found->second;
  devices_.erase(found);
  void_tokens(*device);
  if (on_forgotten) on_forgotten(id);
  device->fail_requests(fail(Errc::unavailable, "the device is gone"));
}

std::size_t Devices::connected_count() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(devices_, [](const auto& entry) { return entry.second->socket() != nullptr; }));
}

void Devices::watch_deadlines() {
  if (watching_) return;
  watching_ = true;
  timer_.expires_after(look_every);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    watching_ = false;
    // An answer may forget devices: look at a copy.
    std::vector<DevicePtr> asked;
    for (const auto& [id, device] : devices_) {
      if (device->open_requests() > 0) asked.push_back(device);
    }
    for (const DevicePtr& device : asked) device->expire_requests(clock_.now());
    if (!asked.empty()) watch_deadlines();
  });
}

}  // namespace carillon::signaling
