// What we encrypt and sign for push services, read by the npm packages http_ece and jose.
#include "base/random.hpp"
#include "jose/json.hpp"
#include "push/message_encryption.hpp"
#include "push/service_account.hpp"
#include "push/vapid.hpp"
#include "support/temporary_folder.hpp"
#include "unit/jose/test_keys.hpp"

#include <gtest/gtest.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>
#include <string>
#include <vector>

namespace carillon::push {
namespace {

namespace json = boost::json;

constexpr std::size_t messages_count = 10'000;
constexpr std::size_t devices_count = 50;
constexpr std::int64_t now_seconds = 1'800'000'000;
const Time now = from_ms(now_seconds * 1000);
constexpr const char* origin = "https://push.example:8443";
constexpr const char* token_uri = "https://oauth2.googleapis.com/token";
constexpr const char* scope = "https://www.googleapis.com/auth/firebase.messaging";

json::string_view view(std::string_view text) { return {text.data(), text.size()}; }
std::string text_of(const json::value& value) {
  return std::string{value.as_string().data(), value.as_string().size()};
}

/// Runs npm_push.mjs with these words and parses what it prints.
json::object ask(const std::string& words) {
  FILE* const pipe = ::popen(("node '" CARILLON_SOURCE_DIR "/tests/unit/push/npm_push.mjs' " + words).c_str(), "r");
  std::string out;
  char bytes[4096];
  while (const std::size_t size = std::fread(bytes, 1, sizeof bytes, pipe)) out.append(bytes, size);
  EXPECT_EQ(::pclose(pipe), 0);
  auto result = jose::parse_json_object(out);
  return result ? std::move(*result) : json::object{};
}

/// The same rule as `expected` in npm_push.mjs.
std::string plaintext(std::size_t number, std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t at = 0; at < size; ++at) text[at] = static_cast<char>(number * 31 + at * 7 + (at >> 8));
  return text;
}

std::string little_endian(std::size_t value) {
  std::string bytes;
  for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<char>(value >> shift));
  return bytes;
}

void write_messages(const std::string& file, const json::array& devices) {
  std::vector<SubscriptionKeys> keys;
  for (const json::value& device : devices) {
    keys.push_back(SubscriptionKeys::parse(text_of(device.at("p256dh")), text_of(device.at("auth"))).value());
  }
  SystemRandom random;
  std::mt19937 numbers{std::random_device{}()};
  std::uniform_int_distribution<std::size_t> sizes{0, plaintext_bytes_max};
  std::ofstream out{file, std::ios::binary};
  for (std::size_t n = 0; n < messages_count; ++n) {
    // Both ends for certain, and any size between.
    const std::size_t size = n == 0 ? 0 : n == 1 ? plaintext_bytes_max : sizes(numbers);
    const std::string body = encrypt(keys[n % keys.size()], plaintext(n, size), random).value();
    out << little_endian(n % keys.size()) << little_endian(size) << little_endian(body.size()) << body;
  }
}

json::object signed_words(Vapid& vapid, const jose::Key& rsa) {
  const json::object account_file{{"type", "service_account"},
                                  {"project_id", "tests"},
                                  {"private_key_id", "key-1"},
                                  {"private_key", *rsa.private_pem()},
                                  {"client_email", "push@tests.iam.gserviceaccount.com"},
                                  {"token_uri", token_uri}};
  const ServiceAccount account = ServiceAccount::parse(json::serialize(account_file)).value();
  return {{"vapid", {{"header", vapid.authorization(origin, now).value()}, {"origin", origin}, {"now", now_seconds}}},
          {"assertion",
           {{"token", account.assertion(scope, now).value()},
            {"publicPem", *rsa.public_pem()},
            {"audience", token_uri},
            {"now", now_seconds}}}};
}

/// Asks the script once; its answer serves all tests.
const json::object& answer() {
  static const json::object parsed = [] {
    const TemporaryFolder here;
    const json::object made = ask("keys " + std::to_string(devices_count));
    write_messages(here / "messages", made.at("devices").as_array());
    Vapid vapid = Vapid::make(jose::test_es256(), "mailto:ops@example.org").value();
    json::object question = signed_words(vapid, jose::test_rs256());
    question["messages"] = view(here / "messages");
    question["devices"] = made.at("devices");
    std::ofstream{here / "question"} << json::serialize(question);
    return ask("check '" + (here / "question") + "'");
  }();
  return parsed;
}

TEST(NpmPush, HttpEceReadsTenThousandMessagesOfAnySize) {
  EXPECT_EQ(answer().at("right").to_number<std::size_t>(), messages_count);
  EXPECT_EQ(answer().at("largest").to_number<std::size_t>(), 4096U);
}

TEST(NpmPush, OneByteMoreIsRefused) {
  SystemRandom random;
  const json::object made = ask("keys 1");
  const json::value& device = made.at("devices").as_array().at(0);
  const auto keys = SubscriptionKeys::parse(text_of(device.at("p256dh")), text_of(device.at("auth"))).value();
  EXPECT_TRUE(encrypt(keys, plaintext(0, 3993), random));
  const auto refused = encrypt(keys, plaintext(0, 3994), random);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::too_large);
}

TEST(NpmPush, JoseVerifiesWhoSends) {
  const json::object& claims = answer().at("vapid").as_object();
  EXPECT_EQ(claims.at("aud"), origin);
  EXPECT_EQ(claims.at("sub"), "mailto:ops@example.org");
  EXPECT_GT(claims.at("exp").to_number<std::int64_t>(), now_seconds);
  EXPECT_LE(claims.at("exp").to_number<std::int64_t>(), now_seconds + 24 * 3600);
}

TEST(NpmPush, JoseVerifiesTheServiceAccount) {
  const json::object& claims = answer().at("assertion").as_object();
  EXPECT_EQ(claims.at("iss"), "push@tests.iam.gserviceaccount.com");
  EXPECT_EQ(claims.at("aud"), token_uri);
  EXPECT_EQ(claims.at("scope"), scope);
  const auto issued = claims.at("iat").to_number<std::int64_t>();
  const auto expires = claims.at("exp").to_number<std::int64_t>();
  EXPECT_LE(issued, now_seconds);
  EXPECT_GT(expires, now_seconds);
  EXPECT_LE(expires - issued, 3600);
}

}  // namespace
}  // namespace carillon::push
