// What each kind of push service is sent, and what its answers mean.
#include "push/fcm.hpp"
#include "push/webpush.hpp"

#include "jose/base64url.hpp"
#include "jose/jws.hpp"
#include "unit/jose/test_keys.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <chrono>
#include <string>

namespace carillon::push {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

constexpr Time now{1'800'000'000s};
constexpr const char* p256dh =
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
constexpr const char* auth = "BTBZMqHH6r4Tts7J_aSIgg";

json::object subscription(const std::string& endpoint, const std::string& key = p256dh,
                          const std::string& secret = auth) {
  return {{"type", "webpush"},
          {"subscription", {{"endpoint", endpoint}, {"keys", {{"p256dh", key}, {"auth", secret}}}}}};
}

Message ring(const std::string& name = "Alice") {
  return {.kind = Kind::ring,
          .call = CallId{"call-1"},
          .data = {{"type", "call-started"}, {"callerName", name}, {"ringUntil", 1'800'000'030'000}},
          .expires_at = now + 29'999ms};
}

Message message(Kind kind, const std::string& call = "call-1") {
  return {.kind = kind, .call = CallId{call}, .data = {{"type", "x"}}, .expires_at = now + 60s};
}

std::string header(const fetch::Request& request, std::string_view name) {
  return std::string{fetch::find_header(request.headers, name)};
}

std::string body(const fetch::Request& request) {
  const Result<std::string> made = request.body();
  EXPECT_TRUE(made);
  return made ? *made : std::string{};
}

WebPush web_push() {
  auto vapid = Vapid::make(*jose::Key::generate_es256(), "mailto:ops@example.com");
  return WebPush{std::move(*vapid), *Hosts::with({"localhost:8443"})};
}

fetch::Request request_of(WebPush& provider, const Message& message) {
  const auto target = provider.parse(subscription("https://fcm.googleapis.com/fcm/send/x"), "data");
  EXPECT_TRUE(target);
  auto request = provider.request(*target, message, now);
  EXPECT_TRUE(request);
  return *request;
}

TEST(WebPush, ARingSaysHowLongItIsWorthSending) {
  WebPush provider = web_push();
  const fetch::Request request = request_of(provider, ring());
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "https://fcm.googleapis.com/fcm/send/x");
  EXPECT_EQ(header(request, "TTL"), "29");
  EXPECT_EQ(header(request, "Urgency"), "high");
  EXPECT_EQ(header(request, "Content-Encoding"), "aes128gcm");
  EXPECT_THAT(header(request, "Authorization"), HasSubstr("vapid t="));
  EXPECT_TRUE(request.https_only);
  EXPECT_EQ(request.reach, fetch::Reach::internet);
}

TEST(WebPush, TheEndTakesThePlaceOfTheRing) {
  WebPush provider = web_push();
  const std::string topic = header(request_of(provider, message(Kind::ring)), "Topic");
  EXPECT_EQ(topic.size(), 32u);
  EXPECT_TRUE(jose::base64url_decode(topic));
  EXPECT_THAT(topic, ::testing::Not(HasSubstr("call")));
  EXPECT_EQ(header(request_of(provider, message(Kind::end)), "Topic"), topic);
  EXPECT_NE(header(request_of(provider, message(Kind::missed)), "Topic"), topic);
  EXPECT_NE(header(request_of(provider, message(Kind::ring, "call-2")), "Topic"), topic);
}

TEST(WebPush, AMissedCallIsNotUrgent) {
  WebPush provider = web_push();
  EXPECT_EQ(header(request_of(provider, message(Kind::end)), "Urgency"), "high");
  EXPECT_EQ(header(request_of(provider, message(Kind::missed)), "Urgency"), "normal");
}

TEST(WebPush, ABodyStaysBelowTheLimitWhateverTheName) {
  WebPush provider = web_push();
  for (const std::string& name : {std::string(10'000, 'a'),
                                  [] {
                                    std::string bells;
                                    for (int i = 0; i < 3000; ++i) bells += "\U0001F514";
                                    return bells;
                                  }(),
                                  std::string(5000, '\x01')}) {
    EXPECT_LE(body(request_of(provider, ring(name))).size(), 4096u);
  }
}

TEST(WebPush, NamesAreCutAtACharacter) {
  std::string text = fitted({{"callerName", "ab\U0001F514\U0001F514"}}, 23);
  EXPECT_EQ(text, "{\"callerName\":\"ab\U0001F514\"}");
  EXPECT_EQ(fitted({{"callerName", "abc"}}, 1), R"({"callerName":""})");
  EXPECT_EQ(fitted({{"x", "abc"}}, 1), R"({"x":"abc"})");
}

TEST(WebPush, AHostThatTheOperatorNamedMayBeAnywhere) {
  WebPush provider = web_push();
  const auto target = provider.parse(subscription("https://localhost:8443/push/1"), "data");
  ASSERT_TRUE(target);
  EXPECT_EQ(provider.request(*target, ring(), now)->reach, fetch::Reach::anywhere);
}

TEST(WebPush, ASubscriptionThatIsNoneIsRefusedWithThePlace) {
  const WebPush provider = web_push();
  const auto complaint = [&](const json::object& data) {
    const auto target = provider.parse(data, "data");
    return target ? std::string{} : target.error().detail;
  };
  EXPECT_EQ(complaint({}), "data.subscription: expected object");
  EXPECT_EQ(complaint({{"subscription", json::object{}}}), "data.subscription.endpoint: expected string");
  EXPECT_EQ(complaint(subscription("http://localhost:8443/x")),
            "data.subscription.endpoint: expected an https: address");
  EXPECT_EQ(complaint(subscription("ftp://localhost:8443/x")),
            "data.subscription.endpoint: expected an https: address");
  EXPECT_EQ(complaint(subscription("https://me:secret@localhost:8443/x")),
            "data.subscription.endpoint: expected an address without user and password");
  EXPECT_EQ(
      complaint(subscription("https://push.example/x")),
      "data.subscription.endpoint: push.example is not a push service that this server may use (push.allow-hosts)");
  EXPECT_EQ(complaint({{"subscription", {{"endpoint", "https://localhost:8443/x"}}}}),
            "data.subscription.keys: expected object");
  EXPECT_THAT(complaint(subscription("https://localhost:8443/x", "BAAA")), HasSubstr("data.subscription.keys.p256dh"));
  EXPECT_THAT(complaint(subscription("https://localhost:8443/x", p256dh, "AAAA")),
              HasSubstr("data.subscription.keys.auth"));
}

TEST(WebPush, AnswersMeanWhatTheRfcSays) {
  const WebPush provider = web_push();
  const auto outcome = [&](int status) { return provider.judge({status, {}, {}}, now).outcome; };
  for (const int status : {200, 201, 202, 204}) EXPECT_EQ(outcome(status), Outcome::taken) << status;
  for (const int status : {404, 410}) EXPECT_EQ(outcome(status), Outcome::gone) << status;
  for (const int status : {408, 429, 500, 502, 503, 504}) EXPECT_EQ(outcome(status), Outcome::again) << status;
  for (const int status : {301, 302, 307, 400, 403, 413}) EXPECT_EQ(outcome(status), Outcome::refused) << status;
  EXPECT_EQ(outcome(401), Outcome::renew);
  EXPECT_EQ(provider.judge({429, {{"retry-after", "5"}}, {}}, now).wait, Duration{5s});
}

// ---- FCM ---------------------------------------------------------------------------------------------------------

const std::string& rsa_pem() {
  static const std::string pem = jose::new_rsa_pem(2048);
  return pem;
}

json::object key_file() {
  return {{"type", "service_account"},
          {"project_id", "my-project"},
          {"private_key_id", "kid-1"},
          {"private_key", rsa_pem()},
          {"client_email", "push@my-project.iam.gserviceaccount.com"},
          {"token_uri", "https://oauth2.example/token"}};
}

Fcm fcm() { return Fcm{*ServiceAccount::parse(json::serialize(key_file())), "https://fcm.googleapis.com/"}; }

Fcm fcm_with_token() {
  Fcm provider = fcm();
  EXPECT_TRUE(provider.logged_in({200, {}, R"({"access_token":"ya29.secret","expires_in":3600})"}, now));
  return provider;
}

TEST(Fcm, ProvesItselfWithASignedStatement) {
  Fcm provider = fcm();
  const auto request = provider.login(now);
  ASSERT_TRUE(request && *request);
  EXPECT_EQ((*request)->url, "https://oauth2.example/token");
  EXPECT_EQ(header(**request, "Content-Type"), "application/x-www-form-urlencoded");
  const std::string form = body(**request);
  const std::string begin = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=";
  ASSERT_THAT(form, ::testing::StartsWith(begin));
  const jose::KeySet keys{{*jose::Key::from_private_pem(rsa_pem())}};
  const auto claims = jose::verify_jws(form.substr(begin.size()), keys, 8192);
  ASSERT_TRUE(claims);
  EXPECT_EQ(*claims, (json::object{{"iss", "push@my-project.iam.gserviceaccount.com"},
                                   {"scope", "https://www.googleapis.com/auth/firebase.messaging"},
                                   {"aud", "https://oauth2.example/token"},
                                   {"iat", 1'800'000'000},
                                   {"exp", 1'800'003'600}}));
}

TEST(Fcm, ATokenIsUsedUntilAMinuteBeforeItEnds) {
  Fcm provider = fcm_with_token();
  EXPECT_FALSE(*provider.login(now + 3540s - 1ms));
  EXPECT_TRUE(*provider.login(now + 3540s));
  EXPECT_FALSE(*provider.login(now));
  provider.forget_login();
  EXPECT_TRUE(*provider.login(now));
}

TEST(Fcm, AShortTokenIsUsedForHalfItsLife) {
  Fcm provider = fcm();
  ASSERT_TRUE(provider.logged_in({200, {}, R"({"access_token":"a","expires_in":60})"}, now));
  EXPECT_FALSE(*provider.login(now + 29s));
  EXPECT_TRUE(*provider.login(now + 30s));
}

TEST(Fcm, AnAnswerWithoutATokenIsAnError) {
  Fcm provider = fcm();
  EXPECT_EQ(provider.logged_in({503, {}, ""}, now).error().code, Errc::unavailable);
  EXPECT_EQ(provider.logged_in({400, {}, R"({"error":"invalid_grant"})"}, now).error().code, Errc::unauthorized);
  EXPECT_EQ(provider.logged_in({200, {}, "<html>"}, now).error().code, Errc::unavailable);
  EXPECT_EQ(provider.logged_in({200, {}, "{}"}, now).error().code, Errc::unavailable);
}

TEST(Fcm, ARingIsDataOnlyAndEveryValueIsAText) {
  Fcm provider = fcm_with_token();
  const auto request = provider.request({"fcm", "device-token", {}}, ring(), now);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->url, "https://fcm.googleapis.com/v1/projects/my-project/messages:send");
  EXPECT_EQ(header(*request, "Authorization"), "Bearer ya29.secret");
  EXPECT_EQ(json::parse(body(*request)), json::parse(R"({"message": {
      "token": "device-token",
      "data": {"type": "call-started", "callerName": "Alice", "ringUntil": "1800000030000"},
      "android": {"priority": "HIGH", "ttl": "29s", "direct_boot_ok": true},
      "apns": {"headers": {"apns-push-type": "alert", "apns-priority": "10", "apns-expiration": "1800000029"},
               "payload": {"aps": {"content-available": 1}}}}})"));
}

TEST(Fcm, AMissedCallDoesNotWakeAPhone) {
  Fcm provider = fcm_with_token();
  const auto request = provider.request({"fcm", "device-token", {}}, message(Kind::missed), now);
  EXPECT_THAT(body(*request), HasSubstr(R"("priority":"NORMAL")"));
}

TEST(Fcm, AnswersMeanWhatGoogleSays) {
  const Fcm provider = fcm();
  const auto outcome = [&](int status, const std::string& code = {}) {
    const std::string text =
        R"({"error":{"details":[{"@type":"type.googleapis.com/google.firebase.fcm.v1.FcmError","errorCode":")" + code +
        R"("}]}})";
    return provider.judge({status, {}, text}, now).outcome;
  };
  EXPECT_EQ(outcome(200), Outcome::taken);
  EXPECT_EQ(outcome(404, "UNREGISTERED"), Outcome::gone);
  EXPECT_EQ(outcome(404), Outcome::refused);  // the project, perhaps
  EXPECT_EQ(outcome(400, "INVALID_ARGUMENT"), Outcome::refused);
  EXPECT_EQ(outcome(403, "SENDER_ID_MISMATCH"), Outcome::refused);
  EXPECT_EQ(outcome(401), Outcome::renew);
  EXPECT_EQ(outcome(429, "QUOTA_EXCEEDED"), Outcome::again);
  EXPECT_EQ(outcome(503, "UNAVAILABLE"), Outcome::again);
  EXPECT_EQ(provider.judge({404, {}, "not json"}, now).outcome, Outcome::refused);
}

