// A worker that dies, hangs or talks nonsense: everything that waits fails at once and says so, the process is reaped,
// on_died comes once. Real workers where they can be made to, fake_worker.cpp where not.
#include "base/async.hpp"
#include "mediasoup/worker.hpp"
#include "support/media_fixture.hpp"

#include <boost/asio/co_spawn.hpp>

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

namespace json = boost::json;
using namespace std::chrono_literals;

namespace carillon::mediasoup {
namespace {

using test::code_of;
using test::must;

/// How many file descriptors this process has open.
std::size_t open_files() {
  std::size_t count = 0;
  DIR* folder = ::opendir("/proc/self/fd");
  while (::readdir(folder) != nullptr) ++count;
  ::closedir(folder);
  return count;
}

class WorkerDeathTest : public test::MediaFixture {
 protected:
  ~WorkerDeathTest() override { ::unsetenv("FAKE_WORKER"); }

  static WorkerSettings fake(const std::string& mode) {
    ::setenv("FAKE_WORKER", mode.c_str(), 1);
    WorkerSettings made = settings();
    made.worker_bin = CARILLON_FAKE_WORKER;
    return made;
  }

  asio::awaitable<std::shared_ptr<Worker>> new_fake(WorkerSettings with) {
    Result<std::shared_ptr<Worker>> made = co_await Worker::create(std::move(with));
    std::shared_ptr<Worker> worker = must(std::move(made));
    workers.push_back(worker);
    co_return worker;
  }

