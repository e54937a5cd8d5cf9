#include "jose/base64url.hpp"
#include "jose/key_set.hpp"
#include "unit/jose/test_keys.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace carillon::jose {
namespace {

using testing::HasSubstr;

std::string es256_jwk(const Key& key, std::string_view more = {}) {
  const std::string point = *key.p256_point();
  return R"({"kty":"EC","crv":"P-256","x":")" + base64url_encode(point.substr(1, 32)) + R"(","y":")" +
         base64url_encode(point.substr(33)) + "\"" + std::string{more} + "}";
}

std::string oct_jwk(std::string_view more = {}) {
  return R"({"kty":"oct","k":")" + base64url_encode(test_secret) + "\"" + std::string{more} + "}";
}

std::string why_not(const Result<Key>& key) { return key ? "no refusal" : key.error().detail; }

TEST(Key, SignsAndVerifiesWithEachAlgorithm) {
  for (const Key& key : {test_hs256(), test_rs256(), test_es256()}) {
    const std::string signature = *key.sign("input");
    EXPECT_TRUE(key.verify("input", signature));
    EXPECT_FALSE(key.verify("inpux", signature));
    EXPECT_FALSE(key.verify("input", ""));
    EXPECT_FALSE(key.verify("input", signature + "x"));
    EXPECT_FALSE(key.verify("input", signature.substr(1)));
    for (const std::size_t at : {std::size_t{0}, signature.size() / 2, signature.size() - 1}) {
      std::string changed = signature;
      changed[at] = static_cast<char>(changed[at] ^ 1);
      EXPECT_FALSE(key.verify("input", changed)) << to_string(key.algorithm()) << " byte " << at;
    }
  }
}

TEST(Key, MakesTheHs256SignatureOfTheRfc) {
  // RFC 7515 appendix A.1.
  const Key key = *Key::from_jwk(
      R"({"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"})");
  EXPECT_EQ(
      base64url_encode(*key.sign("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkz"
                                 "ODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ")),
      "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
}

TEST(Key, VerifiesTheEs256SignatureOfTheRfc) {
  // RFC 7515 appendix A.3.
  const Key key = *Key::from_jwk(
      R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})");
  const std::string input =
      "eyJhbGciOiJFUzI1NiJ9."
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl"
      "fQ";
  EXPECT_TRUE(key.verify(
      input,
      *base64url_decode("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q")));
}

TEST(Key, RefusesEs256SignaturesOutOfRange) {
  const Key key = test_es256();
  const std::string zero(32, '\0');
  const std::string one = std::string(31, '\0') + "\x01";
  const std::string order = *base64url_decode("_____wAAAAD__________7zm-q2nF56E87nKwvxjJVE");
  const std::string all_ones(32, '\xff');
  for (const std::string& r : {zero, order, all_ones, one}) {
    for (const std::string& s : {zero, order, all_ones, one}) EXPECT_FALSE(key.verify("input", r + s));
  }
  EXPECT_FALSE(key.verify("input", std::string(64, '\0')));
  EXPECT_FALSE(key.verify("input", std::string(63, '\x01')));
}

TEST(Key, TakesNoDerSignatureForEs256) {
  const Key key = test_es256();
  const std::string raw = *key.sign("input");
  EXPECT_EQ(raw.size(), 64u);
  const std::string der = std::string{"\x30\x44\x02\x20"} + raw.substr(0, 32) + "\x02\x20" + raw.substr(32);
  EXPECT_FALSE(key.verify("input", der));
}

TEST(Key, ASecretHasAtLeast32BytesAndIsNoPem) {
  EXPECT_THAT(why_not(Key::from_secret("short")), HasSubstr("32 bytes"));
  EXPECT_THAT(why_not(Key::from_secret(std::string(31, 'x'))), HasSubstr("32 bytes"));
  EXPECT_TRUE(Key::from_secret(std::string(32, 'x')));
  EXPECT_THAT(why_not(Key::from_secret(*test_rs256().public_pem())), HasSubstr("PEM"));
  EXPECT_FALSE(Key::from_secret(std::string(5000, 'x')));
}

TEST(Key, APublicPemTellsItsAlgorithmAndCannotSign) {
  const Key rsa = *Key::from_public_pem(*test_rs256().public_pem(), "r1");
  EXPECT_EQ(rsa.algorithm(), Algorithm::rs256);
  EXPECT_EQ(rsa.kid(), "r1");
  EXPECT_FALSE(rsa.can_sign());
  EXPECT_FALSE(rsa.sign("input"));
  EXPECT_TRUE(rsa.verify("input", *test_rs256().sign("input")));
  const Key ec = *Key::from_public_pem(*test_es256().public_pem());
  EXPECT_EQ(ec.algorithm(), Algorithm::es256);
  EXPECT_TRUE(ec.verify("input", *test_es256().sign("input")));
}

