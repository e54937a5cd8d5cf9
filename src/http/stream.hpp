// Bytes of one connection: try now, or wait until it is worth trying. The seam where TLS goes in (OpenSSL on the
// descriptor has the same shape); today it is plain TCP.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace carillon::http {

class Stream {
 public:
  /// The concrete executor makes the socket 40 bytes smaller than any_io_executor does.
  using Executor = boost::asio::io_context::executor_type;
  using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;

  explicit Stream(Socket socket);

  enum class Status { done, would_block, ended };
  struct Transfer {
    Status status = Status::ended;  // ended: closed by the peer, or an error; the connection is over
    std::size_t size = 0;
  };
  [[nodiscard]] Transfer read_some(char* buffer, std::size_t size);
  [[nodiscard]] Transfer write_some(std::string_view bytes);

  /// The token gets an error_code; an error means that the stream was cancelled or closed.
  template <class Token>
  auto wait_readable(Token&& token) {
    return socket_.async_wait(boost::asio::socket_base::wait_read, std::forward<Token>(token));
  }
  template <class Token>
  auto wait_writable(Token&& token) {
    return socket_.async_wait(boost::asio::socket_base::wait_write, std::forward<Token>(token));
  }

  /// Ends all waits with an error.
  void cancel();
  /// Tells the peer that we send no more.
  void shutdown_send();
  void close();
  [[nodiscard]] bool is_open() const { return socket_.is_open(); }

  /// "192.0.2.1:4711" or "[2001:db8::1]:4711"; empty when the peer has gone.
  [[nodiscard]] std::string remote_address() const;
  [[nodiscard]] Executor executor() { return socket_.get_executor(); }

 private:
  Socket socket_;
};

}  // namespace carillon::http
