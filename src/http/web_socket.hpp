// One WebSocket as the rest of the server sees it: text in, text out, and why it closed. An interface, so that
// tests give a fake. Frames are web_socket_codec.hpp, the socket is web_socket_connection.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace carillon::http {

struct CloseInfo {
  /// The peer's code when it sent one (1005: a close frame without code), ours when we closed, 1006 when the
  /// connection just ended (RFC 6455 section 7.4.1).
  std::uint16_t code = 1006;
  /// A closing handshake took place, whoever began it.
  bool clean = false;
  std::string reason;
  /// We began it: `code` is ours, whatever the peer has done since.
  bool by_us = false;
};

namespace close_code {
inline constexpr std::uint16_t normal = 1000;
inline constexpr std::uint16_t going_away = 1001;
inline constexpr std::uint16_t protocol_error = 1002;
inline constexpr std::uint16_t unsupported_data = 1003;
inline constexpr std::uint16_t no_status = 1005;  // never on the wire
inline constexpr std::uint16_t abnormal = 1006;   // never on the wire
inline constexpr std::uint16_t invalid_text = 1007;
inline constexpr std::uint16_t policy_violation = 1008;
inline constexpr std::uint16_t too_large = 1009;
inline constexpr std::uint16_t internal_error = 1011;
inline constexpr std::uint16_t service_restart = 1012;  // gone and back at once
inline constexpr std::uint16_t try_again_later = 1013;
inline constexpr std::uint16_t do_not_reconnect = 4000;  // protoo's
}  // namespace close_code

/// All functions are for the thread of the io_context. None of them calls the handler before it returns.
class WebSocket {
 public:
  virtual ~WebSocket() = default;

  /// Queues one text message, which must be UTF-8. All that is queued in one turn of the loop leaves in one write.
  /// After close, or when the socket is gone, it does nothing. A queue above its limit ends the connection
  /// (on_closed with 1008, not clean).
  virtual void send(std::string_view text) = 0;

  /// Begins the closing handshake: what is queued still goes out, then the close frame. on_message is not called
  /// again; on_closed is, when the peer has answered or the deadline has passed. A reason has at most 123 bytes
  /// and is cut at a character when longer. A code that may not be sent becomes 1011.
  virtual void close(std::uint16_t code, std::string_view reason = {}) = 0;

  /// Queues a ping with a payload of 1 to 125 bytes (RFC 6455 section 5.5.2); on_pong comes when the peer has read all
  /// that was sent before.
  virtual void ping(std::string_view payload) = 0;

  /// Bytes queued and not yet taken by the kernel.
  [[nodiscard]] virtual std::size_t buffered_bytes() const = 0;
  [[nodiscard]] virtual bool is_open() const = 0;
  /// "192.0.2.1:4711"; not for logs at info.
  [[nodiscard]] virtual std::string remote_address() const = 0;
};

/// The user of a socket. The connection holds its handler until on_closed has returned, so a handler may hold
/// the socket: the circle ends there.
class WebSocketHandler {
 public:
  virtual ~WebSocketHandler() = default;

  /// First of all, once. What is sent in here leaves in the same write as the answer to the upgrade.
  virtual void on_open(std::shared_ptr<WebSocket> socket) = 0;
  /// A whole text message, valid UTF-8, at most message_bytes_max. The view is good for this call only.
  virtual void on_message(std::string_view text) = 0;
  /// The answer to ping(). A peer may send pongs unasked; those without payload are not told of.
  virtual void on_pong(std::string_view) {}
  /// Last of all, once, whatever happened.
  virtual void on_closed(const CloseInfo& info) = 0;
};

struct WebSocketConfig {
  /// Largest message, over all its fragments; above it 1009. An SDP-sized produce request is near 4 KiB.
  std::size_t message_bytes_max = 64 * 1024;
  /// A peer that lets this much pile up does not read: it is closed. More is never held for it.
  std::size_t send_queue_bytes_max = 1024 * 1024;
  /// Silence after which we ping, and after which the peer is dead.
  Duration ping_after = std::chrono::seconds(15);
  Duration dead_after = std::chrono::seconds(30);
  /// How long the peer has to answer our close frame.
  Duration close_timeout = std::chrono::seconds(3);
};

}  // namespace carillon::http
