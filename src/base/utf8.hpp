// Is this UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF)? In pieces, split anywhere. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace carillon {

class Utf8Checker {
 public:
  /// False as soon as no continuation could make it valid; then it stays false.
  [[nodiscard]] bool feed(std::string_view bytes);
  /// Everything so far ends with a whole character.
  [[nodiscard]] bool is_complete() const { return need_ == 0 && !failed_; }

 private:
  std::uint8_t need_ = 0;    // bytes that the character still lacks
  std::uint8_t low_ = 0x80;  // range of the next byte
  std::uint8_t high_ = 0xbf;
  bool failed_ = false;
};

[[nodiscard]] bool is_utf8(std::string_view text);

/// The longest beginning of at most `bytes_max` bytes that does not cut a character. `text` is UTF-8.
[[nodiscard]] std::string_view utf8_prefix(std::string_view text, std::size_t bytes_max);

}  // namespace carillon
