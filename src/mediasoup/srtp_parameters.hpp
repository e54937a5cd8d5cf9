// SRTP parameters of a PlainTransport or PipeTransport as typed values, and their JSON.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <boost/json/fwd.hpp>

#include "base/result.hpp"

namespace carillon::mediasoup {

enum class SrtpCryptoSuite { aead_aes_256_gcm, aead_aes_128_gcm, aes_cm_128_hmac_sha1_80, aes_cm_128_hmac_sha1_32 };

struct SrtpParameters {
  SrtpCryptoSuite crypto_suite = SrtpCryptoSuite::aes_cm_128_hmac_sha1_80;
  std::string key_base64;  // master key and salt: 30 bytes with AES_CM, 28 with AES-128-GCM, 44 with AES-256-GCM

  bool operator==(const SrtpParameters&) const = default;
};

[[nodiscard]] std::string_view to_string(SrtpCryptoSuite suite);  // "AEAD_AES_256_GCM", ...; "" for none of these
[[nodiscard]] std::optional<SrtpCryptoSuite> srtp_crypto_suite_from(std::string_view name);

/// Base64 and key length are right for the suite: all that the worker asks. Errors are Errc::bad_request.
[[nodiscard]] Result<> check_srtp_parameters(const SrtpParameters& parameters,
                                             std::string_view path = "srtpParameters");
[[nodiscard]] Result<SrtpParameters> parse_srtp_parameters(const boost::json::value& value,
                                                           std::string_view path = "srtpParameters");
[[nodiscard]] boost::json::value to_json(const SrtpParameters& parameters);

}  // namespace carillon::mediasoup
