#include "jose/key_set.hpp"

#include "jose/key_impl.hpp"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include <array>

namespace carillon::jose {

namespace {

/// RFC 7518 section 3.2: not shorter than the hash.
constexpr std::size_t secret_bytes_min = 32;
constexpr std::size_t secret_bytes_max = 4096;
constexpr std::size_t pem_bytes_max = 64 * 1024;
/// Below, RSA is broken (RFC 7518 section 3.3); above, each verification costs us milliseconds.
constexpr int rsa_bits_min = 2048;
constexpr int rsa_bits_max = 8192;
/// Bytes of r and of s (RFC 7518 section 3.4).
constexpr int p256_bytes = 32;

struct BioFree {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct ContextFree {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
};
struct SignatureFree {
  void operator()(ECDSA_SIG* signature) const { ECDSA_SIG_free(signature); }
};
struct OpensslFree {
  void operator()(void* memory) const { OPENSSL_free(memory); }
};
using Bio = std::unique_ptr<BIO, BioFree>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, ContextFree>;
using PkeyContext = std::unique_ptr<EVP_PKEY_CTX, ContextFree>;
using Signature = std::unique_ptr<ECDSA_SIG, SignatureFree>;
using Bytes = std::unique_ptr<unsigned char, OpensslFree>;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

/// Without it OpenSSL asks for a pass phrase on the terminal.
int no_pass_phrase(char*, int, int, void*) { return 0; }

/// Errors of OpenSSL stay in a queue of the thread, and would confuse whoever looks there next.
Error refuse(std::string text) {
  ERR_clear_error();
  return fail(Errc::bad_request, std::move(text));
}

std::string hmac_sha256(std::string_view secret, std::string_view input) {
  std::string out(32, '\0');
  unsigned int size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), bytes_of(input), input.size(), bytes_of(out),
       &size);
  return out;
}

/// The order of P-256's group (FIPS 186-4, D.1.2.3): r and s are below it.
constexpr std::array<unsigned char, p256_bytes> p256_order = {
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};

bool is_valid_scalar(std::string_view bytes) {
  const std::string_view order{reinterpret_cast<const char*>(p256_order.data()), p256_order.size()};
  // string_view compares as unsigned bytes, which is the order of big-endian numbers of one length.
  return bytes < order && bytes.find_first_not_of('\0') != std::string_view::npos;
}

/// r||s to the DER form that OpenSSL wants; empty when r or s is out of range.
std::string der_from_raw(std::string_view raw) {
  if (raw.size() != 2 * p256_bytes) return {};
  const std::string_view r = raw.substr(0, p256_bytes);
  const std::string_view s = raw.substr(p256_bytes);
  if (!is_valid_scalar(r) || !is_valid_scalar(s)) return {};
  const Signature signature{ECDSA_SIG_new()};
  ECDSA_SIG_set0(signature.get(), BN_bin2bn(bytes_of(r), p256_bytes, nullptr),
                 BN_bin2bn(bytes_of(s), p256_bytes, nullptr));
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(signature.get(), &der);
  const Bytes owned{der};
  return size > 0 ? std::string{reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)} : std::string{};
}

std::string raw_from_der(std::string_view der) {
  const unsigned char* begin = bytes_of(der);
  const Signature signature{d2i_ECDSA_SIG(nullptr, &begin, static_cast<long>(der.size()))};
  if (!signature) return {};
  std::string out(2 * p256_bytes, '\0');
  BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), bytes_of(out), p256_bytes);
  BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), bytes_of(out) + p256_bytes, p256_bytes);
  return out;
}

Result<Pkey> read_pem(std::string_view pem, bool is_private) {
  if (pem.size() > pem_bytes_max) return refuse("the PEM file is too large");
  const Bio bio{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
  Pkey pkey{is_private ? PEM_read_bio_PrivateKey(bio.get(), nullptr, no_pass_phrase, nullptr)
                       : PEM_read_bio_PUBKEY(bio.get(), nullptr, no_pass_phrase, nullptr)};
  if (!pkey) return refuse(is_private ? "not a PEM private key without pass phrase" : "not a PEM public key");
  return pkey;
}

}  // namespace

std::string_view to_string(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::hs256: return "HS256";
    case Algorithm::rs256: return "RS256";
    case Algorithm::es256: return "ES256";
  }
  return "";
}

Key::Impl::~Impl() { OPENSSL_cleanse(secret.data(), secret.size()); }

Result<std::shared_ptr<Key::Impl>> make_key_impl(Pkey pkey, bool is_private, std::string kid) {
  auto impl = std::make_shared<Key::Impl>();
  if (EVP_PKEY_is_a(pkey.get(), "RSA")) {
    const int bits = EVP_PKEY_get_bits(pkey.get());
    if (bits < rsa_bits_min) return refuse("the RSA key is shorter than 2048 bits");
    if (bits > rsa_bits_max) return refuse("the RSA key is longer than 8192 bits");
    impl->algorithm = Algorithm::rs256;
  } else if (EVP_PKEY_is_a(pkey.get(), "EC")) {
    char group[64] = {};
    const int known =
        EVP_PKEY_get_utf8_string_param(pkey.get(), OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group, nullptr);
    if (known != 1 || std::string_view{group} != "prime256v1") return refuse("the EC key is not on the curve P-256");
    impl->algorithm = Algorithm::es256;
  } else {
    return refuse("the key is neither RSA nor EC");
  }
  const PkeyContext context{EVP_PKEY_CTX_new(pkey.get(), nullptr)};
  const int sound = is_private ? EVP_PKEY_pairwise_check(context.get()) : EVP_PKEY_public_check(context.get());
  if (sound != 1) return refuse("the key is not sound");
  impl->pkey = std::move(pkey);
  impl->is_private = is_private;
  impl->kid = std::move(kid);
  return impl;
}

