#include "push/webpush.hpp"

#include "base/random.hpp"
#include "fetch/url.hpp"
#include "jose/base64url.hpp"
#include "jose/json.hpp"
#include "push/message_encryption.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <boost/json/serialize.hpp>

#include <array>
#include <utility>

namespace carillon::push {
namespace {

constexpr std::size_t topic_characters_max = 32;  // RFC 8030 section 5.4

Error expected(std::string_view path, std::string_view member, std::string_view what) {
  return fail(Errc::bad_request, fmt::format("{}.{}: {}", path, member, what));
}

/// The keys as register-push has them, and as we keep them.
Result<SubscriptionKeys> keys_of(const json::object& keys, const std::string& path) {
  const json::string* p256dh = jose::find_string(keys, "p256dh");
  if (p256dh == nullptr) return expected(path, "p256dh", "expected string");
  const json::string* auth = jose::find_string(keys, "auth");
  if (auth == nullptr) return expected(path, "auth", "expected string");
  return SubscriptionKeys::parse(*p256dh, *auth, path);
}

std::string_view urgency_of(Kind kind) {
  switch (kind) {
    case Kind::ring:
    case Kind::end: return "high";
    case Kind::missed: return "normal";
  }
  return "normal";
}

}  // namespace

std::string topic_of(const Message& message) {
  const std::string name = message.call.str() + (message.kind == Kind::missed ? " missed" : "");
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  unsigned int size = 0;
  EVP_Digest(name.data(), name.size(), hash.data(), &size, EVP_sha256(), nullptr);
  return jose::base64url_encode({reinterpret_cast<const char*>(hash.data()), size}).substr(0, topic_characters_max);
}

Result<Target> WebPush::parse(const json::object& data, std::string_view path) const {
  const json::value* found = data.if_contains("subscription");
  if (found == nullptr || !found->is_object()) return expected(path, "subscription", "expected object");
  const json::object& subscription = found->get_object();
  const std::string here = fmt::format("{}.subscription", path);
  const json::string* endpoint = jose::find_string(subscription, "endpoint");
  if (endpoint == nullptr) return expected(here, "endpoint", "expected string");
  const auto url = fetch::parse_url(*endpoint);
  if (!url) return expected(here, "endpoint", url.error().detail);
  if (!url->is_https) return expected(here, "endpoint", "expected an https: address");
  if (!hosts_.find(*url)) {
    return fail(Errc::forbidden,
                fmt::format("{}.endpoint: {} is not a push service that this server may use (push.allow-hosts)", here,
                            url->host));
  }
  const json::value* keys = subscription.if_contains("keys");
  if (keys == nullptr || !keys->is_object()) return expected(here, "keys", "expected object");
  const auto parsed = keys_of(keys->get_object(), here + ".keys");
  if (!parsed) return parsed.error();
  return Target{std::string{type()}, url->text,
                json::serialize(json::object{{"p256dh", jose::base64url_encode(parsed->p256dh())},
                                             {"auth", jose::base64url_encode(parsed->auth())}})};
}

Result<fetch::Request> WebPush::request(const Target& target, const Message& message, Time now) {
  const auto url = fetch::parse_url(target.address);
  if (!url) return url.error();
  const auto reach = hosts_.find(*url);
  if (!reach) return fail(Errc::forbidden, "the push service is not allowed any more (push.allow-hosts)");
  const auto details = jose::parse_json_object(target.details);
  if (!details) return details.error();
  const auto keys = keys_of(*details, "keys");
  if (!keys) return keys.error();
  const auto authorization = vapid_.authorization(url->origin(), now);
  if (!authorization) return authorization.error();

  fetch::Request request;
  request.url = target.address;
  request.reach = *reach;
  request.headers = {{"TTL", fmt::format("{}", time_left(message, now).count())},
                     {"Urgency", std::string{urgency_of(message.kind)}},
                     {"Topic", topic_of(message)},
                     {"Content-Type", "application/octet-stream"},
                     {"Content-Encoding", "aes128gcm"},
                     {"Authorization", *authorization}};
  // Two multiplications on the curve for each: a burst of a thousand would hold up the sessions.
  request.body = [keys = *keys, text = fitted(message.data, plaintext_bytes_max)] {
    SystemRandom random;
    return encrypt(keys, text, random);
  };
  return request;
}

Verdict WebPush::judge(const fetch::Response& response, Time now) const {
  if (response.status >= 200 && response.status < 300) return {Outcome::taken, {}, {}};
  if (response.status == 404 || response.status == 410) return {Outcome::gone, {}, "gone"};
  if (response.status == 401) return {Outcome::renew, {}, "refused 401"};
  return busy(response, now).value_or(refused(response.status));
}

}  // namespace carillon::push
