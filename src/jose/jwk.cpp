// Keys as JSON: RFC 7517 (JWK, JWKS) and RFC 7518 section 6.
#include "jose/base64url.hpp"
#include "jose/json.hpp"
#include "jose/key_impl.hpp"
#include "jose/key_set.hpp"

#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace carillon::jose {

namespace json = boost::json;

namespace {

constexpr std::size_t jwks_bytes_max = 256 * 1024;
/// A provider has two or three keys at a time.
constexpr std::size_t keys_max = 64;
constexpr std::size_t coordinate_bytes = 32;  // of P-256

struct Free {
  void operator()(BIGNUM* number) const { BN_clear_free(number); }
  void operator()(OSSL_PARAM_BLD* builder) const { OSSL_PARAM_BLD_free(builder); }
  void operator()(OSSL_PARAM* params) const { OSSL_PARAM_free(params); }
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
};
using Number = std::unique_ptr<BIGNUM, Free>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, Free>;

Error refuse(std::string text) {
  ERR_clear_error();
  return fail(Errc::bad_request, std::move(text));
}

std::string text_of(const json::object& jwk, std::string_view name) {
  const json::string* const text = find_string(jwk, name);
  return text ? std::string{text->data(), text->size()} : std::string{};
}

std::optional<std::string> bytes_of(const json::object& jwk, std::string_view name) {
  const json::string* const text = find_string(jwk, name);
  if (!text || text->empty()) return std::nullopt;
  return base64url_decode({text->data(), text->size()});
}

Number number_of(const std::string& bytes) {
  return Number{
      BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()), nullptr)};
}

Pkey build(const char* type, OSSL_PARAM_BLD* builder, bool is_private) {
  const std::unique_ptr<OSSL_PARAM, Free> params{OSSL_PARAM_BLD_to_param(builder)};
  const std::unique_ptr<EVP_PKEY_CTX, Free> context{EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr)};
  EVP_PKEY* pkey = nullptr;
  const bool made =
      params && context && EVP_PKEY_fromdata_init(context.get()) == 1 &&
      EVP_PKEY_fromdata(context.get(), &pkey, is_private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params.get()) == 1;
  return Pkey{made ? pkey : nullptr};
}

Result<Pkey> rsa_key(const json::object& jwk) {
  const auto n = bytes_of(jwk, "n");
  const auto e = bytes_of(jwk, "e");
  if (!n || !e) return refuse("an RSA key needs n and e in base64url");
  const Number modulus = number_of(*n);
  const Number exponent = number_of(*e);
  const Builder builder{OSSL_PARAM_BLD_new()};
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get());
  Pkey pkey = build("RSA", builder.get(), false);
  if (!pkey) return refuse("n and e are no RSA key");
  return pkey;
}

Result<Pkey> ec_key(const json::object& jwk, bool is_private) {
  if (text_of(jwk, "crv") != "P-256") return refuse("the EC key is not on the curve P-256");
  const auto x = bytes_of(jwk, "x");
  const auto y = bytes_of(jwk, "y");
  if (!x || !y || x->size() != coordinate_bytes || y->size() != coordinate_bytes) {
    return refuse("an EC key needs x and y of 32 bytes in base64url");
  }
  const std::string point = "\x04" + *x + *y;
  const Builder builder{OSSL_PARAM_BLD_new()};
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
  Number scalar;
  if (is_private) {
    const auto d = bytes_of(jwk, "d");
    if (!d || d->size() != coordinate_bytes) return refuse("d of an EC key has 32 bytes");
    scalar = number_of(*d);
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, scalar.get());
  }
  Pkey pkey = build("EC", builder.get(), is_private);
  if (!pkey) return refuse("x and y are no point of P-256");
  return pkey;
}

/// RFC 7517 section 4.3: what the key may be used for.
bool is_for_signatures(const json::object& jwk) {
  if (jwk.contains("use") && text_of(jwk, "use") != "sig") return false;
  const json::value* const operations = jwk.if_contains("key_ops");
  if (!operations) return true;
  const json::array* const list = operations->if_array();
  return list && std::any_of(list->begin(), list->end(),
                             [](const json::value& one) { return one == "verify" || one == "sign"; });
}

bool fits_algorithm(const json::object& jwk, Algorithm algorithm) {
  return !jwk.contains("alg") || text_of(jwk, "alg") == to_string(algorithm);
}

}  // namespace

Result<Key> Key::from_jwk(std::string_view text) {
  if (text.size() > jwks_bytes_max) return refuse("the JWK is too large");
  auto parsed = parse_json_object(text);
  if (!parsed) return parsed.error();
  const json::object& jwk = *parsed;
  if (!is_for_signatures(jwk)) return refuse("the key is not for signatures");
  const std::string kid = text_of(jwk, "kid");
  const std::string kty = text_of(jwk, "kty");

  if (kty == "oct") {
    const auto secret = bytes_of(jwk, "k");
    if (!secret) return refuse("a shared secret needs k in base64url");
    if (!fits_algorithm(jwk, Algorithm::hs256)) return refuse("the alg of the key is not HS256");
    return from_secret(*secret, kid);
  }
  const bool is_private = kty == "EC" && jwk.contains("d");
  Result<Pkey> pkey = kty == "RSA"  ? rsa_key(jwk)
                      : kty == "EC" ? ec_key(jwk, is_private)
                                    : refuse("kty is none of oct, RSA, EC");
  if (!pkey) return pkey.error();
  auto impl = make_key_impl(std::move(*pkey), is_private, kid);
  if (!impl) return impl.error();
  if (!fits_algorithm(jwk, (*impl)->algorithm)) return refuse("the alg of the key does not fit its kind");
  return Key{std::move(*impl)};
}

Result<KeySet> KeySet::from_jwks(std::string_view text) {
  if (text.size() > jwks_bytes_max) return refuse("the JWKS is too large");
  const auto parsed = parse_json_object(text);
  if (!parsed) return parsed.error();
  const json::value* const member = parsed->if_contains("keys");
  const json::array* const list = member ? member->if_array() : nullptr;
  if (!list) return refuse("a JWKS has an array keys");
  if (list->size() > keys_max) return refuse("the JWKS has more than 64 keys");

  KeySet set;
  std::string last_fault = "it is empty";
  for (const json::value& one : *list) {
    auto key = Key::from_jwk(json::serialize(one));
    if (key) {
      set.add(std::move(*key));
    } else {
      last_fault = key.error().detail;
    }
  }
  if (set.empty()) return refuse("the JWKS has no key for us: " + last_fault);
  return set;
}

std::vector<Key> KeySet::candidates(Algorithm algorithm, std::string_view kid) const {
  std::vector<Key> found;
  for (const Key& key : keys_) {
    if (key.algorithm() != algorithm) continue;
    if (kid.empty() || key.kid().empty() || key.kid() == kid) found.push_back(key);
  }
  return found;
}

std::string KeySet::name_of(const Key& key) const {
  for (std::size_t place = 0; place < keys_.size(); ++place) {
    if (!keys_[place].is(key)) continue;
    return key.kid().empty() ? fmt::format("{} {}", to_string(key.algorithm()), place) : key.kid();
  }
  return {};
}

}  // namespace carillon::jose
