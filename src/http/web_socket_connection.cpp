#include "http/web_socket_connection.hpp"

#include <boost/asio/post.hpp>

#include <exception>

namespace carillon::http {

namespace {

/// Sixteen full messages of the usual size; a burst of frames from one peer is one read.
constexpr std::size_t read_buffer_bytes = 64 * 1024;
/// One peer may keep us this many reads before the others have their turn.
constexpr int reads_per_turn = 4;
/// Buffers in use at once are those of one turn. Larger ones are not worth keeping.
constexpr std::size_t spare_buffers_max = 64;
constexpr std::size_t spare_buffer_bytes_max = 16 * 1024;
/// A queue that outgrows this gets all the memory that it may ever have, at once: what nobody has written to costs
/// nothing, and growing step by step would hold two blocks at a time and leave holes of every size behind.
constexpr std::size_t growing_queue_bytes_max = 64 * 1024;
/// RFC 6455 section 5.2, unmasked: two bytes and a length of eight.
constexpr std::size_t frame_header_bytes_max = 10;

}  // namespace

ConnectionPool::ConnectionPool(boost::asio::io_context& io, WebSocketConfig config, Logger log)
    : io_{io}, config_{config}, log_{std::move(log)}, deadlines_{io}, read_buffer_(read_buffer_bytes) {}

std::string ConnectionPool::take_buffer() {
  if (spare_buffers_.empty()) return {};
  std::string buffer = std::move(spare_buffers_.back());
  spare_buffers_.pop_back();
  return buffer;
}

void ConnectionPool::give_back(std::string buffer) {
  if (spare_buffers_.size() >= spare_buffers_max || buffer.capacity() > spare_buffer_bytes_max) return;
  buffer.clear();
  spare_buffers_.push_back(std::move(buffer));
}

void ConnectionPool::add(WebSocketConnection& connection) {
  connection.pool_index_ = connections_.size();
  connections_.push_back(&connection);
}

void ConnectionPool::remove(WebSocketConnection& connection) {
  WebSocketConnection* const last = connections_.back();
  connections_[connection.pool_index_] = last;
  last->pool_index_ = connection.pool_index_;
  connections_.pop_back();
}

void ConnectionPool::flush_later(std::shared_ptr<WebSocketConnection> connection) {
  unflushed_.push_back(std::move(connection));
  if (unflushed_.size() > 1) return;
  boost::asio::post(io_, [this, alive = alive_] {
    if (*alive) flush_all();
  });
}

void ConnectionPool::flush_all() {
  // What is queued while these are written has its own turn.
  unflushed_.swap(flushing_);
  for (const auto& connection : flushing_) connection->flush();
  flushing_.clear();
}

void ConnectionPool::close_all(std::uint16_t code, std::string_view reason) {
  for (WebSocketConnection* connection : connections_) connection->close(code, reason);
}

void ConnectionPool::drop_all(std::string_view reason) {
  std::vector<std::shared_ptr<WebSocketConnection>> all;
  for (WebSocketConnection* connection : connections_) all.push_back(connection->shared_from_this());
  for (const auto& connection : all) connection->drop({close_code::abnormal, false, std::string{reason}});
}

WebSocketConnection::WebSocketConnection(std::shared_ptr<ConnectionPool> pool, Stream stream,
                                         std::shared_ptr<WebSocketHandler> handler)
    : pool_{std::move(pool)},
      handler_{std::move(handler)},
      stream_{std::move(stream)},
      decoder_{pool_->config().message_bytes_max} {
  pool_->add(*this);
}

WebSocketConnection::~WebSocketConnection() {
  TimingWheel::cancel(*this);  // while pool_ still holds the wheel
  if (state_ != State::gone) pool_->remove(*this);
}

void WebSocketConnection::start(std::string handshake, std::string early) {
  out_ = std::move(handshake);
  flush_later();
  last_received_ = pool_->deadlines().now();
  pool_->deadlines().schedule(*this, last_received_ + pool_->config().ping_after);
  try {
    handler_->on_open(shared_from_this());
  } catch (const std::exception& error) {
    pool_->log().error("on_open of a socket threw: {}", error.what());
    close(close_code::internal_error, {});
  }
  take(early.data(), early.data() + early.size());
  if (state_ != State::gone) wait_readable();
}

std::string& WebSocketConnection::outbox() {
  // A short frame may wait in a string that has no memory of its own.
  if (out_.empty() && out_.capacity() <= std::string{}.capacity()) out_ = pool_->take_buffer();
  return out_;
}

/// Null: the frame would take the queue above its limit. Then this was the last one.
std::string* WebSocketConnection::room_for(std::size_t payload_bytes) {
  const std::size_t limit = pool_->config().send_queue_bytes_max;
  const std::size_t needed = buffered_bytes() + payload_bytes + frame_header_bytes_max;
  if (needed > limit) {
    state_ = State::overflowed;
    flush_later();
    return nullptr;
  }
  std::string& queue = outbox();
  if (needed > growing_queue_bytes_max && needed > queue.capacity()) queue.reserve(limit);
  return &queue;
}

void WebSocketConnection::send(std::string_view text) {
  if (state_ != State::open) return;
  std::string* const queue = room_for(text.size());
  if (!queue) return;
  append_text_frame(*queue, text);
  ++pool_->counts().messages_out;
  flush_later();
}

void WebSocketConnection::close(std::uint16_t code, std::string_view reason) {
  if (state_ != State::open) return;
  if (!is_valid_close_code(code)) code = close_code::internal_error;
  append_close_frame(outbox(), code, reason);
  close_code_ = code;
  state_ = State::closing;
  flush_later();
  Deadlines& deadlines = pool_->deadlines();
  deadlines.schedule(*this, deadlines.now() + pool_->config().close_timeout);
}

void WebSocketConnection::ping(std::string_view payload) {
  if (state_ != State::open) return;
  std::string* const queue = room_for(payload.size());
  if (!queue) return;
  append_ping_frame(*queue, payload);
  flush_later();
}

void WebSocketConnection::flush_later() {
  // Frames behind a write that waits go out with it. An overflow must not wait.
  if (flush_queued_ || (waits_for_writable_ && state_ != State::overflowed)) return;
  flush_queued_ = true;
  pool_->flush_later(shared_from_this());
}

void WebSocketConnection::flush() {
  flush_queued_ = false;
  if (state_ == State::gone) return;
  if (state_ == State::overflowed) return drop({close_code::policy_violation, false, "the peer does not read"});
  if (waits_for_writable_) return;

  while (out_sent_ < out_.size()) {
    const Stream::Transfer sent = stream_.write_some(std::string_view{out_}.substr(out_sent_));
    if (sent.status == Stream::Status::ended) return on_stream_ended();
    if (sent.status == Stream::Status::would_block) {
      // What is sent already is cut off, so that the queue stays as large as its limit says.
      out_.erase(0, std::exchange(out_sent_, 0));
      last_written_ = pool_->deadlines().now();
      waits_for_writable_ = true;
      stream_.wait_writable([self = shared_from_this()](const boost::system::error_code& ec) {
        self->waits_for_writable_ = false;
        if (!ec) self->flush();
      });
      return;
    }
    ++pool_->counts().writes;
    out_sent_ += sent.size;
  }
  out_sent_ = 0;
  pool_->give_back(std::exchange(out_, {}));
  if (ends_when_flushed_) stream_.shutdown_send();
}

void WebSocketConnection::wait_readable() {
  stream_.wait_readable([self = shared_from_this()](const boost::system::error_code& ec) { self->on_readable(ec); });
}

void WebSocketConnection::on_readable(const boost::system::error_code& ec) {
  if (state_ == State::gone) return;
  if (ec) return on_stream_ended();
  const std::span<char> buffer = pool_->read_buffer();
  for (int i = 0; i < reads_per_turn; ++i) {
    const Stream::Transfer received = stream_.read_some(buffer.data(), buffer.size());
    if (received.status == Stream::Status::ended) return on_stream_ended();
    if (received.status == Stream::Status::would_block) break;
    last_received_ = pool_->deadlines().now();
    take(buffer.data(), buffer.data() + received.size);
    if (state_ == State::gone) return;
    // Less than we asked for: the kernel has no more, and the wait tells when it has.
    if (received.size < buffer.size()) break;
  }
  wait_readable();
}

void WebSocketConnection::take(char* begin, char* end) {
  while (state_ == State::open || state_ == State::closing) {
    const DecodedFrame frame = decoder_.next(begin, end);
    switch (frame.kind) {
      case DecodedFrame::Kind::need_more: return;
      case DecodedFrame::Kind::text: deliver(frame.payload); break;
      case DecodedFrame::Kind::ping:
        if (state_ != State::open) break;
        if (std::string* const queue = room_for(frame.payload.size())) {
          append_pong_frame(*queue, frame.payload);
          flush_later();
        }
        break;
      case DecodedFrame::Kind::pong: deliver_pong(frame.payload); break;
      case DecodedFrame::Kind::close: return on_peer_close(frame);
      case DecodedFrame::Kind::error: return fail(frame.code, frame.payload);
    }
  }
}

void WebSocketConnection::deliver(std::string_view text) {
  if (state_ != State::open) return;
  ++pool_->counts().messages_in;
  try {
    // A copy holds the handler: it could end the connection from in here by way of the server.
    const auto handler = handler_;
    handler->on_message(text);
  } catch (const std::exception& error) {
    pool_->log().error("on_message of a socket threw: {}", error.what());
    close(close_code::internal_error, {});
  }
}

void WebSocketConnection::deliver_pong(std::string_view payload) {
  if (state_ != State::open || payload.empty()) return;
  try {
    const auto handler = handler_;
    handler->on_pong(payload);
  } catch (const std::exception& error) {
    pool_->log().error("on_pong of a socket threw: {}", error.what());
    close(close_code::internal_error, {});
  }
}

void WebSocketConnection::on_peer_close(const DecodedFrame& frame) {
  if (state_ != State::closing) append_close_frame(outbox(), frame.code, {});
  linger();
  tell_closed({frame.code, true, std::string{frame.payload}});
}

void WebSocketConnection::fail(std::uint16_t code, std::string_view text) {
  pool_->log().debug("socket fails with {}: {}", code, text);
  if (state_ == State::open) append_close_frame(outbox(), code, text);
  linger();
  tell_closed({code, false, std::string{text}});
}

/// Our last bytes would be lost in a reset if we closed while the peer still sends: so we end our half, and wait
/// for the end of its half, but not long.
void WebSocketConnection::linger() {
  state_ = State::lingering;
  ends_when_flushed_ = true;
  flush_later();
  Deadlines& deadlines = pool_->deadlines();
  deadlines.schedule(*this, deadlines.now() + pool_->config().close_timeout);
}

void WebSocketConnection::tell_closed(CloseInfo info) {
  const auto handler = std::exchange(handler_, nullptr);
  if (!handler) return;
  info.by_us = close_code_ != 0;
  if (info.by_us) info.code = close_code_;
  try {
    handler->on_closed(info);
  } catch (const std::exception& error) {
    pool_->log().error("on_closed of a socket threw: {}", error.what());
  }
}

void WebSocketConnection::on_stream_ended() {
  drop({close_code::abnormal, false, "the connection ended without a close frame"});
}

void WebSocketConnection::drop(const CloseInfo& info) {
  if (state_ == State::gone) return;
  const auto self = shared_from_this();
  state_ = State::gone;
  pool_->remove(*this);
  TimingWheel::cancel(*this);
  stream_.close();
  out_ = {};
  out_sent_ = 0;
  tell_closed(info);
}

void WebSocketConnection::on_deadline(Time now) {
  switch (state_) {
    case State::open: return check_silence(now);
    case State::overflowed: return;
    case State::closing: return drop({close_code_, false, "the peer did not answer our close frame"});
    case State::lingering: return drop({});
    case State::gone: return;
  }
}

void WebSocketConnection::check_silence(Time now) {
  const WebSocketConfig& config = pool_->config();
  if (now - last_received_ >= config.dead_after) {
    return drop({close_code::abnormal, false, "the peer is silent"});
  }
  if (waits_for_writable_ && now - last_written_ >= config.dead_after) {
    return drop({close_code::policy_violation, false, "the peer does not read"});
  }
  const bool silent = now - last_received_ >= config.ping_after;
  if (silent) {
    append_ping_frame(outbox());
    flush_later();
  }
  pool_->deadlines().schedule(*this, last_received_ + (silent ? config.dead_after : config.ping_after));
}

}  // namespace carillon::http
