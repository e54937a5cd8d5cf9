#include "push/vapid.hpp"

#include "jose/base64url.hpp"
#include "jose/jws.hpp"

#include <boost/json/object.hpp>

#include <algorithm>
#include <utility>

namespace carillon::push {

Result<Vapid> Vapid::make(jose::Key key, std::string subject) {
  if (key.algorithm() != jose::Algorithm::es256 || !key.can_sign())
    return fail(Errc::bad_request, "VAPID needs a private key on P-256");
  if (!subject.starts_with("mailto:") && !subject.starts_with("https:"))
    return fail(Errc::bad_request, "the subject of VAPID must begin with mailto: or https:");
  const Result<std::string> point = key.p256_point();
  if (!point) return point.error();
  return Vapid{std::move(key), std::move(subject), jose::base64url_encode(*point)};
}

Result<std::string> Vapid::authorization(const std::string& origin, Time now) {
  if (const auto known = tokens_.find(origin); known != tokens_.end() && now < known->second.renew_at)
    return known->second.header;
  const auto expiry = std::chrono::floor<std::chrono::seconds>(now + token_lifetime).time_since_epoch().count();
  const boost::json::object claims{{"aud", origin}, {"exp", expiry}, {"sub", subject_}};
  const Result<std::string> token = jose::sign_jws(claims, key_);
  if (!token) return token.error();
  if (tokens_.size() >= origins_max && !tokens_.contains(origin)) {
    // Endpoints come from outside: whoever makes up origins costs us signatures, not memory.
    tokens_.erase(std::min_element(tokens_.begin(), tokens_.end(), [](const auto& one, const auto& other) {
      return one.second.renew_at < other.second.renew_at;
    }));
  }
  const auto made =
      tokens_.insert_or_assign(origin, Token{"vapid t=" + *token + ", k=" + public_key_, now + token_lifetime / 2});
  return made.first->second.header;
}

}  // namespace carillon::push
