// The line to one mediasoup-worker: requests with their answers, and notifications both ways, over a pair of sockets.
// Knows nothing of routers or of processes. Whoever builds or reads a FlatBuffers body also includes
// channel/messages.hpp.
#pragma once

#include "base/log.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "base/signal.hpp"
#include "base/time.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace flatbuffers {
class FlatBufferBuilder;
}
namespace FBS::Request {
enum class Method : std::uint8_t;
}
namespace FBS::Response {
struct Response;
}
namespace FBS::Notification {
enum class Event : std::uint8_t;
struct Notification;
}  // namespace FBS::Notification

namespace carillon::mediasoup {

namespace asio = boost::asio;

/// The bytes of one message, size prefix included, aligned for FlatBuffers. Shared, since answers point into it.
class Frame;

/// An accepted answer. What it points to lives as long as it (or a copy of it) does. Read its body with
/// `body<T>(response)`.
class Response {
 public:
  Response(std::shared_ptr<const Frame> frame, const FBS::Response::Response& root)
      : frame_{std::move(frame)}, root_{&root} {}
  [[nodiscard]] const FBS::Response::Response& root() const { return *root_; }

 private:
  std::shared_ptr<const Frame> frame_;
  const FBS::Response::Response* root_;
};

/// What the worker says without being asked. Valid only during the call of the handler.
class Notification {
 public:
  Notification(FBS::Notification::Event event, const FBS::Notification::Notification& root)
      : event_{event}, root_{&root} {}
  [[nodiscard]] FBS::Notification::Event event() const { return event_; }
  [[nodiscard]] const FBS::Notification::Notification& root() const { return *root_; }

 private:
  FBS::Notification::Event event_;
  const FBS::Notification::Notification* root_;
};

struct ChannelOptions {
  /// Size of one message without its prefix. The worker's own limit (MESSAGE_MAX_LEN in the package) less the prefix.
  std::size_t message_bytes_max = 8'388'608 - 4;
  /// Requests that wait for an answer. A room of 100 people needs a few thousand at once at worst; more is a runaway.
  std::size_t requests_max = 10'000;
  /// What waits to be written. A worker that does not read that much does not live.
  std::size_t send_bytes_max = std::size_t{64} * 1024 * 1024;
  /// From sending a request to its answer. A worker answers in microseconds; past this it hangs and counts as dead.
  Duration request_timeout = std::chrono::seconds{4};
  /// The same for one who is excused: see Channel::excused.
  Duration silence_max = std::chrono::seconds{20};
  /// Where the ids of all that is made over this channel come from; must outlive it. nullptr: the system's source.
  Random* random = nullptr;
};

class Saved;

/// A message body already written into the builder: which member of the union, and where.
struct WrittenBody {
  std::uint8_t type = 0;
  std::uint32_t offset = 0;
};
using WriteBody = std::function<WrittenBody(flatbuffers::FlatBufferBuilder&)>;

class Channel : public std::enable_shared_from_this<Channel> {
 public:
  /// Takes over both file descriptors: the end we write to (the worker's fd 3) and the end we read from (its fd 4).
  static std::shared_ptr<Channel> open(asio::any_io_executor executor, int write_fd, int read_fd,
                                       ChannelOptions options, Logger log);
  /// Goes on where save() was called, in this process or in the one before an execve. Throws BadSavedState, and leaves
  /// the descriptors alone then. What was read already is handed on once the caller has returned to the event loop.
  static std::shared_ptr<Channel> restore(asio::any_io_executor executor, const Saved& saved, ChannelOptions options,
                                          Logger log);

  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  /// Builds and sends at once, in the order of the calls; only the answer is awaited, and it need not be the next thing
  /// done. A refusal by the worker is an error: TypeError is bad_request, NotFoundError is not_found, the rest
  /// internal. A closed channel, a passed deadline and a dead worker all are worker_died.
  [[nodiscard]] asio::awaitable<Result<Response>> request(FBS::Request::Method method, std::string_view handler_id,
                                                          const WriteBody& write_body = {});

  /// A request whose answer nobody waits for (closing things). Nothing happens on a closed channel.
  void tell(FBS::Request::Method method, std::string_view handler_id, const WriteBody& write_body = {});

  /// Fails when closed, too large, or when too much already waits to be written.
  Result<> notify(FBS::Notification::Event event, std::string_view handler_id, const WriteBody& write_body = {});

  using Handler = std::function<void(const Notification&)>;

  /// Ends the subscription of one handler when destroyed; may outlive the channel.
  class Listening {
   public:
    Listening() = default;
    Listening(std::weak_ptr<Channel> channel, std::string handler_id, std::uint64_t serial)
        : channel_{std::move(channel)}, handler_id_{std::move(handler_id)}, serial_{serial} {}
    Listening(Listening&& other) noexcept { swap(other); }
    Listening& operator=(Listening&& other) noexcept {
      Listening gone{std::move(*this)};
      swap(other);
      return *this;
    }
    ~Listening() { stop(); }
    void stop();

   private:
    void swap(Listening& other) noexcept {
      std::swap(channel_, other.channel_);
      std::swap(handler_id_, other.handler_id_);
      std::swap(serial_, other.serial_);
    }
    std::weak_ptr<Channel> channel_;
    std::string handler_id_;
    std::uint64_t serial_ = 0;
  };

  /// Notifications for one id (of a transport, producer, consumer, ...) go to one handler. They are delivered after
  /// whoever waited for an earlier answer has run, so a resource made from an answer misses none of its own.
  [[nodiscard]] Listening listen(std::string handler_id, Handler handler);

  /// What has been written so far is still sent, then both sockets close. All that waits fails with `why`. Twice is
  /// nothing.
  void close(Error why);
  [[nodiscard]] bool closed() const;
  /// What a call on an object that is closed gets: why the channel closed if it did, else conflict, "<what> is closed".
  [[nodiscard]] Error gone(std::string_view what) const;

  /// No request waits for its answer, and no answer for whoever asked: nothing would be lost but what save() writes.
  [[nodiscard]] bool quiet() const;
  /// Both descriptors, the last request id, and the bytes that were read but not looked at, or are yet to be written.
  /// Holds from now until control returns to the event loop. To be called when quiet().
  [[nodiscard]] boost::json::object save() const;
  /// Lets go of both descriptors, as they are and open, and takes no byte from them any more. Closed from then on.
  void release();

  /// Asked at a deadline (ChannelOptions.request_timeout): true, and the worker gets more time, up to silence_max.
  std::function<bool()> excused;

  /// The worker can no longer be trusted or reached: garbage, end of file, or silence past a deadline. Once, and never
  /// after close().
  Signal<const Error&> on_broken;

  [[nodiscard]] std::size_t requests_in_flight() const;
  struct Waiting {
    std::uint32_t request_id = 0;
    Duration age{0};
  };
  /// The one that waits the longest.
  [[nodiscard]] std::optional<Waiting> oldest_request() const;
  [[nodiscard]] asio::any_io_executor executor() const;
  [[nodiscard]] const Logger& log() const;
  [[nodiscard]] Random& random() const;

 private:
  struct Impl;
  explicit Channel(std::shared_ptr<Impl> impl) : impl_{std::move(impl)} {}
  // Shared with the coroutine that reads, which must not keep the channel itself alive.
  std::shared_ptr<Impl> impl_;
};

}  // namespace carillon::mediasoup
