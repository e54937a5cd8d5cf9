// RFC 6455 frames: bytes to messages and back, for the server's side and without extensions. No socket in here.
// Why it is our own: docs/decisions/0001-own-websocket-framing.md.
#pragma once

#include "base/utf8.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace carillon::http {

/// What the decoder found. Views live until the next call of next(), and no longer than the bytes given to it.
struct DecodedFrame {
  enum class Kind {
    need_more,  // all bytes are taken
    text,       // a whole message
    ping,
    pong,
    close,  // code is 1005 when the peer gave none
    error,  // the connection must fail with this code; the decoder takes nothing after it
  };
  Kind kind = Kind::need_more;
  std::string_view payload;  // text, ping, pong; the reason of close; for error what was wrong
  std::uint16_t code = 0;    // close, error
};

/// Frames of a client, which are masked. Holds memory only while a frame or a fragmented message is incomplete.
class WebSocketDecoder {
 public:
  explicit WebSocketDecoder(std::size_t message_bytes_max);
  ~WebSocketDecoder();

  /// Takes one frame from the front of the bytes, which it unmasks in place; call until need_more. A message that
  /// arrives whole is not copied.
  [[nodiscard]] DecodedFrame next(char*& begin, char* end);

  /// Bytes held for what is incomplete: however the bytes come, never more than the largest message and 256, which
  /// are for a control frame inside it and to know where we are.
  [[nodiscard]] std::size_t held_bytes() const;

 private:
  struct Pending;

  struct Header {
    std::uint8_t opcode = 0;
    bool final = false;
    std::uint8_t extended = 0;  // bytes of the extended length: 0, 2 or 8
    char mask[4] = {};
    std::uint64_t length = 0;
  };

  /// At most one frame; need_more with bytes left is a fragment taken.
  [[nodiscard]] DecodedFrame step(char*& begin, char* end);
  [[nodiscard]] std::string_view first_bytes_fault(std::uint8_t first, std::uint8_t second) const;
  [[nodiscard]] static std::size_t header_size(std::uint8_t second);
  [[nodiscard]] static Header parse_header(const char* bytes);
  [[nodiscard]] DecodedFrame start_payload(const Header& header, char*& begin, char* end);
  [[nodiscard]] DecodedFrame continue_payload(char*& begin, char* end);
  [[nodiscard]] DecodedFrame finish_control(std::uint8_t opcode, std::string_view payload);
  [[nodiscard]] DecodedFrame error(std::uint16_t code, std::string_view text);
  Pending& pending();

  std::size_t message_bytes_max_;
  std::unique_ptr<Pending> pending_;  // null while nothing is incomplete
  bool failed_ = false;
};

/// Appends one unmasked text frame.
void append_text_frame(std::string& out, std::string_view text);
void append_ping_frame(std::string& out, std::string_view payload = {});
void append_pong_frame(std::string& out, std::string_view payload);
/// code 1005: a close frame without a code. The reason is cut to 123 bytes, at a character.
void append_close_frame(std::string& out, std::uint16_t code, std::string_view reason = {});

/// Codes that may be in a close frame (RFC 6455 section 7.4 and IANA's list).
[[nodiscard]] bool is_valid_close_code(std::uint16_t code);

/// XORs with the mask, whose first byte belongs to the payload's byte `offset`. Exposed for its test and bench.
void unmask(char* data, std::size_t size, const char mask[4], std::size_t offset = 0);

}  // namespace carillon::http