Result<Key> Key::from_secret(std::string_view secret, std::string kid) {
  if (secret.starts_with("-----BEGIN")) return refuse("this is a PEM key, not a shared secret");
  if (secret.size() < secret_bytes_min) return refuse("a shared secret needs at least 32 bytes");
  if (secret.size() > secret_bytes_max) return refuse("the shared secret is longer than 4096 bytes");
  auto impl = std::make_shared<Impl>();
  impl->secret = std::string{secret};
  impl->kid = std::move(kid);
  impl->is_private = true;
  return Key{std::move(impl)};
}

Result<Key> Key::from_public_pem(std::string_view pem, std::string kid) {
  auto pkey = read_pem(pem, false);
  if (!pkey) return pkey.error();
  auto impl = make_key_impl(std::move(*pkey), false, std::move(kid));
  if (!impl) return impl.error();
  return Key{std::move(*impl)};
}

Result<Key> Key::from_private_pem(std::string_view pem, std::string kid) {
  auto pkey = read_pem(pem, true);
  if (!pkey) return pkey.error();
  auto impl = make_key_impl(std::move(*pkey), true, std::move(kid));
  if (!impl) return impl.error();
  return Key{std::move(*impl)};
}

Result<Key> Key::generate_es256() {
  Pkey pkey{EVP_EC_gen("P-256")};
  if (!pkey) return fail(Errc::internal, "cannot make a P-256 key");
  auto impl = make_key_impl(std::move(pkey), true, {});
  if (!impl) return impl.error();
  return Key{std::move(*impl)};
}

Algorithm Key::algorithm() const { return impl_->algorithm; }
const std::string& Key::kid() const { return impl_->kid; }
bool Key::can_sign() const { return impl_->is_private; }

Result<std::string> Key::sign(std::string_view input) const {
  if (!can_sign()) return fail(Errc::bad_request, "a public key cannot sign");
  if (algorithm() == Algorithm::hs256) return hmac_sha256(impl_->secret, input);

  const DigestContext context{EVP_MD_CTX_new()};
  std::size_t size = 0;
  if (EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, impl_->pkey.get()) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &size, bytes_of(input), input.size()) != 1) {
    return refuse("cannot sign");
  }
  std::string signature(size, '\0');
  if (EVP_DigestSign(context.get(), bytes_of(signature), &size, bytes_of(input), input.size()) != 1) {
    return refuse("cannot sign");
  }
  signature.resize(size);
  return algorithm() == Algorithm::es256 ? raw_from_der(signature) : signature;
}

bool Key::verify(std::string_view input, std::string_view signature) const {
  if (algorithm() == Algorithm::hs256) {
    const std::string expected = hmac_sha256(impl_->secret, input);
    return signature.size() == expected.size() &&
           CRYPTO_memcmp(signature.data(), expected.data(), expected.size()) == 0;
  }
  std::string der;
  if (algorithm() == Algorithm::es256) {
    der = der_from_raw(signature);
    if (der.empty()) return false;
    signature = der;
  }
  const DigestContext context{EVP_MD_CTX_new()};
  const bool valid =
      EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, impl_->pkey.get()) == 1 &&
      EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(input), input.size()) == 1;
  if (!valid) ERR_clear_error();
  return valid;
}

Result<std::string> Key::private_pem() const {
  if (!impl_->pkey || !can_sign()) return fail(Errc::bad_request, "not a private key");
  const Bio bio{BIO_new(BIO_s_mem())};
  if (PEM_write_bio_PrivateKey(bio.get(), impl_->pkey.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return refuse("cannot write the key");
  }
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string{data, static_cast<std::size_t>(size)};
}

Result<std::string> Key::public_pem() const {
  if (!impl_->pkey) return fail(Errc::bad_request, "a shared secret has no public half");
  const Bio bio{BIO_new(BIO_s_mem())};
  if (PEM_write_bio_PUBKEY(bio.get(), impl_->pkey.get()) != 1) return refuse("cannot write the key");
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string{data, static_cast<std::size_t>(size)};
}

Result<std::string> Key::p256_point() const {
  if (algorithm() != Algorithm::es256) return fail(Errc::bad_request, "not a P-256 key");
  std::string point(2 * p256_bytes + 1, '\0');
  std::size_t size = 0;
  const int known =
      EVP_PKEY_get_octet_string_param(impl_->pkey.get(), OSSL_PKEY_PARAM_PUB_KEY, bytes_of(point), point.size(), &size);
  if (known != 1 || size != point.size()) return refuse("the key gives no uncompressed point");
  return point;
}

}  // namespace carillon::jose
