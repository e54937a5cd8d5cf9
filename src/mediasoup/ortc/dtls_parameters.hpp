// DTLS parameters of a WebRtcTransport as typed values. The JSON side is in transport_parameters_json.hpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::ortc {

enum class DtlsRole { automatic, client, server };  // "auto", which C++ keeps for itself

enum class FingerprintAlgorithm { sha1, sha224, sha256, sha384, sha512 };

struct DtlsFingerprint {
  FingerprintAlgorithm algorithm = FingerprintAlgorithm::sha256;
  std::string value;  // bytes in upper-case hex joined by ':', as the worker compares them
  friend bool operator==(const DtlsFingerprint&, const DtlsFingerprint&) = default;
};

struct DtlsParameters {
  DtlsRole role = DtlsRole::automatic;
  std::vector<DtlsFingerprint> fingerprints;  // never empty once parsed
  friend bool operator==(const DtlsParameters&, const DtlsParameters&) = default;
};

[[nodiscard]] std::string_view to_string(DtlsRole);              // "auto", "client", "server"
[[nodiscard]] std::string_view to_string(FingerprintAlgorithm);  // "sha-256"; "" for a number that has none
[[nodiscard]] std::optional<DtlsRole> dtls_role_from(std::string_view);

}  // namespace carillon::ortc