  /// Three requests wait; the worker of this mode then breaks. All fail with worker_died, and the text says why.
  void breaks_on_first_request(const std::string& mode, const std::string& why) {
    run([this, mode, why]() -> asio::awaitable<void> {
      const std::shared_ptr<Worker> worker = co_await new_fake(fake(mode));
      int deaths = 0;
      Error told;
      const Subscription died = worker->on_died.connect([&](const Error& error) {
        ++deaths;
        told = error;
      });
      std::vector<Error> failed;
      for (int i = 0; i < 3; ++i) {
        asio::co_spawn(io, worker->dump(), [&](std::exception_ptr, const Result<json::value>& dump) {
          if (!dump) failed.push_back(dump.error());
        });
      }
      const bool all = co_await eventually([&] { return failed.size() == 3; });
      EXPECT_TRUE(all);
      for (const Error& error : failed) {
        EXPECT_EQ(error.code, Errc::worker_died);
        EXPECT_NE(error.detail.find("the worker is dead"), std::string::npos) << error.detail;
        EXPECT_NE(error.detail.find(why), std::string::npos) << error.detail;
      }
      EXPECT_EQ(deaths, 1);
      EXPECT_EQ(told.code, Errc::worker_died);
      EXPECT_TRUE(worker->died());
      EXPECT_TRUE(worker->closed());
      co_await worker->wait_subprocess_closed();
      EXPECT_TRUE(worker->subprocess_closed());
      const Result<json::value> late = co_await worker->dump();
      EXPECT_EQ(code_of(late), Errc::worker_died);
      worker->close();
      EXPECT_EQ(deaths, 1);
    });
  }
};

TEST_F(WorkerDeathTest, Garbage) { breaks_on_first_request("garbage", "garbage"); }
TEST_F(WorkerDeathTest, AMessageLongerThanTheLimit) { breaks_on_first_request("oversize", "garbage"); }
TEST_F(WorkerDeathTest, AnAnswerThatWasNotAsked) { breaks_on_first_request("unasked-answer", "garbage"); }
TEST_F(WorkerDeathTest, ARequestToTheHost) { breaks_on_first_request("request-to-host", "garbage"); }
TEST_F(WorkerDeathTest, EndInTheMiddleOfAMessage) { breaks_on_first_request("half-frame", ""); }
TEST_F(WorkerDeathTest, ClosedPipeWhileItLives) { breaks_on_first_request("close-pipe", "closed"); }
TEST_F(WorkerDeathTest, Exit) { breaks_on_first_request("exit", ""); }

TEST_F(WorkerDeathTest, AnAnswerWithTheWrongBodyIsAnErrorOfThatRequestOnly) {
  run([this]() -> asio::awaitable<void> {
    const std::shared_ptr<Worker> worker = co_await new_fake(fake("wrong-body"));
    const Result<json::value> dump = co_await worker->dump();
    EXPECT_EQ(code_of(dump), Errc::internal);
    EXPECT_FALSE(worker->died());
  });
}

TEST_F(WorkerDeathTest, SilencePastTheDeadlineOfARequest) {
  run([this]() -> asio::awaitable<void> {
    WorkerSettings mute = fake("mute");
    mute.channel.request_timeout = 200ms;
    const std::shared_ptr<Worker> worker = co_await new_fake(mute);
    const auto start = std::chrono::steady_clock::now();
    const Result<json::value> dump = co_await worker->dump();
    const auto took = std::chrono::steady_clock::now() - start;
    EXPECT_EQ(code_of(dump), Errc::worker_died);
    EXPECT_NE(dump.error().detail.find("did not answer WORKER_DUMP in 200 ms"), std::string::npos)
        << dump.error().detail;
    EXPECT_GE(took, 200ms);
    EXPECT_TRUE(worker->died());
  });
}

TEST_F(WorkerDeathTest, AStoppedWorkerFailsItsRequestsAtTheDeadlineAndIsKilled) {
  run([this]() -> asio::awaitable<void> {
    WorkerSettings impatient = settings();
    impatient.channel.request_timeout = 500ms;
    const std::shared_ptr<Worker> worker = co_await new_fake(impatient);
    ::kill(worker->pid(), SIGSTOP);
    const Result<json::value> dump = co_await worker->dump();
    EXPECT_EQ(code_of(dump), Errc::worker_died);
    co_await worker->wait_subprocess_closed();
    EXPECT_TRUE(worker->subprocess_closed());
  });
}

TEST_F(WorkerDeathTest, AStoppedWorkerIsFoundThoughNobodyAsksItAnything) {
  run([this]() -> asio::awaitable<void> {
    WorkerSettings impatient = settings();
    impatient.channel.request_timeout = 2s;
    impatient.probe_interval = 100ms;
    const std::shared_ptr<Worker> worker = co_await new_fake(impatient);
    co_await sleep_for(300ms);
    EXPECT_FALSE(worker->closed());
    ::kill(worker->pid(), SIGSTOP);
    const bool found = co_await eventually([&] { return worker->died(); }, 20s);
    EXPECT_TRUE(found);
  });
}

TEST_F(WorkerDeathTest, KillNineEndsAllThatTheWorkerHad) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const std::shared_ptr<Worker> worker = workers.back();
    WebRtcServerOptions options;
    options.listen_infos.push_back(test::loopback());
    Result<std::shared_ptr<WebRtcServer>> made = co_await worker->create_webrtc_server(std::move(options));
    const std::shared_ptr<WebRtcServer> server = must(made);
    const std::shared_ptr<DirectTransport> transport = co_await direct(router);
    const std::shared_ptr<Producer> producer = co_await produce(transport, test::audio_producer());

    test::EventLog events;
    events.watch(producer->on_transport_close, "producer transportclose");
    events.watch(transport->on_router_close, "transport routerclose");
    events.watch(router->on_worker_close, "router workerclose");
    events.watch(server->on_worker_close, "server workerclose");
    events.watch(worker->on_died, "died");
    events.watch(worker->on_close, "close");
    events.watch(worker->on_subprocess_close, "subprocessclose");
    std::vector<Errc> failed;
    ::kill(worker->pid(), SIGKILL);
    for (int i = 0; i < 3; ++i) {
      asio::co_spawn(io, router->dump(),
                     [&](std::exception_ptr, const Result<json::value>& dump) { failed.push_back(code_of(dump)); });
    }
    co_await worker->wait_subprocess_closed();
    const bool all = co_await eventually([&] { return failed.size() == 3; });
    EXPECT_TRUE(all);
    EXPECT_EQ(failed, (std::vector<Errc>{Errc::worker_died, Errc::worker_died, Errc::worker_died}));
    EXPECT_EQ(events.names, (test::Names{"producer transportclose", "transport routerclose", "router workerclose",
                                         "server workerclose", "died", "close", "subprocessclose"}));
    EXPECT_TRUE(producer->closed() && transport->closed() && router->closed() && server->closed());
    const Result<json::value> late = co_await transport->dump();
    EXPECT_EQ(code_of(late), Errc::worker_died);
  });
}

