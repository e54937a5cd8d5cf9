#include "integration/http/raw_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

namespace carillon::http {

namespace {

/// Only a failing test waits so long; a loaded machine may need some of it.
constexpr std::chrono::seconds patience{10};
auto soon() { return std::chrono::steady_clock::now() + patience; }

}  // namespace

std::string RawResponse::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string{} : found->second;
}

int RawFrame::close_code() const {
  if (payload.size() < 2) return 1005;
  return static_cast<unsigned char>(payload[0]) << 8 | static_cast<unsigned char>(payload[1]);
}

RawClient::RawClient(std::uint16_t port, int receive_buffer_bytes, const char* source) {
  fd_ = ::socket(AF_INET, SOCK_STREAM, 0);
  if (receive_buffer_bytes > 0) {
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof receive_buffer_bytes);
  }
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  if (source != nullptr) {
    ::inet_pton(AF_INET, source, &address.sin_addr);
    ::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  }
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(fd_);
    throw std::runtime_error("cannot connect");
  }
}

RawClient::~RawClient() {
  if (fd_ >= 0) ::close(fd_);
}

ssize_t RawClient::send_some(std::string_view bytes) { return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }

ssize_t RawClient::receive_some(char* buffer, std::size_t size) { return ::recv(fd_, buffer, size, 0); }

bool RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = send_some(bytes);
    if (n < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

bool RawClient::send_frame(int first_byte, std::string_view payload) {
  constexpr std::string_view mask = "\x21\x9a\x03\xc4";
  std::string out{static_cast<char>(first_byte)};
  if (payload.size() <= 125) {
    out += static_cast<char>(0x80 | payload.size());
  } else if (payload.size() <= 0xffff) {
    out += static_cast<char>(0x80 | 126);
    out += static_cast<char>(payload.size() >> 8);
    out += static_cast<char>(payload.size());
  } else {
    out += static_cast<char>(0x80 | 127);
    for (int i = 7; i >= 0; --i) out += static_cast<char>(payload.size() >> (8 * i));
  }
  out += mask;
  for (std::size_t i = 0; i < payload.size(); ++i) out += static_cast<char>(payload[i] ^ mask[i & 3]);
  return send(out);
}

bool RawClient::fill(std::chrono::steady_clock::time_point until) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
  pollfd wait{fd_, POLLIN, 0};
  if (::poll(&wait, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0))) <= 0) {
    throw std::runtime_error("the server sent nothing in time");
  }
  char bytes[65536];
  const ssize_t n = receive_some(bytes, sizeof bytes);
  if (n <= 0) return false;
  buffer_.append(bytes, static_cast<std::size_t>(n));
  return true;
}

std::optional<std::string> RawClient::read_to_end(std::chrono::milliseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  try {
    while (fill(until)) {
    }
  } catch (const std::runtime_error&) {
    return std::nullopt;
  }
  return std::exchange(buffer_, {});
}

bool RawClient::is_closed_within(std::chrono::milliseconds limit) { return read_to_end(limit).has_value(); }

std::optional<RawResponse> RawClient::read_response(bool head) {
  std::size_t end;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill(soon())) return std::nullopt;
  }
  RawResponse response;
  std::string_view rest{buffer_.data(), end};
  response.status = std::stoi(std::string{rest.substr(9, 3)});
  while (rest.find("\r\n") != std::string_view::npos) {
    rest.remove_prefix(rest.find("\r\n") + 2);
    const std::string_view line = rest.substr(0, rest.find("\r\n"));
    std::string name{line.substr(0, line.find(": "))};
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    response.headers[name] = std::string{line.substr(line.find(": ") + 2)};
  }
  buffer_.erase(0, end + 4);
  const std::string length = response.header("content-length");
  const std::size_t size = head || length.empty() ? 0 : std::stoul(length);
  while (buffer_.size() < size) {
    if (!fill(soon())) return std::nullopt;
  }
  response.body = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return response;
}

std::optional<RawFrame> RawClient::read_frame() {
  const auto need = [&](std::size_t size) {
    while (buffer_.size() < size) {
      if (!fill(soon())) return false;
    }
    return true;
  };
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(buffer_[at]); };
  if (!need(2)) return std::nullopt;
  if ((byte(1) & 0x80) != 0) throw std::runtime_error("a server's frame is masked");
  const std::size_t extended = byte(1) == 126 ? 2 : byte(1) == 127 ? 8 : 0;
  if (!need(2 + extended)) return std::nullopt;
  std::size_t length = extended == 0 ? byte(1) : 0;
  for (std::size_t i = 0; i < extended; ++i) length = length << 8 | byte(2 + i);
  if (!need(2 + extended + length)) return std::nullopt;
  RawFrame frame{byte(0) & 0x0f, buffer_.substr(2 + extended, length)};
  buffer_.erase(0, 2 + extended + length);
  return frame;
}

std::optional<RawResponse> RawClient::upgrade(std::string_view path, std::string_view more_fields) {
  std::string request = "GET " + std::string{path} +
                        " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  request += more_fields;
  request += "\r\n";
  send(request);
  return read_response();
}

void RawClient::shutdown_send() { ::shutdown(fd_, SHUT_WR); }

void RawClient::reset() {
  const linger now{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  ::close(fd_);
  fd_ = -1;
}

}  // namespace carillon::http
