#include "mediasoup/srtp_parameters.hpp"

#include <boost/json/parse.hpp>

#include <gtest/gtest.h>

namespace carillon::mediasoup {
namespace {

namespace json = boost::json;

/// Base64 of so many bytes of zero.
std::string zeros(std::size_t bytes) {
  std::string text((bytes + 2) / 3 * 4, 'A');
  for (std::size_t i = 0; i < (3 - bytes % 3) % 3; ++i) text[text.size() - 1 - i] = '=';
  return text;
}

TEST(SrtpParameters, NeedTheKeyLengthOfTheirSuite) {
  const std::vector<std::pair<SrtpCryptoSuite, std::size_t>> suites{{SrtpCryptoSuite::aead_aes_256_gcm, 44},
                                                                    {SrtpCryptoSuite::aead_aes_128_gcm, 28},
                                                                    {SrtpCryptoSuite::aes_cm_128_hmac_sha1_80, 30},
                                                                    {SrtpCryptoSuite::aes_cm_128_hmac_sha1_32, 30}};
  for (const auto& [suite, bytes] : suites) {
    for (std::size_t length = 0; length < 64; ++length) {
      const SrtpParameters parameters{suite, zeros(length)};
      EXPECT_EQ(check_srtp_parameters(parameters).has_value(), length == bytes) << to_string(suite) << ' ' << length;
    }
  }
}

TEST(SrtpParameters, RefuseWhatIsNotBase64) {
  for (const char* key :
       {"", "A", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA!", "====", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=AA",
        "A===", "AAAAAAAAAAAAAAAAAAAA AAAAAAAAAAAAAAAAAAA"}) {
    const SrtpParameters parameters{SrtpCryptoSuite::aes_cm_128_hmac_sha1_80, key};
    EXPECT_FALSE(check_srtp_parameters(parameters)) << key;
  }
}

TEST(SrtpParameters, NumbersOfABrokenWorkerHaveNoName) {
  for (const int number : {4, 5, 255}) {
    const SrtpParameters parameters{static_cast<SrtpCryptoSuite>(number), zeros(30)};
    EXPECT_EQ(to_string(parameters.crypto_suite), "");
    EXPECT_EQ(to_json(parameters).at("cryptoSuite"), "");
    const auto checked = check_srtp_parameters(parameters, "srtp");
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error(), (Error{Errc::bad_request, "srtp.cryptoSuite: unknown"}));
  }
}

TEST(SrtpParameters, GoThereAndBackThroughJson) {
  const SrtpParameters parameters{SrtpCryptoSuite::aead_aes_128_gcm, zeros(28)};
  const auto parsed = parse_srtp_parameters(to_json(parameters));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(*parsed, parameters);
  EXPECT_EQ(to_json(parameters).at("cryptoSuite"), "AEAD_AES_128_GCM");
}

TEST(SrtpParameters, SayWhereJsonIsWrong) {
  const std::vector<std::pair<const char*, const char*>> cases{
      {"7", "srtp: expected object"},
      {"{}", "srtp.cryptoSuite: expected string"},
      {R"({"cryptoSuite":"AEAD_AES_128_GCM"})", "srtp.keyBase64: expected string"},
      {R"({"cryptoSuite":"ROT13","keyBase64":"AAAA"})", "srtp.cryptoSuite: unknown"},
      {R"({"cryptoSuite":"AEAD_AES_128_GCM","keyBase64":"AAAA"})", "srtp.keyBase64: expected 28 bytes"},
      {R"({"cryptoSuite":"AEAD_AES_128_GCM","keyBase64":"???"})", "srtp.keyBase64: expected base64"}};
  for (const auto& [text, detail] : cases) {
    const auto parsed = parse_srtp_parameters(json::parse(text), "srtp");
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error(), (Error{Errc::bad_request, detail}));
  }
}

}  // namespace
}  // namespace carillon::mediasoup
