// One open WebSocket on a stream, and what all of them share. Lean: without traffic it holds no buffer, no timer and
// no coroutine, only itself and one wait for readability (docs/decisions/0001-own-websocket-framing.md).
#pragma once

#include "base/log.hpp"
#include "http/deadlines.hpp"
#include "http/stream.hpp"
#include "http/web_socket.hpp"
#include "http/web_socket_codec.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::http {

class WebSocketConnection;

/// Shared by all connections of a server: their deadlines, buffers to borrow, and the list of those that have
/// something to write when this turn of the loop is over.
class ConnectionPool {
 public:
  ConnectionPool(boost::asio::io_context& io, WebSocketConfig config, Logger log);

  struct Counts {
    std::uint64_t messages_in = 0;
    std::uint64_t messages_out = 0;
    std::uint64_t writes = 0;  // calls of send(2) that took something
  };

  [[nodiscard]] const WebSocketConfig& config() const { return config_; }
  [[nodiscard]] const Logger& log() const { return log_; }
  [[nodiscard]] Deadlines& deadlines() { return deadlines_; }
  [[nodiscard]] Counts& counts() { return counts_; }
  [[nodiscard]] std::size_t web_sockets() const { return connections_.size(); }

  /// For the bytes of one read. Good until control returns to the loop: nobody keeps it over a wait.
  [[nodiscard]] std::span<char> read_buffer() { return read_buffer_; }
  /// An empty string that may have capacity already, and its way back.
  [[nodiscard]] std::string take_buffer();
  void give_back(std::string buffer);

  void add(WebSocketConnection& connection);
  void remove(WebSocketConnection& connection);
  void flush_later(std::shared_ptr<WebSocketConnection> connection);

  void close_all(std::uint16_t code, std::string_view reason);
  /// Without a word to the peers; each handler gets its on_closed.
  void drop_all(std::string_view reason);

 private:
  void flush_all();

  boost::asio::io_context& io_;
  WebSocketConfig config_;
  Logger log_;
  Deadlines deadlines_;
  Counts counts_;
  std::vector<char> read_buffer_;
  std::vector<std::string> spare_buffers_;
  std::vector<WebSocketConnection*> connections_;  // each knows its index
  std::vector<std::shared_ptr<WebSocketConnection>> unflushed_;
  std::vector<std::shared_ptr<WebSocketConnection>> flushing_;  // empty but for its capacity outside of flush_all
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);

 public:
  ~ConnectionPool() { *alive_ = false; }
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;
};

class WebSocketConnection final : public WebSocket,
                                  public std::enable_shared_from_this<WebSocketConnection>,
                                  private TimingWheel::Entry {
 public:
  WebSocketConnection(std::shared_ptr<ConnectionPool> pool, Stream stream, std::shared_ptr<WebSocketHandler> handler);
  ~WebSocketConnection() override;

  /// `handshake` is the answer to the upgrade and goes out first; `early` are bytes that came behind the request.
  void start(std::string handshake, std::string early);

  void send(std::string_view text) override;
  void close(std::uint16_t code, std::string_view reason) override;
  void ping(std::string_view payload) override;
  [[nodiscard]] std::size_t buffered_bytes() const override { return out_.size() - out_sent_; }
  [[nodiscard]] bool is_open() const override { return state_ == State::open; }
  [[nodiscard]] std::string remote_address() const override { return stream_.remote_address(); }

  /// Writes what is queued; called by the pool at the end of a turn.
  void flush();
  /// Ends the connection now; on_closed is called in here.
  void drop(const CloseInfo& info);

 private:
  friend class ConnectionPool;

  enum class State : std::uint8_t {
    open,
    overflowed,  // the send queue went above its limit; the next flush drops us
    closing,     // our close frame is queued or sent, the peer's is awaited
    lingering,   // on_closed has been called; the rest is sent, then the peer's end of stream awaited
    gone,
  };

  void wait_readable();
  void on_readable(const boost::system::error_code& ec);
  void take(char* begin, char* end);
  void deliver(std::string_view text);
  void deliver_pong(std::string_view payload);
  void on_peer_close(const DecodedFrame& frame);
  void fail(std::uint16_t code, std::string_view text);
  void linger();
  void tell_closed(CloseInfo info);
  void on_stream_ended();
  void on_deadline(Time now) override;
  void check_silence(Time now);
  std::string& outbox();
  std::string* room_for(std::size_t payload_bytes);
  void flush_later();

  std::shared_ptr<ConnectionPool> pool_;
  std::shared_ptr<WebSocketHandler> handler_;  // null once on_closed was called
  Stream stream_;
  WebSocketDecoder decoder_;
  std::string out_;  // frames, of which out_sent_ bytes have gone
  std::size_t out_sent_ = 0;
  std::size_t pool_index_ = 0;  // belongs to the pool
  Time last_received_{};
  Time last_written_{};           // progress of a write that had to wait
  std::uint16_t close_code_ = 0;  // ours; 0: it was not we who began to close
  State state_ = State::open;
  bool flush_queued_ = false;
  bool waits_for_writable_ = false;
  bool ends_when_flushed_ = false;
};

}  // namespace carillon::http
