#include "push/vapid.hpp"

#include "jose/base64url.hpp"
#include "jose/jws.hpp"

#include <boost/json/object.hpp>

#include <gtest/gtest.h>

namespace carillon::push {
namespace {

using namespace std::chrono_literals;

constexpr const char* subject = "mailto:calls@example.com";
const Time now = from_ms(1'800'000'000'000);

struct Header {
  std::string token;
  std::string key;
};
/// RFC 8292 section 3: `vapid t=..., k=...`.
Header read(const std::string& header) {
  const std::size_t comma = header.find(", k=");
  if (!header.starts_with("vapid t=") || comma == std::string::npos) return {};
  return {header.substr(8, comma - 8), header.substr(comma + 4)};
}

class VapidTest : public ::testing::Test {
 protected:
  jose::Key key = jose::Key::generate_es256().value();
  Vapid vapid = Vapid::make(key, subject).value();

  boost::json::object claims(const std::string& header) {
    const jose::KeySet keys{{jose::Key::from_public_pem(key.public_pem().value()).value()}};
    return jose::verify_jws(read(header).token, keys, 8192).value();
  }
};

TEST_F(VapidTest, SignsForTheOriginWhomToWriteToAndUntilWhen) {
  const std::string header = vapid.authorization("https://push.example", now).value();
  const boost::json::object signed_claims = claims(header);
  EXPECT_EQ(signed_claims.at("aud"), "https://push.example");
  EXPECT_EQ(signed_claims.at("sub"), subject);
  // At most 24 hours (RFC 8292 section 2).
  EXPECT_EQ(signed_claims.at("exp").to_number<std::int64_t>(), to_ms(now + 12h) / 1000);
  EXPECT_EQ(read(header).key, vapid.public_key());
  EXPECT_EQ(jose::base64url_decode(vapid.public_key()), key.p256_point().value());
}

TEST_F(VapidTest, UsesATokenAgainForHalfOfItsLifeAndForItsOriginOnly) {
  const std::string first = vapid.authorization("https://push.example", now).value();
  EXPECT_EQ(vapid.authorization("https://push.example", now + 6h - 1ms).value(), first);
  EXPECT_NE(vapid.authorization("https://other.example", now).value(), first);
  const std::string second = vapid.authorization("https://push.example", now + 6h).value();
  EXPECT_NE(second, first);
  EXPECT_EQ(claims(second).at("exp").to_number<std::int64_t>(), to_ms(now + 18h) / 1000);
}

TEST_F(VapidTest, ForgetsTheOldestOfTooManyOrigins) {
  const std::string first = vapid.authorization("https://0.example", now).value();
  for (std::size_t i = 1; i < Vapid::origins_max; ++i)
    ASSERT_TRUE(vapid.authorization("https://" + std::to_string(i) + ".example", now + 1s));
  EXPECT_EQ(vapid.authorization("https://0.example", now + 2s).value(), first);
  ASSERT_TRUE(vapid.authorization("https://one-more.example", now + 2s));
  EXPECT_NE(vapid.authorization("https://0.example", now + 3s).value(), first);
}

TEST_F(VapidTest, RefusesOtherKeysAndSubjects) {
  EXPECT_FALSE(Vapid::make(jose::Key::from_secret("a secret that is long enough for HS256").value(), subject));
  EXPECT_FALSE(Vapid::make(jose::Key::from_public_pem(key.public_pem().value()).value(), subject));
  EXPECT_FALSE(Vapid::make(key, "calls@example.com"));
  EXPECT_FALSE(Vapid::make(key, ""));
  EXPECT_TRUE(Vapid::make(key, "https://example.com/contact"));
}

}  // namespace
}  // namespace carillon::push
