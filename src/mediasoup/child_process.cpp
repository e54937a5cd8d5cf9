#include "mediasoup/child_process.hpp"

#include "base/async.hpp"
#include "mediasoup/line_splitter.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>

extern "C" char** environ;

namespace carillon::mediasoup {
namespace {

/// Where the kernel has no pidfd (before 5.3, or forbidden in a container), how often to ask whether it has ended.
constexpr auto poll_interval = std::chrono::milliseconds{50};

constexpr auto drain_time = std::chrono::milliseconds{200};

struct Pair {
  Fd ours;
  Fd childs;
};

Result<Pair> socket_pair() {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) {
    return fail(Errc::internal, fmt::format("socketpair: {}", std::strerror(errno)));
  }
  return Pair{Fd{fds[0]}, Fd{fds[1]}};
}

Result<Pair> output_pipe() {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0) return fail(Errc::internal, fmt::format("pipe: {}", std::strerror(errno)));
  return Pair{Fd{fds[0]}, Fd{fds[1]}};
}

/// Secrets of ours may be in variables of ours (CARILLON_*): the worker has no use for them.
std::vector<std::string> child_environment(const std::vector<std::string>& added) {
  std::vector<std::string> variables = added;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text{*variable};
    if (text.starts_with("CARILLON_")) continue;
    const std::string_view key = text.substr(0, text.find('=') + 1);
    bool replaced = false;
    for (const std::string& other : added) replaced = replaced || std::string_view{other}.starts_with(key);
    if (!replaced) variables.emplace_back(text);
  }
  return variables;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  result.reserve(strings.size() + 1);
  for (std::string& string : strings) result.push_back(string.data());
  result.push_back(nullptr);
  return result;
}

/// Between fork() and execve() of a program with threads: only async-signal-safe calls, no allocation.
[[noreturn]] void become_child(const char* path, char* const* arguments, char* const* environment,
                               std::array<int, 5> fds, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(126);  // the parent ended before the line above
  // Ctrl-C in a terminal goes to the whole group: the parent decides in which order things end.
  ::setpgid(0, 0);
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  // First out of the way of 0 to 4, which some of them may be.
  for (int& fd : fds) {
    fd = ::fcntl(fd, F_DUPFD, 10);
    if (fd < 0) ::_exit(126);
  }
  for (int target = 0; target < 5; ++target) {
    if (::dup2(fds[static_cast<std::size_t>(target)], target) < 0) ::_exit(126);
  }
  if (::syscall(SYS_close_range, 5U, ~0U, 0U) != 0) {
    for (int fd = 5; fd < 65536; ++fd) ::close(fd);
  }
  ::execve(path, arguments, environment);
  ::_exit(127);
}

}  // namespace

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    Fd old{std::exchange(fd_, other.release())};
  }
  return *this;
}

Fd::~Fd() {
  if (fd_ >= 0) ::close(fd_);
}

std::string describe_exit(int status) {
  if (WIFEXITED(status)) return fmt::format("exit code {}", WEXITSTATUS(status));
  if (WIFSIGNALED(status))
    return fmt::format("killed by signal {} ({})", WTERMSIG(status), ::strsignal(WTERMSIG(status)));
  return "an unknown end";
}

Result<std::shared_ptr<ChildProcess>> ChildProcess::spawn(asio::any_io_executor executor, const Options& options,
                                                          Logger log) {
  if (::access(options.path.c_str(), X_OK) != 0) {
    return fail(Errc::not_found, fmt::format("cannot run {}: {}", options.path, std::strerror(errno)));
  }
  Result<Pair> to_child = socket_pair();
  Result<Pair> from_child = socket_pair();
  Result<Pair> out = output_pipe();
  Result<Pair> err = output_pipe();
  for (const auto* pair : {&to_child, &from_child, &out, &err}) {
    if (!*pair) return pair->error();
  }
  const Fd null{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  if (null.get() < 0) return fail(Errc::internal, fmt::format("/dev/null: {}", std::strerror(errno)));

  std::vector<std::string> argument_strings = options.arguments;
  argument_strings.insert(argument_strings.begin(), options.path);
  std::vector<std::string> environment_strings = child_environment(options.environment);
  const std::vector<char*> arguments = pointers(argument_strings);
  const std::vector<char*> environment = pointers(environment_strings);
  const pid_t parent = ::getpid();
  // A signal that comes just after the fork must not run a handler of ours in the child: it opens its mask once all are
  // back to their defaults.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = ::fork();
  if (pid == 0) {
    become_child(options.path.c_str(), arguments.data(), environment.data(),
                 {null.get(), out->childs.get(), err->childs.get(), to_child->childs.get(), from_child->childs.get()},
                 parent);
  }
  const int fork_error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) return fail(Errc::internal, fmt::format("fork: {}", std::strerror(fork_error)));

  std::shared_ptr<ChildProcess> process{
      new ChildProcess{executor, pid, std::move(to_child->ours), std::move(from_child->ours), std::move(log)}};
  process->watch(out->ours.release(), err->ours.release());
  return process;
}

