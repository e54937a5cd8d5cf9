// The frame of one simulated run: chance, time, and what is yet to happen. A seed makes a run, event for event.
#pragma once

#include "base/clock.hpp"
#include "base/timer.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carillon::simulation {

using namespace std::chrono_literals;

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_{seed} {}
  /// 0 to sides - 1.
  std::size_t roll(std::size_t sides) { return static_cast<std::size_t>(engine_() % sides); }
  bool percent(std::size_t chance) { return roll(100) < chance; }
  Duration up_to(Duration most) { return Duration{roll(static_cast<std::size_t>(most.count()) + 1)}; }
  template <class T>
  const T& one_of(const std::vector<T>& things) {
    return things[roll(things.size())];
  }
  template <class T>
  T one_of(std::initializer_list<T> things) {
    return things.begin()[roll(things.size())];
  }

 private:
  std::mt19937_64 engine_;
};

class World final : public Clock {
 public:
  World(std::uint64_t seed, bool talks);

  Dice dice;

  // ---- Time ----

  [[nodiscard]] Time now() const override { return now_; }
  [[nodiscard]] Duration ahead() const override { return ahead_; }
  /// The system's clock is set.
  void jump(Duration by) { ahead_ += by; }
  /// Things of the same moment happen in the order in which they were planned.
  void at(Time when, std::function<void()> happens);
  void after(Duration wait, std::function<void()> happens) { at(now_ + wait, std::move(happens)); }
  /// The same for what is under way and will arrive: calm() waits for it.
  void soon(Duration wait, std::function<void()> happens);
  [[nodiscard]] std::size_t under_way() const { return under_way_; }
  void pass(Duration time);

  /// Runs what the server has to do at this moment; false: nothing.
  std::function<bool()> run_server;
  /// Whether anything has happened that may have changed the server; asked after each moment.
  std::function<void()> look;

  // ---- What is said of it ----

  /// Everything that the server says goes through here: two runs are the same when they have the same digest.
  void digest(std::string_view text);
  [[nodiscard]] std::uint64_t digest() const { return digest_; }
  template <class... Args>
  void tell(fmt::format_string<Args...> format, Args&&... args) {
    if (talks_) say(fmt::format(format, std::forward<Args>(args)...));
  }
  [[nodiscard]] bool talks() const { return talks_; }
  /// What must hold does not. The first is kept, with its time.
  template <class... Args>
  void wrong(fmt::format_string<Args...> format, Args&&... args) {
    fail(fmt::format(format, std::forward<Args>(args)...));
  }
  [[nodiscard]] bool failed() const { return failure_.has_value(); }
  [[nodiscard]] const std::string& failure() const { return *failure_; }
  [[nodiscard]] std::size_t events() const { return events_; }
  std::size_t step = 0;

 private:
  struct Plan {
    Time when;
    std::uint64_t order;
    std::function<void()> happens;
    bool operator<(const Plan& other) const { return std::pair{when, order} > std::pair{other.when, other.order}; }
  };
  void settle();
  void go_to(Time then);
  void say(const std::string& text);
  void fail(std::string what);

  VirtualTime timers_;
  Time now_{1'700'000'000s};
  Time began_ = now_;
  Duration ahead_{0};
  std::priority_queue<Plan> plans_;
  std::uint64_t order_ = 0;
  std::size_t under_way_ = 0;
  std::size_t events_ = 0;
  std::size_t turns_ = 0;  // in which the server did something
  std::size_t seen_ = 0;
  std::uint64_t digest_ = 14695981039346656037U;
  bool talks_;
  std::optional<std::string> failure_;
};

}  // namespace carillon::simulation
