#include "jose/access_token.hpp"

#include "jose/base64url.hpp"
#include "unit/jose/test_keys.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace carillon::jose {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr std::int64_t now_seconds = 1'800'000'000;
const Time now = from_ms(now_seconds * 1000);
constexpr std::string_view hs256_header = R"({"alg":"HS256","typ":"JWT"})";

KeySet secret_only() { return KeySet{{test_hs256()}}; }

Claims alice() {
  Claims claims;
  claims.user = "alice";
  claims.name = "Alice";
  claims.expires_at = now + 10min;
  return claims;
}

/// What comes of a payload that is signed well: "ok", or the code and detail.
std::string outcome(std::string_view payload, std::string_view header = hs256_header) {
  const auto claims = verify_access_token(token_of(header, payload, test_hs256()), secret_only(), now);
  return claims ? "ok" : std::string{to_string(claims.error().code)} + ": " + claims.error().detail;
}

std::string outcome_of_token(std::string_view token, const KeySet& keys) {
  const auto claims = verify_access_token(token, keys, now);
  return claims ? "ok" : std::string{to_string(claims.error().code)} + ": " + claims.error().detail;
}

/// A payload with sub and exp and these members beside them.
std::string payload_with(std::string_view more) {
  return R"({"sub":"alice","exp":)" + std::to_string(now_seconds + 600) + (more.empty() ? "" : ",") +
         std::string{more} + "}";
}

TEST(AccessToken, ComesBackAsItWasSignedWithEachAlgorithm) {
  Claims claims = alice();
  claims.device = "phone-1";
  claims.issued_at = now;
  claims.not_before = now - 5s;
  claims.calls.publish = false;
  claims.calls.moderate = true;
  for (const Key& key : {test_hs256(), test_rs256(), test_es256()}) {
    const auto token = sign_access_token(claims, key);
    ASSERT_TRUE(token);
    const auto verified = verify_access_token(*token, KeySet{{key}}, now);
    ASSERT_TRUE(verified) << verified.error().detail;
    EXPECT_EQ(*verified, claims);
  }
}

TEST(AccessToken, GrantsCallsToSomeAndSoManyAtOnce) {
  Claims claims = alice();
  claims.calls.to = {"bob", "carol"};
  claims.calls.max = 2;
  const auto token = sign_access_token(claims, test_hs256());
  ASSERT_TRUE(token) << token.error().detail;
  const auto verified = verify_access_token(*token, secret_only(), now);
  ASSERT_TRUE(verified) << verified.error().detail;
  EXPECT_EQ(verified->calls, claims.calls);

  const auto none = verify_access_token(
      token_of(hs256_header, payload_with(R"("calls":{"to":[],"max":0})"), test_hs256()), secret_only(), now);
  ASSERT_TRUE(none) << none.error().detail;
  EXPECT_EQ(none->calls.to, std::vector<std::string>{});
  EXPECT_EQ(none->calls.max, 0u);
}

TEST(AccessToken, SaysWhichGrantIsWrong) {
  const auto of = [](std::string_view calls) { return outcome(payload_with("\"calls\":" + std::string{calls})); };
  EXPECT_EQ(of(R"({"to":"bob"})"), "unauthorized: bad claim calls.to: expected array");
  EXPECT_EQ(of(R"({"to":["bob",7]})"), "unauthorized: bad claim calls.to[1]: expected a user id");
  EXPECT_EQ(of(R"({"to":[""]})"), "unauthorized: bad claim calls.to[0]: expected a user id");
  EXPECT_EQ(of(R"({"to":["a\nb"]})"), "unauthorized: bad claim calls.to[0]: expected a user id");
  EXPECT_EQ(of(R"({"to":[")" + std::string(129, 'x') + R"("]})"),
            "unauthorized: bad claim calls.to[0]: expected a user id");
  for (const std::string_view max : {"-1", "1.5", "\"2\"", "null", "4294967296", "true"}) {
    EXPECT_EQ(of("{\"max\":" + std::string{max} + "}"),
              "unauthorized: bad claim calls.max: expected a whole number, 0 or more")
        << max;
  }
}