TEST(Fcm, ATokenThatIsNoneIsRefusedWithThePlace) {
  const Fcm provider = fcm();
  for (const json::object& data : {json::object{}, json::object{{"token", ""}}, json::object{{"token", "a b"}},
                                   json::object{{"token", std::string(1025, 'a')}}, json::object{{"token", 1}}}) {
    const auto target = provider.parse(data, "data");
    ASSERT_FALSE(target);
    EXPECT_EQ(target.error().detail, "data.token: expected 1 to 1024 characters of printable ASCII");
  }
  EXPECT_EQ(provider.parse({{"token", "abc:DEF_-1"}}, "data")->address, "abc:DEF_-1");
}

TEST(ServiceAccount, AKeyFileThatIsNoneIsRefusedWithItsMember) {
  for (const char* member : {"project_id", "private_key_id", "private_key", "client_email", "token_uri"}) {
    json::object file = key_file();
    file.erase(member);
    const auto account = ServiceAccount::parse(json::serialize(file));
    ASSERT_FALSE(account) << member;
    EXPECT_THAT(account.error().detail, HasSubstr(member));
  }
  json::object file = key_file();
  file["private_key"] = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n";
  EXPECT_EQ(ServiceAccount::parse(json::serialize(file)).error().detail,
            "private_key: expected an RSA private key in PEM");
  EXPECT_FALSE(ServiceAccount::parse("not json"));
}

}  // namespace
}  // namespace carillon::push
