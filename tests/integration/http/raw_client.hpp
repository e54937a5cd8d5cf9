// A client made of one blocking socket, so that tests can say exactly which bytes go out and when.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace carillon::http {

struct RawResponse {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;

  [[nodiscard]] std::string header(const std::string& name) const;
};

struct RawFrame {
  int opcode = 0;
  std::string payload;

  /// Of a close frame; 1005 without one.
  [[nodiscard]] int close_code() const;
};

class RawClient {
 public:
  /// Connects to 127.0.0.1, from `source` of 127.0.0.0/8 if given; throws when it cannot.
  explicit RawClient(std::uint16_t port, int receive_buffer_bytes = 0, const char* source = nullptr);
  virtual ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  /// False when the server has closed.
  bool send(std::string_view bytes);
  /// A masked frame with the shortest length.
  bool send_frame(int first_byte, std::string_view payload);
  bool send_text(std::string_view text) { return send_frame(0x81, text); }

  /// Everything until the server closes; nullopt when it has not done so in time.
  std::optional<std::string> read_to_end(std::chrono::milliseconds limit = std::chrono::seconds(10));
  /// One response; `head` says that it has no body whatever its length says. nullopt: the end came first.
  std::optional<RawResponse> read_response(bool head = false);
  /// One frame; nullopt: the end came first.
  std::optional<RawFrame> read_frame();
  /// True when the server closes before the limit; what it sends before is dropped.
  bool is_closed_within(std::chrono::milliseconds limit);

  /// Sends a good request for an upgrade, with more fields before its end, and reads the response.
  std::optional<RawResponse> upgrade(std::string_view path, std::string_view more_fields = {});

  virtual void shutdown_send();
  /// Ends the connection with a reset.
  void reset();

 protected:
  [[nodiscard]] int descriptor() const { return fd_; }
  /// As send(2) and recv(2) would.
  virtual ssize_t send_some(std::string_view bytes);
  virtual ssize_t receive_some(char* buffer, std::size_t size);

 private:
  bool fill(std::chrono::steady_clock::time_point until);

  int fd_ = -1;
  std::string buffer_;
};

}  // namespace carillon::http
