#include "app/upgrader.hpp"

#include "app/handover.hpp"
#include "app/instance.hpp"
#include "base/async.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <array>
#include <cstring>
#include <utility>
#include <vector>

extern "C" char** environ;

namespace carillon::app {
namespace {

/// For a program that only reads its configuration.
constexpr std::chrono::seconds check_within{10};
/// Until nothing is half done; half a second for sockets to close is in it.
constexpr std::chrono::seconds quiet_within{5};
/// What SIGKILL does not end in that time waits for a disk, and may do so without us.
constexpr std::chrono::seconds killed_within{1};
constexpr std::chrono::milliseconds look_every{10};
constexpr std::size_t complaint_bytes_max = 4096;

/// Another program, whose standard error we read.
struct Child {
  pid_t pid = 0;
  int errors = -1;
};

/// For what the system calls `char* const[]`; the texts must outlive it.
std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// Ours, with one more.
std::vector<std::string> environment_with(std::string more) {
  std::vector<std::string> all{std::move(more)};
  for (char** one = environ; *one != nullptr; ++one) all.emplace_back(*one);
  return all;
}

Result<Child> spawn(std::vector<std::string> arguments, std::vector<std::string> environment) {
  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC) != 0) return fail(Errc::internal, fmt::format("pipe: {}", std::strerror(errno)));
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, pipe[1], STDERR_FILENO);
  // Not all of ours close by themselves: sockets that listen, those of clients.
  ::posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  const std::vector<char*> pointers = pointers_to(arguments);
  const std::vector<char*> variables = pointers_to(environment);
  posix_spawnattr_t attributes;  // it has not blocked the signals that we have
  ::posix_spawnattr_init(&attributes);
  sigset_t none;
  ::sigemptyset(&none);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  Child child{0, pipe[0]};
  const int failed =
      ::posix_spawn(&child.pid, pointers.front(), &actions, &attributes, pointers.data(), variables.data());
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(pipe[1]);
  if (failed == 0) return child;
  ::close(pipe[0]);
  return fail(Errc::unavailable, fmt::format("{}: {}", arguments.front(), std::strerror(failed)));
}

boost::asio::awaitable<Result<std::string>> read_to_end(int fd) {
  boost::asio::posix::stream_descriptor stream{co_await boost::asio::this_coro::executor, fd};
  std::string text;
  std::array<char, 1024> block{};
  for (;;) {
    const auto [error, size] =
        co_await stream.async_read_some(boost::asio::buffer(block), boost::asio::as_tuple(boost::asio::use_awaitable));
    if (error) co_return text;
    if (text.size() < complaint_bytes_max) text.append(block.data(), size);
  }
}

/// How it has ended. Never waits in waitpid(): this thread serves.
boost::asio::awaitable<Result<int>> reap(pid_t pid) {
  for (;;) {
    int status = 0;
    const pid_t ended = ::waitpid(pid, &status, WNOHANG);
    if (ended == pid) co_return status;
    if (ended < 0 && errno != EINTR) co_return fail(Errc::internal, fmt::format("waitpid: {}", std::strerror(errno)));
    const auto state = co_await boost::asio::this_coro::cancellation_state;
    if (state.cancelled() != boost::asio::cancellation_type::none) co_return fail(Errc::timeout, "it goes on");
    co_await sleep_for(look_every);
  }
}

/// What it said until it ended, and how it ended.
struct LastWords {
  std::string complaint;
  int status = 0;
};

boost::asio::awaitable<Result<LastWords>> last_words(Child child) {
  auto reading = read_to_end(child.errors);
  Result<std::string> complaint = co_await std::move(reading);
  if (!complaint) co_return complaint.error();
  auto reaping = reap(child.pid);
  const Result<int> status = co_await std::move(reaping);
  if (!status) co_return status.error();
  co_return LastWords{*std::move(complaint), *status};
}

