#include "http/web_socket_codec.hpp"

#include "http/web_socket.hpp"

#include <algorithm>
#include <cstring>

namespace carillon::http {

namespace {

constexpr std::uint8_t opcode_continuation = 0x0;
constexpr std::uint8_t opcode_text = 0x1;
constexpr std::uint8_t opcode_binary = 0x2;
constexpr std::uint8_t opcode_close = 0x8;
constexpr std::uint8_t opcode_ping = 0x9;
constexpr std::uint8_t opcode_pong = 0xa;

/// RFC 6455 section 5.5: a control frame's payload.
constexpr std::size_t control_bytes_max = 125;

/// Appends what makes the text no longer than `bytes_max`. A string that grows by itself doubles its room, and so would
/// hold almost twice as much as the limit allows. Even reserve() doubles where a string holds something already.
void append_within(std::string& text, std::string_view piece, std::size_t bytes_max) {
  const std::size_t size = text.size() + piece.size();
  if (size > text.capacity()) {
    std::string larger;
    larger.reserve(std::min(std::max(size, 2 * text.capacity()), bytes_max));
    larger.append(text);
    text.swap(larger);
  }
  text.append(piece);
}

constexpr bool is_control(std::uint8_t opcode) { return (opcode & 0x8) != 0; }

std::uint64_t big_endian(const char* bytes, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8 | static_cast<std::uint8_t>(bytes[i]);
  return value;
}

void append_frame(std::string& out, std::uint8_t opcode, std::string_view payload) {
  char header[10];
  std::size_t size = 2;
  header[0] = static_cast<char>(0x80 | opcode);
  std::size_t length_bytes = 0;
  if (payload.size() <= 125) {
    header[1] = static_cast<char>(payload.size());
  } else if (payload.size() <= 0xffff) {
    header[1] = 126;
    length_bytes = 2;
  } else {
    header[1] = 127;
    length_bytes = 8;
  }
  for (std::size_t i = length_bytes; i-- > 0;) header[size++] = static_cast<char>(payload.size() >> (8 * i));
  out.append(header, size);
  out.append(payload);
}

}  // namespace

struct WebSocketDecoder::Pending {
  char header[14] = {};
  std::uint8_t header_size = 0;  // bytes of an incomplete header
  bool in_payload = false;       // `frame` has been checked and its payload is coming
  bool in_message = false;       // a fragmented message is open
  bool message_done = false;     // `message` was given out by the last call
  Header frame;
  std::uint64_t received = 0;  // of the frame's payload
  std::string control;
  std::string message;
  Utf8Checker utf8;

