#include "integration/http/hostile_frames.hpp"

#include <initializer_list>
#include <string_view>

namespace carillon::http {

namespace {

std::string masked(std::initializer_list<int> header, std::string_view payload = {}) {
  std::string out;
  for (const int byte : header) out += static_cast<char>(byte);
  constexpr std::string_view mask = "\x01\x02\x03\x04";
  out += mask;
  for (std::size_t i = 0; i < payload.size(); ++i) out += static_cast<char>(payload[i] ^ mask[i & 3]);
  return out;
}

}  // namespace

std::vector<HostileFrame> hostile_frames() {
  std::vector<HostileFrame> all;
  for (int opcode = 3; opcode <= 7; ++opcode)
    all.push_back({"reserved opcode", masked({0x80 | opcode, 0x81}, "x"), 1002});
  for (int opcode = 11; opcode <= 15; ++opcode) all.push_back({"reserved opcode", masked({0x80 | opcode, 0x80}), 1002});
  for (int bits = 1; bits <= 7; ++bits) {
    all.push_back({"reserved bits in text", masked({0x81 | bits << 4, 0x81}, "x"), 1002});
    all.push_back({"reserved bits in ping", masked({0x89 | bits << 4, 0x80}), 1002});
    all.push_back({"reserved bits in close", masked({0x88 | bits << 4, 0x80}), 1002});
  }
  for (const int opcode : {0x1, 0x8, 0x9, 0xa, 0x2, 0x0}) {
    all.push_back({"unmasked", std::string{static_cast<char>(0x80 | opcode)} + std::string{"\x01x", 2}, 1002});
  }
  for (const int opcode : {0x8, 0x9, 0xa}) {
    all.push_back({"fragmented control", masked({opcode, 0x80}), 1002});
    all.push_back({"control with 16-bit length", masked({0x80 | opcode, 0xfe, 0, 126}), 1002});
    all.push_back({"control with 64-bit length", masked({0x80 | opcode, 0xff, 0, 0, 0, 0, 0, 1, 0, 0}), 1002});
  }
  for (const int first : {0x00, 0x80}) all.push_back({"continuation of nothing", masked({first, 0x81}, "x"), 1002});
  all.push_back({"text inside text", masked({0x01, 0x81}, "a") + masked({0x81, 0x81}, "b"), 1002});
  all.push_back({"text start inside text", masked({0x01, 0x81}, "a") + masked({0x01, 0x81}, "b"), 1002});
  all.push_back({"binary inside text", masked({0x01, 0x81}, "a") + masked({0x82, 0x81}, "b"), 1002});
  for (const int first : {0x82, 0x02}) all.push_back({"binary", masked({first, 0x81}, "b"), 1003});
  for (const int length : {0, 1, 125}) {
    all.push_back({"16-bit length that fits 7",
                   masked({0x81, 0xfe, 0, length}, std::string(static_cast<std::size_t>(length), 'x')), 1002});
  }
  all.push_back({"64-bit length that fits 16", masked({0x81, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff}), 1002});
  all.push_back({"64-bit length that fits 7", masked({0x81, 0xff, 0, 0, 0, 0, 0, 0, 0, 1}), 1002});
  all.push_back({"negative length", masked({0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}), 1002});
  all.push_back({"one byte too large", masked({0x81, 0xff, 0, 0, 0, 0, 0, 1, 0, 1}), 1009});
  all.push_back({"four gigabytes", masked({0x81, 0xff, 0, 0, 0, 1, 0, 0, 0, 0}), 1009});
  all.push_back({"the largest length", masked({0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}), 1009});
  all.push_back({"too large in fragments",
                 masked({0x01, 0xfe, 0xff, 0xff}, std::string(65535, 'x')) + masked({0x80, 0x82}, "yz"), 1009});
  for (const char* text : {"\xff", "\xfe", "\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf",
                           "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
                           "\xf5\x80\x80\x80", "\xc3", "\xe2\x82", "\xf0\x9f\x94",
                           "a\xc3"
                           "b",
                           "ok ok ok ok \xff ok"}) {
    const std::string payload{text};
    all.push_back({"not UTF-8", masked({0x81, 0x80 | static_cast<int>(payload.size())}, payload), 1007});
    all.push_back({"not UTF-8 in fragments",
                   masked({0x01, 0x81}, payload.substr(0, 1)) +
                       masked({0x80, 0x80 | static_cast<int>(payload.size() - 1)}, payload.substr(1)),
                   1007});
  }
  all.push_back({"close of one byte", masked({0x88, 0x81}, "x"), 1002});
  for (const int code : {0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1999, 2000, 2999, 5000, 0xffff}) {
    const std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
    all.push_back({"close code " + std::to_string(code), masked({0x88, 0x82}, payload), 1002});
  }
  all.push_back({"close reason not UTF-8", masked({0x88, 0x83}, "\x03\xe8\xff"), 1007});
  return all;
}

}  // namespace carillon::http