Result<std::shared_ptr<ChildProcess>> ChildProcess::adopt(asio::any_io_executor executor, pid_t pid, int stdout_fd,
                                                          int stderr_fd, Logger log) {
  siginfo_t info{};
  if (pid <= 0 || ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) != 0) {
    return fail(Errc::not_found, fmt::format("process {} is not a child of this one", pid));
  }
  for (const int fd : {stdout_fd, stderr_fd}) {
    if (fd >= 0 && ::fcntl(fd, F_GETFD) < 0) return fail(Errc::not_found, fmt::format("file {} is not open", fd));
  }
  std::shared_ptr<ChildProcess> process{new ChildProcess{std::move(executor), pid, Fd{}, Fd{}, std::move(log)}};
  process->watch(stdout_fd, stderr_fd);
  return process;
}

void ChildProcess::watch(int stdout_fd, int stderr_fd) {
  const auto self = shared_from_this();
  asio::co_spawn(
      executor_, [self] { return self->reap(); }, report(log_, "worker process"));
  const std::array<int, 2> fds{stdout_fd, stderr_fd};
  for (std::size_t i = 0; i < fds.size(); ++i) {
    if (fds[i] < 0) continue;
    auto pipe = std::make_shared<asio::posix::stream_descriptor>(executor_);
    boost::system::error_code error;
    pipe->assign(fds[i], error);
    if (!error) pipe->non_blocking(true, error);
    if (error) continue;  // what it prints is not worth more
    outputs_[i] = pipe;
    const bool is_stderr = i == 1;
    asio::co_spawn(
        executor_, [self, pipe, is_stderr] { return self->log_output(pipe, is_stderr); },
        report(log_, "worker output"));
  }
}

ChildProcess::ChildProcess(asio::any_io_executor executor, pid_t pid, Fd write_end, Fd read_end, Logger log)
    : executor_{executor},
      pid_{pid},
      pidfd_{executor},
      write_end_{std::move(write_end)},
      read_end_{std::move(read_end)},
      log_{std::move(log)},
      exited_{executor, Timer::time_point::max()} {
  const int pidfd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U));
  boost::system::error_code error;
  if (pidfd >= 0) pidfd_.assign(pidfd, error);
  if (error) ::close(pidfd);
}

ChildProcess::~ChildProcess() {
  if (exit_status_ || released_) return;
  ::kill(pid_, SIGKILL);
  try_reap(true);
}

void ChildProcess::kill(int signal) {
  // Not reaped yet, so the number is still this child's.
  if (!exit_status_ && !released_) ::kill(pid_, signal);
}

int ChildProcess::fd_of(std::size_t output) const {
  const auto pipe = outputs_[output].lock();
  return pipe && pipe->is_open() ? pipe->native_handle() : -1;
}

void ChildProcess::release() {
  released_ = true;
  boost::system::error_code ignored;
  pidfd_.close(ignored);
  for (const auto& output : outputs_) {
    if (const auto pipe = output.lock()) pipe->release();
  }
  exited_.cancel();
}

bool ChildProcess::try_reap(bool block) {
  int status = 0;
  pid_t ended = 0;
  do {
    ended = ::waitpid(pid_, &status, block ? 0 : WNOHANG);
  } while (ended < 0 && errno == EINTR);
  if (ended == 0) return false;
  exit_status_ = ended == pid_ ? status : 0;  // ECHILD: somebody else has reaped it
  return true;
}

asio::awaitable<void> ChildProcess::reap() {
  // Whoever spawned or adopted it first connects to on_exit.
  co_await asio::post(executor_, asio::use_awaitable);
  if (pidfd_.is_open()) {
    co_await pidfd_.async_wait(asio::posix::descriptor_base::wait_read, asio::as_tuple(asio::use_awaitable));
  }
  while (!released_ && !try_reap(false)) co_await sleep_for(poll_interval);
  if (released_) co_return;
  boost::system::error_code ignored;
  pidfd_.close(ignored);
  exited_.cancel();
  on_exit.emit(*exit_status_);
  // A grandchild may hold the pipes open for ever: what was printed before the end is read in this time.
  for (const auto& output : outputs_) {
    if (output.expired()) continue;  // its end was read already, as usual
    co_await sleep_for(drain_time);
    if (const auto pipe = output.lock()) pipe->close(ignored);
  }
}

asio::awaitable<void> ChildProcess::wait_exit() {
  const auto self = shared_from_this();
  while (!exit_status_ && !released_) {
    boost::system::error_code cancelled;
    co_await exited_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) co_return;
  }
}

asio::awaitable<void> ChildProcess::log_output(std::shared_ptr<asio::posix::stream_descriptor> pipe, bool is_stderr) {
  LineSplitter lines;
  const LineSplitter::Sink sink = [this, is_stderr](std::string_view line) {
    if (is_stderr && !is_ending_) {
      log_.error("worker stderr: {}", line);
    } else {
      log_.debug("worker {}: {}", is_stderr ? "stderr" : "stdout", line);
    }
  };
  std::array<char, 4096> buffer;
  for (;;) {
    // Not an asynchronous read, which may have taken bytes that nobody has seen yet when the program replaces itself.
    co_await pipe->async_wait(asio::posix::descriptor_base::wait_read, asio::as_tuple(asio::use_awaitable));
    boost::system::error_code error;
    const std::size_t size = pipe->read_some(asio::buffer(buffer), error);
    if (error == asio::error::would_block) continue;
    if (error) break;
    lines.feed(std::string_view{buffer.data(), size}, std::chrono::steady_clock::now(), sink);
  }
  lines.finish(sink);
}

}  // namespace carillon::mediasoup