  [[nodiscard]] bool is_idle() const { return header_size == 0 && !in_payload && !in_message; }
};

WebSocketDecoder::WebSocketDecoder(std::size_t message_bytes_max) : message_bytes_max_{message_bytes_max} {}
WebSocketDecoder::~WebSocketDecoder() = default;

WebSocketDecoder::Pending& WebSocketDecoder::pending() {
  if (!pending_) pending_ = std::make_unique<Pending>();
  return *pending_;
}

std::size_t WebSocketDecoder::held_bytes() const {
  return pending_ ? sizeof(Pending) + pending_->control.capacity() + pending_->message.capacity() : 0;
}

DecodedFrame WebSocketDecoder::error(std::uint16_t code, std::string_view text) {
  failed_ = true;
  pending_.reset();
  return {DecodedFrame::Kind::error, text, code};
}

/// The fault that the first two bytes show; empty when there is none.
std::string_view WebSocketDecoder::first_bytes_fault(std::uint8_t first, std::uint8_t second) const {
  const std::uint8_t opcode = first & 0x0f;
  const bool final = (first & 0x80) != 0;
  const bool in_message = pending_ && pending_->in_message;
  if ((first & 0x70) != 0) return "reserved bits are set";
  if (opcode > opcode_pong || (opcode > opcode_binary && opcode < opcode_close)) return "reserved opcode";
  if ((second & 0x80) == 0) return "the frame is not masked";
  if (is_control(opcode)) {
    if (!final) return "a control frame is fragmented";
    if ((second & 0x7f) > control_bytes_max) return "a control frame is too long";
  } else if (opcode == opcode_continuation) {
    if (!in_message) return "a continuation of nothing";
  } else if (in_message) {
    return "a new message inside a fragmented one";
  }
  return {};
}

std::size_t WebSocketDecoder::header_size(std::uint8_t second) {
  const std::uint8_t length = second & 0x7f;
  return 2 + (length == 126 ? 2 : length == 127 ? 8 : 0) + 4;
}

WebSocketDecoder::Header WebSocketDecoder::parse_header(const char* bytes) {
  Header header;
  const auto first = static_cast<std::uint8_t>(bytes[0]);
  const auto second = static_cast<std::uint8_t>(bytes[1]);
  header.opcode = first & 0x0f;
  header.final = (first & 0x80) != 0;
  const std::size_t size = header_size(second);
  header.extended = static_cast<std::uint8_t>(size - 6);
  header.length = header.extended == 0 ? second & 0x7f : big_endian(bytes + 2, header.extended);
  std::memcpy(header.mask, bytes + size - 4, 4);
  return header;
}

DecodedFrame WebSocketDecoder::next(char*& begin, char* end) {
  for (;;) {
    const DecodedFrame frame = step(begin, end);
    if (frame.kind != DecodedFrame::Kind::need_more || begin == end) return frame;
  }
}

DecodedFrame WebSocketDecoder::step(char*& begin, char* end) {
  if (failed_) begin = end;
  if (pending_ && pending_->message_done) {
    pending_->message_done = false;
    pending_->message.clear();
    pending_->utf8 = {};
  }
  if (pending_ && pending_->is_idle()) pending_.reset();
  if (begin == end) return {};
  if (pending_ && pending_->in_payload) return continue_payload(begin, end);

  // The header, of which an earlier piece may be in `pending_`.
  char bytes[14];
  const std::size_t before = pending_ ? pending_->header_size : 0;
  if (before > 0) std::memcpy(bytes, pending_->header, before);
  const std::size_t size = std::min(sizeof bytes, before + static_cast<std::size_t>(end - begin));
  std::memcpy(bytes + before, begin, size - before);

  if (size >= 2) {
    const auto fault = first_bytes_fault(static_cast<std::uint8_t>(bytes[0]), static_cast<std::uint8_t>(bytes[1]));
    if (!fault.empty()) return error(close_code::protocol_error, fault);
    if ((bytes[0] & 0x0f) == opcode_binary) return error(close_code::unsupported_data, "only text messages");
  }
  if (size < 2 || size < header_size(static_cast<std::uint8_t>(bytes[1]))) {
    Pending& kept = pending();
    std::memcpy(kept.header, bytes, size);
    kept.header_size = static_cast<std::uint8_t>(size);
    begin = end;
    return {};
  }
  const std::size_t whole = header_size(static_cast<std::uint8_t>(bytes[1]));
  begin += whole - before;
  if (pending_) pending_->header_size = 0;
  return start_payload(parse_header(bytes), begin, end);
}

DecodedFrame WebSocketDecoder::start_payload(const Header& header, char*& begin, char* end) {
  const bool shortest = header.extended == 0 || (header.extended == 2 ? header.length > 125 : header.length > 0xffff);
  if (!shortest || header.length >> 63 != 0) return error(close_code::protocol_error, "bad frame length");
  const bool in_message = pending_ && pending_->in_message;
  const std::uint64_t so_far = in_message && !is_control(header.opcode) ? pending_->message.size() : 0;
  if (!is_control(header.opcode) && header.length > message_bytes_max_ - so_far) {
    return error(close_code::too_large, "the message is too large");
  }

  const bool whole = static_cast<std::uint64_t>(end - begin) >= header.length;
  if (whole && (is_control(header.opcode) || (header.final && !in_message))) {
    char* const payload = begin;
    const auto size = static_cast<std::size_t>(header.length);
    begin += size;
    unmask(payload, size, header.mask);
    const std::string_view text{payload, size};
    if (is_control(header.opcode)) return finish_control(header.opcode, text);
    if (!is_utf8(text)) return error(close_code::invalid_text, "the text is not UTF-8");
    return {DecodedFrame::Kind::text, text, 0};
  }

  Pending& kept = pending();
  kept.frame = header;
  kept.in_payload = true;
  kept.received = 0;
  kept.control.clear();
  if (!is_control(header.opcode)) kept.in_message = true;
  return continue_payload(begin, end);
}

DecodedFrame WebSocketDecoder::continue_payload(char*& begin, char* end) {
  Pending& kept = *pending_;
  const auto size = static_cast<std::size_t>(
      std::min<std::uint64_t>(static_cast<std::uint64_t>(end - begin), kept.frame.length - kept.received));
  unmask(begin, size, kept.frame.mask, static_cast<std::size_t>(kept.received & 3));
  const std::string_view piece{begin, size};
  begin += size;
  kept.received += size;

  const bool control = is_control(kept.frame.opcode);
  if (control) {
    append_within(kept.control, piece, control_bytes_max);
  } else {
    if (!kept.utf8.feed(piece)) return error(close_code::invalid_text, "the text is not UTF-8");
    append_within(kept.message, piece, message_bytes_max_);
  }
  if (kept.received < kept.frame.length) return {};

  kept.in_payload = false;
  if (control) return finish_control(kept.frame.opcode, kept.control);
  if (!kept.frame.final) return {};
  kept.in_message = false;
  if (!kept.utf8.is_complete()) return error(close_code::invalid_text, "the text is not UTF-8");
  kept.message_done = true;
  return {DecodedFrame::Kind::text, kept.message, 0};
}

DecodedFrame WebSocketDecoder::finish_control(std::uint8_t opcode, std::string_view payload) {
  if (opcode == opcode_ping) return {DecodedFrame::Kind::ping, payload, 0};
  if (opcode == opcode_pong) return {DecodedFrame::Kind::pong, payload, 0};

  // RFC 6455 section 7.1.5: no code, or two bytes of it and a UTF-8 reason.
  if (payload.empty()) return {DecodedFrame::Kind::close, {}, close_code::no_status};
  if (payload.size() == 1) return error(close_code::protocol_error, "half a close code");
  const auto code = static_cast<std::uint16_t>(big_endian(payload.data(), 2));
  if (!is_valid_close_code(code)) return error(close_code::protocol_error, "bad close code");
  const std::string_view reason = payload.substr(2);
  if (!is_utf8(reason)) return error(close_code::invalid_text, "the close reason is not UTF-8");
  return {DecodedFrame::Kind::close, reason, code};
}

void append_text_frame(std::string& out, std::string_view text) { append_frame(out, opcode_text, text); }
void append_ping_frame(std::string& out, std::string_view payload) { append_frame(out, opcode_ping, payload); }
void append_pong_frame(std::string& out, std::string_view payload) { append_frame(out, opcode_pong, payload); }

void append_close_frame(std::string& out, std::uint16_t code, std::string_view reason) {
  std::string payload;
  if (code != close_code::no_status) {
    payload += static_cast<char>(code >> 8);
    payload += static_cast<char>(code & 0xff);
    payload += utf8_prefix(reason, control_bytes_max - 2);
  }
  append_frame(out, opcode_close, payload);
}

bool is_valid_close_code(std::uint16_t code) {
  // 1004 is reserved; 1005, 1006 and 1015 are never sent; 1012 to 1014 are in IANA's list.
  if (code >= 1000 && code <= 1014) return code != 1004 && code != 1005 && code != 1006;
  return code >= 3000 && code <= 4999;
}

void unmask(char* data, std::size_t size, const char mask[4], std::size_t offset) {
  char rotated[8];
  for (std::size_t i = 0; i < sizeof rotated; ++i) rotated[i] = mask[(offset + i) & 3];
  std::uint64_t word_mask;
  std::memcpy(&word_mask, rotated, sizeof word_mask);
  std::size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    std::uint64_t word;
    std::memcpy(&word, data + i, sizeof word);
    word ^= word_mask;
    std::memcpy(data + i, &word, sizeof word);
  }
  for (; i < size; ++i) data[i] = static_cast<char>(data[i] ^ rotated[i & 7]);
}

}  // namespace carillon::http
