// Keys made for the test run, and tokens with any header and payload, right or wrong.
#pragma once

#include "jose/key_set.hpp"

#include <string>
#include <string_view>

namespace carillon::jose {

inline constexpr std::string_view test_secret = "0123456789abcdef0123456789abcdef";

[[nodiscard]] Key test_hs256();
/// Made once for the run.
[[nodiscard]] const Key& test_rs256();
[[nodiscard]] const Key& test_es256();
/// PEM of a fresh private key: "RSA" with bits, or "EC" on this curve.
[[nodiscard]] std::string new_rsa_pem(unsigned bits, bool is_public = false);
[[nodiscard]] std::string new_ec_pem(const char* curve, bool is_public = false);
[[nodiscard]] std::string new_ed25519_pem();

/// header.payload.signature of these texts, signed by the key as its algorithm wants.
[[nodiscard]] std::string token_of(std::string_view header, std::string_view payload, const Key& key);

}  // namespace carillon::jose