TEST(AccessToken, TellsWhichKeyHasSignedIt) {
  const Key named = Key::from_secret("another secret of thirty-two bytes or more", "app-2").value();
  const KeySet keys{{test_rs256(), test_hs256(), named, test_es256()}};
  const auto signed_by = [&](const Key& key) {
    std::string name;
    const auto claims = verify_access_token(*sign_access_token(alice(), key), keys, now, &name);
    EXPECT_TRUE(claims);
    return name;
  };
  EXPECT_EQ(signed_by(test_rs256()), keys.name_of(keys.all()[0]));
  EXPECT_EQ(signed_by(test_hs256()), keys.name_of(keys.all()[1]));
  EXPECT_EQ(signed_by(named), "app-2");
  EXPECT_EQ(signed_by(test_es256()), keys.name_of(keys.all()[3]));
  EXPECT_EQ(keys.name_of(keys.all()[1]), test_hs256().kid().empty() ? "HS256 1" : test_hs256().kid());
  EXPECT_EQ(keys.name_of(Key::generate_es256().value()), "");
}

TEST(AccessToken, NamesAUserByItsIdWithoutName) {
  const auto claims = verify_access_token(token_of(hs256_header, payload_with(""), test_hs256()), secret_only(), now);
  ASSERT_TRUE(claims);
  EXPECT_EQ(claims->user, "alice");
  EXPECT_EQ(claims->name, "alice");
  EXPECT_EQ(claims->device, std::nullopt);
  EXPECT_EQ(claims->calls, CallGrants{});
}

TEST(AccessToken, ExpiresAMinuteAfterExp) {
  const auto at = [](std::int64_t exp) { return outcome(R"({"sub":"a","exp":)" + std::to_string(exp) + "}"); };
  EXPECT_EQ(at(now_seconds + 1), "ok");
  EXPECT_EQ(at(now_seconds), "ok");
  EXPECT_EQ(at(now_seconds - 59), "ok");
  EXPECT_EQ(at(now_seconds - 60), "token-expired: the token's exp 1799999940 is past; server time is 1800000000");
  EXPECT_THAT(at(0), HasSubstr("token-expired"));
}

TEST(AccessToken, IsValidFromAMinuteBeforeNbfAndIat) {
  for (const std::string name : {"nbf", "iat"}) {
    EXPECT_EQ(outcome(payload_with("\"" + name + "\":" + std::to_string(now_seconds + 60))), "ok");
    EXPECT_EQ(outcome(payload_with("\"" + name + "\":" + std::to_string(now_seconds + 61))),
              "token-not-yet-valid: the token's " + name + " 1800000061 is to come; server time is 1800000000");
  }
}

TEST(AccessToken, TakesFractionsOfSeconds) {
  EXPECT_EQ(outcome(R"({"sub":"a","exp":1799999940.5})"), "ok");
  EXPECT_THAT(outcome(R"({"sub":"a","exp":1799999939.9})"), HasSubstr("token-expired"));
  EXPECT_EQ(outcome(R"({"sub":"a","exp":1.8e9})"), "ok");
}

TEST(AccessToken, SaysWhichClaimIsWrong) {
  const std::string exp = R"(,"exp":)" + std::to_string(now_seconds + 600) + "}";
  EXPECT_EQ(outcome("{\"a\":1" + exp), "unauthorized: bad claim sub: absent");
  EXPECT_EQ(outcome("{\"sub\":7" + exp), "unauthorized: bad claim sub: expected string");
  EXPECT_EQ(outcome("{\"sub\":\"\"" + exp), "unauthorized: bad claim sub: expected 1 to 128 bytes");
  EXPECT_EQ(outcome("{\"sub\":\"" + std::string(129, 'x') + "\"" + exp),
            "unauthorized: bad claim sub: expected 1 to 128 bytes");
  EXPECT_EQ(outcome("{\"sub\":\"a\\u0000b\"" + exp), "unauthorized: bad claim sub: control characters");
  EXPECT_EQ(outcome(R"({"sub":"a"})"), "unauthorized: bad claim exp: absent");
  for (const char* value : {"\"1800000600\"", "null", "true", "-1", "1800000600000", "1e300", "[]"}) {
    EXPECT_EQ(outcome(R"({"sub":"a","exp":)" + std::string{value} + "}"),
              "unauthorized: bad claim exp: expected seconds since 1970")
        << value;
  }
  EXPECT_EQ(outcome(payload_with(R"("nbf":"soon")")), "unauthorized: bad claim nbf: expected seconds since 1970");
  EXPECT_EQ(outcome(payload_with(R"("name":{})")), "unauthorized: bad claim name: expected string");
  EXPECT_EQ(outcome(payload_with("\"name\":\"" + std::string(129, 'n') + "\"")),
            "unauthorized: bad claim name: expected 0 to 128 bytes");
  EXPECT_EQ(outcome(payload_with(R"("device":"")")), "unauthorized: bad claim device: expected 1 to 128 bytes");
  EXPECT_EQ(outcome(payload_with(R"("calls":[])")), "unauthorized: bad claim calls: expected object");
  EXPECT_EQ(outcome(payload_with(R"("calls":{"start":"yes"})")),
            "unauthorized: bad claim calls.start: expected boolean");
}

