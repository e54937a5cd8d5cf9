// What a push service carries it cannot read: encryption of one message for one subscription (RFC 8291). Pure.
#pragma once

#include "base/random.hpp"
#include "base/result.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace carillon::push {

/// The `keys` of a browser's subscription (Push API section 8.1.1), checked.
class SubscriptionKeys {
 public:
  /// Both as base64url without padding. Error: bad_request, with the field behind `path`: `p256dh` must be an
  /// uncompressed point on P-256, `auth` 16 bytes.
  [[nodiscard]] static Result<SubscriptionKeys> parse(std::string_view p256dh, std::string_view auth,
                                                      std::string_view path = "keys");

  [[nodiscard]] const std::string& p256dh() const { return p256dh_; }
  [[nodiscard]] const std::string& auth() const { return auth_; }

 private:
  SubscriptionKeys(std::string p256dh, std::string auth) : p256dh_{std::move(p256dh)}, auth_{std::move(auth)} {}

  std::string p256dh_;  // 65 bytes: 0x04, x, y
  std::string auth_;
};

/// Push services must take 4096 bytes (RFC 8030 section 7.2), of which header, delimiter and tag need 103.
inline constexpr std::size_t plaintext_bytes_max = 3993;

/// The body of a push, with content coding aes128gcm (RFC 8188), one record. Takes a new key pair and salt from
/// `random`. Errors: too_large for more than plaintext_bytes_max.
[[nodiscard]] Result<std::string> encrypt(const SubscriptionKeys& keys, std::string_view plaintext, Random& random);

/// The same with a given private key (32 bytes, a scalar of P-256) and salt (16 bytes), so that RFC 8291's example can
/// be computed. Never use a pair twice: the key and the nonce follow from it.
[[nodiscard]] Result<std::string> encrypt_with(const SubscriptionKeys& keys, std::string_view plaintext,
                                               std::string_view private_key, std::string_view salt);

}  // namespace carillon::push
