// The whole node against random users, networks and crashes, in virtual time: docs/simulator.md. A run is a seed;
// CARILLON_SEED names the first, CARILLON_RUNS says how many, CARILLON_TALKS=1 tells all that happens.
#include "base/log.hpp"
#include "unit/signaling/simulation/town.hpp"

#include <gtest/gtest.h>

#include <fmt/format.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <string_view>

namespace carillon::simulation {
namespace {

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define CARILLON_SANITIZED
#endif
#endif
#ifdef CARILLON_SANITIZED
constexpr std::uint64_t runs_by_default = 500;  // ten times slower; the plain build has the ten thousand
#else
constexpr std::uint64_t runs_by_default = 10'000;
#endif

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// The journal of the run: in memory where there is a place for that.
std::string journal_path() {
  std::error_code none;
  const bool memory = std::filesystem::is_directory("/dev/shm", none) && ::access("/dev/shm", W_OK) == 0;
  const std::string folder = memory ? "/dev/shm" : std::filesystem::temp_directory_path().native();
  return fmt::format("{}/carillon-simulator-{}", folder, ::getpid());
}

/// Of the log only this is of interest: report() of base/async.hpp has caught what nobody should have thrown.
class EscapeSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  std::string escaped;

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    const std::string_view text{message.payload.data(), message.payload.size()};
    if (escaped.empty() && text.find("escaped from") != std::string_view::npos) escaped = text;
  }
  void flush_() override {}
};

char running[128] = "";
/// A check of the node that fails ends the program: it is said which run that was.
extern "C" void say_seed(int signal) {
  (void)!::write(STDERR_FILENO, running, std::strlen(running));
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

class NodeSimulator : public ::testing::Test {
 protected:
  static inline const auto escapes = std::make_shared<EscapeSink>();

  static void SetUpTestSuite() {
    const bool talks = number_from("CARILLON_TALKS", 0) > 0;
    set_log_level(talks ? LogLevel::debug : LogLevel::error);
    auto& sinks = spdlog::get("carillon")->sinks();
    if (!talks) sinks.clear();
    sinks.push_back(escapes);
    std::signal(SIGABRT, say_seed);
    std::signal(SIGSEGV, say_seed);
  }
  static Town::Outcome run(std::uint64_t seed) {
    const auto replay = fmt::format("replay with CARILLON_SEED={} CARILLON_RUNS=1\n", seed);
    std::memcpy(running, replay.c_str(), std::min(replay.size() + 1, sizeof running));
    const std::string path = journal_path();
    Town::Outcome outcome;
    {
      Town town{seed, path, number_from("CARILLON_TALKS", 0) > 0};
      outcome = town.run();
    }
    ::unlink(path.c_str());
    if (!escapes->escaped.empty() && outcome.failure.empty()) outcome.failure = escapes->escaped;
    escapes->escaped.clear();
    return outcome;
  }
};

TEST_F(NodeSimulator, TheSameSeedIsTheSameRun) {
  const std::uint64_t first = number_from("CARILLON_SEED", std::random_device{}());
  for (std::uint64_t seed = first; seed < first + std::min<std::uint64_t>(10, number_from("CARILLON_RUNS", 10));
       ++seed) {
    const Town::Outcome once = run(seed);
    const Town::Outcome again = run(seed);
    EXPECT_EQ(once.digest, again.digest) << "CARILLON_SEED=" << seed;
    EXPECT_EQ(once.events, again.events) << "CARILLON_SEED=" << seed;
  }
}

TEST_F(NodeSimulator, WhateverHappensNothingIsLostAndNothingIsLeft) {
  const std::uint64_t first = number_from("CARILLON_SEED", std::random_device{}());
  const std::uint64_t runs = number_from("CARILLON_RUNS", runs_by_default);
  fmt::print("the first run has CARILLON_SEED={}\n", first);
  const double began = cpu_seconds();
  std::size_t events = 0;
  std::size_t calls = 0;
  std::size_t kills = 0;
  std::size_t upgrades = 0;
  std::size_t workers = 0;
  Duration time{0};
  std::size_t failed = 0;
  std::uint64_t done = 0;
  const auto report = [&] {
    fmt::print(
        "{} runs, {} events, {} calls, {} ends and {} upgrades of the server, {} workers, {} hours; {:.1f} s of CPU\n",
        done, events, calls, kills, upgrades, workers, std::chrono::duration_cast<std::chrono::hours>(time).count(),
        cpu_seconds() - began);
    std::fflush(stdout);
  };
  for (; done < runs; ++done) {
    if (done > 0 && done % 10'000 == 0) report();
    const Town::Outcome outcome = run(first + done);
    events += outcome.events;
    calls += outcome.calls;
    kills += outcome.kills;
    upgrades += outcome.upgrades;
    workers += outcome.workers;
    time += outcome.time;
    if (!outcome.failure.empty()) {
      ADD_FAILURE() << outcome.failure << "\nreplay with CARILLON_SEED=" << first + done
                    << " CARILLON_RUNS=1 (and CARILLON_TALKS=1)";
      if (++failed >= number_from("CARILLON_FAILURES", 1)) break;
    }
  }
  report();
  EXPECT_TRUE(runs < 1000 || calls > done) << "a town where nobody calls proves little";
}

}  // namespace
}  // namespace carillon::simulation
