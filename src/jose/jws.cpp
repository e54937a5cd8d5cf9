#include "jose/jws.hpp"

#include "jose/base64url.hpp"
#include "jose/json.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <optional>

namespace carillon::jose {

namespace json = boost::json;

namespace {

/// A header has alg, typ, kid, and at times a thumbprint.
constexpr std::size_t header_bytes_max = 1024;
constexpr std::size_t kid_bytes_max = 256;

Error refuse(std::string text) { return fail(Errc::unauthorized, std::move(text)); }

std::optional<Algorithm> algorithm_of(std::string_view name) {
  for (const Algorithm algorithm : {Algorithm::hs256, Algorithm::rs256, Algorithm::es256}) {
    if (to_string(algorithm) == name) return algorithm;
  }
  return std::nullopt;
}

struct Header {
  Algorithm algorithm;
  std::string kid;
};

bool is_jwt_type(std::string_view typ) {
  std::string lower{typ};
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
  return lower == "jwt" || lower == "at+jwt" || lower == "application/at+jwt";
}

Result<Header> parse_header(std::string_view text) {
  const auto decoded = base64url_decode(text);
  if (!decoded || decoded->size() > header_bytes_max) return refuse("malformed token: bad header");
  const auto parsed = parse_json_object(*decoded);
  if (!parsed) return refuse("malformed token: header: " + parsed.error().detail);
  const json::object& header = *parsed;

  const json::string* const alg = find_string(header, "alg");
  if (!alg) return refuse("malformed token: the header has no alg");
  const auto algorithm = algorithm_of({alg->data(), alg->size()});
  if (!algorithm) return refuse("the token's alg is none of HS256, RS256, ES256");
  // RFC 7515 section 4.1.11: who does not understand what is critical must refuse. We understand nothing of it.
  if (header.contains("crit") || header.contains("b64")) return refuse("the token has critical header members");
  if (header.contains("typ")) {
    const json::string* const typ = find_string(header, "typ");
    if (!typ || !is_jwt_type({typ->data(), typ->size()})) return refuse("the token's typ is not JWT");
  }
  Header out{*algorithm, {}};
  if (header.contains("kid")) {
    const json::string* const kid = find_string(header, "kid");
    if (!kid || kid->size() > kid_bytes_max) return refuse("malformed token: bad kid");
    out.kid.assign(kid->data(), kid->size());
  }
  return out;
}

}  // namespace

Result<std::string> sign_jws(const json::object& payload, const Key& key, std::string_view typ) {
  json::object header;
  header["alg"] = json::string_view{to_string(key.algorithm()).data(), to_string(key.algorithm()).size()};
  header["typ"] = json::string_view{typ.data(), typ.size()};
  if (!key.kid().empty()) header["kid"] = key.kid();
  std::string token = base64url_encode(json::serialize(header)) + "." + base64url_encode(json::serialize(payload));
  const auto signature = key.sign(token);
  if (!signature) return signature.error();
  return token + "." + base64url_encode(*signature);
}

Result<json::object> verify_jws(std::string_view token, const KeySet& keys, std::size_t bytes_max,
                                std::optional<Key>* signer) {
  if (token.empty()) return refuse("malformed token: it is empty");
  if (token.size() > bytes_max) return refuse("malformed token: it is too long");
  const std::size_t first = token.find('.');
  const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) {
    return refuse("malformed token: expected three parts");
  }
  const auto header = parse_header(token.substr(0, first));
  if (!header) return header.error();
  const auto signature = base64url_decode(token.substr(second + 1));
  if (!signature || signature->empty()) return refuse("malformed token: bad signature part");

  const std::vector<Key> candidates = keys.candidates(header->algorithm, header->kid);
  if (candidates.empty()) return refuse("no key of this server has the token's alg and kid");
  const std::string_view signed_part = token.substr(0, second);
  const auto key = std::find_if(candidates.begin(), candidates.end(),
                                [&](const Key& one) { return one.verify(signed_part, *signature); });
  if (key == candidates.end()) return refuse("the token's signature is wrong");
  if (signer) *signer = *key;

  // Only now is the payload looked at: what nobody has signed is not parsed.
  const auto payload = base64url_decode(token.substr(first + 1, second - first - 1));
  if (!payload) return refuse("malformed token: bad payload");
  auto claims = parse_json_object(*payload);
  if (!claims) return refuse("malformed token: payload: " + claims.error().detail);
  return std::move(*claims);
}

}  // namespace carillon::jose
