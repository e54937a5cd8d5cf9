#include "base/utf8.hpp"

#include <cstring>

namespace carillon {

bool Utf8Checker::feed(std::string_view bytes) {
  const char* p = bytes.data();
  const char* const end = p + bytes.size();
  if (failed_) return false;
  while (p != end) {
    if (need_ == 0) {
      // Eight ASCII bytes at a time: JSON is little else.
      while (end - p >= 8) {
        std::uint64_t word;
        std::memcpy(&word, p, 8);
        if ((word & 0x8080808080808080u) != 0) break;
        p += 8;
      }
      if (p == end) break;
    }
    const auto byte = static_cast<std::uint8_t>(*p++);
    if (need_ > 0) {
      if (byte < low_ || byte > high_) return !(failed_ = true);
      low_ = 0x80;
      high_ = 0xbf;
      --need_;
    } else if (byte >= 0x80) {
      // Table 3-7 of the Unicode standard: what may follow each first byte.
      if (byte >= 0xc2 && byte <= 0xdf) {
        need_ = 1;
      } else if (byte >= 0xe0 && byte <= 0xef) {
        need_ = 2;
        if (byte == 0xe0) low_ = 0xa0;
        if (byte == 0xed) high_ = 0x9f;
      } else if (byte >= 0xf0 && byte <= 0xf4) {
        need_ = 3;
        if (byte == 0xf0) low_ = 0x90;
        if (byte == 0xf4) high_ = 0x8f;
      } else {
        return !(failed_ = true);
      }
    }
  }
  return true;
}

bool is_utf8(std::string_view text) {
  Utf8Checker checker;
  return checker.feed(text) && checker.is_complete();
}

std::string_view utf8_prefix(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t size = bytes_max;
  while (size > 0 && (static_cast<std::uint8_t>(text[size]) & 0xc0) == 0x80) --size;
  return text.substr(0, size);
}

}  // namespace carillon
