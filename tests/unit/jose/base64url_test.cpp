#include "jose/base64url.hpp"

#include <gtest/gtest.h>

#include <random>

namespace carillon::jose {
namespace {

TEST(Base64Url, WritesTheVectorsOfTheRfcWithoutPadding) {
  // RFC 4648 section 10.
  EXPECT_EQ(base64url_encode(""), "");
  EXPECT_EQ(base64url_encode("f"), "Zg");
  EXPECT_EQ(base64url_encode("fo"), "Zm8");
  EXPECT_EQ(base64url_encode("foo"), "Zm9v");
  EXPECT_EQ(base64url_encode("foob"), "Zm9vYg");
  EXPECT_EQ(base64url_encode("\xfb\xff"), "-_8");
}

TEST(Base64Url, ReadsBackWhatItWrites) {
  std::mt19937 random{1};
  for (std::size_t size = 0; size < 300; ++size) {
    std::string bytes(size, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    EXPECT_EQ(base64url_decode(base64url_encode(bytes)), bytes);
  }
}

TEST(Base64Url, RefusesOtherSpellings) {
  for (const char* text : {"Zg==", "Z", "Zh", "Zm9", "Zm 9v", "Zm9v\n", "+/8A", "Zm9v.", "\xc3\xa4zz"}) {
    EXPECT_FALSE(base64url_decode(text)) << text;
  }
}

}  // namespace
}  // namespace carillon::jose
