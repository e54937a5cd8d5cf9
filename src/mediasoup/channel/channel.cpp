#include "mediasoup/channel/channel.hpp"

#include "base/async.hpp"
#include "mediasoup/channel/framing.hpp"
#include "mediasoup/channel/messages.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

namespace carillon::mediasoup {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

/// When a deadline has passed, what the worker may have written while this program itself was held up is still read.
constexpr auto second_look = std::chrono::milliseconds{50};
/// A line of the worker's log. Its own buffer is 50 kB; that much in one line helps nobody.
constexpr std::size_t log_line_bytes_max = 4096;

/// A request whose answer has not come.
struct Pending {
  Method method;
  SteadyTime deadline;
  std::optional<Result<Response>> result;
  asio::steady_timer* wake = nullptr;  // of the coroutine that waits, while it does

  void finish(Result<Response> value) {
    if (result) return;
    result.emplace(std::move(value));
    if (wake != nullptr) wake->cancel();
  }
};

/// Takes the timer out again also when the waiting coroutine is destroyed.
struct Waiting {
  Waiting(Pending& of, asio::steady_timer& timer) : pending{of} { pending.wake = &timer; }
  ~Waiting() { pending.wake = nullptr; }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  Pending& pending;
};

asio::awaitable<Result<Response>> wait(std::shared_ptr<Pending> pending) {
  if (!pending->result) {
    asio::steady_timer timer{co_await asio::this_coro::executor, SteadyTime::max()};
    Waiting waiting{*pending, timer};
    boost::system::error_code cancelled;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  }
  if (!pending->result) co_return fail(Errc::timeout, "stopped waiting for the worker's answer");
  co_return std::move(*pending->result);
}

asio::awaitable<Result<Response>> refuse(Error error) { co_return error; }

Error refusal(Method method, const FBS::Response::Response& response) {
  const std::string name = response.error() != nullptr ? response.error()->str() : std::string{};
  std::string reason = response.reason() != nullptr ? response.reason()->str() : std::string{"no reason given"};
  Errc code = Errc::internal;
  if (name == "TypeError") code = Errc::bad_request;
  if (name == "NotFoundError") code = Errc::not_found;
  return fail(code, fmt::format("{} [{}]", reason, EnumNameMethod(method)));
}

}  // namespace

struct Channel::Impl : std::enable_shared_from_this<Channel::Impl> {
  Impl(asio::any_io_executor on, int write_fd, int read_fd, ChannelOptions limits, Logger logger)
      : executor{std::move(on)},
        writer{executor, asio::local::stream_protocol{}, write_fd},
        reader{executor, asio::local::stream_protocol{}, read_fd},
        deadline_timer{executor},
        options{limits},
        log{std::move(logger)},
        deframer{limits.message_bytes_max} {}

  asio::any_io_executor executor;
  asio::local::stream_protocol::socket writer;
  asio::local::stream_protocol::socket reader;
  asio::steady_timer deadline_timer;
  ChannelOptions options;
  Logger log;
  std::weak_ptr<Channel> owner;

  Deframer deframer;
  Builder builder{1024};
  std::vector<std::uint8_t> queued;   // waits for the write that is under way
  std::vector<std::uint8_t> writing;  // empty: nothing is under way
  std::map<std::uint32_t, std::shared_ptr<Pending>> pending;
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

  // --- out

  template <class MakeMessage>
  Result<> send(MakeMessage make_message) {
    builder.Clear();
    builder.FinishSizePrefixed(make_message());
    const std::size_t size = builder.GetSize();
    if (size > options.message_bytes_max + Deframer::prefix_bytes) {
      return fail(Errc::too_large, fmt::format("a message of {} bytes to the worker", size));
    }
    if (queued.size() + size > options.send_bytes_max) {
      return fail(Errc::unavailable, "too much waits to be written to the worker");
    }
    queued.insert(queued.end(), builder.GetBufferPointer(), builder.GetBufferPointer() + size);
    if (writing.empty()) write_more();
    return {};
  }

  void write_more() {
    writing.swap(queued);
    queued.clear();
    auto self = shared_from_this();
    asio::async_write(writer, asio::buffer(writing), [self](const boost::system::error_code& error, std::size_t) {
      self->writing.clear();
      if (error) {
        self->queued.clear();
        self->breaks(fmt::format("its channel cannot be written to ({})", error.message()));
      } else if (!self->queued.empty()) {
        self->write_more();
        return;
      }
      if (self->closed) self->shut(self->writer);
    });
  }

  std::shared_ptr<Pending> add_pending(std::uint32_t id, Method method) {
    auto added =
        std::make_shared<Pending>(Pending{method, std::chrono::steady_clock::now() + options.request_timeout, {}});
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
    while (!closed) {
      const auto [error, size] =
          co_await reader.async_read_some(asio::buffer(buffer), asio::as_tuple(asio::use_awaitable));
      if (closed) co_return;
      if (error) {
        breaks(deframer.partial() ? std::string{"its channel closed in the middle of a message"}
                                  : fmt::format("its channel closed ({})", error.message()));
        co_return;
      }
      deframer.feed(std::span{buffer}.first(size));
      while (const std::shared_ptr<const Frame> frame = deframer.next()) {
        const bool someone_woken = handle(frame);
        if (closed) co_return;
        // Whoever waited for this answer runs before the next message is looked at: see listen().
        if (someone_woken) co_await asio::post(executor, asio::use_awaitable);
        if (closed) co_return;
      }
      if (deframer.broken()) breaks("it sent garbage: " + *deframer.broken());
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
    const std::shared_ptr<Pending>* oldest = nullptr;
    std::uint32_t id = 0;
    for (const auto& [candidate_id, candidate] : pending) {
      if (oldest == nullptr || candidate->deadline < (*oldest)->deadline) {
        oldest = &candidate;
        id = candidate_id;
      }
    }
    if (oldest == nullptr) return;
    const SteadyTime now = std::chrono::steady_clock::now();
    if ((*oldest)->deadline > now) return arm_deadline((*oldest)->deadline);
    if (suspect != id) {
      suspect = id;
      return arm_deadline(now + second_look);
    }
    breaks(fmt::format("it did not answer {} in {} ms", EnumNameMethod((*oldest)->method),
                       options.request_timeout.count()));
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
    queued.clear();
    shut(writer);
  }

  void close(Error why) {
    if (closed) return;
    closed = why;
    deadline_timer.cancel();
    shut(reader);
    if (writing.empty()) shut(writer);
    handlers.clear();
    const auto unanswered = std::move(pending);
    pending.clear();
    for (const auto& [id, waiting] : unanswered) waiting->finish(why);
  }

  static void shut(asio::local::stream_protocol::socket& socket) {
    boost::system::error_code ignored;
    socket.close(ignored);
  }
};

std::shared_ptr<Channel> Channel::open(asio::any_io_executor executor, int write_fd, int read_fd,
                                       ChannelOptions options, Logger log) {
  auto impl = std::make_shared<Impl>(executor, write_fd, read_fd, options, log);
  std::shared_ptr<Channel> channel{new Channel{impl}};
  impl->owner = channel;
  asio::co_spawn(
      executor, [impl] { return impl->read_loop(); }, report(log, "worker channel"));
  return channel;
}

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
asio::any_io_executor Channel::executor() const { return impl_->executor; }
const Logger& Channel::log() const { return impl_->log; }

}  // namespace carillon::mediasoup
