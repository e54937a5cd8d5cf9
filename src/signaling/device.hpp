// A device from its first session until it is forgotten: who it is, its socket while it has one, and what we asked it.
// A session may drop and resume; requests that were not answered are sent again then.
#pragma once

#include "base/id.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "base/time.hpp"
#include "http/web_socket.hpp"
#include "jose/access_token.hpp"
#include "protocol/frame.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace carillon::signaling {

namespace json = boost::json;

struct Identity {
  UserId user;
  std::string name;
  /// Unique in the server, and the peer id in rooms.
  DeviceId device;
  jose::CallGrants grants;
  /// Names the key that has signed the token.
  std::string key = {};
};

/// Two users may both call a device of theirs "phone": inside, its id carries the user, in whom `%` and `/` are
/// escaped, so that no two users have the same id for any devices.
[[nodiscard]] DeviceId device_id(const UserId& user, const std::string& claimed);
/// The longest of them: a user of 128 bytes, each escaped as three, a slash, and a label of 128.
inline constexpr std::size_t device_id_bytes_max = 3 * 128 + 1 + 128;
/// As the user calls it: `deviceId` on the wire.
[[nodiscard]] std::string device_label(const UserId& user, const DeviceId& device);

/// SHA-256, base64url. Looking tokens up by hash takes the same time for all wrong ones, and a hash opens nothing.
[[nodiscard]] std::string resume_hash_of(const std::string& token);

/// What is asked after the `welcome` of a resumed session, so that the pong says that it has been read.
inline constexpr std::string_view welcome_ping = "welcome";

class Device {
 public:
  using Answer = std::function<void(Result<json::object>)>;

  Device(Identity identity, Duration answer_timeout)
      : identity_{std::move(identity)}, answer_timeout_{answer_timeout} {}
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  [[nodiscard]] const Identity& identity() const { return identity_; }
  [[nodiscard]] const DeviceId& id() const { return identity_.device; }
  [[nodiscard]] const UserId& user() const { return identity_.user; }
  /// Empty after a restart of the server, until it resumes.
  [[nodiscard]] const Secret& resume_token() const { return resume_token_; }
  /// What its token is known by; see resume_hash_of().
  [[nodiscard]] const std::string& resume_hash() const { return resume_hash_; }
  /// Of the token that it has resumed with, which stays good until the device has read the new one; else empty.
  [[nodiscard]] const std::string& used_hash() const { return used_hash_; }
  [[nodiscard]] const std::shared_ptr<http::WebSocket>& socket() const { return socket_; }

  /// A new token of the same user may carry another name and other grants.
  void update(Identity identity) { identity_ = std::move(identity); }
  void attach(std::shared_ptr<http::WebSocket> socket, Secret resume_token, std::string used_hash);
  /// It was given its token by a process that is gone.
  void restore(std::string resume_hash, std::string used_hash);
  void forget_used_token() { used_hash_.clear(); }
  void detach() { socket_.reset(); }
  /// After `welcome`: what was asked before and not answered.
  void send_again(Time now);

  /// Nothing happens while there is no socket: after a resume the device learns the state from `welcome`.
  void send(std::string_view frame);
  void notify(std::string_view method, const json::object& data);

  /// `answer` is called once: with the client's data, its refusal (forbidden), or timeout, or unavailable when the
  /// device is forgotten. Waits for a resume while there is no socket; what is not `wanted` any more by then is not
  /// asked again, and fails (conflict). Void: always wanted. So does what comes when too much waits (unavailable), at
  /// once. The id is for cancel().
  std::uint64_t request(std::string_view method, const json::object& data, Time now, Answer answer,
                        std::function<bool()> wanted = {});
  /// The answer does not matter any more: it fails (conflict). Nothing happens when it is here already.
  void cancel(std::uint64_t request);
  /// False: nobody waits for that, and nobody has waited for what may have been meant. Such an answer is an attack.
  bool on_response(protocol::Response response);
  void expire_requests(Time now);
  void fail_requests(const Error& error);
  [[nodiscard]] std::size_t open_requests() const { return requests_.size(); }

  /// mediasoup-demo's newer clients take statistics in an object, the others as an array. Learned from what it asks.
  bool newer_dialect = false;
  bool watches_presence = false;
  /// It has read the history of calls, and wants to hear when that changes.
  bool watches_history = false;
  /// It says by itself that it rings (`ringing`). Of the others we ask whether they have read what we sent.
  bool confirms_ringing = false;
  /// When it last said something.
  Time active_at;

 private:
  struct Asked {
    std::string frame;
    Answer answer;
    Time until;
    std::function<bool()> wanted;
  };
  void finish(std::map<std::uint64_t, Asked>::iterator asked, Result<json::object> result);

  Identity identity_;
  Duration answer_timeout_;
  Secret resume_token_;
  std::string resume_hash_;
  std::string used_hash_;
  std::shared_ptr<http::WebSocket> socket_;
  std::uint64_t next_request_ = 1;
  std::map<std::uint64_t, Asked> requests_;
  std::size_t request_bytes_ = 0;  // of their frames
  std::size_t late_answers_ = 0;   // that may come yet, though nobody waits for them
};

}  // namespace carillon::signaling
