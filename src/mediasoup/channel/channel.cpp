#include "mediasoup/channel/channel.hpp"

#include "base/async.hpp"
#include "mediasoup/channel/framing.hpp"
#include "mediasoup/channel/messages.hpp"
#include "mediasoup/channel/outbox.hpp"
#include "mediasoup/channel/pending.hpp"
#include "mediasoup/saved.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <unordered_map>

namespace carillon::mediasoup {

namespace json = boost::json;

namespace {

/// When a deadline has passed, what the worker may have written while this program itself was held up is still read.
constexpr auto second_look = std::chrono::milliseconds{50};
/// A line of the worker's log. Its own buffer is 50 kB; that much in one line helps nobody.
constexpr std::size_t log_line_bytes_max = 4096;

}  // namespace

struct Channel::Impl : std::enable_shared_from_this<Channel::Impl> {
  using Socket = asio::local::stream_protocol::socket;

  Impl(asio::any_io_executor on, ChannelOptions limits, Logger logger)
      : executor{std::move(on)},
        writer{executor},
        reader{executor},
        deadline_timer{executor},
        options{limits},
        log{std::move(logger)},
        deframer{limits.message_bytes_max} {}

  asio::any_io_executor executor;
  Socket writer;
  Socket reader;
  Timer deadline_timer;
  ChannelOptions options;
  SystemRandom system_random;
  Logger log;
  std::weak_ptr<Channel> owner;

  Deframer deframer;
  Builder builder{1024};
  Outbox outbox;
  bool writing = false;  // a handler will look into the outbox
  std::map<std::uint32_t, std::shared_ptr<Pending>> pending;
  std::shared_ptr<const bool> open = std::make_shared<const bool>(true);
  std::uint32_t last_id = 0;
  bool deadline_armed = false;
  std::optional<std::uint32_t> suspect;  // the request at whose deadline a second look was granted
  std::optional<Error> closed;

  struct Entry {
    std::uint64_t serial;
    std::shared_ptr<const Handler> handler;
  };
  std::unordered_map<std::string, Entry> handlers;
  std::uint64_t last_serial = 0;

  /// Both are non-blocking: what is read or written has always been seen by the line that did it, so that save() knows
  /// of every byte. (An asynchronous read may have taken bytes of which no handler knows yet.)
  boost::system::error_code take(int write_fd, int read_fd) {
    boost::system::error_code error;
    const asio::local::stream_protocol protocol;
    writer.assign(protocol, write_fd, error);
    if (error) return error;
    reader.assign(protocol, read_fd, error);
    if (!error) writer.non_blocking(true, error);
    if (!error) reader.non_blocking(true, error);
    if (error) let_go();
    return error;
  }

  void let_go() {
    boost::system::error_code ignored;
    if (writer.is_open()) writer.release(ignored);
    if (reader.is_open()) reader.release(ignored);
  }

  static void run(const std::shared_ptr<Impl>& impl) {
    asio::co_spawn(
        impl->executor, [impl] { return impl->read_loop(); }, report(impl->log, "worker channel"));
    if (impl->outbox.empty()) return;
    impl->writing = true;
    asio::post(impl->executor, [impl] { impl->on_writable({}); });
  }

  // --- out

  template <class MakeMessage>
  Result<> send(MakeMessage make_message) {
    builder.Clear();
    builder.FinishSizePrefixed(make_message());
    const std::size_t size = builder.GetSize();
    if (size > options.message_bytes_max + Deframer::prefix_bytes) {
      return fail(Errc::too_large, fmt::format("a message of {} bytes to the worker", size));
    }
    if (outbox.size() + size > options.send_bytes_max) {
      return fail(Errc::unavailable, "too much waits to be written to the worker");
    }
    outbox.push({builder.GetBufferPointer(), size});
    if (!writing) write_more();
    return {};
  }

  /// Writes what it can, and looks again when there may be more: what comes up to then goes together.
  void write_more() {
    const std::span<const std::uint8_t> bytes = outbox.waiting();
    boost::system::error_code error;
    outbox.pop(writer.write_some(asio::buffer(bytes.data(), bytes.size()), error));
    writing = true;
    auto self = shared_from_this();
    // An error comes back in the handler, away from whoever called; it need not expect that the worker breaks now.
    if (!error && outbox.empty()) {
      asio::post(executor, [self] { self->on_writable({}); });
    } else if (!error || error == asio::error::would_block) {
      writer.async_wait(Socket::wait_write,
                        [self](const boost::system::error_code& failed) { self->on_writable(failed); });
    } else {
      asio::post(executor, [self, error] { self->on_writable(error); });
    }
  }

