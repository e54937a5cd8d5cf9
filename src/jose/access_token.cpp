#include "jose/access_token.hpp"

#include "jose/json.hpp"
#include "jose/jws.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace carillon::jose {

namespace json = boost::json;

namespace {

constexpr std::size_t id_bytes_max = 128;
constexpr std::size_t name_bytes_max = 128;
/// The year 5138: later dates are milliseconds by mistake.
constexpr double seconds_max = 1e11;

Error wrong_claim(std::string text) { return fail(Errc::unauthorized, "bad claim " + std::move(text)); }

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

/// nullopt: absent.
Result<std::optional<std::string>> read_text(const json::object& claims, std::string_view name, std::size_t bytes_min,
                                             std::size_t bytes_max) {
  if (!claims.contains(json::string_view{name.data(), name.size()})) return std::optional<std::string>{};
  const json::string* const text = find_string(claims, name);
  if (!text) return wrong_claim(fmt::format("{}: expected string", name));
  if (text->size() < bytes_min || text->size() > bytes_max) {
    return wrong_claim(fmt::format("{}: expected {} to {} bytes", name, bytes_min, bytes_max));
  }
  const std::string_view view{text->data(), text->size()};
  if (has_control(view)) return wrong_claim(fmt::format("{}: control characters", name));
  return std::optional<std::string>{std::string{view}};
}

/// RFC 7519 section 2, NumericDate: seconds since the epoch, fractions allowed.
Result<std::optional<Time>> read_time(const json::object& claims, std::string_view name) {
  const json::value* const value = claims.if_contains(json::string_view{name.data(), name.size()});
  if (!value) return std::optional<Time>{};
  if (!value->is_number()) return wrong_claim(fmt::format("{}: expected seconds since 1970", name));
  const double seconds = value->to_number<double>();
  if (!(seconds >= 0 && seconds <= seconds_max))
    return wrong_claim(fmt::format("{}: expected seconds since 1970", name));
  return std::optional<Time>{from_ms(std::llround(seconds * 1000))};
}

/// calls.to: user ids, as `sub` has them.
Result<std::vector<std::string>> read_users(const json::value& value) {
  const json::array* const array = value.if_array();
  if (!array) return wrong_claim("calls.to: expected array");
  std::vector<std::string> users;
  for (const json::value& item : *array) {
    const json::string* const text = item.if_string();
    const bool good =
        text && !text->empty() && text->size() <= id_bytes_max && !has_control({text->data(), text->size()});
    if (!good) return wrong_claim(fmt::format("calls.to[{}]: expected a user id", users.size()));
    users.emplace_back(text->data(), text->size());
  }
  return users;
}

Result<CallGrants> read_grants(const json::object& claims) {
  CallGrants grants;
  const json::value* const value = claims.if_contains("calls");
  if (!value) return grants;
  const json::object* const object = value->if_object();
  if (!object) return wrong_claim("calls: expected object");
  for (const auto& [name, grant] : {std::pair<std::string_view, bool*>{"start", &grants.start},
                                    {"accept", &grants.accept},
                                    {"publish", &grants.publish},
                                    {"moderate", &grants.moderate}}) {
    const json::value* const member = object->if_contains(json::string_view{name.data(), name.size()});
    if (!member) continue;
    if (!member->is_bool()) return wrong_claim(fmt::format("calls.{}: expected boolean", name));
    *grant = member->get_bool();
  }
  if (const json::value* const to = object->if_contains("to")) {
    auto users = read_users(*to);
    if (!users) return users.error();
    grants.to = std::move(*users);
  }
  if (const json::value* const max = object->if_contains("max")) {
    boost::system::error_code inexact;
    const auto number = max->to_number<std::uint32_t>(inexact);
    if (inexact) return wrong_claim("calls.max: expected a whole number, 0 or more");
    grants.max = number;
  }
  return grants;
}

std::int64_t seconds_of(Time time) { return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count(); }

Result<> check_times(const Claims& claims, Time now) {
  if (now >= claims.expires_at + clock_skew) {
    return fail(Errc::token_expired, fmt::format("the token's exp {} is past; server time is {}",
                                                 seconds_of(claims.expires_at), seconds_of(now)));
  }
  for (const auto& [name, time] : {std::pair{"nbf", claims.not_before}, {"iat", claims.issued_at}}) {
    if (time && *time > now + clock_skew) {
      return fail(Errc::token_not_yet_valid, fmt::format("the token's {} {} is to come; server time is {}", name,
                                                         seconds_of(*time), seconds_of(now)));
    }
  }
  return {};
}

Result<Claims> read_claims(const json::object& payload) {
  Claims claims;
  auto user = read_text(payload, "sub", 1, id_bytes_max);
  if (!user) return user.error();
  if (!*user) return wrong_claim("sub: absent");
  claims.user = std::move(**user);

  auto name = read_text(payload, "name", 0, name_bytes_max);
  if (!name) return name.error();
  claims.name = *name && !(*name)->empty() ? std::move(**name) : claims.user;

  auto device = read_text(payload, "device", 1, id_bytes_max);
  if (!device) return device.error();
  claims.device = std::move(*device);

  const auto expires_at = read_time(payload, "exp");
  const auto not_before = read_time(payload, "nbf");
  const auto issued_at = read_time(payload, "iat");
  if (!expires_at) return expires_at.error();
  if (!not_before) return not_before.error();
  if (!issued_at) return issued_at.error();
  if (!*expires_at) return wrong_claim("exp: absent");
  claims.expires_at = **expires_at;
  claims.not_before = *not_before;
  claims.issued_at = *issued_at;

  const auto grants = read_grants(payload);
  if (!grants) return grants.error();
  claims.calls = *grants;
  return claims;
}

}  // namespace

Result<Claims> verify_access_token(std::string_view token, const KeySet& keys, Time now, std::string* key) {
  std::optional<Key> signer;
  const auto payload = verify_jws(token, keys, token_bytes_max, &signer);
  if (!payload) return payload.error();
  auto claims = read_claims(*payload);
  if (!claims) return claims;
  if (const auto checked = check_times(*claims, now); !checked) return checked.error();
  if (key) *key = keys.name_of(*signer);
  return claims;
}

Result<std::string> sign_access_token(const Claims& claims, const Key& key) {
  json::object payload;
  payload["sub"] = claims.user;
  if (!claims.name.empty()) payload["name"] = claims.name;
  if (claims.device) payload["device"] = *claims.device;
  if (claims.issued_at) payload["iat"] = seconds_of(*claims.issued_at);
  if (claims.not_before) payload["nbf"] = seconds_of(std::chrono::ceil<std::chrono::seconds>(*claims.not_before));
  payload["exp"] = seconds_of(claims.expires_at);
  if (claims.calls != CallGrants{}) {
    json::object calls{{"start", claims.calls.start},
                       {"accept", claims.calls.accept},
                       {"publish", claims.calls.publish},
                       {"moderate", claims.calls.moderate}};
    if (claims.calls.to) calls["to"] = json::array(claims.calls.to->begin(), claims.calls.to->end());
    if (claims.calls.max) calls["max"] = *claims.calls.max;
    payload["calls"] = std::move(calls);
  }
  // What we would not accept ourselves is not signed.
  if (const auto readable = read_claims(payload); !readable) return fail(Errc::bad_request, readable.error().detail);
  return sign_jws(payload, key);
}

}  // namespace carillon::jose
