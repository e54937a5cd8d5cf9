// A child process with two sockets at its descriptors 3 and 4, as mediasoup-worker wants it. Knows nothing of what is
// said over them. It is always reaped, and never outlives this program (PR_SET_PDEATHSIG).
#pragma once

#include "base/log.hpp"
#include "base/result.hpp"
#include "base/timer.hpp"
#include "mediasoup/process.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <sys/types.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace carillon::mediasoup {

class ChildProcess final : public Process, public std::enable_shared_from_this<ChildProcess> {
 public:
  struct Options {
    std::string path;
    std::vector<std::string> arguments;  // without the program's name
    std::vector<std::string>
        environment;  // KEY=value, added to ours; variables of ours that start with CARILLON_ stay here
  };
  /// What it prints goes to the log: stdout at debug, stderr at error until its end is expected.
  static Result<std::shared_ptr<ChildProcess>> spawn(asio::any_io_executor executor, const Options& options,
                                                     Logger log);

  /// A child of this process that was spawned before an execve. Takes over the ends of its pipes, which may be -1.
  /// not_found: this process has no such child, neither running nor waiting to be reaped.
  static Result<std::shared_ptr<ChildProcess>> adopt(asio::any_io_executor executor, pid_t pid, int stdout_fd,
                                                     int stderr_fd, Logger log);

  /// Kills it and waits, when nobody has. SIGKILL needs no consent, so the wait is short.
  ~ChildProcess() override;
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  [[nodiscard]] pid_t pid() const override { return pid_; }
  [[nodiscard]] Fd take_write_end() override { return std::move(write_end_); }
  [[nodiscard]] Fd take_read_end() override { return std::move(read_end_); }
  void kill(int signal) override;
  void expect_end() override { is_ending_ = true; }
  [[nodiscard]] const std::optional<int>& exit_status() const override { return exit_status_; }
  asio::awaitable<void> wait_exit() override;
  [[nodiscard]] std::optional<ProcessStat> stat() const override { return read_process_stat(pid_); }
  [[nodiscard]] int stdout_fd() const override { return fd_of(0); }
  [[nodiscard]] int stderr_fd() const override { return fd_of(1); }
  void release() override;

 private:
  ChildProcess(asio::any_io_executor executor, pid_t pid, Fd write_end, Fd read_end, Logger log);
  void watch(int stdout_fd, int stderr_fd);
  [[nodiscard]] int fd_of(std::size_t output) const;
  asio::awaitable<void> reap();
  asio::awaitable<void> log_output(std::shared_ptr<asio::posix::stream_descriptor> pipe, bool is_stderr);
  bool try_reap(bool block);

  asio::any_io_executor executor_;
  pid_t pid_;
  asio::posix::stream_descriptor pidfd_;  // readable once it has ended; not open where the kernel has none
  Fd write_end_;
  Fd read_end_;
  Logger log_;
  std::optional<int> exit_status_;
  bool is_ending_ = false;
  bool released_ = false;
  std::array<std::weak_ptr<asio::posix::stream_descriptor>, 2> outputs_;  // stdout, stderr; gone at their end
  Timer exited_;                                                          // never expires; cancelled at the end
};

/// "exit code 42" or "killed by signal 9 (Killed)".
[[nodiscard]] std::string describe_exit(int status);

}  // namespace carillon::mediasoup
