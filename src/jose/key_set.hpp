// Keys that verify (and, for shared secrets, sign) tokens. Each key has one algorithm of its own; what a token
// says about its algorithm is only compared with it, never followed. Pure: OpenSSL 3 EVP, no Asio.
#pragma once

#include "base/result.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carillon::jose {

enum class Algorithm { hs256, rs256, es256 };
[[nodiscard]] std::string_view to_string(Algorithm algorithm);  // "HS256"

/// One immutable key, cheap to copy. Prints nothing.
class Key {
 public:
  /// HS256. RFC 7518 section 3.2: at least 32 bytes.
  [[nodiscard]] static Result<Key> from_secret(std::string_view secret, std::string kid = {});
  /// `-----BEGIN PUBLIC KEY-----`: RS256 for RSA (2048 to 8192 bits), ES256 for P-256; other curves are refused.
  [[nodiscard]] static Result<Key> from_public_pem(std::string_view pem, std::string kid = {});
  /// `-----BEGIN PRIVATE KEY-----` (or EC/RSA PRIVATE KEY): signs and verifies, RS256 or ES256.
  [[nodiscard]] static Result<Key> from_private_pem(std::string_view pem, std::string kid = {});
  /// One JWK (RFC 7517): kty oct, RSA, or EC with crv P-256. `use` must be "sig" and `alg` fit, if there.
  [[nodiscard]] static Result<Key> from_jwk(std::string_view json);
  /// A fresh P-256 pair, for VAPID and tests.
  [[nodiscard]] static Result<Key> generate_es256();

  [[nodiscard]] Algorithm algorithm() const;
  [[nodiscard]] const std::string& kid() const;
  [[nodiscard]] bool can_sign() const;

  /// Signature bytes as JWS wants them: HMAC, RSA PKCS#1 v1.5, or r||s of 64 bytes.
  [[nodiscard]] Result<std::string> sign(std::string_view input) const;
  [[nodiscard]] bool verify(std::string_view input, std::string_view signature) const;

  /// PKCS#8 PEM of a private key; SPKI PEM; the uncompressed point (65 bytes) of a P-256 key. Errors for other keys.
  [[nodiscard]] Result<std::string> private_pem() const;
  [[nodiscard]] Result<std::string> public_pem() const;
  [[nodiscard]] Result<std::string> p256_point() const;

  /// The very same key, not one that was made like it.
  [[nodiscard]] bool is(const Key& other) const { return impl_ == other.impl_; }

  struct Impl;

 private:
  explicit Key(std::shared_ptr<const Impl> impl) : impl_{std::move(impl)} {}
  std::shared_ptr<const Impl> impl_;
};

class KeySet {
 public:
  KeySet() = default;
  explicit KeySet(std::vector<Key> keys) : keys_(std::move(keys)) {}
  /// A JWKS: `{"keys":[...]}`. Keys of unknown kind, curve or use are left out (RFC 7517 section 5); none left
  /// is an error.
  [[nodiscard]] static Result<KeySet> from_jwks(std::string_view json);

  void add(Key key) { keys_.push_back(std::move(key)); }
  [[nodiscard]] const std::vector<Key>& all() const { return keys_; }
  [[nodiscard]] bool empty() const { return keys_.empty(); }
  [[nodiscard]] std::size_t size() const { return keys_.size(); }

  /// Keys to try for a token that names this algorithm and key id: those of that algorithm whose kid is the
  /// same, and those without kid. A token without kid may be of any key of its algorithm.
  [[nodiscard]] std::vector<Key> candidates(Algorithm algorithm, std::string_view kid) const;
  /// To tell keys of this set apart: the kid, or "HS256 0" by its place for one without. Empty: it is not of this set.
  [[nodiscard]] std::string name_of(const Key& key) const;

 private:
  std::vector<Key> keys_;
};

}  // namespace carillon::jose