TEST(Key, RefusesPemOfOtherKinds) {
  EXPECT_THAT(why_not(Key::from_public_pem("")), HasSubstr("not a PEM"));
  EXPECT_THAT(why_not(Key::from_public_pem("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")),
              HasSubstr("not a PEM"));
  EXPECT_THAT(why_not(Key::from_public_pem(new_rsa_pem(1024, true))), HasSubstr("2048"));
  EXPECT_THAT(why_not(Key::from_public_pem(new_ec_pem("P-384", true))), HasSubstr("P-256"));
  EXPECT_THAT(why_not(Key::from_public_pem(new_ec_pem("secp256k1", true))), HasSubstr("P-256"));
  EXPECT_THAT(why_not(Key::from_public_pem(new_ed25519_pem())), HasSubstr("neither RSA nor EC"));
  EXPECT_FALSE(Key::from_public_pem(std::string(100'000, 'x')));
  EXPECT_FALSE(Key::from_public_pem(*test_es256().private_pem()));
  EXPECT_FALSE(Key::from_private_pem(*test_es256().public_pem()));
}

TEST(Key, APrivatePemComesBackTheSame) {
  const Key again = *Key::from_private_pem(*test_es256().private_pem());
  EXPECT_EQ(*again.p256_point(), *test_es256().p256_point());
  EXPECT_TRUE(test_es256().verify("x", *again.sign("x")));
  EXPECT_FALSE(test_hs256().private_pem());
  EXPECT_FALSE(test_hs256().public_pem());
  EXPECT_FALSE(test_rs256().p256_point());
}

TEST(Jwk, ReadsSharedSecretsAndPoints) {
  EXPECT_EQ(Key::from_jwk(oct_jwk(R"(,"kid":"a","alg":"HS256","use":"sig")"))->kid(), "a");
  const Key ec = *Key::from_jwk(es256_jwk(test_es256(), R"(,"key_ops":["verify"])"));
  EXPECT_TRUE(ec.verify("x", *test_es256().sign("x")));
}

TEST(Jwk, RefusesWhatDoesNotFit) {
  const std::string ec = es256_jwk(test_es256());
  EXPECT_THAT(why_not(Key::from_jwk("{}")), HasSubstr("kty"));
  EXPECT_THAT(why_not(Key::from_jwk("[]")), HasSubstr("not a JSON object"));
  EXPECT_THAT(why_not(Key::from_jwk(R"({"kty":"oct","k":"AAAA"})")), HasSubstr("32 bytes"));
  EXPECT_THAT(why_not(Key::from_jwk(R"({"kty":"oct"})")), HasSubstr("needs k"));
  EXPECT_THAT(why_not(Key::from_jwk(oct_jwk(R"(,"alg":"RS256")"))), HasSubstr("alg"));
  EXPECT_THAT(why_not(Key::from_jwk(oct_jwk(R"(,"alg":"none")"))), HasSubstr("alg"));
  EXPECT_THAT(why_not(Key::from_jwk(oct_jwk(R"(,"use":"enc")"))), HasSubstr("signatures"));
  EXPECT_THAT(why_not(Key::from_jwk(oct_jwk(R"(,"key_ops":["encrypt"])"))), HasSubstr("signatures"));
  EXPECT_THAT(why_not(Key::from_jwk(oct_jwk(R"(,"kty":"oct")"))), HasSubstr("same name"));
  EXPECT_THAT(why_not(Key::from_jwk(es256_jwk(test_es256(), R"(,"alg":"HS256")"))), HasSubstr("alg"));
  EXPECT_THAT(why_not(Key::from_jwk(R"({"kty":"EC","crv":"P-384","x":"AA","y":"AA"})")), HasSubstr("P-256"));
  EXPECT_THAT(why_not(Key::from_jwk(R"({"kty":"EC","crv":"P-256","x":"AA","y":"AA"})")), HasSubstr("32 bytes"));
  EXPECT_THAT(why_not(Key::from_jwk(R"({"kty":"RSA","n":"AQAB","e":"AQAB"})")), testing::Not("no refusal"));
  EXPECT_THAT(why_not(Key::from_jwk(R"({"kty":"OKP","crv":"Ed25519","x":"AA"})")), HasSubstr("kty"));
}

TEST(Jwk, RefusesAPointOffTheCurve) {
  std::string point = *test_es256().p256_point();
  point[40] = static_cast<char>(point[40] ^ 1);
  const std::string jwk = R"({"kty":"EC","crv":"P-256","x":")" + base64url_encode(point.substr(1, 32)) + R"(","y":")" +
                          base64url_encode(point.substr(33)) + "\"}";
  EXPECT_THAT(why_not(Key::from_jwk(jwk)), HasSubstr("no point"));
}

TEST(Jwks, LeavesOutWhatIsNotForUs) {
  const std::string jwks = R"({"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA"},{"kty":"RSA","use":"enc"},7,)" +
                           es256_jwk(test_es256(), R"(,"kid":"e1")") + "," + oct_jwk(R"(,"kid":"h1")") + "]}";
  const auto set = KeySet::from_jwks(jwks);
  ASSERT_TRUE(set) << set.error().detail;
  EXPECT_EQ(set->size(), 2u);
}

TEST(Jwks, IsRefusedWhenNothingIsLeft) {
  for (const char* text : {"", "{}", "[]", R"({"keys":{}})", R"({"keys":[]})", R"({"keys":[{"kty":"OKP"}]})"}) {
    EXPECT_FALSE(KeySet::from_jwks(text)) << text;
  }
}

TEST(KeySet, OffersTheKeysOfTheAlgorithmAndKid) {
  KeySet set;
  set.add(*Key::from_secret(test_secret, "a"));
  set.add(*Key::from_secret(test_secret, "b"));
  set.add(*Key::from_secret(test_secret));
  set.add(*Key::from_public_pem(*test_es256().public_pem(), "a"));
  EXPECT_EQ(set.candidates(Algorithm::hs256, "a").size(), 2u);
  EXPECT_EQ(set.candidates(Algorithm::hs256, "").size(), 3u);
  EXPECT_EQ(set.candidates(Algorithm::hs256, "z").size(), 1u);
  EXPECT_EQ(set.candidates(Algorithm::es256, "a").size(), 1u);
  EXPECT_EQ(set.candidates(Algorithm::es256, "b").size(), 0u);
  EXPECT_EQ(set.candidates(Algorithm::rs256, "").size(), 0u);
}

}  // namespace
}  // namespace carillon::jose