TEST_F(WorkerDeathTest, OneWorkerDiesAloneAndAnotherGoesOn) {
  run([this]() -> asio::awaitable<void> {
    const std::shared_ptr<Worker> one = co_await new_worker();
    const std::shared_ptr<Worker> other = co_await new_worker();
    ::kill(one->pid(), SIGSEGV);
    co_await one->wait_subprocess_closed();
    EXPECT_TRUE(one->died());
    const Result<json::value> dump = co_await other->dump();
    must(dump);
    EXPECT_FALSE(other->closed());
  });
}

// --- at the start

TEST_F(WorkerDeathTest, AWorkerThatNeverSaysThatItRunsIsKilledAtTheDeadline) {
  run([]() -> asio::awaitable<void> {
    WorkerSettings silent = fake("silent-at-start");
    silent.startup_timeout = 200ms;
    const Result<std::shared_ptr<Worker>> made = co_await Worker::create(silent);
    EXPECT_EQ(code_of(made), Errc::worker_died);
    EXPECT_NE(made.error().detail.find("did not start in 200 ms"), std::string::npos) << made.error().detail;
  });
}

TEST_F(WorkerDeathTest, AWorkerThatEndsAtItsStartFailsWithItsExitCode) {
  run([]() -> asio::awaitable<void> {
    const Result<std::shared_ptr<Worker>> made = co_await Worker::create(fake("exit-at-start"));
    EXPECT_EQ(code_of(made), Errc::worker_died);
    EXPECT_NE(made.error().detail.find("exit code 7"), std::string::npos) << made.error().detail;
  });
}

TEST_F(WorkerDeathTest, AWorkerThatDislikesItsSettingsIsABadRequest) {
  run([]() -> asio::awaitable<void> {
    const Result<std::shared_ptr<Worker>> made = co_await Worker::create(fake("wrong-settings"));
    EXPECT_EQ(code_of(made), Errc::bad_request);
  });
}

TEST_F(WorkerDeathTest, OurSecretsStayOutOfItsEnvironment) {
  ::setenv("CARILLON_SECRET", "do not tell", 1);
  run([]() -> asio::awaitable<void> {
    const Result<std::shared_ptr<Worker>> made = co_await Worker::create(fake("secret-in-environment"));
    EXPECT_EQ(code_of(made), Errc::bad_request);  // how this fake says that it saw nothing
  });
  ::unsetenv("CARILLON_SECRET");
}

// --- at the end

TEST_F(WorkerDeathTest, AWorkerThatDoesNotEndWhenAskedIsKilled) {
  run([this]() -> asio::awaitable<void> {
    WorkerSettings deaf = fake("deaf");
    deaf.exit_timeout = 200ms;
    const std::shared_ptr<Worker> worker = co_await new_fake(deaf);
    int deaths = 0;
    const Subscription died = worker->on_died.connect([&](const Error&) { ++deaths; });
    worker->close();
    co_await worker->wait_subprocess_closed();
    EXPECT_TRUE(worker->subprocess_closed());
    EXPECT_EQ(deaths, 0);
  });
}

TEST_F(WorkerDeathTest, AWorkerThatIsDroppedIsKilled) {
  run([]() -> asio::awaitable<void> {
    Result<std::shared_ptr<Worker>> made = co_await Worker::create(settings());
    std::shared_ptr<Worker> worker = must(std::move(made));
    const pid_t pid = worker->pid();
    made = fail(Errc::internal, "let go");
    worker.reset();
    const bool gone = co_await eventually([pid] { return ::kill(pid, 0) != 0; });
    EXPECT_TRUE(gone);
  });
}

TEST_F(WorkerDeathTest, WhatItPrintsDoesNotHurt) {
  run([this]() -> asio::awaitable<void> {
    const std::shared_ptr<Worker> worker = co_await new_fake(fake("chatty"));
    for (int i = 0; i < 20; ++i) {
      const WorkerUpdateableSettings unchanged{};
      const Result<> updated = co_await worker->update_settings(unchanged);
      must(updated);
    }
  });
}

