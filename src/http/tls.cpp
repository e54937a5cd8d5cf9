#include "http/tls.hpp"

#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fstream>
#include <string_view>

namespace carillon::http {

namespace {

/// A stolen key of tickets opens the TLS 1.2 sessions that were resumed with it, so it does not live long.
constexpr Duration ticket_keys_lifetime = std::chrono::hours(12);
/// Seconds in which a session may be resumed.
constexpr long session_lifetime = 2 * 3600;
/// What OpenSSL keeps for tickets: a name of 16 bytes, a key for HMAC and one for AES, 32 each.
constexpr std::size_t ticket_keys_bytes = 80;

/// Each client has one of these. FFDHE would let a client make us work hard for little (CVE-2002-20001), and so would
/// P-384: a derivation is 0.76 ms here, 0.04 ms on X25519. Certificates are not bound by this.
constexpr const char* groups = "X25519:P-256";
/// For TLS 1.2; those of TLS 1.3 are all good.
constexpr const char* ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";

/// RFC 7301: of what the client offers we speak HTTP/1.1 alone. Who does not ask gets it too.
int select_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* offered,
                    unsigned int offered_size, void*) {
  constexpr std::string_view ours = "http/1.1";
  for (unsigned int at = 0; at < offered_size; at += 1U + offered[at]) {
    const std::size_t size = offered[at];
    if (at + 1 + size > offered_size) break;
    if (std::string_view{reinterpret_cast<const char*>(offered + at + 1), size} != ours) continue;
    *out = offered + at + 1;
    *out_size = static_cast<unsigned char>(size);
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

/// A key behind a passphrase is refused, not asked about on the terminal.
int no_passphrase(char*, int, int, void*) { return 0; }

Error wrong(std::string text) { return fail(Errc::bad_request, std::move(text)); }

/// ": " and what OpenSSL has to say.
std::string openssl_reason() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? std::string{} : std::string{": "} + reason;
}

Result<> check_readable(const std::string& path) {
  errno = 0;
  std::ifstream file{path};
  file.peek();
  if (file) return {};
  return wrong("cannot read the file " + path + (errno == 0 ? "" : std::string{": "} + std::strerror(errno)));
}

/// The earliest end of the certificates that we send.
Result<Time> expiry_of(SSL_CTX* context) {
  Time earliest = Time::max();
  const auto look_at = [&](const X509* certificate) {
    std::tm tm{};
    if (certificate == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &tm) != 1) return false;
    earliest = std::min(earliest, Time{std::chrono::seconds{::timegm(&tm)}});
    return true;
  };
  STACK_OF(X509)* chain = nullptr;
  SSL_CTX_get0_chain_certs(context, &chain);
  bool good = look_at(SSL_CTX_get0_certificate(context));
  for (int i = 0; good && i < sk_X509_num(chain); ++i) good = look_at(sk_X509_value(chain, i));
  if (!good) return wrong("the certificate has no date of expiry");
  return earliest;
}

}  // namespace

void SslFree::operator()(ssl_st* ssl) const { SSL_free(ssl); }
void SslFree::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }

Result<std::unique_ptr<TlsContext>> TlsContext::load(const TlsFiles& files) {
  if (files.certificate.empty() || files.key.empty()) return wrong("expected a certificate file and a key file");
  for (const std::string& path : {files.certificate, files.key}) {
    if (const Result<> readable = check_readable(path); !readable) return readable.error();
  }
  ERR_clear_error();
  std::unique_ptr<TlsContext> tls{new TlsContext};
  tls->context_.reset(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* const context = tls->context_.get();
  if (context == nullptr || SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_cipher_list(context, ciphers) != 1 || SSL_CTX_set1_groups_list(context, groups) != 1) {
    return wrong("OpenSSL cannot be set up" + openssl_reason());
  }
  SSL_CTX_set_security_level(context, 2);  // at least 112 bits: RSA from 2,048 bits on, no SHA-1
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                   SSL_OP_PRIORITIZE_CHACHA);
  // Buffers of 33 KiB are given back while a connection is idle. What was queued may move before it is sent.
  SSL_CTX_set_mode(context,
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // Sessions are in the tickets of their clients alone; nothing is sent before the handshake is over (no early data).
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_timeout(context, session_lifetime);
  SSL_CTX_set_alpn_select_cb(context, select_protocol, nullptr);
  SSL_CTX_set_default_passwd_cb(context, no_passphrase);

  if (SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1) {
    return wrong(files.certificate + ": expected a certificate in PEM" + openssl_reason());
  }
  if (SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    const unsigned long code = ERR_peek_last_error();
    const bool mismatch = ERR_GET_LIB(code) == ERR_LIB_X509;
    const std::string reason = openssl_reason();
    return wrong(files.key +
                 (mismatch ? ": expected the private key of the certificate in " + files.certificate
                           : ": expected a private key in PEM, without a passphrase") +
                 reason);
  }
  if (SSL_CTX_check_private_key(context) != 1) {
    return wrong(files.key + ": expected the private key of the certificate in " + files.certificate +
                 openssl_reason());
  }
  const Result<Time> expires = expiry_of(context);
  if (!expires) return wrong(files.certificate + ": " + expires.error().detail);
  tls->expires_ = *expires;
  return tls;
}

SslPtr TlsContext::open(int descriptor, Time now) {
  if (now - ticket_keys_since_ >= ticket_keys_lifetime) renew_ticket_keys(now);
  ERR_clear_error();
  SslPtr ssl{SSL_new(context_.get())};
  if (!ssl || SSL_set_fd(ssl.get(), descriptor) != 1) return nullptr;
  SSL_set_accept_state(ssl.get());
  return ssl;
}

/// Who has a ticket of the old keys makes a full handshake, once.
void TlsContext::renew_ticket_keys(Time now) {
  std::array<unsigned char, ticket_keys_bytes> keys{};
  if (RAND_priv_bytes(keys.data(), static_cast<int>(keys.size())) != 1) return;
  SSL_CTX_set_tlsext_ticket_keys(context_.get(), keys.data(), keys.size());
  OPENSSL_cleanse(keys.data(), keys.size());
  ticket_keys_since_ = now;
}

}  // namespace carillon::http