TEST(AccessToken, IgnoresClaimsItDoesNotKnow) {
  EXPECT_EQ(outcome(payload_with(R"("iss":"x","aud":["y"],"jti":"z","calls":{"other":1})")), "ok");
}

TEST(AccessToken, RefusesMembersOfTheSameNameAnywhere) {
  EXPECT_THAT(outcome(payload_with(R"("sub":"bob")")), HasSubstr("same name"));
  EXPECT_THAT(outcome(payload_with(R"("su\u0062":"bob")")), HasSubstr("same name"));
  EXPECT_THAT(outcome(payload_with(R"("calls":{"start":false,"start":true})")), HasSubstr("same name"));
  EXPECT_THAT(outcome(payload_with(""), R"({"alg":"HS256","alg":"HS256"})"), HasSubstr("same name"));
  EXPECT_EQ(outcome(payload_with(R"("x":{"a":1},"y":{"a":1})")), "ok");
}

TEST(AccessToken, RefusesWhatIsNoJws) {
  const std::string good = token_of(hs256_header, payload_with(""), test_hs256());
  const std::size_t first = good.find('.');
  const std::size_t second = good.rfind('.');
  std::vector<std::string> bad = {
      "",
      ".",
      "..",
      "...",
      "a.b.c",
      good + ".",
      "." + good,
      good + "=",
      good + "\n",
      " " + good,
      good.substr(0, second),
      good.substr(0, second + 1),
      good.substr(first),
      good.substr(0, first) + "." + good.substr(second),
      "Bearer " + good,
      std::string(10'000, 'x'),
      good.substr(0, first) + good.substr(first + 1),
  };
  for (const char* header : {"", "x", "[]", "7", "null", "{", "{}", R"({"alg":7})", R"({"alg":null})",
                             R"({"alg":"HS256"}x)", R"({"alg":"HS256","kid":7})", R"({"alg":"HS256",})", "\xff"}) {
    bad.push_back(token_of(header, payload_with(""), test_hs256()));
  }
  for (const char* payload : {"", "[]", "7", "\"x\"", "{", "{} {}"}) {
    bad.push_back(token_of(hs256_header, payload, test_hs256()));
  }
  bad.push_back(token_of(hs256_header, payload_with("\"x\":\"\xff\""), test_hs256()));
  bad.push_back(
      token_of(hs256_header, payload_with("\"x\":" + std::string(40, '[') + std::string(40, ']')), test_hs256()));
  for (const std::string& token : bad) {
    EXPECT_THAT(outcome_of_token(token, secret_only()), testing::StartsWith("unauthorized: ")) << token;
  }
}

TEST(AccessToken, RefusesAlgorithmsThatAreNotOfTheThree) {
  for (const char* alg :
       {"none", "None", "NONE", "nOnE", "", "hs256", "HS384", "HS512", "RS384", "PS256", "ES384", "ES256K", "EdDSA"}) {
    const std::string header = R"({"alg":")" + std::string{alg} + "\"}";
    EXPECT_THAT(outcome(payload_with(""), header), HasSubstr("alg is none of")) << alg;
  }
}

TEST(AccessToken, RefusesAnUnsignedTokenInAllItsForms) {
  const std::string header = base64url_encode(R"({"alg":"none"})");
  const std::string payload = base64url_encode(payload_with(""));
  for (const std::string& signature : {std::string{}, std::string{"AA"}}) {
    EXPECT_NE(outcome_of_token(header + "." + payload + "." + signature, secret_only()), "ok");
  }
  const std::string good = base64url_encode(hs256_header);
  EXPECT_NE(outcome_of_token(good + "." + payload + ".", secret_only()), "ok");
}

TEST(AccessToken, IsNotForgedFromAPublicKeyUsedAsSecret) {
  // The key that verifies RS256 is public. A verifier that follows the token's alg takes it for an HMAC secret.
  const std::string pem = *test_rs256().public_pem();
  const KeySet keys{{*Key::from_public_pem(pem)}};
  const std::string input = base64url_encode(hs256_header) + "." + base64url_encode(payload_with(""));
  // A key of our own will not take the PEM as a secret: so the attacker adds a newline and cuts its first dash.
  const auto attacker = Key::from_secret("\n" + pem);
  ASSERT_TRUE(attacker);
  const std::string forged = input + "." + base64url_encode(*attacker->sign(input));
  EXPECT_EQ(outcome_of_token(forged, keys), "unauthorized: no key of this server has the token's alg and kid");
}