  void on_writable(const boost::system::error_code& error) {
    writing = false;
    if (error) {
      outbox.clear();
      breaks(fmt::format("its channel cannot be written to ({})", error.message()));
    } else if (!outbox.empty()) {
      write_more();
      return;
    }
    if (closed) shut(writer);
  }

  std::shared_ptr<Pending> add_pending(std::uint32_t id, Method method) {
    const SteadyTime now = TimerClock::now();
    auto added = std::make_shared<Pending>(Pending{method, now, now + options.request_timeout, open, {}});
    pending.emplace(id, added);
    if (!deadline_armed) arm_deadline(added->deadline);
    return added;
  }

  std::uint32_t next_id() {
    do {
      if (++last_id == 0) ++last_id;
    } while (pending.contains(last_id));
    return last_id;
  }

  Result<std::shared_ptr<Pending>> request(Method method, std::string_view handler_id, const WriteBody& write_body) {
    if (closed) return *closed;
    if (pending.size() >= options.requests_max) {
      return fail(Errc::unavailable, fmt::format("{} requests to the worker have no answer yet", pending.size()));
    }
    const std::uint32_t id = next_id();
    Result<> sent = send([&] {
      const WrittenBody written = write_body ? write_body(builder) : WrittenBody{};
      const auto handler = builder.CreateString(handler_id.data(), handler_id.size());
      const auto made =
          FBS::Request::CreateRequest(builder, id, method, handler, static_cast<FBS::Request::Body>(written.type),
                                      flatbuffers::Offset<void>{written.offset});
      return FBS::Message::CreateMessage(builder, FBS::Message::Body::Request, made.Union());
    });
    if (!sent) return sent.error();
    log.debug("request {} {}", id, EnumNameMethod(method));
    return add_pending(id, method);
  }

  Result<> notify(NotificationEvent event, std::string_view handler_id, const WriteBody& write_body) {
    if (closed) return *closed;
    return send([&] {
      const WrittenBody written = write_body ? write_body(builder) : WrittenBody{};
      const auto handler = builder.CreateString(handler_id.data(), handler_id.size());
      const auto made = FBS::Notification::CreateNotification(builder, handler, event,
                                                              static_cast<FBS::Notification::Body>(written.type),
                                                              flatbuffers::Offset<void>{written.offset});
      return FBS::Message::CreateMessage(builder, FBS::Message::Body::Notification, made.Union());
    });
  }

  // --- in

  asio::awaitable<void> read_loop() {
    std::array<std::uint8_t, 65536> buffer;
    // Whoever opened the channel first listens to it.
    co_await asio::post(executor, asio::use_awaitable);
    while (!closed) {
      while (const std::shared_ptr<const Frame> frame = deframer.next()) {
        const bool someone_woken = handle(frame);
        if (closed) co_return;
        // Whoever waited for this answer runs before the next message is looked at: see listen().
        if (someone_woken) co_await asio::post(executor, asio::use_awaitable);
        if (closed) co_return;
      }
      if (deframer.broken()) co_return breaks("it sent garbage: " + *deframer.broken());
      co_await reader.async_wait(Socket::wait_read, asio::as_tuple(asio::use_awaitable));
      if (closed) co_return;
      boost::system::error_code error;
      const std::size_t size = reader.read_some(asio::buffer(buffer), error);
      if (error == asio::error::would_block) continue;
      if (error) {
        co_return breaks(deframer.partial() ? std::string{"its channel closed in the middle of a message"}
                                            : fmt::format("its channel closed ({})", error.message()));
      }
      deframer.feed(std::span{buffer}.first(size));
    }
  }

  /// True when a waiting coroutine was woken.
  bool handle(const std::shared_ptr<const Frame>& frame) {
    const std::span<const std::uint8_t> bytes = frame->bytes();
    flatbuffers::Verifier verifier{bytes.data(), bytes.size()};
    if (!FBS::Message::VerifySizePrefixedMessageBuffer(verifier)) {
      breaks("it sent garbage: not a message of its schema");
      return false;
    }
    const FBS::Message::Message* message = FBS::Message::GetSizePrefixedMessage(bytes.data());
    switch (message->data_type()) {
      case FBS::Message::Body::Response: return handle_response(frame, *message->data_as_Response());
      case FBS::Message::Body::Notification: handle_notification(*message->data_as_Notification()); return false;
      case FBS::Message::Body::Log: handle_log(message->data_as_Log()->data()->string_view()); return false;
      case FBS::Message::Body::NONE:
      case FBS::Message::Body::Request: break;
    }
    breaks(fmt::format("it sent garbage: a message of type {}", static_cast<int>(message->data_type())));
    return false;
  }

