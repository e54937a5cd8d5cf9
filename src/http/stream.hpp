// Bytes of one connection: try now, or wait until it is worth trying. Plain TCP, or TLS with OpenSSL on the descriptor
// itself: 14 KB for an idle connection, where boost::asio::ssl::stream takes 77 KB.
#pragma once

#include "http/address_counter.hpp"
#include "http/tls.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace carillon::http {

class Stream {
 public:
  /// The concrete executor makes the socket 40 bytes smaller than any_io_executor does.
  using Executor = boost::asio::io_context::executor_type;
  using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;

  /// `tls` is for the descriptor of this socket; null: plain. OpenSSL writes without MSG_NOSIGNAL, so a program with
  /// TLS ignores SIGPIPE.
  /// `place` is released when it closes.
  explicit Stream(Socket socket, SslPtr tls = {}, AddressCounter::Place place = {});

  enum class Status { done, would_block, ended };
  struct Transfer {
    Status status = Status::ended;  // ended: closed by the peer, or an error; the connection is over
    std::size_t size = 0;
  };
  /// Before all else, and again after wait_readable until it no longer would block. Plain streams are done at once.
  [[nodiscard]] Status shake_hands();
  /// After the handshake has ended: the peer has sent a request of HTTP instead of one.
  [[nodiscard]] bool met_plain_http() const { return met_plain_http_; }
  /// From here on it is a plain stream.
  void stop_tls() { tls_.reset(); }
  /// `size` is at least tls_record_bytes_max, so that no decrypted rest stays where no wait would find it.
  [[nodiscard]] Transfer read_some(char* buffer, std::size_t size);
  /// After would_block the next call begins with the same bytes.
  [[nodiscard]] Transfer write_some(std::string_view bytes);

  /// The token gets an error_code; an error means that the stream was cancelled or closed. What is waited for is what
  /// the last try lacked: TLS may have to write before it can read.
  template <class Token>
  auto wait_readable(Token&& token) {
    return socket_.async_wait(read_lacks_, std::forward<Token>(token));
  }
  template <class Token>
  auto wait_writable(Token&& token) {
    return socket_.async_wait(write_lacks_, std::forward<Token>(token));
  }

  /// Ends all waits with an error.
  void cancel();
  /// Tells the peer that we send no more. It may still send.
  void shutdown_send();
  void close();
  [[nodiscard]] bool is_open() const { return socket_.is_open(); }
  [[nodiscard]] bool is_secured() const { return tls_ != nullptr; }

  /// Instead of what it was counted for until now.
  void count_for(AddressCounter::Place place) { place_ = std::move(place); }

  /// nullopt: it has gone.
  [[nodiscard]] std::optional<boost::asio::ip::address> peer() const;
  /// "192.0.2.1:4711" or "[2001:db8::1]:4711"; empty when the peer has gone.
  [[nodiscard]] std::string remote_address() const;
  [[nodiscard]] Executor executor() { return socket_.get_executor(); }

 private:
  using Wait = boost::asio::socket_base::wait_type;

  Transfer read_secured(char* buffer, std::size_t size);
  Transfer write_secured(std::string_view bytes);
  Status lacking(int result, Wait& lacks);
  void notify_closing();

  Socket socket_;
  SslPtr tls_;
  AddressCounter::Place place_;
  Wait read_lacks_ = Wait::wait_read;
  Wait write_lacks_ = Wait::wait_write;
  bool tls_failed_ = false;  // OpenSSL forbids a farewell then
  bool met_plain_http_ = false;
};

}  // namespace carillon::http
