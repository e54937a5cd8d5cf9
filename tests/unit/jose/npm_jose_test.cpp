// Tokens both ways between us and the npm package jose, which most backends would use.
#include "jose/access_token.hpp"
#include "jose/json.hpp"
#include "support/temporary_folder.hpp"
#include "unit/jose/test_keys.hpp"

#include <gtest/gtest.h>
#include <boost/json/serialize.hpp>

#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace carillon::jose {
namespace {

namespace json = boost::json;

constexpr std::int64_t now_seconds = 1'800'000'000;
const Time now = from_ms(now_seconds * 1000);

Claims alice() {
  Claims claims;
  claims.user = "alice";
  claims.name = "Alice \xc3\xa4";
  claims.device = "phone";
  claims.issued_at = now;
  claims.expires_at = now + std::chrono::minutes(10);
  return claims;
}

json::string_view view(std::string_view text) { return {text.data(), text.size()}; }
std::string text_of(const json::value& value) {
  return std::string{value.as_string().data(), value.as_string().size()};
}

/// Asks the script once; its answer serves all tests.
const json::object& answer() {
  static const json::object parsed = [] {
    json::object question;
    question["secret"] = view(test_secret);
    question["now"] = now_seconds;
    question["privatePems"] = {{"RS256", *test_rs256().private_pem()}, {"ES256", *test_es256().private_pem()}};
    question["publicPems"] = {{"RS256", *test_rs256().public_pem()}, {"ES256", *test_es256().public_pem()}};
    question["tokens"] = {{"HS256", *sign_access_token(alice(), test_hs256())},
                          {"RS256", *sign_access_token(alice(), test_rs256())},
                          {"ES256", *sign_access_token(alice(), test_es256())}};
    const TemporaryFolder folder;
    const std::string path = folder / "question";
    std::ofstream{path} << json::serialize(question);
    FILE* const pipe =
        ::popen(("node '" CARILLON_SOURCE_DIR "/tests/unit/jose/npm_jose.mjs' < '" + path + "'").c_str(), "r");
    std::string out;
    char bytes[4096];
    while (const std::size_t size = std::fread(bytes, 1, sizeof bytes, pipe)) out.append(bytes, size);
    EXPECT_EQ(::pclose(pipe), 0);
    auto result = parse_json_object(out);
    return result ? std::move(*result) : json::object{};
  }();
  return parsed;
}

KeySet our_keys() { return KeySet{{test_hs256(), test_rs256(), test_es256()}}; }

void expect_bob(const Result<Claims>& claims, std::string_view what) {
  ASSERT_TRUE(claims) << what << ": " << claims.error().detail;
  EXPECT_EQ(claims->user, "bob");
  EXPECT_EQ(claims->name, "Bob \xc3\xa4\xf0\x9f\x94\x94");
  EXPECT_EQ(claims->device, "tablet");
  EXPECT_TRUE(claims->calls.moderate);
  EXPECT_EQ(claims->issued_at, now);
}

TEST(NpmJose, VerifiesOurTokens) {
  const json::object& verified = answer().at("verified").as_object();
  for (const char* alg : {"HS256", "RS256", "ES256"}) {
    const json::object& payload = verified.at(alg).at("payload").as_object();
    EXPECT_EQ(text_of(payload.at("sub")), "alice");
    EXPECT_EQ(text_of(payload.at("name")), "Alice \xc3\xa4");
    EXPECT_EQ(payload.at("exp").to_number<std::int64_t>(), now_seconds + 600);
    EXPECT_EQ(text_of(verified.at(alg).at("header").at("typ")), "JWT");
  }
}

TEST(NpmJose, SignsTokensThatWeVerifyWithOurKeys) {
  for (const char* alg : {"HS256", "RS256", "ES256"}) {
    expect_bob(verify_access_token(text_of(answer().at("signed").at(alg)), our_keys(), now), alg);
  }
}

TEST(NpmJose, ExportsKeysThatWeReadAsJwksAndAsPem) {
  const auto jwks = KeySet::from_jwks(json::serialize(answer().at("jwks")));
  ASSERT_TRUE(jwks) << jwks.error().detail;
  for (const char* alg : {"RS256", "ES256"}) {
    expect_bob(verify_access_token(text_of(answer().at("byJwks").at(alg)), *jwks, now), alg);
    const json::value& pair = answer().at("byPem").at(alg);
    const auto key = Key::from_public_pem(text_of(pair.at("pem")));
    ASSERT_TRUE(key) << key.error().detail;
    expect_bob(verify_access_token(text_of(pair.at("token")), KeySet{{*key}}, now), alg);
    EXPECT_FALSE(verify_access_token(text_of(pair.at("token")), our_keys(), now)) << "signed by another key";
  }
}

TEST(NpmJose, SignsTokensThatWeRefuseForTheRightReason) {
  const auto code_of = [](const char* name, const KeySet& keys) {
    const auto claims = verify_access_token(text_of(answer().at("refused").at(name)), keys, now);
    return claims ? std::string{"accepted"} : std::string{to_string(claims.error().code)};
  };
  EXPECT_EQ(code_of("expired", our_keys()), "token-expired");
  EXPECT_EQ(code_of("early", our_keys()), "token-not-yet-valid");
  EXPECT_EQ(code_of("otherSecret", our_keys()), "unauthorized");
  EXPECT_EQ(code_of("hs384", our_keys()), "unauthorized");
  EXPECT_EQ(code_of("unsigned", our_keys()), "unauthorized");
  EXPECT_EQ(code_of("otherKid", *KeySet::from_jwks(json::serialize(answer().at("jwks")))), "unauthorized");
}

}  // namespace
}  // namespace carillon::jose
