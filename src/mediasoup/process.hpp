// The process of a worker as Worker sees it: how to speak to it, to end it and to know that it has ended. An interface:
// child_process.hpp has the real one, simulations give another.
#pragma once

#include "base/log.hpp"
#include "base/result.hpp"
#include "base/signal.hpp"
#include "mediasoup/process_stat.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace carillon::mediasoup {

namespace asio = boost::asio;

/// Closes the descriptor it holds.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_{fd} {}
  Fd(Fd&& other) noexcept : fd_{other.release()} {}
  Fd& operator=(Fd&& other) noexcept;
  ~Fd();
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

class Process {
 public:
  virtual ~Process() = default;

  [[nodiscard]] virtual pid_t pid() const = 0;
  /// Our ends of its descriptors 3 (we write) and 4 (we read): sockets. To be taken once.
  [[nodiscard]] virtual Fd take_write_end() = 0;
  [[nodiscard]] virtual Fd take_read_end() = 0;

  /// Nothing when it has ended already.
  virtual void kill(int signal) = 0;

  /// It was told to end: if it says on the way that nobody reads its answers any more, that is no error.
  virtual void expect_end() {}

  /// As waitpid() tells it, once it has ended and was reaped.
  [[nodiscard]] virtual const std::optional<int>& exit_status() const = 0;
  virtual asio::awaitable<void> wait_exit() = 0;
  /// nullopt: it has ended, or nobody can tell.
  [[nodiscard]] virtual std::optional<ProcessStat> stat() const = 0;

  /// Our ends of what it prints to; -1 where they are closed.
  [[nodiscard]] virtual int stdout_fd() const = 0;
  [[nodiscard]] virtual int stderr_fd() const = 0;
  /// Lets go of the process and of both pipes, as they are. Whoever adopts it reaps it.
  virtual void release() = 0;

  Signal<int> on_exit;  ///< With the status of waitpid(). Once.
};

/// Starts a process.
using Launch =
    std::function<Result<std::shared_ptr<Process>>(const asio::any_io_executor& executor, const Logger& log)>;

/// Finds one again that was started before an execve.
using FindAgain = std::function<Result<std::shared_ptr<Process>>(const asio::any_io_executor& executor, pid_t pid,
                                                                 const Logger& log)>;

}  // namespace carillon::mediasoup
