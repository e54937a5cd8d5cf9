// A worker that hangs is known within half a second, and one on a busy machine is not taken for one. Real workers, and
// fake_worker.cpp where a real one cannot be made to hang.
#include "base/async.hpp"
#include "support/media_fixture.hpp"

#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <iostream>

namespace json = boost::json;
using namespace std::chrono_literals;

namespace carillon::mediasoup {
namespace {

using test::must;

/// Half a second, and what a machine that runs other tests adds to it. The deadline of a request is at 30 s here.
constexpr auto known_within = 3s;
/// An endless loop is known by the processor time it has had, and that comes slowly on such a machine.
constexpr auto loop_known_within = 15s;

/// Children that do nothing but run, on one processor.
class Spinners {
 public:
  Spinners(int count, const cpu_set_t& where) {
    for (int i = 0; i < count; ++i) {
      const pid_t pid = ::fork();
      if (pid == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::sched_setaffinity(0, sizeof where, &where);
        for (volatile bool on = true; on;) continue;
      }
      pids_.push_back(pid);
    }
  }
  ~Spinners() {
    for (const pid_t pid : pids_) {
      ::kill(pid, SIGKILL);
      ::waitpid(pid, nullptr, 0);
    }
  }
  Spinners(const Spinners&) = delete;
  Spinners& operator=(const Spinners&) = delete;

 private:
  std::vector<pid_t> pids_;
};

class WorkerHangTest : public test::MediaFixture {
 protected:
  ~WorkerHangTest() override { ::unsetenv("FAKE_WORKER"); }

  static WorkerSettings probing() {
    WorkerSettings made = settings();
    made.probe_interval = 200ms;
    return made;
  }
  static WorkerSettings fake(const std::string& mode) {
    ::setenv("FAKE_WORKER", mode.c_str(), 1);
    WorkerSettings made = probing();
    made.worker_bin = CARILLON_FAKE_WORKER;
    return made;
  }
  asio::awaitable<std::shared_ptr<Worker>> start(WorkerSettings with) {
    Result<std::shared_ptr<Worker>> made = co_await Worker::create(std::move(with));
    std::shared_ptr<Worker> worker = must(std::move(made));
    workers.push_back(worker);
    co_return worker;
  }

  /// Waits until the worker is given up, and checks when and why.
  static asio::awaitable<void> expect_known(std::shared_ptr<Worker> worker, std::string why,
                                            Duration within = known_within) {
    const auto begin = std::chrono::steady_clock::now();
    std::string told;
    const Subscription died = worker->on_died.connect([&](const Error& error) { told = error.detail; });
    EXPECT_TRUE(co_await eventually([&] { return worker->died(); }, 20s));
    const auto took = std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - begin);
    std::cout << "  known after " << took.count() << " ms: " << told << '\n';
    EXPECT_LT(took, within);
    EXPECT_NE(told.find(why), std::string::npos) << told;
    co_await worker->wait_subprocess_closed();
    EXPECT_TRUE(worker->subprocess_closed());
  }
};

TEST_F(WorkerHangTest, AStoppedWorkerIsKnownThoughNobodyAsksItAnything) {
  run([this]() -> asio::awaitable<void> {
    const auto worker = co_await start(probing());
    co_await sleep_for(500ms);
    EXPECT_FALSE(worker->closed());
    ::kill(worker->pid(), SIGSTOP);
    co_await expect_known(worker, "stopped");
  });
}

TEST_F(WorkerHangTest, AnEndlessLoopIsKnown) {
  run([this]() -> asio::awaitable<void> {
    const auto worker = co_await start(fake("spin"));
    co_await expect_known(worker, "spinning", loop_known_within);
  });
}

TEST_F(WorkerHangTest, AWorkerThatDoesNotWakeUpIsKnown) {
  run([this]() -> asio::awaitable<void> {
    const auto worker = co_await start(fake("mute"));
    co_await expect_known(worker, "asleep");
  });
}

TEST_F(WorkerHangTest, ARequestThatWaitsFailsAsSoonAsTheHangIsKnown) {
  run([this]() -> asio::awaitable<void> {
    const auto worker = co_await start(probing());
    ::kill(worker->pid(), SIGSTOP);
    const auto begin = std::chrono::steady_clock::now();
    const Result<json::value> dump = co_await worker->dump();
    EXPECT_EQ(test::code_of(dump), Errc::worker_died);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, known_within);
  });
}

TEST_F(WorkerHangTest, AnAdoptedWorkerIsWatchedToo) {
  run([this]() -> asio::awaitable<void> {
    auto old = co_await start(probing());
    EXPECT_TRUE(co_await eventually([&] { return old->quiet(); }));
    const json::object saved = must(old->save());
    old->release();
    workers.clear();
    const auto worker = must(Worker::adopt(io.get_executor(), saved, probing()));
    workers.push_back(worker);
    co_await sleep_for(500ms);
    EXPECT_FALSE(worker->closed());
    ::kill(worker->pid(), SIGSTOP);
    co_await expect_known(worker, "stopped");
  });
}

TEST_F(WorkerHangTest, AHealthyWorkerOnAStarvedMachineIsNotGivenUp) {
  run([this]() -> asio::awaitable<void> {
    WorkerSettings impatient = probing();
    impatient.channel.request_timeout = 500ms;  // it is also excused at the deadline
    const auto worker = co_await start(impatient);
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<unsigned>(::sched_getcpu()), &one);
    ::sched_setaffinity(worker->pid(), sizeof one, &one);
    // Last in line behind everybody who wants the same processor.
    const sched_param lowest{};
    EXPECT_EQ(::sched_setscheduler(worker->pid(), SCHED_IDLE, &lowest), 0);
    const Spinners crowd{6, one};
    Duration slowest{0};
    const auto end = std::chrono::steady_clock::now() + 6s;
    while (std::chrono::steady_clock::now() < end && !worker->closed()) {
      const auto begin = std::chrono::steady_clock::now();
      const Result<json::value> dump = co_await worker->dump();
      EXPECT_TRUE(dump) << dump.error().detail;
      slowest = std::max(slowest, std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - begin));
    }
    std::cout << "  the slowest answer took " << slowest.count() << " ms\n";
    EXPECT_FALSE(worker->closed());
    // Else the machine was not starved, and this has shown nothing.
    EXPECT_GT(slowest, 50ms);
  });
}

}  // namespace
}  // namespace carillon::mediasoup