TEST_F(WorkerDeathTest, NeitherFilesNorProcessesAreLeftBehind) {
  run([this]() -> asio::awaitable<void> {
    const std::shared_ptr<Worker> first = co_await new_worker();
    first->close();
    co_await first->wait_subprocess_closed();
    workers.clear();
  });
  const std::size_t before = open_files();
  run([this]() -> asio::awaitable<void> {
    for (int i = 0; i < 4; ++i) {
      const std::shared_ptr<Worker> worker = co_await new_worker();
      if (i % 2 == 0) {
        worker->close();
      } else {
        ::kill(worker->pid(), SIGKILL);
      }
      co_await worker->wait_subprocess_closed();
    }
  });
  EXPECT_EQ(open_files(), before);
}

TEST_F(WorkerDeathTest, OnlyItsFiveFilesAreOpenInIt) {
  // Ours that nobody marked with O_CLOEXEC: low numbers, high ones, a socket, the end of a pipe.
  std::vector<int> leaky;
  for (int i = 0; i < 40; ++i) leaky.push_back(::open("/dev/null", O_RDWR));
  leaky.push_back(::fcntl(leaky[0], F_DUPFD, 700));
  int pair[2];
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  leaky.insert(leaky.end(), {pair[0], pair[1]});
  EXPECT_EQ(::pipe(pair), 0);
  leaky.insert(leaky.end(), {pair[0], pair[1]});
  run([this]() -> asio::awaitable<void> {
    const auto first = co_await new_fake(fake("deaf"));
    const auto second = co_await new_fake(fake("deaf"));  // nothing of the first is open in the second
    for (const auto& worker : {first, second}) {
      // The fake opens nothing itself; it has said that it runs, so it is past its execve.
      std::map<int, std::string> open;
      const std::string folder = "/proc/" + std::to_string(worker->pid()) + "/fd/";
      for (const auto& entry : std::filesystem::directory_iterator{folder}) {
        open[std::stoi(entry.path().filename())] = std::filesystem::read_symlink(entry).string();
      }
      EXPECT_EQ(open.size(), 5U);
      EXPECT_EQ(open[0], "/dev/null");
      EXPECT_TRUE(open[1].starts_with("pipe:") && open[2].starts_with("pipe:")) << open[1] << ' ' << open[2];
      EXPECT_TRUE(open[3].starts_with("socket:") && open[4].starts_with("socket:")) << open[3] << ' ' << open[4];
      EXPECT_EQ(std::set<std::string>({open[1], open[2], open[3], open[4]}).size(), 4U);
    }
  });
  for (const int fd : leaky) ::close(fd);
}

TEST_F(WorkerDeathTest, ItsSignalsAndFilesAreNotOurs) {
  // Blocked and ignored signals would be inherited, and so would files opened without O_CLOEXEC.
  const auto was = ::signal(SIGVTALRM, SIG_IGN);
  sigset_t blocked;
  sigset_t old;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &blocked, &old);
  FILE* leaky = std::fopen("/proc/self/status", "r");
  run([this]() -> asio::awaitable<void> {
    const std::shared_ptr<Worker> worker = co_await new_worker();
    const std::string proc = "/proc/" + std::to_string(worker->pid());
    std::ifstream status{proc + "/status"};
    std::string line;
    bool looked = false;
    while (std::getline(status, line)) {
      const bool ignored = line.starts_with("SigIgn:");
      if (!ignored && !line.starts_with("SigBlk:")) continue;
      looked = true;
      const std::uint64_t signals = std::stoull(line.substr(7), nullptr, 16);
      // The worker ignores some by its own will; SIGVTALRM is not one of them.
      EXPECT_EQ(ignored ? signals & 1ULL << (SIGVTALRM - 1) : signals, 0U) << line;
    }
    EXPECT_TRUE(looked);
    char target[256] = {};
    for (int fd = 5; fd < 64; ++fd) {
      const ssize_t size = ::readlink((proc + "/fd/" + std::to_string(fd)).c_str(), target, sizeof target - 1);
      const std::string_view opened{target, size > 0 ? static_cast<std::size_t>(size) : 0};
      EXPECT_EQ(opened.find("/status"), std::string_view::npos) << opened;
    }
  });
  std::fclose(leaky);
  ::pthread_sigmask(SIG_SETMASK, &old, nullptr);
  ::signal(SIGVTALRM, was);
}

}  // namespace
}  // namespace carillon::mediasoup
