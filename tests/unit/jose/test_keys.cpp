#include "unit/jose/test_keys.hpp"

#include "jose/base64url.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

namespace carillon::jose {

namespace {

std::string pem_of(EVP_PKEY* pkey, bool is_public) {
  BIO* const bio = BIO_new(BIO_s_mem());
  if (is_public) {
    PEM_write_bio_PUBKEY(bio, pkey);
  } else {
    PEM_write_bio_PrivateKey(bio, pkey, nullptr, nullptr, 0, nullptr, nullptr);
  }
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string pem{data, static_cast<std::size_t>(size)};
  BIO_free(bio);
  EVP_PKEY_free(pkey);
  return pem;
}

}  // namespace

std::string new_rsa_pem(unsigned bits, bool is_public) { return pem_of(EVP_RSA_gen(bits), is_public); }
std::string new_ec_pem(const char* curve, bool is_public) { return pem_of(EVP_EC_gen(curve), is_public); }
std::string new_ed25519_pem() { return pem_of(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), true); }

Key test_hs256() { return *Key::from_secret(test_secret); }

const Key& test_rs256() {
  static const Key key = *Key::from_private_pem(new_rsa_pem(2048));
  return key;
}

const Key& test_es256() {
  static const Key key = *Key::generate_es256();
  return key;
}

std::string token_of(std::string_view header, std::string_view payload, const Key& key) {
  const std::string input = base64url_encode(header) + "." + base64url_encode(payload);
  return input + "." + base64url_encode(*key.sign(input));
}

}  // namespace carillon::jose