  bool handle_response(const std::shared_ptr<const Frame>& frame, const FBS::Response::Response& response) {
    const auto found = pending.find(response.id());
    if (found == pending.end()) {
      breaks(fmt::format("it sent garbage: an answer to request {}, which was not asked", response.id()));
      return false;
    }
    const std::shared_ptr<Pending> answered = found->second;
    pending.erase(found);
    const bool someone_waits = answered->wake != nullptr;
    if (response.accepted()) {
      answered->finish(Response{frame, response});
    } else {
      Error error = refusal(answered->method, response);
      log.warn("request {} refused: {}", response.id(), error.detail);
      answered->finish(std::move(error));
    }
    return someone_waits;
  }

  void handle_notification(const FBS::Notification::Notification& notification) {
    const auto found = handlers.find(notification.handler_id()->str());
    if (found == handlers.end()) {
      // Usual for a moment after something was closed here.
      log.debug("nobody listens to {} of {}", EnumNameEvent(notification.event()),
                notification.handler_id()->string_view());
      return;
    }
    const std::shared_ptr<const Handler> handler = found->second.handler;  // it may end its own listening
    (*handler)(Notification{notification.event(), notification});
  }

  void handle_log(std::string_view line) {
    if (line.empty()) return;
    const std::string_view text = line.substr(1, log_line_bytes_max);
    switch (line.front()) {
      case 'D': log.debug("{}", text); break;
      case 'W': log.warn("{}", text); break;
      case 'E': log.error("{}", text); break;
      default: log.info("{}", text); break;  // 'X': a dump
    }
  }

  // --- deadlines

  void arm_deadline(SteadyTime at) {
    deadline_armed = true;
    deadline_timer.expires_at(at);
    std::weak_ptr<Impl> weak = weak_from_this();
    deadline_timer.async_wait([weak](const boost::system::error_code& error) {
      const auto self = weak.lock();
      if (!self || error || self->closed) return;
      self->check_deadline();
    });
  }

  /// All requests have the same limit, so the first to be late is always the oldest.
  void check_deadline() {
    deadline_armed = false;
    const auto first = oldest();
    if (first == pending.end()) return;
    const auto& [id, late] = *first;
    const SteadyTime now = TimerClock::now();
    if (late->deadline > now) return arm_deadline(late->deadline);
    if (suspect != id) {
      suspect = id;
      return arm_deadline(now + second_look);
    }
    const auto channel = owner.lock();
    if (channel && channel->excused && now - late->sent < options.silence_max && channel->excused()) {
      return arm_deadline(now + second_look);
    }
    breaks(fmt::format("it did not answer {} in {} ms", EnumNameMethod(late->method), options.request_timeout.count()));
  }

  /// By time: ids begin anew after the last.
  [[nodiscard]] std::map<std::uint32_t, std::shared_ptr<Pending>>::const_iterator oldest() const {
    return std::min_element(pending.begin(), pending.end(),
                            [](const auto& one, const auto& other) { return one.second->sent < other.second->sent; });
  }

  // --- end

  void breaks(std::string why) {
    if (closed) return;
    const Error error = fail(Errc::worker_died, "the worker is dead: " + std::move(why));
    writing_is_lost();
    close(error);
    if (const auto channel = owner.lock()) channel->on_broken.emit(error);
  }

  void writing_is_lost() {
    outbox.clear();
    shut(writer);
  }

  void close(Error why) {
    if (closed) return;
    closed = why;
    deadline_timer.cancel();
    shut(reader);
    if (!writing) shut(writer);
    handlers.clear();
    const auto unanswered = std::move(pending);
    pending.clear();
    for (const auto& [id, waiting] : unanswered) waiting->finish(why);
  }

  void release() {
    if (closed) return;
    let_go();
    outbox.clear();
    close(fail(Errc::worker_died, "the worker was handed on"));
  }

