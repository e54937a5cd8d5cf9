#include "integration/http/certificates.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <stdexcept>

namespace carillon::http {

void Certificates::make(const std::string& name, const CertificateOptions& options) const {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{
      options.rsa_bits > 0 ? EVP_RSA_gen(static_cast<unsigned>(options.rsa_bits)) : EVP_EC_gen(options.curve.c_str()),
      EVP_PKEY_free};
  const std::unique_ptr<X509, decltype(&X509_free)> certificate{X509_new(), X509_free};
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  const long seconds = options.lifetime.count();
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), std::min(seconds, 0L) - 3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), seconds);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* const subject = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(options.common_name.c_str()), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), subject);
  if (X509_sign(certificate.get(), key.get(), EVP_sha256()) == 0) throw std::runtime_error("no certificate");

  const auto write_pem = [&](const std::string& file, const auto& writes) {
    std::FILE* const out = std::fopen(path(file).c_str(), "w");
    const bool written = out != nullptr && writes(out) == 1;
    if (out == nullptr || std::fclose(out) != 0 || !written) throw std::runtime_error("cannot write " + file);
  };
  write_pem(name + ".pem", [&](std::FILE* out) { return PEM_write_X509(out, certificate.get()); });
  const EVP_CIPHER* const cipher = options.passphrase.empty() ? nullptr : EVP_aes_128_cbc();
  write_pem(name + ".key", [&](std::FILE* out) {
    const auto* const passphrase = reinterpret_cast<const unsigned char*>(options.passphrase.data());
    return PEM_write_PrivateKey(out, key.get(), cipher, passphrase, static_cast<int>(options.passphrase.size()),
                                nullptr, nullptr);
  });
}

void Certificates::write(const std::string& file, const std::string& text) const { std::ofstream{path(file)} << text; }

void Certificates::copy(const std::string& from, const std::string& to) const {
  const std::string fresh = path(to + ".new");
  std::filesystem::copy_file(path(from), fresh);
  std::filesystem::rename(fresh, path(to));
}

}  // namespace carillon::http