TEST(AccessToken, IsNotTakenWithAKeyOfAnotherKind) {
  const KeySet all{{test_hs256(), test_rs256(), test_es256()}};
  for (const Key& signer : {test_hs256(), test_rs256(), test_es256()}) {
    for (const Algorithm named : {Algorithm::hs256, Algorithm::rs256, Algorithm::es256}) {
      const std::string header = R"({"alg":")" + std::string{to_string(named)} + "\"}";
      const std::string result = outcome_of_token(token_of(header, payload_with(""), signer), all);
      EXPECT_EQ(result == "ok", named == signer.algorithm()) << result;
    }
  }
}

TEST(AccessToken, IsVerifiedByTheKeyOfItsKid) {
  const KeySet keys{{*Key::from_secret(std::string(32, 'a'), "a"), *Key::from_secret(std::string(32, 'b'), "b")}};
  const auto with_kid = [&](std::string_view kid, char secret) {
    return outcome_of_token(token_of(R"({"alg":"HS256","kid":")" + std::string{kid} + "\"}", payload_with(""),
                                     *Key::from_secret(std::string(32, secret))),
                            keys);
  };
  EXPECT_EQ(with_kid("a", 'a'), "ok");
  EXPECT_EQ(with_kid("b", 'b'), "ok");
  EXPECT_EQ(with_kid("a", 'b'), "unauthorized: the token's signature is wrong");
  EXPECT_EQ(with_kid("c", 'a'), "unauthorized: no key of this server has the token's alg and kid");
  EXPECT_EQ(outcome_of_token(token_of(hs256_header, payload_with(""), *Key::from_secret(std::string(32, 'b'))), keys),
            "ok");
}

TEST(AccessToken, RefusesCriticalMembersAndOtherTypes) {
  EXPECT_THAT(outcome(payload_with(""), R"({"alg":"HS256","crit":["exp"]})"), HasSubstr("critical"));
  EXPECT_THAT(outcome(payload_with(""), R"({"alg":"HS256","b64":false})"), HasSubstr("critical"));
  EXPECT_THAT(outcome(payload_with(""), R"({"alg":"HS256","typ":"dpop+jwt"})"), HasSubstr("typ"));
  EXPECT_EQ(outcome(payload_with(""), R"({"alg":"HS256","typ":"at+jwt"})"), "ok");
  EXPECT_EQ(outcome(payload_with(""), R"({"alg":"HS256"})"), "ok");
  EXPECT_EQ(outcome(payload_with(""), R"({"alg":"HS256","jku":"https://evil.example","jwk":{"kty":"oct"},"x5u":"x"})"),
            "ok");
}

/// Trial 38: each of them once more, together and counted.
TEST(AccessToken, ForgedBrokenAndOversizedOnesAreAllRefused) {
  const KeySet keys{{*Key::from_secret(test_secret, "app"), test_rs256(), test_es256()}};
  const std::string payload = payload_with("");
  const std::string good = token_of(hs256_header, payload, test_hs256());
  const std::string es256_header = R"({"alg":"ES256"})";
  const std::string unsigned_es256 = base64url_encode(es256_header) + "." + base64url_encode(payload) + ".";
  const auto claims = [](std::int64_t exp, std::string_view more) {
    return R"({"sub":"alice","exp":)" + std::to_string(exp) + std::string{more} + "}";
  };
  const auto hs256 = [](std::string_view payload_text, std::string_view header = hs256_header) {
    return token_of(header, payload_text, test_hs256());
  };
  std::vector<std::pair<std::string, std::string>> hostile{
      {"alg none", base64url_encode(R"({"alg":"none"})") + "." + base64url_encode(payload) + "."},
      {"alg none with the signature", hs256(payload, R"({"alg":"none"})")},
      {"RS256 claimed, signed as HS256", hs256(payload, R"({"alg":"RS256"})")},
      {"ES256 claimed, signed as HS256", hs256(payload, es256_header)},
      {"HS256 by the public PEM",
       token_of(hs256_header, payload, *Key::from_secret("\n" + *test_rs256().public_pem()))},
      {"HS256 by the other public PEM",
       token_of(hs256_header, payload, *Key::from_secret("\n" + *test_es256().public_pem()))},
      {"ES256 of zeros", unsigned_es256 + base64url_encode(std::string(64, '\0'))},
      {"ES256 of no bytes", unsigned_es256},
      {"ES256 of r = 0", unsigned_es256 + base64url_encode(std::string(32, '\0') + std::string(32, 'x'))},
      {"ES256 of the largest numbers", unsigned_es256 + base64url_encode(std::string(64, '\xff'))},
      {"ES256 by another key", token_of(es256_header, payload, *Key::generate_es256())},
      {"RS256 by another key", token_of(R"({"alg":"RS256"})", payload, *Key::from_private_pem(new_rsa_pem(2048)))},
      {"cut in the signature", good.substr(0, good.size() - 10)},
      {"cut in the payload", good.substr(0, good.size() / 2)},
      {"run out", hs256(claims(now_seconds - 3600, ""))},
      {"run out at the beginning of time", hs256(claims(0, ""))},
      {"not yet", hs256(claims(now_seconds + 7200, R"(,"nbf":)" + std::to_string(now_seconds + 3600)))},
      {"made in the future", hs256(claims(now_seconds + 7200, R"(,"iat":)" + std::to_string(now_seconds + 3600)))},
      {"no exp", hs256(R"({"sub":"alice"})")},
      {"exp of text", hs256(R"({"sub":"alice","exp":"9999999999"})")},
      {"exp beyond all numbers", hs256(R"({"sub":"alice","exp":1e400})")},
      {"no sub", hs256(R"({"exp":1800000600})")},
      {"sub of nothing", hs256(payload_with(R"("sub":"")"))},
      {"two of sub", hs256(payload_with(R"("sub":"admin")"))},
      {"two of alg", hs256(payload, R"({"alg":"HS256","alg":"none"})")},
      {"two of exp", hs256(payload_with(R"("exp":9999999999)"))},
      {"1 MiB", good + std::string(1024 * 1024, 'A')},
      {"1 MiB of payload", hs256(payload_with(R"("x":")" + std::string(1024 * 1024, 'a') + "\""))},
      {"another kid", hs256(payload, R"({"alg":"HS256","kid":"nobody"})")},
  };
  for (const char* kid : {"../../../../etc/passwd", "/dev/null", "app' OR '1'='1", "app\\u0000", "file:///etc/passwd",
                          "https://evil.example/jwks.json", "..\\\\app", "APP"}) {
    hostile.emplace_back(std::string{"kid "} + kid,
                         hs256(payload, R"({"alg":"HS256","kid":")" + std::string{kid} + "\"}"));
  }
  std::size_t refused = 0;
  for (const auto& [what, token] : hostile) {
    const std::string result = outcome_of_token(token, keys);
    EXPECT_NE(result, "ok") << what;
    refused += result == "ok" ? 0 : 1;
  }
  EXPECT_EQ(outcome_of_token(good, keys), "ok") << "and the one they are made from is taken";
  std::printf("%zu hostile tokens, %zu refused\n", hostile.size(), refused);
}

