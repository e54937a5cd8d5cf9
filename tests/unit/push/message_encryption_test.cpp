#include "push/message_encryption.hpp"

#include "jose/base64url.hpp"

#include <gtest/gtest.h>

#include <set>

namespace carillon::push {
namespace {

// RFC 8291 section 5 and appendix A.
constexpr std::string_view p256dh =
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
constexpr std::string_view auth = "BTBZMqHH6r4Tts7J_aSIgg";
constexpr std::string_view watermelon = "When I grow up, I want to be a watermelon";

std::string decoded(std::string_view text) { return jose::base64url_decode(text).value(); }
SubscriptionKeys keys() { return SubscriptionKeys::parse(p256dh, auth).value(); }

TEST(MessageEncryption, GivesTheBodyOfTheRfcsExample) {
  const Result<std::string> body = encrypt_with(
      keys(), watermelon, decoded("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), decoded("DGv6ra1nlYgDCS1FRnbzlw"));
  ASSERT_TRUE(body);
  EXPECT_EQ(
      jose::base64url_encode(*body),
      "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3"
      "jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN");
}

TEST(MessageEncryption, TakesANewKeyAndSaltForEachMessage) {
  SystemRandom random;
  std::set<std::string> salts;
  std::set<std::string> public_keys;
  for (int i = 0; i < 50; ++i) {
    const std::string body = encrypt(keys(), watermelon, random).value();
    EXPECT_EQ(body.size(), 86 + watermelon.size() + 1 + 16);
    salts.insert(body.substr(0, 16));
    public_keys.insert(body.substr(21, 65));
  }
  EXPECT_EQ(salts.size(), 50U);
  EXPECT_EQ(public_keys.size(), 50U);
}

TEST(MessageEncryption, FillsAPushToItsLimitAndNoFurther) {
  SeededRandom random{1};
  EXPECT_EQ(encrypt(keys(), std::string(plaintext_bytes_max, 'x'), random).value().size(), 4096U);
  const Result<std::string> larger = encrypt(keys(), std::string(plaintext_bytes_max + 1, 'x'), random);
  ASSERT_FALSE(larger);
  EXPECT_EQ(larger.error().code, Errc::too_large);
  EXPECT_EQ(encrypt(keys(), "", random).value().size(), 86U + 1 + 16);
}

TEST(MessageEncryption, RefusesAPrivateKeyOutsideOfTheGroup) {
  const std::string salt(16, 's');
  for (const std::string& key : {std::string(32, '\0'), std::string(32, '\xff'), std::string(31, 'k')}) {
    const Result<std::string> body = encrypt_with(keys(), watermelon, key, salt);
    ASSERT_FALSE(body);
    EXPECT_EQ(body.error().code, Errc::bad_request);
  }
  EXPECT_FALSE(encrypt_with(keys(), watermelon, std::string(32, 'k'), std::string(15, 's')));
}

TEST(SubscriptionKeys, NameTheFieldThatIsWrong) {
  const auto said = [](std::string_view point, std::string_view secret) {
    const Result<SubscriptionKeys> parsed = SubscriptionKeys::parse(point, secret, "data.subscription.keys");
    return parsed ? std::string{} : parsed.error().detail;
  };
  EXPECT_EQ(said(p256dh, auth), "");
  std::string point = decoded(p256dh);
  point[64] ^= 1;
  const std::string off_curve = jose::base64url_encode(point);
  const std::string compressed = jose::base64url_encode("\x02" + decoded(p256dh).substr(1, 32));
  const std::string infinity = jose::base64url_encode(std::string(1, '\0'));
  for (const std::string_view bad :
       {std::string_view{off_curve}, std::string_view{compressed}, std::string_view{infinity}, std::string_view{},
        std::string_view{"not base64url!"}, p256dh.substr(0, 80)}) {
    EXPECT_EQ(said(bad, auth), "data.subscription.keys.p256dh: expected a point on P-256, 65 bytes as base64url")
        << bad;
  }
  for (const std::string_view bad :
       {std::string_view{}, std::string_view{"BTBZ"}, std::string_view{"BTBZMqHH6r4Tts7J_aSIgg=="}})
    EXPECT_EQ(said(p256dh, bad), "data.subscription.keys.auth: expected 16 bytes as base64url") << bad;
}

}  // namespace
}  // namespace carillon::push
