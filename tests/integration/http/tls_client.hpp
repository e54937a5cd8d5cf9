// RawClient over TLS, which can be told what to offer.
#pragma once

#include "integration/http/raw_client.hpp"

#include <openssl/ssl.h>

#include <functional>
#include <memory>
#include <string>

namespace carillon::http {

struct TlsOffer {
  int version_min = 0;  // TLS1_2_VERSION ...; 0: what OpenSSL offers
  int version_max = 0;
  std::string alpn = "http/1.1";   // empty: not offered
  std::string groups;              // "P-384:X25519": a key share of the first; empty: what OpenSSL offers
  SSL_SESSION* session = nullptr;  // to be resumed
};

class TlsClient final : public RawClient {
 public:
  /// Connects and shakes hands; throws when it cannot. Certificates are looked at by the test, not verified.
  explicit TlsClient(std::uint16_t port, const TlsOffer& offer = {}, int receive_buffer_bytes = 0);
  ~TlsClient() override;

  [[nodiscard]] SSL* ssl() { return ssl_; }
  [[nodiscard]] std::string version() const { return SSL_get_version(ssl_); }
  [[nodiscard]] std::string alpn() const;
  /// The common name of the server's certificate.
  [[nodiscard]] std::string certificate() const;
  /// The last ticket that came; null: none yet.
  [[nodiscard]] SSL_SESSION* ticket() const { return ticket_; }
  [[nodiscard]] bool has_close_notify() const { return (SSL_get_shutdown(ssl_) & SSL_RECEIVED_SHUTDOWN) != 0; }

  /// Ends TLS, and not TCP.
  void shutdown_send() override { SSL_shutdown(ssl_); }

 private:
  ssize_t send_some(std::string_view bytes) override;
  ssize_t receive_some(char* buffer, std::size_t size) override;

  SSL_CTX* context_ = nullptr;
  SSL* ssl_ = nullptr;
  SSL_SESSION* ticket_ = nullptr;
};

}  // namespace carillon::http
