#include "http/web_socket_codec.hpp"

#include "http/web_socket.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace carillon::http {
namespace {

using Kind = DecodedFrame::Kind;

constexpr std::uint8_t fin = 0x80;
constexpr std::uint8_t continuation = 0x0, text_opcode = 0x1, binary = 0x2, close_opcode = 0x8, ping = 0x9, pong = 0xa;

/// What a frame said, without views.
struct Seen {
  Kind kind;
  std::string payload;
  std::uint16_t code = 0;

  friend bool operator==(const Seen&, const Seen&) = default;
  friend void PrintTo(const Seen& seen, std::ostream* out) {
    *out << "{" << static_cast<int>(seen.kind) << ", " << seen.code << ", " << seen.payload.substr(0, 40) << "}";
  }
};

/// A frame as a client sends it: masked, with the shortest length.
std::string client_frame(std::uint8_t first, std::string_view payload, const char (&mask)[5] = "\x12\xfe\x37\x80") {
  std::string out{static_cast<char>(first)};
  if (payload.size() <= 125) {
    out += static_cast<char>(0x80 | payload.size());
  } else if (payload.size() <= 0xffff) {
    out += static_cast<char>(0x80 | 126);
    out += static_cast<char>(payload.size() >> 8);
    out += static_cast<char>(payload.size());
  } else {
    out += static_cast<char>(0x80 | 127);
    for (int i = 7; i >= 0; --i) out += static_cast<char>(payload.size() >> (8 * i));
  }
  out.append(mask, 4);
  for (std::size_t i = 0; i < payload.size(); ++i) out += static_cast<char>(payload[i] ^ mask[i & 3]);
  return out;
}

/// All that a decoder finds in bytes that come in these pieces.
std::vector<Seen> decode(std::vector<std::string> pieces, std::size_t message_bytes_max = 65536) {
  WebSocketDecoder decoder{message_bytes_max};
  std::vector<Seen> seen;
  for (std::string& piece : pieces) {
    char* begin = piece.data();
    char* const end = begin + piece.size();
    for (;;) {
      const DecodedFrame frame = decoder.next(begin, end);
      if (frame.kind == Kind::need_more) break;
      const bool is_error = frame.kind == Kind::error;
      seen.push_back({frame.kind, is_error ? std::string{} : std::string{frame.payload}, frame.code});
    }
    EXPECT_EQ(begin, end);
  }
  return seen;
}

std::vector<Seen> decode(const std::string& bytes) { return decode(std::vector<std::string>{bytes}); }

std::vector<Seen> failed_with(std::uint16_t code) { return {{Kind::error, "", code}}; }

std::string bytes_of(std::initializer_list<int> values) {
  std::string out;
  for (const int value : values) out += static_cast<char>(value);
  return out;
}

TEST(WebSocketDecoder, ReadsTheMaskedHelloOfTheRfc) {
  // RFC 6455 section 5.7.
  EXPECT_EQ(decode(bytes_of({0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58})),
            (std::vector<Seen>{{Kind::text, "Hello"}}));
}

TEST(WebSocketDecoder, ReadsEveryLengthAroundTheBordersOfItsForms) {
  for (const std::size_t size : {0u, 1u, 124u, 125u, 126u, 127u, 65534u, 65535u, 65536u}) {
    const std::string payload(size, 'x');
    EXPECT_EQ(decode(client_frame(fin | text_opcode, payload)), (std::vector<Seen>{{Kind::text, payload}})) << size;
  }
}

TEST(WebSocketDecoder, FindsTheSameFramesHoweverTheBytesAreSplitInTwo) {
  const std::string bytes = client_frame(fin | text_opcode, "first") + client_frame(text_opcode, "fr\xc3") +
                            client_frame(fin | ping, "p") + client_frame(continuation, "\xa4g") +
                            client_frame(continuation, "") + client_frame(fin | continuation, "ment") +
                            client_frame(fin | text_opcode, std::string(130, 'y')) + client_frame(fin | pong, "") +
                            client_frame(fin | close_opcode,
                                         "\x03\xe8"
                                         "bye");
  const std::vector<Seen> expected{{Kind::text, "first"},
                                   {Kind::ping, "p"},
                                   {Kind::text, "fr\xc3\xa4gment"},
                                   {Kind::text, std::string(130, 'y')},
                                   {Kind::pong, ""},
                                   {Kind::close, "bye", 1000}};
  EXPECT_EQ(decode(bytes), expected);
  for (std::size_t at = 0; at <= bytes.size(); ++at) {
    EXPECT_EQ(decode({bytes.substr(0, at), bytes.substr(at)}), expected) << "split at " << at;
  }
}

TEST(WebSocketDecoder, FindsTheSameFramesByteByByteAndInThreePieces) {
  const std::string bytes = client_frame(fin | text_opcode, "one") + client_frame(text_opcode, "t") +
                            client_frame(fin | ping, "abc") + client_frame(fin | continuation, "wo") +
                            client_frame(fin | text_opcode, std::string(126, 'z'));
  const auto expected = decode(bytes);
  ASSERT_EQ(expected.size(), 4u);
  std::vector<std::string> single;
  for (const char c : bytes) single.emplace_back(1, c);
  EXPECT_EQ(decode(single), expected);
  for (std::size_t a = 0; a < bytes.size(); ++a) {
    for (std::size_t b = a; b < bytes.size(); ++b) {
      ASSERT_EQ(decode({bytes.substr(0, a), bytes.substr(a, b - a), bytes.substr(b)}), expected) << a << " " << b;
    }
  }
}

TEST(WebSocketDecoder, SurvivesRandomBytesAndRandomSplits) {
  std::mt19937 random{20260101};
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes(random() % 60, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    // Half of them begin like a frame, so that more than the first byte is looked at.
    if (round % 2 == 0 && bytes.size() >= 2) {
      bytes[0] = static_cast<char>((random() % 2 ? fin : 0) | (random() % 11));
      bytes[1] = static_cast<char>(0x80 | random() % 128);
    }
    const std::size_t at = bytes.empty() ? 0 : random() % bytes.size();
    EXPECT_EQ(decode({bytes.substr(0, at), bytes.substr(at)}), decode(bytes));
  }
}

TEST(WebSocketDecoder, RefusesReservedBits) {
  for (const int bit : {0x40, 0x20, 0x10}) {
    EXPECT_EQ(decode(client_frame(static_cast<std::uint8_t>(fin | text_opcode | bit), "x")), failed_with(1002));
  }
}

TEST(WebSocketDecoder, RefusesReservedOpcodes) {
  for (const int opcode : {3, 4, 5, 6, 7, 11, 12, 13, 14, 15}) {
    EXPECT_EQ(decode(client_frame(static_cast<std::uint8_t>(fin | opcode), "x")), failed_with(1002)) << opcode;
  }
}

TEST(WebSocketDecoder, RefusesFramesWithoutMask) {
  EXPECT_EQ(decode(bytes_of({0x81, 0x01, 'x'})), failed_with(1002));
  EXPECT_EQ(decode(bytes_of({0x89, 0x00})), failed_with(1002));
}

TEST(WebSocketDecoder, RefusesBinaryMessages) {
  EXPECT_EQ(decode(client_frame(fin | binary, "x")), failed_with(1003));
  EXPECT_EQ(decode(client_frame(binary, "x")), failed_with(1003));
}

TEST(WebSocketDecoder, RefusesControlFramesThatAreFragmentedOrLong) {
  EXPECT_EQ(decode(client_frame(ping, "x")), failed_with(1002));
  EXPECT_EQ(decode(client_frame(fin | ping, std::string(126, 'x'))), failed_with(1002));
  EXPECT_EQ(decode(client_frame(fin | ping, std::string(125, 'x'))),
            (std::vector<Seen>{{Kind::ping, std::string(125, 'x')}}));
}

TEST(WebSocketDecoder, RefusesMessagesOutOfOrder) {
  EXPECT_EQ(decode(client_frame(fin | continuation, "x")), failed_with(1002));
  EXPECT_EQ(decode(client_frame(continuation, "x")), failed_with(1002));
  EXPECT_EQ(decode(client_frame(text_opcode, "x") + client_frame(fin | text_opcode, "y")), failed_with(1002));
  EXPECT_EQ(decode(client_frame(text_opcode, "x") + client_frame(fin | continuation, "y") +
                   client_frame(fin | continuation, "z")),
            (std::vector<Seen>{{Kind::text, "xy"}, {Kind::error, "", 1002}}));
}

TEST(WebSocketDecoder, RefusesLengthsThatAreNotTheShortest) {
  const std::string mask = "abcd";
  EXPECT_EQ(decode(bytes_of({0x81, 0xfe, 0x00, 0x7d}) + mask), failed_with(1002));
  EXPECT_EQ(decode(bytes_of({0x81, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff}) + mask), failed_with(1002));
  EXPECT_EQ(decode(bytes_of({0x81, 0xff, 0x80, 0, 0, 0, 0, 1, 0, 0}) + mask), failed_with(1002));
}

TEST(WebSocketDecoder, RefusesATooLargeMessageAtItsHeader) {
  EXPECT_EQ(decode(bytes_of({0x81, 0xff, 0, 0, 0, 0, 0, 1, 0, 1}) + "abcd"), failed_with(1009));
  EXPECT_EQ(decode(bytes_of({0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}) + "abcd"), failed_with(1009));
}

TEST(WebSocketDecoder, CountsAllFragmentsTowardsTheLimit) {
  const std::string half(32768, 'x');
  EXPECT_EQ(decode(client_frame(text_opcode, half) + client_frame(fin | continuation, half)).at(0).payload.size(),
            65536u);
  EXPECT_EQ(decode(client_frame(text_opcode, half) + client_frame(fin | continuation, half + "x")), failed_with(1009));
}

TEST(WebSocketDecoder, RefusesTextThatIsNotUtf8AsSoonAsItShows) {
  EXPECT_EQ(decode(client_frame(fin | text_opcode, "\xc3")), failed_with(1007));
  EXPECT_EQ(decode(client_frame(fin | text_opcode, "\xed\xa0\x80")), failed_with(1007));
  EXPECT_EQ(decode(client_frame(fin | text_opcode, "\xc0\xaf")), failed_with(1007));
  EXPECT_EQ(decode(client_frame(text_opcode, "\xff")), failed_with(1007));
  EXPECT_EQ(decode(client_frame(text_opcode, "\xc3") + client_frame(fin | continuation, "x")), failed_with(1007));
  EXPECT_EQ(decode(client_frame(text_opcode, "x\xc3") + client_frame(fin | continuation, "")), failed_with(1007));
}

TEST(WebSocketDecoder, ReadsCloseFrames) {
  EXPECT_EQ(decode(client_frame(fin | close_opcode, "")), (std::vector<Seen>{{Kind::close, "", 1005}}));
  EXPECT_EQ(decode(client_frame(fin | close_opcode, "\x0f\xa0")), (std::vector<Seen>{{Kind::close, "", 4000}}));
  EXPECT_EQ(decode(client_frame(fin | close_opcode, "x")), failed_with(1002));
  EXPECT_EQ(decode(client_frame(fin | close_opcode, "\x03\xe8\xff")), failed_with(1007));
}

TEST(WebSocketDecoder, RefusesCloseCodesThatMayNotBeSent) {
  for (const int code : {0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535}) {
    const std::string payload = bytes_of({code >> 8, code & 0xff});
    EXPECT_EQ(decode(client_frame(fin | close_opcode, payload)), failed_with(1002)) << code;
  }
  for (const int code :
       {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999}) {
    EXPECT_TRUE(is_valid_close_code(static_cast<std::uint16_t>(code))) << code;
  }
}

TEST(WebSocketDecoder, TakesNothingAfterAnError) {
  EXPECT_EQ(decode(client_frame(fin | binary, "x") + client_frame(fin | text_opcode, "y")), failed_with(1003));
}

TEST(WebSocketDecoder, HoldsNoMemoryBetweenMessages) {
  WebSocketDecoder decoder{65536};
  std::string first = client_frame(text_opcode, std::string(1000, 'x'));
  char* begin = first.data();
  EXPECT_EQ(decoder.next(begin, first.data() + first.size()).kind, Kind::need_more);
  EXPECT_GE(decoder.held_bytes(), 1000u);

  std::string last = client_frame(fin | continuation, "y");
  begin = last.data();
  EXPECT_EQ(decoder.next(begin, last.data() + last.size()).payload.size(), 1001u);
  EXPECT_EQ(decoder.next(begin, last.data() + last.size()).kind, Kind::need_more);
  EXPECT_EQ(decoder.held_bytes(), 0u);
}

TEST(WebSocketDecoder, DoesNotReserveWhatAHeaderOnlyPromises) {
  WebSocketDecoder decoder{65536};
  std::string bytes = client_frame(fin | text_opcode, std::string(65536, 'x')).substr(0, 20);
  char* begin = bytes.data();
  EXPECT_EQ(decoder.next(begin, bytes.data() + bytes.size()).kind, Kind::need_more);
  EXPECT_LT(decoder.held_bytes(), 512u);
}

TEST(WebSocketDecoder, HoldsNoMoreThanOneMessageAndOneControlFrameMayHaveHoweverTheBytesAreSplit) {
  constexpr std::size_t message_bytes_max = 1000;
  const std::string bytes = client_frame(text_opcode, std::string(600, 'x')) +
                            client_frame(continuation, std::string(399, 'y')) +
                            client_frame(fin | ping, std::string(125, 'p')) + client_frame(fin | continuation, "z");
  for (std::size_t step = 1; step < bytes.size(); ++step) {
    WebSocketDecoder decoder{message_bytes_max};
    std::size_t most = 0;
    std::size_t messages = 0;
    for (std::size_t at = 0; at < bytes.size(); at += step) {
      std::string piece = bytes.substr(at, step);
      char* begin = piece.data();
      for (Kind kind = Kind::text; kind != Kind::need_more;) {
        kind = decoder.next(begin, piece.data() + piece.size()).kind;
        ASSERT_NE(kind, Kind::error);
        if (kind == Kind::text) ++messages;
        most = std::max(most, decoder.held_bytes());
      }
    }
    EXPECT_EQ(messages, 1u) << step;
    // The ping's 125 bytes, and what it takes to know where we are.
    EXPECT_LE(most, message_bytes_max + 256) << "in pieces of " << step;
  }
}

TEST(WebSocketDecoder, TakesAFloodOfEmptyFragmentsWithoutDeepCalls) {
  std::string bytes = client_frame(text_opcode, "");
  for (int i = 0; i < 100'000; ++i) bytes += client_frame(continuation, "");
  bytes += client_frame(fin | continuation, "end");
  EXPECT_EQ(decode(bytes), (std::vector<Seen>{{Kind::text, "end"}}));
}

TEST(WebSocketEncoder, WritesTheShortestLengths) {
  const auto header_of = [](std::size_t size) {
    std::string out;
    append_text_frame(out, std::string(size, 'x'));
    return out.substr(0, out.size() - size);
  };
  EXPECT_EQ(header_of(0), bytes_of({0x81, 0}));
  EXPECT_EQ(header_of(125), bytes_of({0x81, 125}));
  EXPECT_EQ(header_of(126), bytes_of({0x81, 126, 0, 126}));
  EXPECT_EQ(header_of(65535), bytes_of({0x81, 126, 0xff, 0xff}));
  EXPECT_EQ(header_of(65536), bytes_of({0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0}));
}

TEST(WebSocketEncoder, WritesCloseFramesAndCutsReasonsAtACharacter) {
  std::string out;
  append_close_frame(out, 1005);
  EXPECT_EQ(out, bytes_of({0x88, 0}));
  out.clear();
  append_close_frame(out, 4000, "bye");
  EXPECT_EQ(out, bytes_of({0x88, 5, 0x0f, 0xa0}) + "bye");
  out.clear();
  std::string reason(122, 'x');
  append_close_frame(out, 1000, reason + "\xc3\xa4");
  EXPECT_EQ(out, bytes_of({0x88, 124, 0x03, 0xe8}) + reason);
}

TEST(WebSocketEncoder, UnmasksFromAnyOffsetAndAlignment) {
  std::mt19937 random{7};
  for (std::size_t size = 0; size < 70; ++size) {
    for (std::size_t offset = 0; offset < 4; ++offset) {
      std::string data(size + 3, '\0');
      for (char& c : data) c = static_cast<char>(random());
      const char mask[4] = {1, 2, static_cast<char>(0x83), 4};
      std::string expected = data;
      for (std::size_t i = 0; i < size; ++i) expected[i + 3] = static_cast<char>(data[i + 3] ^ mask[(offset + i) & 3]);
      unmask(data.data() + 3, size, mask, offset);
      EXPECT_EQ(data, expected);
    }
  }
}

}  // namespace
}  // namespace carillon::http
