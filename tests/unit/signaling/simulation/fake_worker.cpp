// Its end, and the line to the host.
#include "unit/signaling/simulation/fake_worker.hpp"

#include "base/async.hpp"
#include "mediasoup/channel/messages.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>

namespace carillon::simulation {

using Event = FBS::Notification::Event;

namespace {

std::pair<mediasoup::Fd, mediasoup::Fd> socket_pair() {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) throw std::runtime_error(std::strerror(errno));
  return {mediasoup::Fd{fds[0]}, mediasoup::Fd{fds[1]}};
}

}  // namespace

FakeWorker::FakeWorker(World& world, boost::asio::any_io_executor executor, pid_t pid, const WorkerManners& manners)
    : world_{world},
      pid_{pid},
      manners_{manners},
      exited_{std::make_unique<Timer>(std::move(executor), Timer::time_point::max())},
      free_at_{world.now()} {
  std::tie(write_end_, from_host_) = socket_pair();
  std::tie(read_end_, to_host_) = socket_pair();
}

FakeWorker::~FakeWorker() = default;

void FakeWorker::start() {
  const bool fails = world_.dice.percent(manners_.start_fails);
  world_.soon(world_.dice.up_to(50ms), [weak = weak_from_this(), fails] {
    const auto self = weak.lock();
    if (!self || !self->lives_) return;
    if (fails) return self->die(7 << 8);
    self->notify(std::to_string(self->pid_), static_cast<std::uint8_t>(Event::WORKER_RUNNING));
  });
}

void FakeWorker::arrive(boost::asio::any_io_executor executor) {
  exited_ = std::make_unique<Timer>(std::move(executor), Timer::time_point::max());
}

// ---- Its end -----------------------------------------------------------------------------------------------------

void FakeWorker::kill(int signal) { die(signal); }

void FakeWorker::die(int status) {
  if (!lives_) return;
  world_.tell("worker {} ends: {}", pid_, status);
  lives_ = false;
  routers_.clear();
  servers_.clear();
  from_host_ = mediasoup::Fd{};
  to_host_ = mediasoup::Fd{};
  world_.soon(world_.dice.up_to(5ms), [weak = weak_from_this(), status] {
    const auto self = weak.lock();
    if (!self) return;
    self->exit_status_ = status;
    if (self->exited_) self->exited_->cancel();
    self->on_exit.emit(status);
  });
}

boost::asio::awaitable<void> FakeWorker::wait_exit() {
  const auto self = shared_from_this();
  while (!exit_status_) {
    boost::system::error_code cancelled;
    co_await exited_->async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, cancelled));
    const auto state = co_await boost::asio::this_coro::cancellation_state;
    if (state.cancelled() != boost::asio::cancellation_type::none) co_return;
  }
}

/// When it does not hang, an answer is on its way: it is as if it waited for a processor.
std::optional<mediasoup::ProcessStat> FakeWorker::stat() const {
  if (!lives_) return std::nullopt;
  return mediasoup::ProcessStat{hangs_ ? 'T' : 'R', Duration{0}};
}

void FakeWorker::wake() {
  if (!std::exchange(hangs_, false)) return;
  for (const auto& message : std::exchange(unhandled_, {})) {
    if (lives_) handle(message);
  }
}

// ---- The line to the host ----------------------------------------------------------------------------------------

bool FakeWorker::read() {
  if (!lives_) return false;
  std::uint8_t buffer[16384];
  bool any = false;
  for (;;) {
    const ssize_t size = ::recv(from_host_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
    if (size < 0) break;
    any = true;
    if (size == 0) {  // the host is gone: so is the real one
      die(0);
      return true;
    }
    unread_.insert(unread_.end(), buffer, buffer + size);
    if (static_cast<std::size_t>(size) < sizeof buffer) break;
  }
  std::size_t at = 0;
  while (lives_ && unread_.size() - at >= 4) {
    std::uint32_t length = 0;
    std::memcpy(&length, unread_.data() + at, sizeof length);
    if (unread_.size() - at < 4 + length) break;
    const auto begin = unread_.begin() + static_cast<std::ptrdiff_t>(at);
    const std::vector<std::uint8_t> message(begin, begin + 4 + length);
    at += 4 + length;
    if (hangs_) {
      unhandled_.push_back(message);
    } else {
      handle(message);
    }
  }
  unread_.erase(unread_.begin(), unread_.begin() + static_cast<std::ptrdiff_t>(at));
  return any;
}

void FakeWorker::send(Builder& builder, std::uint8_t type, std::uint32_t body) {
  builder.FinishSizePrefixed(
      FBS::Message::CreateMessage(builder, static_cast<FBS::Message::Body>(type), flatbuffers::Offset<void>{body}));
  const std::uint8_t* begin = builder.GetBufferPointer();
  schedule_write({begin, begin + builder.GetSize()});
}

/// In order, each some time after the one before.
void FakeWorker::schedule_write(std::vector<std::uint8_t> bytes) {
  const Duration slow = manners_.slowness > 0ms ? world_.dice.up_to(manners_.slowness) : 0ms;
  free_at_ = std::max(free_at_, world_.now()) + slow;
  if (free_at_ == world_.now()) return write(bytes);
  world_.soon(free_at_ - world_.now(), [weak = weak_from_this(), bytes = std::move(bytes)] {
    if (const auto self = weak.lock()) self->write(bytes);
  });
}

void FakeWorker::write(const std::vector<std::uint8_t>& bytes) {
  if (!lives_) return;
  if (::send(to_host_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT) !=
      static_cast<ssize_t>(bytes.size()))
    die(SIGPIPE);
}

void FakeWorker::send_garbage() {
  std::vector<std::uint8_t> garbage(64, 0xfe);
  const std::uint32_t length = world_.dice.percent(50) ? 60 : 0xffffffff;
  std::memcpy(garbage.data(), &length, sizeof length);
  write(garbage);
}

void FakeWorker::answer(Builder& builder, std::uint32_t id, std::uint8_t type, std::uint32_t body) {
  const auto response = FBS::Response::CreateResponse(builder, id, true, static_cast<FBS::Response::Body>(type),
                                                      flatbuffers::Offset<void>{body});
  send(builder, static_cast<std::uint8_t>(FBS::Message::Body::Response), response.o);
}

void FakeWorker::accept(std::uint32_t id) {
  Builder builder;
  answer(builder, id, 0, 0);
}

void FakeWorker::refuse(std::uint32_t id, const std::string& reason, const char* error) {
  Builder builder;
  const auto response =
      FBS::Response::CreateResponseDirect(builder, id, false, FBS::Response::Body::NONE, 0, error, reason.c_str());
  send(builder, static_cast<std::uint8_t>(FBS::Message::Body::Response), response.o);
}

void FakeWorker::notify(const std::string& handler, std::uint8_t event) {
  Builder builder;
  notify(builder, handler, event, 0, 0);
}

void FakeWorker::notify(Builder& builder, const std::string& handler, std::uint8_t event, std::uint8_t type,
                        std::uint32_t body) {
  const auto notification = FBS::Notification::CreateNotification(
      builder, builder.CreateString(handler), static_cast<Event>(event), static_cast<FBS::Notification::Body>(type),
      flatbuffers::Offset<void>{body});
  send(builder, static_cast<std::uint8_t>(FBS::Message::Body::Notification), notification.o);
}

}  // namespace carillon::simulation
