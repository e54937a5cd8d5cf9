#include "base/utf8.hpp"

#include <gtest/gtest.h>

#include <string>

namespace carillon {
namespace {

/// The plain rule, one code point after the other, to compare with.
bool is_utf8_by_decoding(const std::string& text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = [&](std::size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0u; };
    const unsigned first = byte(i);
    const std::size_t size = first < 0x80 ? 1 : first >> 5 == 6 ? 2 : first >> 4 == 14 ? 3 : first >> 3 == 30 ? 4 : 0;
    if (size == 0) return false;
    unsigned long code = size == 1 ? first : first & (0x7fu >> size);
    for (std::size_t k = 1; k < size; ++k) {
      if (byte(i + k) >> 6 != 2) return false;
      code = code << 6 | (byte(i + k) & 0x3f);
    }
    const unsigned long smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (code < smallest[size] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return false;
    i += size;
  }
  return true;
}

TEST(Utf8, AgreesWithPlainDecodingForEveryTwoAndThreeBytes) {
  for (unsigned a = 0; a < 256; ++a) {
    for (unsigned b = 0; b < 256; ++b) {
      std::string text{static_cast<char>(a), static_cast<char>(b)};
      ASSERT_EQ(is_utf8(text), is_utf8_by_decoding(text)) << a << " " << b;
      if (a < 0xe0) continue;
      for (unsigned c = 0x70; c < 0xd0; ++c) {
        text.resize(2);
        text += static_cast<char>(c);
        ASSERT_EQ(is_utf8(text), is_utf8_by_decoding(text)) << a << " " << b << " " << c;
      }
    }
  }
}

TEST(Utf8, AgreesWithPlainDecodingForFourByteForms) {
  for (unsigned a = 0xf0; a < 0x100; ++a) {
    for (unsigned b = 0x7f; b < 0xc1; ++b) {
      for (const unsigned c : {0x7fu, 0x80u, 0xbfu, 0xc0u}) {
        const std::string text{static_cast<char>(a), static_cast<char>(b), '\x80', static_cast<char>(c)};
        ASSERT_EQ(is_utf8(text), is_utf8_by_decoding(text)) << a << " " << b << " " << c;
      }
    }
  }
}

TEST(Utf8, GivesTheSameAnswerHoweverTheTextIsSplit) {
  const std::string text = "ascii ascii ascii \xc3\xa4 \xe2\x82\xac \xf0\x9f\x94\x94 end of the text";
  for (std::size_t at = 0; at <= text.size(); ++at) {
    Utf8Checker checker;
    EXPECT_TRUE(checker.feed(text.substr(0, at)) && checker.feed(text.substr(at)));
    EXPECT_TRUE(checker.is_complete());
  }
}

TEST(Utf8, StaysFalseOnceItIs) {
  Utf8Checker checker;
  EXPECT_FALSE(checker.feed("\xff"));
  EXPECT_FALSE(checker.feed("fine"));
  EXPECT_FALSE(checker.is_complete());
}

TEST(Utf8, CutsAPrefixBetweenCharacters) {
  EXPECT_EQ(utf8_prefix("abc", 5), "abc");
  EXPECT_EQ(utf8_prefix("abc", 2), "ab");
  EXPECT_EQ(utf8_prefix("a\xc3\xa4", 2), "a");
  EXPECT_EQ(utf8_prefix("\xf0\x9f\x94\x94", 3), "");
}

}  // namespace
}  // namespace carillon
