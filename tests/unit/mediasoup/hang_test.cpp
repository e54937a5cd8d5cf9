// When a silent worker is given up, and when it is not: HangWatch, and how /proc is read.
#include "mediasoup/hang.hpp"
#include "mediasoup/process_stat.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <string>
#include <vector>

using namespace std::chrono_literals;

namespace carillon::mediasoup {
namespace {

/// Looks every 50 ms at a worker in this state that gets `cpu` between two looks. How long it had waited when it was
/// given up; nullopt: it was not within `limit`.
std::optional<Duration> given_up_after(HangWatch& watch, char state, Duration cpu, HangVerdict as,
                                       Duration limit = 4000ms) {
  HangLook now;
  now.request = 1;
  now.state = state;
  now.cpu = 12'345ms;  // what it did before
  for (now.waiting = 50ms; now.waiting <= limit; now.waiting += HangWatch::look_interval) {
    const HangVerdict verdict = watch.look(now);
    if (is_hung(verdict)) {
      EXPECT_EQ(verdict, as);
      return now.waiting;
    }
    now.cpu += cpu;
  }
  return std::nullopt;
}

TEST(HangWatch, AStoppedWorkerIsGivenUpWithinAQuarterOfASecond) {
  for (const char state : {'T', 't'}) {
    HangWatch watch;
    EXPECT_EQ(given_up_after(watch, state, 0ms, HangVerdict::stopped), 250ms);
  }
}

TEST(HangWatch, AWorkerThatSleepsThoughItWasAskedIsGivenUp) {
  HangWatch watch;
  EXPECT_EQ(given_up_after(watch, 'S', 0ms, HangVerdict::asleep), 250ms);
}

TEST(HangWatch, AWorkerThatRunsAndNeverAnswersIsGivenUp) {
  HangWatch watch;
  EXPECT_EQ(given_up_after(watch, 'R', 50ms, HangVerdict::spinning), 300ms);  // it has a processor for itself
  HangWatch half;
  EXPECT_EQ(given_up_after(half, 'R', 25ms, HangVerdict::spinning), 550ms);
  HangWatch sleeps_a_little;  // a loop that calls sleep
  EXPECT_TRUE(given_up_after(sleeps_a_little, 'S', 20ms, HangVerdict::spinning).has_value());
}

TEST(HangWatch, AWorkerThatGetsNoProcessorIsNotGivenUp) {
  HangWatch watch;
  EXPECT_EQ(given_up_after(watch, 'R', 0ms, HangVerdict::wait, 60s), std::nullopt);
  EXPECT_EQ(watch.look({1, 60s, 'R', 12'345ms}), HangVerdict::starved);
}

TEST(HangWatch, AWorkerThatWaitsForTheKernelIsNotGivenUp) {
  HangWatch watch;  // its memory comes back from the disk
  EXPECT_EQ(given_up_after(watch, 'D', 1ms, HangVerdict::wait), std::nullopt);
}

TEST(HangWatch, EachAnswerBeginsAnew) {
  HangWatch watch;
  HangLook now{1, 100ms, 'S', 0ms};
  for (int i = 0; i < 100; ++i) {
    ++now.request;  // each is late, and each is answered
    EXPECT_EQ(watch.look(now), HangVerdict::wait);
  }
  now.state = 'R';
  for (int i = 0; i < 100; ++i) {
    ++now.request;
    now.cpu += 200ms;
    EXPECT_EQ(watch.look(now), HangVerdict::starved);
  }
}

TEST(HangWatch, WhenWeWereHeldUpOurselvesItIsLookedAtAgain) {
  HangWatch watch;
  // Seconds have passed and it sleeps: it has answered, and we have not read it yet. The next look finds it read.
  EXPECT_EQ(watch.look({1, 3000ms, 'S', 5ms}), HangVerdict::wait);
  EXPECT_EQ(watch.look({1, 3600ms, 'S', 5ms}), HangVerdict::wait);  // held up again
  EXPECT_EQ(watch.look({1, 3650ms, 'S', 5ms}), HangVerdict::asleep);
}

TEST(HangWatch, WhatMovesIsNotAsleep) {
  HangWatch watch;
  HangLook now{1, 50ms, 'S', 0ms};
  for (int i = 0; i < 40; ++i) {
    now.waiting += 50ms;
    now.cpu += 1ms;  // slowly, but it gets on
    EXPECT_EQ(watch.look(now), HangVerdict::wait) << i;
  }
}

TEST(HangWatch, WhatIsStoppedAndContinuedIsNotHung) {
  HangWatch watch;
  for (int i = 0; i < 20; ++i) {
    EXPECT_FALSE(is_hung(watch.look({1, Duration{100 * i}, 'T', 0ms})));
    EXPECT_FALSE(is_hung(watch.look({1, Duration{100 * i + 50}, 'R', 0ms})));
  }
}

// --- /proc

std::string stat_text(const std::string& name, const std::string& state = "R") {
  return "4711 (" + name + ") " + state + " 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0 1 0 1 1 1";
}

TEST(ProcessStat, StateAndTimeOfAnyName) {
  for (const std::string name : {"mediasoup-worker", "a b", ") S (", "((", ""}) {
    const auto stat = parse_process_stat(stat_text(name), 100);
    ASSERT_TRUE(stat) << name;
    EXPECT_EQ(stat->state, 'R');
    EXPECT_EQ(stat->cpu, 3000ms);
  }
  EXPECT_EQ(parse_process_stat(stat_text("w", "T"), 1000)->cpu, 300ms);
}

TEST(ProcessStat, WhatIsCutOffIsNothing) {
  const std::string whole = "1 (w) R 1 2 3 4 5 6 7 8 9 10 250 5";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(parse_process_stat(whole.substr(0, size), 100)) << size;
  }
  EXPECT_TRUE(parse_process_stat(whole, 100));
}

TEST(ProcessStat, ThisVeryProcessRuns) {
  const auto before = read_process_stat(::getpid());
  ASSERT_TRUE(before);
  EXPECT_EQ(before->state, 'R');
  const auto end = std::chrono::steady_clock::now() + 10s;
  volatile unsigned work = 0;
  while (read_process_stat(::getpid())->cpu == before->cpu && std::chrono::steady_clock::now() < end) {
    for (int i = 0; i < 1'000'000; ++i) work = work + 1;
  }
  EXPECT_GT(read_process_stat(::getpid())->cpu, before->cpu);
  EXPECT_FALSE(read_process_stat(-1));
}

}  // namespace
}  // namespace carillon::mediasoup
