#include "integration/http/tls_client.hpp"

#include <openssl/err.h>
#include <openssl/x509.h>

#include <stdexcept>

namespace carillon::http {

TlsClient::TlsClient(std::uint16_t port, const TlsOffer& offer, int receive_buffer_bytes)
    : RawClient{port, receive_buffer_bytes}, context_{SSL_CTX_new(TLS_client_method())} {
  SSL_CTX_set_security_level(context_, 0);  // so that it may offer what the server must refuse
  if (offer.version_min != 0) SSL_CTX_set_min_proto_version(context_, offer.version_min);
  if (offer.version_max != 0) SSL_CTX_set_max_proto_version(context_, offer.version_max);
  if (!offer.groups.empty()) SSL_CTX_set1_groups_list(context_, offer.groups.c_str());
  SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context_, [](SSL* ssl, SSL_SESSION* session) {
    auto* const self = static_cast<TlsClient*>(SSL_get_app_data(ssl));
    SSL_SESSION_free(self->ticket_);
    self->ticket_ = session;
    return 1;
  });
  ssl_ = SSL_new(context_);
  SSL_set_app_data(ssl_, this);
  SSL_set_fd(ssl_, descriptor());
  if (!offer.alpn.empty()) {
    const std::string wire = static_cast<char>(offer.alpn.size()) + offer.alpn;
    SSL_set_alpn_protos(ssl_, reinterpret_cast<const unsigned char*>(wire.data()), static_cast<unsigned>(wire.size()));
  }
  if (offer.session != nullptr) SSL_set_session(ssl_, offer.session);
  ERR_clear_error();
  if (SSL_connect(ssl_) == 1) return;
  const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
  SSL_free(ssl_);
  SSL_CTX_free(context_);
  throw std::runtime_error(std::string{"no handshake: "} + (reason == nullptr ? "the end" : reason));
}

TlsClient::~TlsClient() {
  SSL_SESSION_free(ticket_);
  SSL_free(ssl_);
  SSL_CTX_free(context_);
}

std::string TlsClient::alpn() const {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_, &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

std::string TlsClient::certificate() const {
  char name[256] = {};
  X509_NAME_get_text_by_NID(X509_get_subject_name(SSL_get0_peer_certificate(ssl_)), NID_commonName, name, sizeof name);
  return name;
}

ssize_t TlsClient::send_some(std::string_view bytes) {
  ERR_clear_error();
  return SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()));
}

ssize_t TlsClient::receive_some(char* buffer, std::size_t size) {
  ERR_clear_error();
  return SSL_read(ssl_, buffer, static_cast<int>(size));
}

}  // namespace carillon::http
