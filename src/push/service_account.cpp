#include "push/service_account.hpp"

#include "fetch/url.hpp"
#include "jose/json.hpp"
#include "jose/jws.hpp"

#include <fmt/format.h>
#include <boost/json/object.hpp>

#include <algorithm>
#include <utility>

namespace carillon::push {
namespace {

namespace json = boost::json;

Result<std::string> member(const json::object& object, std::string_view name) {
  const json::string* text = jose::find_string(object, name);
  if (text == nullptr || text->empty())
    return fail(Errc::bad_request, fmt::format("{}: expected a text that is not empty", name));
  return std::string{*text};
}

}  // namespace

Result<ServiceAccount> ServiceAccount::parse(std::string_view text) {
  const auto file = jose::parse_json_object(text);
  if (!file) return fail(Errc::bad_request, "expected the JSON key file of a service account");
  std::string pem;
  std::string kid;
  std::string project;
  std::string email;
  std::string uri;
  for (auto [name, to] :
       {std::pair{"project_id", &project}, std::pair{"client_email", &email}, std::pair{"private_key_id", &kid},
        std::pair{"private_key", &pem}, std::pair{"token_uri", &uri}}) {
    auto value = member(*file, name);
    if (!value) return value.error();
    *to = std::move(*value);
  }
  const auto key = jose::Key::from_private_pem(pem, kid);
  if (!key || key->algorithm() != jose::Algorithm::rs256)
    return fail(Errc::bad_request, "private_key: expected an RSA private key in PEM");
  if (const auto url = fetch::parse_url(uri); !url) return fail(Errc::bad_request, "token_uri: " + url.error().detail);
  return ServiceAccount{project, email, uri, *key};
}

Result<std::string> ServiceAccount::assertion(std::string_view scope, Time now) const {
  const auto issued = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  return jose::sign_jws(
      json::object{
          {"iss", client_email}, {"scope", scope}, {"aud", token_uri}, {"iat", issued}, {"exp", issued + 3600}},
      key);
}

Result<AccessToken> AccessToken::parse(std::string_view body, Time now) {
  const auto answer = jose::parse_json_object(body);
  if (!answer) return fail(Errc::unavailable, "the token endpoint did not answer with JSON");
  const auto token = member(*answer, "access_token");
  if (!token) return fail(Errc::unavailable, "the token endpoint gave no access_token");
  const json::value* lasts = answer->if_contains("expires_in");
  boost::system::error_code ignored;
  const auto given = lasts != nullptr && lasts->is_number() ? lasts->to_number<std::int64_t>(ignored) : 3600;
  const Duration lifetime = std::chrono::seconds{std::clamp<std::int64_t>(given, 0, 86'400)};
  return AccessToken{Secret{*token}, now + std::max<Duration>(lifetime - std::chrono::minutes{1}, lifetime / 2)};
}

}  // namespace carillon::push
