// Bytes of a WebSocket: the same messages come out however the bytes are cut, all text is UTF-8, nothing comes after a
// fault, and no more is held than the limit says.
#include "base/utf8.hpp"
#include "fuzz/fuzz.hpp"
#include "http/web_socket_codec.hpp"

#include <algorithm>
#include <string>
#include <vector>

using namespace carillon;
using namespace carillon::http;

namespace {

constexpr std::size_t message_bytes_max = 1000;
/// Beside the message a control frame of 125 bytes, which may come inside it, and what it takes to know where we are.
constexpr std::size_t held_bytes_max = message_bytes_max + 256;
using Kind = DecodedFrame::Kind;

struct Seen {
  std::vector<std::string> frames;
  bool operator==(const Seen&) const = default;
};

void look_at(const DecodedFrame& frame) {
  switch (frame.kind) {
    case Kind::need_more: break;
    case Kind::text: FUZZ_CHECK(frame.payload.size() <= message_bytes_max && is_utf8(frame.payload)); break;
    case Kind::ping:
    case Kind::pong: FUZZ_CHECK(frame.payload.size() <= 125); break;
    case Kind::close:
      FUZZ_CHECK(frame.code == 1005 || is_valid_close_code(frame.code));
      FUZZ_CHECK(is_utf8(frame.payload) && frame.payload.size() <= 123);
      break;
    case Kind::error:
      FUZZ_CHECK(frame.code == 1002 || frame.code == 1003 || frame.code == 1007 || frame.code == 1009);
      break;
  }
}

Seen read(std::string_view stream, std::size_t piece) {
  Seen seen;
  WebSocketDecoder decoder{message_bytes_max};
  std::string held;
  for (std::size_t at = 0; at < stream.size();) {
    const std::size_t given = std::min(piece, stream.size() - at);
    // A copy of its own: it is unmasked in place, and a read past its end is seen.
    held.assign(stream.substr(at, given));
    at += given;
    char* begin = held.data();
    char* const end = begin + held.size();
    for (;;) {
      const DecodedFrame frame = decoder.next(begin, end);
      look_at(frame);
      FUZZ_CHECK(decoder.held_bytes() <= held_bytes_max);
      if (frame.kind == Kind::need_more) break;
      seen.frames.push_back(std::to_string(static_cast<int>(frame.kind)) + ' ' + std::to_string(frame.code) + ' ' +
                            (frame.kind == Kind::error ? std::string{} : std::string{frame.payload}));
      if (frame.kind == Kind::error) return seen;
    }
    FUZZ_CHECK(begin == end);
  }
  return seen;
}

/// What we write is a frame of a server: unmasked, final, of exactly its length.
void write(std::string_view payload) {
  std::string out;
  append_text_frame(out, payload);
  FUZZ_CHECK(static_cast<std::uint8_t>(out[0]) == 0x81 && (out[1] & 0x80) == 0 && out.ends_with(payload));
  out.clear();
  append_close_frame(out, 1000, payload);
  FUZZ_CHECK(out.size() <= 127);
  if (is_utf8(payload)) FUZZ_CHECK(is_utf8(std::string_view{out}.substr(4)));
}

void checker(std::string_view text, std::size_t piece) {
  Utf8Checker in_pieces;
  bool good = true;
  for (std::size_t at = 0; at < text.size() && good; at += piece) good = in_pieces.feed(text.substr(at, piece));
  FUZZ_CHECK((good && in_pieces.is_complete()) == is_utf8(text));
}

}  // namespace

FUZZ_TARGET(input) {
  fuzz::Bytes bytes{input};
  const std::size_t piece = 1 + bytes.byte();
  const std::string_view stream = bytes.rest();
  FUZZ_CHECK(read(stream, stream.size() + 1) == read(stream, piece));
  write(stream);
  checker(stream, piece);
}
