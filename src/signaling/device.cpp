#include "signaling/device.hpp"

#include "jose/base64url.hpp"

#include <openssl/sha.h>

#include <array>

#include <utility>

namespace carillon::signaling {
namespace {

/// Of a client that does not answer, or is away. Joining a call of 64 people asks for some 150 consumers, of 1 to 3 kB.
constexpr std::size_t open_requests_max = 256;
/// Half the queue of a socket (http::WebSocketConfig), since all of them are sent again after a resume.
constexpr std::size_t open_request_bytes_max = 512 * 1024;

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
  late_answers_ = 0;
}

void Device::restore(std::string resume_hash, std::string used_hash) {
  resume_hash_ = std::move(resume_hash);
  used_hash_ = std::move(used_hash);
}

void Device::send_again(Time now) {
  for (auto asked = requests_.begin(); asked != requests_.end();) {
    const std::uint64_t id = asked->first;
    if (asked->second.wanted && !asked->second.wanted()) {
      finish(asked, fail(Errc::conflict, "what was asked about is gone"));
    } else {
      asked->second.until = now + answer_timeout_;
      send(asked->second.frame);
    }
    asked = requests_.upper_bound(id);  // an answer may have canceled others
  }
}

void Device::send(std::string_view frame) {
  if (socket_) socket_->send(frame);
}

void Device::notify(std::string_view method, const json::object& data) {
  if (socket_) socket_->send(protocol::encode_notification(method, data));
}

std::uint64_t Device::request(std::string_view method, const json::object& data, Time now, Answer answer,
                              std::function<bool()> wanted) {
  const std::uint64_t id = next_request_++;
  Asked request{protocol::encode_request(id, method, data), std::move(answer), now + answer_timeout_,
                std::move(wanted)};
  if (requests_.size() >= open_requests_max || request_bytes_ + request.frame.size() > open_request_bytes_max) {
    request.answer(fail(Errc::unavailable, "too many requests wait for this device"));
    return id;
  }
  request_bytes_ += request.frame.size();
  const Asked& asked = requests_.emplace(id, std::move(request)).first->second;
  send(asked.frame);
  return id;
}

void Device::cancel(std::uint64_t request) {
  const auto asked = requests_.find(request);
  if (asked == requests_.end()) return;
  if (socket_) ++late_answers_;
  finish(asked, fail(Errc::conflict, "what was asked about is gone"));
}

bool Device::on_response(protocol::Response response) {
  const auto asked = requests_.find(response.id);
  if (asked == requests_.end()) {
    if (late_answers_ == 0) return false;
    --late_answers_;
    return true;
  }
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
    const std::uint64_t id = asked->first;
    if (asked->second.until <= now) {
      ++late_answers_;
      finish(asked, fail(Errc::timeout, "the client did not answer"));
    }
    asked = requests_.upper_bound(id);
  }
}

void Device::fail_requests(const Error& error) {
  while (!requests_.empty()) finish(requests_.begin(), error);
}

void Device::finish(std::map<std::uint64_t, Asked>::iterator asked, Result<json::object> result) {
  const Answer answer = std::move(asked->second.answer);
  request_bytes_ -= asked->second.frame.size();
  requests_.erase(asked);
  answer(std::move(result));
}

}  // namespace carillon::signaling