  static void shut(Socket& socket) {
    boost::system::error_code ignored;
    socket.close(ignored);
  }
};

std::shared_ptr<Channel> Channel::open(asio::any_io_executor executor, int write_fd, int read_fd,
                                       ChannelOptions options, Logger log) {
  auto impl = std::make_shared<Impl>(std::move(executor), options, std::move(log));
  const boost::system::error_code error = impl->take(write_fd, read_fd);
  if (error) throw boost::system::system_error{error, "channel to a worker"};
  std::shared_ptr<Channel> channel{new Channel{impl}};
  impl->owner = channel;
  Impl::run(impl);
  return channel;
}

std::shared_ptr<Channel> Channel::restore(asio::any_io_executor executor, const Saved& saved, ChannelOptions options,
                                          Logger log) {
  auto impl = std::make_shared<Impl>(std::move(executor), options, std::move(log));
  impl->last_id = saved.integer<std::uint32_t>("lastRequestId");
  impl->deframer.feed(saved.bytes("unread"));
  impl->outbox.push(saved.bytes("unwritten"));
  const boost::system::error_code error = impl->take(saved.integer<int>("writeFd"), saved.integer<int>("readFd"));
  if (error) throw BadSavedState{saved.path("readFd") + ", writeFd: " + error.message()};
  std::shared_ptr<Channel> channel{new Channel{impl}};
  impl->owner = channel;
  Impl::run(impl);
  return channel;
}

bool Channel::quiet() const { return impl_->pending.empty() && impl_->open.use_count() == 1; }

json::object Channel::save() const {
  Impl& impl = *impl_;
  return {{"writeFd", impl.writer.native_handle()},
          {"readFd", impl.reader.native_handle()},
          {"lastRequestId", impl.last_id},
          {"unread", hex(impl.deframer.unread())},
          {"unwritten", hex(impl.outbox.waiting())}};
}

void Channel::release() { impl_->release(); }

Channel::~Channel() { impl_->close(fail(Errc::worker_died, "the channel to the worker is closed")); }

asio::awaitable<Result<Response>> Channel::request(Method method, std::string_view handler_id,
                                                   const WriteBody& write_body) {
  Result<std::shared_ptr<Pending>> sent = impl_->request(method, handler_id, write_body);
  return sent ? wait(std::move(*sent)) : refuse(sent.error());
}

void Channel::tell(Method method, std::string_view handler_id, const WriteBody& write_body) {
  const Result<std::shared_ptr<Pending>> sent = impl_->request(method, handler_id, write_body);
  if (!sent && !impl_->closed) log().warn("{} was not sent: {}", EnumNameMethod(method), sent.error().detail);
}

Result<> Channel::notify(NotificationEvent event, std::string_view handler_id, const WriteBody& write_body) {
  return impl_->notify(event, handler_id, write_body);
}

Channel::Listening Channel::listen(std::string handler_id, Handler handler) {
  const std::uint64_t serial = ++impl_->last_serial;
  if (!impl_->closed) {
    impl_->handlers.insert_or_assign(handler_id,
                                     Impl::Entry{serial, std::make_shared<const Handler>(std::move(handler))});
  }
  return Listening{weak_from_this(), std::move(handler_id), serial};
}

void Channel::Listening::stop() {
  const std::shared_ptr<Channel> channel = std::exchange(channel_, {}).lock();
  if (!channel) return;
  auto& handlers = channel->impl_->handlers;
  const auto found = handlers.find(handler_id_);
  if (found != handlers.end() && found->second.serial == serial_) handlers.erase(found);
}

void Channel::close(Error why) { impl_->close(std::move(why)); }
bool Channel::closed() const { return impl_->closed.has_value(); }

Error Channel::gone(std::string_view what) const {
  if (impl_->closed) return *impl_->closed;
  return fail(Errc::conflict, fmt::format("{} is closed", what));
}

std::size_t Channel::requests_in_flight() const { return impl_->pending.size(); }

std::optional<Channel::Waiting> Channel::oldest_request() const {
  const auto oldest = impl_->oldest();
  if (oldest == impl_->pending.end()) return std::nullopt;
  const auto age = TimerClock::now() - oldest->second->sent;
  return Waiting{oldest->first, std::chrono::duration_cast<Duration>(age)};
}

asio::any_io_executor Channel::executor() const { return impl_->executor; }
const Logger& Channel::log() const { return impl_->log; }
Random& Channel::random() const { return impl_->options.random ? *impl_->options.random : impl_->system_random; }

}  // namespace carillon::mediasoup