TEST(AccessToken, EachByteOfItCounts) {
  const std::string good = token_of(hs256_header, payload_with(""), test_hs256());
  std::mt19937 random{3};
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string changed = good;
    while (changed[at] == good[at]) changed[at] = "ABCDEFabcdef0123456789-_."[random() % 25];
    EXPECT_NE(outcome_of_token(changed, secret_only()), "ok") << at;
  }
}

TEST(AccessToken, ErrorsDoNotQuoteTheToken) {
  const std::string token = token_of(hs256_header, payload_with(""), *Key::from_secret(std::string(32, 'z')));
  const std::string result = outcome_of_token(token, secret_only());
  EXPECT_THAT(result, testing::Not(HasSubstr(token.substr(0, 10))));
}

TEST(SignAccessToken, WritesWholeSecondsWithinTheTimeThatWasAskedFor) {
  Claims claims = alice();
  claims.issued_at = now - 9910ms;
  claims.not_before = now - 9910ms;
  claims.expires_at = now + 90ms;
  const auto token = sign_access_token(claims, test_hs256());
  ASSERT_TRUE(token) << token.error().detail;
  const auto payload = base64url_decode(token->substr(token->find('.') + 1, token->rfind('.') - token->find('.') - 1));
  ASSERT_TRUE(payload);
  EXPECT_EQ(*payload, R"({"sub":"alice","name":"Alice","iat":1799999990,"nbf":1799999991,"exp":1800000000})");
}

TEST(SignAccessToken, RefusesClaimsThatNobodyWouldAccept) {
  Claims claims = alice();
  claims.user.clear();
  EXPECT_FALSE(sign_access_token(claims, test_hs256()));
  claims = alice();
  claims.user = std::string(200, 'x');
  EXPECT_FALSE(sign_access_token(claims, test_hs256()));
  EXPECT_FALSE(sign_access_token(alice(), *Key::from_public_pem(*test_es256().public_pem())));
}

}  // namespace
}  // namespace carillon::jose
