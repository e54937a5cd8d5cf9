// TLS on OpenSSL: certificate and key, what we speak, and the state of one connection. Its bytes go through Stream.
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"

#include <cstddef>
#include <memory>
#include <string>

// OpenSSL's headers stay in tls.cpp and stream.cpp.
struct ssl_st;
struct ssl_ctx_st;

namespace carillon::http {

/// PEM files; both or none.
struct TlsFiles {
  std::string certificate;  // the server's first, then those that lead to the authority
  std::string key;

  [[nodiscard]] bool are_set() const { return !certificate.empty() || !key.empty(); }
};

struct SslFree {
  void operator()(ssl_st* ssl) const;
  void operator()(ssl_ctx_st* context) const;
};
using SslPtr = std::unique_ptr<ssl_st, SslFree>;

/// The largest plaintext of one record (RFC 8446 section 5.1).
inline constexpr std::size_t tls_record_bytes_max = 16 * 1024;

class TlsContext {
 public:
  /// Errors name the file, and say what was expected in it.
  [[nodiscard]] static Result<std::unique_ptr<TlsContext>> load(const TlsFiles& files);

  /// The server's side of a connection whose handshake is to come, on this descriptor, which it does not own. Outlives
  /// the context. Null: out of memory.
  [[nodiscard]] SslPtr open(int descriptor, Time now);

  /// When the first certificate of the chain runs out.
  [[nodiscard]] Time certificate_expires() const { return expires_; }

 private:
  TlsContext() = default;
  void renew_ticket_keys(Time now);

  std::unique_ptr<ssl_ctx_st, SslFree> context_;
  Time expires_ = Time::max();
  Time ticket_keys_since_{};
};

}  // namespace carillon::http
