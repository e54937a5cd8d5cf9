#include "signaling/device.hpp"

#include "jose/base64url.hpp"

#include <openssl/sha.h>

#include <array>

#include <utility>

namespace carillon::signaling {

namespace {

/// What stands before the label, with which only the ids of this user's devices begin: the first slash ends it.
std::string prefix_of(const UserId& user) {
  std::string prefix;
  for (const char c : user.str()) {
    switch (c) {
      case '%': prefix += "%25"; break;
      case '/': prefix += "%2F"; break;
      default: prefix += c;
    }
  }
  return prefix + '/';
}

}  // namespace

DeviceId device_id(const UserId& user, const std::string& claimed) { return DeviceId{prefix_of(user) + claimed}; }

std::string device_label(const UserId& user, const DeviceId& device) {
  const std::string prefix = prefix_of(user);
  return device.str().starts_with(prefix) ? device.str().substr(prefix.size()) : device.str();
}

std::string resume_hash_of(const std::string& token) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), digest.data());
  return jose::base64url_encode({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

void Device::attach(std::shared_ptr<http::WebSocket> socket, Secret resume_token, std::string used_hash) {
  socket_ = std::move(socket);
  resume_token_ = std::move(resume_token);
  resume_hash_ = resume_hash_of(resume_token_.reveal());
  used_hash_ = std::move(used_hash);
}

void Device::restore(std::string resume_hash, std::string used_hash) {
  resume_hash_ = std::move(resume_hash);
  used_hash_ = std::move(used_hash);
}

void Device::send_again(Time now) {
  for (auto asked = requests_.begin(); asked != requests_.end();) {
    const auto next = std::next(asked);
    if (asked->second.wanted && !asked->second.wanted()) {
      finish(asked, fail(Errc::conflict, "what was asked about is gone"));
    } else {
      asked->second.until = now + answer_timeout_;
      send(asked->second.frame);
    }
    asked = next;
  }
}

void Device::send(std::string_view frame) {
  if (socket_) socket_->send(frame);
}

void Device::notify(std::string_view method, const json::object& data) {
  if (socket_) socket_->send(protocol::encode_notification(method, data));
}

void Device::request(std::string_view method, const json::object& data, Time now, Answer answer,
                     std::function<bool()> wanted) {
  const std::uint64_t id = next_request_++;
  Asked request{protocol::encode_request(id, method, data), std::move(answer), now + answer_timeout_,
                std::move(wanted)};
  const Asked& asked = requests_.emplace(id, std::move(request)).first->second;
  send(asked.frame);
}

bool Device::on_response(protocol::Response response) {
  const auto asked = requests_.find(response.id);
  if (asked == requests_.end()) return false;
  if (response.ok) {
    finish(asked, std::move(response.data));
  } else {
    finish(asked, fail(Errc::forbidden, std::move(response.error_reason)));
  }
  return true;
}

void Device::expire_requests(Time now) {
  if (!socket_) return;
  for (auto asked = requests_.begin(); asked != requests_.end();) {
    const auto next = std::next(asked);
    if (asked->second.until <= now) finish(asked, fail(Errc::timeout, "the client did not answer"));
    asked = next;
  }
}

void Device::fail_requests(const Error& error) {
  while (!requests_.empty()) finish(requests_.begin(), error);
}

void Device::finish(std::map<std::uint64_t, Asked>::iterator asked, Result<json::object> result) {
  const Answer answer = std::move(asked->second.answer);
  requests_.erase(asked);
  answer(std::move(result));
}

}  // namespace carillon::signaling
