#include "http/stream.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <limits>

namespace carillon::http {

namespace asio = boost::asio;

namespace {

Stream::Transfer failed_transfer() {
  const bool later = errno == EAGAIN || errno == EWOULDBLOCK;
  return {later ? Stream::Status::would_block : Stream::Status::ended, 0};
}

}  // namespace

Stream::Stream(Socket socket, SslPtr tls, AddressCounter::Place place)
    : socket_{std::move(socket)}, tls_{std::move(tls)}, place_{std::move(place)} {
  boost::system::error_code ignored;  // a socket that cannot do these ends at its first use
  socket_.non_blocking(true, ignored);
  // An event must not wait for the acknowledgement of the one before (Nagle, RFC 896).
  socket_.set_option(asio::ip::tcp::no_delay{true}, ignored);
}

Stream::Status Stream::shake_hands() {
  if (!tls_) return Status::done;
  ERR_clear_error();
  const int result = SSL_do_handshake(tls_.get());
  if (result == 1) return Status::done;
  met_plain_http_ = ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST;
  return lacking(result, read_lacks_);
}

Stream::Transfer Stream::read_some(char* buffer, std::size_t size) {
  if (tls_) return read_secured(buffer, size);
  for (;;) {
    const ssize_t n = ::recv(socket_.native_handle(), buffer, size, 0);
    if (n > 0) return {Status::done, static_cast<std::size_t>(n)};
    if (n == 0) return {Status::ended, 0};
    if (errno != EINTR) return failed_transfer();
  }
}

Stream::Transfer Stream::write_some(std::string_view bytes) {
  if (tls_) return write_secured(bytes);
  for (;;) {
    const ssize_t n = ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n >= 0) return {Status::done, static_cast<std::size_t>(n)};
    if (errno != EINTR) return failed_transfer();
  }
}

/// Whole records only: nothing that OpenSSL has decrypted is left behind. As with recv(2), less than there was room for
/// means that the kernel had no more.
Stream::Transfer Stream::read_secured(char* buffer, std::size_t size) {
  std::size_t read = 0;
  read_lacks_ = Wait::wait_read;
  while (size - read >= tls_record_bytes_max) {
    ERR_clear_error();
    const int n = SSL_read(tls_.get(), buffer + read, static_cast<int>(tls_record_bytes_max));
    if (n > 0) {
      read += static_cast<std::size_t>(n);
      continue;
    }
    const Status status = lacking(n, read_lacks_);
    if (read == 0) return {status, 0};
    // The end is told by the next call, for which nothing new may come: a socket is nearly always writable.
    if (status == Status::ended) read_lacks_ = Wait::wait_write;
    break;
  }
  return {Status::done, read};
}

Stream::Transfer Stream::write_secured(std::string_view bytes) {
  if (bytes.empty()) return {Status::done, 0};
  constexpr std::size_t most = std::numeric_limits<int>::max();
  write_lacks_ = Wait::wait_write;
  ERR_clear_error();
  const int n = SSL_write(tls_.get(), bytes.data(), static_cast<int>(std::min(bytes.size(), most)));
  if (n > 0) return {Status::done, static_cast<std::size_t>(n)};
  return {lacking(n, write_lacks_), 0};
}

Stream::Status Stream::lacking(int result, Wait& lacks) {
  switch (SSL_get_error(tls_.get(), result)) {
    case SSL_ERROR_WANT_READ: lacks = Wait::wait_read; return Status::would_block;
    case SSL_ERROR_WANT_WRITE: lacks = Wait::wait_write; return Status::would_block;
    case SSL_ERROR_ZERO_RETURN: return Status::ended;
    default: tls_failed_ = true; return Status::ended;
  }
}

/// The close_notify of RFC 8446 section 6.1, if there is room for it now: whoever lacks it still has HTTP's lengths and
/// the close frame of WebSockets.
void Stream::notify_closing() {
  if (!tls_ || tls_failed_ || SSL_is_init_finished(tls_.get()) == 0) return;
  if ((SSL_get_shutdown(tls_.get()) & SSL_SENT_SHUTDOWN) != 0) return;
  ERR_clear_error();
  if (SSL_shutdown(tls_.get()) < 0) tls_failed_ = true;
}

void Stream::cancel() {
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

void Stream::shutdown_send() {
  notify_closing();
  boost::system::error_code ignored;
  socket_.shutdown(asio::socket_base::shutdown_send, ignored);
}

void Stream::close() {
  notify_closing();
  place_.release();
  tls_.reset();  // the descriptor's number is the next connection's
  boost::system::error_code ignored;
  socket_.close(ignored);
}

std::optional<asio::ip::address> Stream::peer() const {
  boost::system::error_code ec;
  const auto endpoint = socket_.remote_endpoint(ec);
  if (ec) return std::nullopt;
  return endpoint.address();
}

std::string Stream::remote_address() const {
  boost::system::error_code ec;
  const auto endpoint = socket_.remote_endpoint(ec);
  if (ec) return {};
  const asio::ip::address address = plain(endpoint.address());
  return address.is_v6() ? fmt::format("[{}]:{}", address.to_string(), endpoint.port())
                         : fmt::format("{}:{}", address.to_string(), endpoint.port());
}

}  // namespace carillon::http
