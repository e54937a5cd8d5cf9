#include "http/stream.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <cerrno>

namespace carillon::http {

namespace asio = boost::asio;

namespace {

Stream::Transfer failed_transfer() {
  const bool later = errno == EAGAIN || errno == EWOULDBLOCK;
  return {later ? Stream::Status::would_block : Stream::Status::ended, 0};
}

}  // namespace

Stream::Stream(Socket socket) : socket_{std::move(socket)} {
  boost::system::error_code ignored;  // a socket that cannot do these ends at its first use
  socket_.non_blocking(true, ignored);
  // An event must not wait for the acknowledgement of the one before (Nagle, RFC 896).
  socket_.set_option(asio::ip::tcp::no_delay{true}, ignored);
}

Stream::Transfer Stream::read_some(char* buffer, std::size_t size) {
  for (;;) {
    const ssize_t n = ::recv(socket_.native_handle(), buffer, size, 0);
    if (n > 0) return {Status::done, static_cast<std::size_t>(n)};
    if (n == 0) return {Status::ended, 0};
    if (errno != EINTR) return failed_transfer();
  }
}

Stream::Transfer Stream::write_some(std::string_view bytes) {
  for (;;) {
    const ssize_t n = ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n >= 0) return {Status::done, static_cast<std::size_t>(n)};
    if (errno != EINTR) return failed_transfer();
  }
}

void Stream::cancel() {
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

void Stream::shutdown_send() {
  boost::system::error_code ignored;
  socket_.shutdown(asio::socket_base::shutdown_send, ignored);
}

void Stream::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

std::string Stream::remote_address() const {
  boost::system::error_code ec;
  const auto endpoint = socket_.remote_endpoint(ec);
  if (ec) return {};
  asio::ip::address address = endpoint.address();
  // Sockets that listen on both families show IPv4 peers as ::ffff:192.0.2.1.
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  }
  return address.is_v6() ? fmt::format("[{}]:{}", address.to_string(), endpoint.port())
                         : fmt::format("{}:{}", address.to_string(), endpoint.port());
}

}  // namespace carillon::http
