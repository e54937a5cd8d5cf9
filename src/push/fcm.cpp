#include "push/fcm.hpp"

#include "jose/json.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <utility>

namespace carillon::push {
namespace {

constexpr std::string_view scope = "https://www.googleapis.com/auth/firebase.messaging";
/// RFC 7523 section 2.1, percent-encoded for a form.
constexpr std::string_view grant_type = "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer";

/// Every value of `data` must be a string.
json::object strings_of(const json::object& data) {
  json::object strings;
  for (const auto& [name, value] : data) {
    strings[name] = value.is_string() ? value.get_string() : json::string{json::serialize(value)};
  }
  return strings;
}

/// The error of FCM itself, beside the general one of Google's APIs: `error.details[].errorCode`.
std::string error_code(const std::string& body) {
  const auto answer = jose::parse_json_object(body);
  if (!answer) return {};
  const json::value* error = answer->if_contains("error");
  if (error == nullptr || !error->is_object()) return {};
  const json::value* details = error->get_object().if_contains("details");
  if (details == nullptr || !details->is_array()) return {};
  for (const json::value& detail : details->get_array()) {
    if (!detail.is_object()) continue;
    if (const json::string* code = jose::find_string(detail.get_object(), "errorCode")) return std::string{*code};
  }
  return {};
}

}  // namespace

Fcm::Fcm(ServiceAccount account, std::string endpoint) : account_{std::move(account)}, endpoint_{std::move(endpoint)} {
  while (endpoint_.ends_with('/')) endpoint_.pop_back();
}

Result<Target> Fcm::parse(const json::object& data, std::string_view path) const {
  const json::string* token = jose::find_string(data, "token");
  const bool fits = token != nullptr && !token->empty() && token->size() <= token_bytes_max &&
                    std::ranges::all_of(*token, [](unsigned char c) { return c > ' ' && c < 127; });
  if (!fits) {
    return fail(Errc::bad_request,
                fmt::format("{}.token: expected 1 to {} characters of printable ASCII", path, token_bytes_max));
  }
  return Target{std::string{type()}, std::string{*token}, {}};
}

Result<std::optional<fetch::Request>> Fcm::login(Time now) {
  if (token_ && now < token_->renew_at) return std::optional<fetch::Request>{};
  const auto assertion = account_.assertion(scope, now);
  if (!assertion) return assertion.error();
  fetch::Request request;
  request.url = account_.token_uri;
  request.reach = fetch::Reach::anywhere;
  request.https_only = false;  // the operator's own words; the configuration was checked
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
  request.body = [form = fmt::format("grant_type={}&assertion={}", grant_type, *assertion)] {
    return Result<std::string>{form};
  };
  return std::optional{std::move(request)};
}

Result<> Fcm::logged_in(const fetch::Response& response, Time now) {
  if (response.status != 200) {
    const bool later = response.status == 429 || response.status >= 500;
    return fail(later ? Errc::unavailable : Errc::unauthorized,
                fmt::format("the token endpoint answered {}", response.status));
  }
  auto token = AccessToken::parse(response.body, now);
  if (!token) return token.error();
  token_ = std::move(*token);
  return {};
}

Result<fetch::Request> Fcm::request(const Target& target, const Message& message, Time now) {
  if (!token_) return fail(Errc::internal, "no access token");
  const auto ttl = time_left(message, now).count();
  const auto expires = std::chrono::floor<std::chrono::seconds>(message.expires_at).time_since_epoch().count();
  json::object data = strings_of(message.data);
  data = json::parse(fitted(std::move(data), data_bytes_max)).as_object();
  const bool urgent = message.kind != Kind::missed;
  // Data only: with a `notification` block the app's own code would not run while it is in the background.
  json::object body{
      {"message",
       {{"token", target.address},
        {"data", std::move(data)},
        {"android",
         {{"priority", urgent ? "HIGH" : "NORMAL"}, {"ttl", fmt::format("{}s", ttl)}, {"direct_boot_ok", true}}},
        {"apns",
         {{"headers",
           {{"apns-push-type", "alert"},
            {"apns-priority", urgent ? "10" : "5"},
            {"apns-expiration", fmt::format("{}", expires)}}},
          {"payload", {{"aps", {{"content-available", 1}}}}}}}}}};
  fetch::Request request;
  request.url = fmt::format("{}/v1/projects/{}/messages:send", endpoint_, account_.project_id);
  request.reach = fetch::Reach::anywhere;
  request.https_only = false;
  request.headers = {{"Content-Type", "application/json"}, {"Authorization", "Bearer " + token_->value.reveal()}};
  request.body = [text = json::serialize(body)] { return Result<std::string>{text}; };
  return request;
}

Verdict Fcm::judge(const fetch::Response& response, Time now) const {
  if (response.status == 200) return {Outcome::taken, {}, {}};
  if (response.status == 401) return {Outcome::renew, {}, "refused 401"};
  if (error_code(response.body) == "UNREGISTERED") return {Outcome::gone, {}, "gone"};
  return busy(response, now).value_or(refused(response.status));
}

}  // namespace carillon::push
