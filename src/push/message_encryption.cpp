#include "push/message_encryption.hpp"

#include "jose/base64url.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/obj_mac.h>
#include <openssl/params.h>

#include <array>
#include <memory>
#include <optional>

namespace carillon::push {

namespace {

constexpr std::size_t scalar_bytes = 32;
constexpr std::size_t point_bytes = 65;
constexpr std::size_t auth_bytes = 16;
constexpr std::size_t salt_bytes = 16;
constexpr std::size_t key_bytes = 16;
constexpr std::size_t nonce_bytes = 12;
constexpr std::size_t tag_bytes = 16;
/// The size of a record; there is only one, and it may be smaller.
constexpr std::string_view record_size{"\x00\x00\x10\x00", 4};
/// Ends the plaintext of the last record (RFC 8188 section 2).
constexpr char last_record = 2;

struct Free {
  void operator()(BIGNUM* number) const { BN_clear_free(number); }
  void operator()(EC_GROUP* group) const { EC_GROUP_free(group); }
  void operator()(EC_POINT* point) const { EC_POINT_clear_free(point); }
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
  void operator()(EVP_KDF* kdf) const { EVP_KDF_free(kdf); }
  void operator()(EVP_KDF_CTX* context) const { EVP_KDF_CTX_free(context); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

Error broken() {
  ERR_clear_error();
  return fail(Errc::internal, "the encryption of a push failed");
}

const EC_GROUP* p256() {
  static const Owned<EC_GROUP> group{EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1)};
  return group.get();
}

/// Null if the bytes are no uncompressed point on the curve.
Owned<EC_POINT> point_from(std::string_view bytes) {
  Owned<EC_POINT> point{EC_POINT_new(p256())};
  const bool on_curve = bytes.size() == point_bytes && bytes.front() == POINT_CONVERSION_UNCOMPRESSED &&
                        EC_POINT_oct2point(p256(), point.get(), bytes_of(bytes), bytes.size(), nullptr) == 1;
  ERR_clear_error();
  return on_curve ? std::move(point) : nullptr;
}

std::string bytes_from(const EC_POINT* point) {
  std::string out(point_bytes, '\0');
  const std::size_t size =
      EC_POINT_point2oct(p256(), point, POINT_CONVERSION_UNCOMPRESSED, bytes_of(out), out.size(), nullptr);
  return size == point_bytes ? out : std::string{};
}

/// A sender's key pair for one message, and what both sides derive from it.
struct Exchange {
  std::string public_key;
  std::string shared_secret;  // the x of the common point
};

/// nullopt if `private_key` is no scalar of the group.
std::optional<Exchange> exchange_keys(std::string_view private_key, const EC_POINT* theirs) {
  const Owned<BIGNUM> scalar{BN_bin2bn(bytes_of(private_key), static_cast<int>(private_key.size()), nullptr)};
  if (BN_is_zero(scalar.get()) || BN_cmp(scalar.get(), EC_GROUP_get0_order(p256())) >= 0) return std::nullopt;
  const Owned<EC_POINT> ours{EC_POINT_new(p256())};
  const Owned<EC_POINT> common{EC_POINT_new(p256())};
  if (EC_POINT_mul(p256(), ours.get(), scalar.get(), nullptr, nullptr, nullptr) != 1) return std::nullopt;
  if (EC_POINT_mul(p256(), common.get(), nullptr, theirs, scalar.get(), nullptr) != 1) return std::nullopt;
  return Exchange{bytes_from(ours.get()), bytes_from(common.get()).substr(1, scalar_bytes)};
}

/// HKDF with SHA-256 (RFC 5869); empty when OpenSSL fails.
std::string hkdf(std::string_view salt, std::string_view secret, std::string_view info, std::size_t size) {
  static const Owned<EVP_KDF> kdf{EVP_KDF_fetch(nullptr, "HKDF", nullptr)};
  const Owned<EVP_KDF_CTX> context{EVP_KDF_CTX_new(kdf.get())};
  const auto given = [](const char* name, std::string_view value) {
    return OSSL_PARAM_construct_octet_string(name, const_cast<char*>(value.data()), value.size());
  };
  std::string digest{"SHA256"};
  const std::array<OSSL_PARAM, 5> parameters{OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
                                             given(OSSL_KDF_PARAM_SALT, salt), given(OSSL_KDF_PARAM_KEY, secret),
                                             given(OSSL_KDF_PARAM_INFO, info), OSSL_PARAM_construct_end()};
  std::string out(size, '\0');
  if (EVP_KDF_derive(context.get(), bytes_of(out), out.size(), parameters.data()) != 1) return {};
  return out;
}

/// Ciphertext and tag; empty when OpenSSL fails.
std::string aes128gcm(std::string_view key, std::string_view nonce, std::string_view plaintext) {
  const Owned<EVP_CIPHER_CTX> context{EVP_CIPHER_CTX_new()};
  std::string out(plaintext.size() + tag_bytes, '\0');
  int written = 0;
  int more = 0;
  const bool done =
      EVP_EncryptInit_ex2(context.get(), EVP_aes_128_gcm(), bytes_of(key), bytes_of(nonce), nullptr) == 1 &&
      EVP_EncryptUpdate(context.get(), bytes_of(out), &written, bytes_of(plaintext),
                        static_cast<int>(plaintext.size())) == 1 &&
      EVP_EncryptFinal_ex(context.get(), bytes_of(out) + written, &more) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, static_cast<int>(tag_bytes),
                          bytes_of(out) + plaintext.size()) == 1;
  return done ? out : std::string{};
}

/// A C string with its terminating zero, which is part of what RFC 8291 and RFC 8188 hash.
template <std::size_t size>
std::string with_zero(const char (&text)[size]) {
  return std::string(text, size);
}

std::string random_bytes(Random& random, std::size_t size) {
  std::string out(size, '\0');
  random.fill({bytes_of(out), out.size()});
  return out;
}

}  // namespace

Result<SubscriptionKeys> SubscriptionKeys::parse(std::string_view p256dh, std::string_view auth,
                                                 std::string_view path) {
  const std::string at{path};
  std::optional<std::string> point = jose::base64url_decode(p256dh);
  if (!point || !point_from(*point))
    return fail(Errc::bad_request, at + ".p256dh: expected a point on P-256, 65 bytes as base64url");
  std::optional<std::string> secret = jose::base64url_decode(auth);
  if (!secret || secret->size() != auth_bytes)
    return fail(Errc::bad_request, at + ".auth: expected 16 bytes as base64url");
  return SubscriptionKeys{std::move(*point), std::move(*secret)};
}

Result<std::string> encrypt(const SubscriptionKeys& keys, std::string_view plaintext, Random& random) {
  // One scalar of 2^32 is out of range; bad_request says so, and the next one will do.
  for (int attempt = 0; attempt < 3; ++attempt) {
    std::string private_key = random_bytes(random, scalar_bytes);
    Result<std::string> body = encrypt_with(keys, plaintext, private_key, random_bytes(random, salt_bytes));
    OPENSSL_cleanse(private_key.data(), private_key.size());
    if (body || body.error().code != Errc::bad_request) return body;
  }
  return broken();
}

Result<std::string> encrypt_with(const SubscriptionKeys& keys, std::string_view plaintext, std::string_view private_key,
                                 std::string_view salt) {
  if (plaintext.size() > plaintext_bytes_max)
    return fail(Errc::too_large, "the message of a push is larger than " + std::to_string(plaintext_bytes_max));
  if (salt.size() != salt_bytes || private_key.size() != scalar_bytes)
    return fail(Errc::bad_request, "a push needs a private key of 32 bytes and a salt of 16");
  const Owned<EC_POINT> theirs = point_from(keys.p256dh());
  std::optional<Exchange> exchanged = exchange_keys(private_key, theirs.get());
  if (!exchanged) return fail(Errc::bad_request, "the private key is no scalar of P-256");

  // RFC 8291 section 3.4, then RFC 8188 sections 2.2 and 2.3.
  const std::string info = with_zero("WebPush: info") + keys.p256dh() + exchanged->public_key;
  std::string secret = hkdf(keys.auth(), exchanged->shared_secret, info, 32);
  std::string key = hkdf(salt, secret, with_zero("Content-Encoding: aes128gcm"), key_bytes);
  const std::string nonce = hkdf(salt, secret, with_zero("Content-Encoding: nonce"), nonce_bytes);
  const std::string sealed =
      nonce.empty() || key.empty() ? std::string{} : aes128gcm(key, nonce, std::string{plaintext} + last_record);
  for (std::string* wiped : {&exchanged->shared_secret, &secret, &key}) OPENSSL_cleanse(wiped->data(), wiped->size());
  if (sealed.empty()) return broken();

  std::string body{salt};
  body += record_size;
  body += static_cast<char>(point_bytes);
  body += exchanged->public_key;
  body += sealed;
  return body;
}

}  // namespace carillon::push
