// What it costs a call to be found again after a kill: the same calls with a journal and without, in turns.
// Usage: journal_bench [--calls N]
#include "call/calls.hpp"
#include "signaling/continuity.hpp"
#include "store/journal.hpp"
#include "support/temporary_folder.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::signaling {
namespace {

constexpr int rounds = 7;

double cpu_us() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto us = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
  };
  return us(usage.ru_utime) + us(usage.ru_stime);
}

/// Start, accept, end: one call each, by two people whose devices stay connected. CPU microseconds of one call.
double calls(store::Journal* journal, int count) {
  Continuity continuity{journal};
  call::Calls calls;
  const DeviceId alice{"alice/phone"};
  const DeviceId bob{"bob/phone"};
  Time now = from_ms(1'800'000'000'000);
  const auto event = [&](const call::Event& what) { continuity.keep(calls, calls.handle(what, now)); };
  const auto command = [&](const call::Command& what) {
    const call::Outcome outcome = calls.handle(what, now);
    continuity.keep(calls, outcome.actions);
    if (!outcome.reply) throw std::runtime_error(outcome.reply.error().detail);
  };
  event(call::DeviceConnected{alice, UserId{"alice"}, "Alice"});
  event(call::DeviceConnected{bob, UserId{"bob"}, "Bob"});
  const double before = cpu_us();
  for (int i = 0; i < count; ++i) {
    const CallId id{fmt::format("9b2d7c6e-54c1-4c58-8a3f-{:012}", i)};
    command(call::StartCall{.device = alice,
                            .callees = {UserId{"bob"}},
                            .new_call = id,
                            .new_room = RoomId{fmt::format("0c6f7a52-11d7-4a0e-9d75-{:012}", i)}});
    now += std::chrono::seconds{2};
    command(call::Accept{bob, id, {}});
    now += std::chrono::seconds{60};
    command(call::End{alice, id, false, false, {}});
    continuity.recorded(id);
  }
  return (cpu_us() - before) / count;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void run(const std::string& file, int count) {
  const auto journal = store::Journal::open(file, Logger{});
  if (!journal) throw std::runtime_error(journal.error().detail);
  std::vector<double> without;
  std::vector<double> with;
  std::vector<double> ratios;
  for (int round = 0; round < rounds; ++round) {
    without.push_back(calls(nullptr, count));
    with.push_back(calls(journal->get(), count));
    ratios.push_back(with.back() / without.back());
  }
  fmt::print(
      "CPU of a call (start, accept, end), median of {}: {:.1f} us without a journal, {:.1f} us with; ratio {:.1f}\n",
      rounds, median(without), median(with), median(ratios));
}

}  // namespace
}  // namespace carillon::signaling

int main(int count, char** arguments) {
  int calls = 20'000;
  for (int i = 1; i + 1 < count; ++i) {
    if (std::string_view{arguments[i]} == "--calls") calls = std::stoi(arguments[i + 1]);
  }
  try {
    const carillon::TemporaryFolder folder;
    carillon::signaling::run(folder / "calls.journal", calls);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