std::string first_line(const std::string& text) {
  std::string line = text.substr(0, text.find('\n'));
  constexpr std::string_view prefix = "carillon: ";
  if (line.starts_with(prefix)) line.erase(0, prefix.size());
  return line;
}

}  // namespace

Upgrader::Upgrader(boost::asio::io_context& io, signaling::Node& node, const Config& config, Logger log)
    : io_{io}, node_{node}, config_{config}, log_{std::move(log)} {}

void Upgrader::begin() {
  if (busy_) return;
  busy_ = true;
  boost::asio::co_spawn(io_, upgrade(), report(log_, "upgrade"));
}

boost::asio::awaitable<void> Upgrader::upgrade() {
  const Error why = co_await try_upgrade();
  log_.error("no upgrade, this program goes on: {}", why.detail);
  const Result<> written = write_outcome(config_.store.data_dir, {false, CARILLON_VERSION, why.detail});
  if (!written) log_.error("{}", written.error().detail);
  busy_ = false;
}

Result<> Upgrader::may_upgrade() const {
  if (stopped_) return fail(Errc::conflict, "the server stops");
  return node_.may_leave();
}

boost::asio::awaitable<Error> Upgrader::try_upgrade() {
  if (const Result<> may = may_upgrade(); !may) co_return may.error();
  auto asking = ask_new_program();
  const Result<> willing = co_await std::move(asking);
  if (!willing) co_return willing.error();
  if (const Result<> may = may_upgrade(); !may) co_return may.error();

  log_.info("the program {} takes over", program_path());
  auto preparing = node_.prepare_handover(quiet_within);
  Result<> prepared = co_await std::move(preparing);
  if (prepared) prepared = may_upgrade();
  Error why = prepared ? Error{} : prepared.error();
  if (prepared) {
    // From here to the new program nothing may wait: state and worker would part.
    Result<signaling::Handover> handover = node_.hand_over();
    why = handover ? become(program_path(), *std::move(handover)) : handover.error();
  }
  node_.go_on();
  co_return why;
}

std::string Upgrader::listening() const {
  std::string names;
  for (std::size_t i = 0; i < node_.ports().size(); ++i) {
    const std::string& host = config_.server.http.listen[i].host;
    const bool is_v6 = host.find(':') != std::string::npos;
    names += fmt::format("{}{}{}:{} ", is_v6 ? "[" : "", host, is_v6 ? "]" : "", node_.ports()[i]);
  }
  return names;
}

boost::asio::awaitable<Result<>> Upgrader::ask_new_program() {
  std::vector<std::string> arguments = program_arguments();
  if (!arguments.empty()) arguments.erase(arguments.begin());  // serve
  const std::vector<std::string> asked = {program_path(), "can-take-over", signaling::Node::handover_format()};
  arguments.insert(arguments.begin(), asked.begin(), asked.end());
  auto environment = environment_with(fmt::format("{}={}", listening_variable, listening()));
  const Result<Child> child = spawn(std::move(arguments), std::move(environment));
  if (!child) co_return child.error();
  auto hearing = last_words(*child);
  const Result<LastWords> words = co_await with_timeout(std::move(hearing), check_within);
  if (!words) {
    auto killing = kill(child->pid);
    co_await std::move(killing);
    co_return fail(Errc::timeout, fmt::format("{} does not answer in {} s", program_path(), check_within.count()));
  }
  if (WIFEXITED(words->status) && WEXITSTATUS(words->status) == 0) co_return Result<>{};
  if (words->complaint.empty()) co_return fail(Errc::unavailable, fmt::format("{} cannot take over", program_path()));
  co_return fail(Errc::unavailable, first_line(words->complaint));
}

boost::asio::awaitable<void> Upgrader::kill(pid_t pid) {
  ::kill(pid, SIGKILL);
  auto reaping = reap(pid);
  const Result<int> ended = co_await with_timeout(std::move(reaping), killed_within);
  if (!ended) log_.warn("process {} does not end: {}", pid, ended.error().detail);
}

}  // namespace carillon::app
