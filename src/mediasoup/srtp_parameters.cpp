#include "mediasoup/srtp_parameters.hpp"

#include <boost/json/value.hpp>

#include <array>

namespace carillon::mediasoup {

namespace {

struct Suite {
  SrtpCryptoSuite suite;
  std::string_view name;
  std::size_t key_bytes;  // master key and salt: RFC 4568 section 6.2, RFC 7714 section 12
};
constexpr std::array suites{
    Suite{SrtpCryptoSuite::aead_aes_256_gcm, "AEAD_AES_256_GCM", 32 + 12},
    Suite{SrtpCryptoSuite::aead_aes_128_gcm, "AEAD_AES_128_GCM", 16 + 12},
    Suite{SrtpCryptoSuite::aes_cm_128_hmac_sha1_80, "AES_CM_128_HMAC_SHA1_80", 16 + 14},
    Suite{SrtpCryptoSuite::aes_cm_128_hmac_sha1_32, "AES_CM_128_HMAC_SHA1_32", 16 + 14},
};

/// nullptr: a number that names none, of a broken worker.
const Suite* find_suite(SrtpCryptoSuite suite) {
  for (const Suite& known : suites)
    if (known.suite == suite) return &known;
  return nullptr;
}

bool is_base64_digit(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
}

/// How many bytes the padded base64 text stands for; nullopt when it is not that.
std::optional<std::size_t> base64_bytes(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && text[text.size() - 1 - padding] == '=') ++padding;
  for (const char c : text.substr(0, text.size() - padding)) {
    if (!is_base64_digit(c)) return std::nullopt;
  }
  return text.size() / 4 * 3 - padding;
}

Error bad(std::string_view path, std::string_view what) {
  return fail(Errc::bad_request, std::string{path}.append(what));
}

}  // namespace

std::string_view to_string(SrtpCryptoSuite suite) {
  const Suite* known = find_suite(suite);
  return known != nullptr ? known->name : std::string_view{};
}

std::optional<SrtpCryptoSuite> srtp_crypto_suite_from(std::string_view name) {
  for (const auto& suite : suites) {
    if (suite.name == name) return suite.suite;
  }
  return std::nullopt;
}

Result<> check_srtp_parameters(const SrtpParameters& parameters, std::string_view path) {
  const Suite* suite = find_suite(parameters.crypto_suite);
  if (suite == nullptr) return bad(path, ".cryptoSuite: unknown");
  const auto bytes = base64_bytes(parameters.key_base64);
  if (!bytes) return bad(path, ".keyBase64: expected base64");
  if (*bytes != suite->key_bytes)
    return bad(path, ".keyBase64: expected " + std::to_string(suite->key_bytes) + " bytes");
  return {};
}

Result<SrtpParameters> parse_srtp_parameters(const boost::json::value& value, std::string_view path) {
  const auto* object = value.if_object();
  if (object == nullptr) return bad(path, ": expected object");
  const auto* suite_name = object->if_contains("cryptoSuite");
  const auto* key = object->if_contains("keyBase64");
  if (suite_name == nullptr || !suite_name->is_string()) return bad(path, ".cryptoSuite: expected string");
  if (key == nullptr || !key->is_string()) return bad(path, ".keyBase64: expected string");
  const auto suite = srtp_crypto_suite_from(std::string_view{suite_name->get_string()});
  if (!suite) return bad(path, ".cryptoSuite: unknown");
  SrtpParameters parameters{*suite, std::string{std::string_view{key->get_string()}}};
  if (const auto checked = check_srtp_parameters(parameters, path); !checked) return checked.error();
  return parameters;
}

boost::json::value to_json(const SrtpParameters& parameters) {
  return {{"cryptoSuite", to_string(parameters.crypto_suite)}, {"keyBase64", parameters.key_base64}};
}

}  // namespace carillon::mediasoup
