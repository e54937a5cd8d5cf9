// Certificates for tests, made by themselves and signed by themselves.
#pragma once

#include "support/temporary_folder.hpp"

#include <chrono>
#include <string>

namespace carillon::http {

struct CertificateOptions {
  std::string common_name = "carillon.test";
  std::chrono::seconds lifetime = std::chrono::hours(24 * 90);  // from now; may be negative
  int rsa_bits = 0;                                             // 0: on the curve
  std::string curve = "P-256";
  std::string passphrase;  // of the key; empty: none
};

/// A folder of PEM files, gone with the object.
class Certificates {
 public:
  /// Writes NAME.pem and NAME.key.
  void make(const std::string& name, const CertificateOptions& options = {}) const;
  void write(const std::string& file, const std::string& text) const;
  /// Puts one in the place of the other, whole.
  void copy(const std::string& from, const std::string& to) const;
  [[nodiscard]] std::string path(const std::string& file) const { return folder_ / file; }

 private:
  TemporaryFolder folder_;
};

}  // namespace carillon::http
