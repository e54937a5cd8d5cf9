// What comes from outside about push: subscriptions of devices, the files and answers of Google, and Retry-After.
#include "fetch/headers.hpp"
#include "fetch/url.hpp"
#include "fuzz/fuzz.hpp"
#include "protocol/account.hpp"
#include "push/fcm.hpp"
#include "push/message_encryption.hpp"
#include "push/service_account.hpp"
#include "push/webpush.hpp"

#include <boost/json/parse.hpp>

using namespace carillon;
using namespace carillon::push;

namespace {

const Time now{std::chrono::seconds{1'800'000'000}};

Message ring() {
  return {.kind = Kind::ring,
          .call = CallId{"call-1"},
          .data = {{"callId", "call-1"}, {"name", "Alice"}},
          .expires_at = now + std::chrono::seconds{30}};
}

WebPush& web_push() {
  static WebPush provider{*Vapid::make(*jose::Key::generate_es256(), "mailto:fuzz@example.com"), Hosts{}};
  return provider;
}

/// What parse() takes can be pushed to, over HTTPS and to a host that is allowed.
void subscription(std::string_view text) {
  boost::json::error_code failed;
  const boost::json::value value = boost::json::parse(text, failed);
  if (failed || !value.is_object()) return;
  const auto request = protocol::parse_register_push(value.get_object(), "data");
  if (!request) {
    FUZZ_CHECK(request.error().detail.starts_with("data"));
    return;
  }
  const auto target = web_push().parse(request->data, "data");
  if (!target) {
    FUZZ_CHECK(target.error().detail.starts_with("data"));
    return;
  }
  const auto push = web_push().request(*target, ring(), now);
  FUZZ_CHECK(push.has_value());
  FUZZ_CHECK(push->url.starts_with("https://"));
}

void address(std::string_view text) {
  const auto url = fetch::parse_url(text);
  if (!url) return;
  FUZZ_CHECK(!url->host.empty() && url->text == text);
  FUZZ_CHECK(url->host.find_first_of(" /@#?") == std::string::npos);
  if (const auto reach = Hosts{}.find(*url)) FUZZ_CHECK(url->is_https && url->port == 443);
}

void keys(fuzz::Bytes bytes) {
  const std::string_view p256dh = bytes.until('\n');
  const std::string_view auth = bytes.until('\n');
  const auto parsed = SubscriptionKeys::parse(p256dh, auth);
  if (!parsed) return;
  FUZZ_CHECK(parsed->p256dh().size() == 65 && parsed->auth().size() == 16);
  const auto sealed = encrypt_with(*parsed, bytes.rest().substr(0, plaintext_bytes_max), std::string(31, '\0') + '\x07',
                                   "sixteen bytes...");
  FUZZ_CHECK(sealed.has_value());
}

void service(std::string_view text) {
  if (const auto account = ServiceAccount::parse(text)) (void)account->assertion("scope", now);
  if (const auto token = AccessToken::parse(text, now)) FUZZ_CHECK(token->renew_at >= now);
  const fetch::Response response{.status = 404, .headers = {}, .body = std::string{text}};
  (void)web_push().judge(response, now);
}

void when(std::string_view text) {
  const auto wait = fetch::retry_after({{"retry-after", std::string{text}}}, now);
  if (wait) FUZZ_CHECK(*wait >= Duration{0} && *wait <= std::chrono::hours{24});
  (void)Hosts::with({std::string{text}});
}

}  // namespace

FUZZ_TARGET(input) {
  fuzz::Bytes bytes{input};
  switch (bytes.below(5)) {
    case 0: return subscription(bytes.rest());
    case 1: return address(bytes.rest());
    case 2: return keys(bytes);
    case 3: return service(bytes.rest());
    default: return when(bytes.rest());
  }
}
