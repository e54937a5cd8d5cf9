#include "unit/signaling/simulation/world.hpp"

namespace carillon::simulation {

World::World(std::uint64_t seed, bool talks) : dice{seed}, talks_{talks} { go_to(now_); }

void World::at(Time when, std::function<void()> happens) { plans_.push({when, ++order_, std::move(happens)}); }

void World::soon(Duration wait, std::function<void()> happens) {
  ++under_way_;
  after(wait, [this, happens = std::move(happens)] {
    --under_way_;
    happens();
  });
}

void World::go_to(Time then) {
  now_ = then;
  timers_.advance_to(TimerClock::time_point{1h} + (then - began_));
}

void World::settle() {
  do timers_.forget_next();
  while (run_server && run_server() && ++turns_ > 0);
}

void World::pass(Duration time) {
  const Time then = now_ + time;
  settle();
  while (!failed()) {
    std::optional<Time> next;
    if (const auto due = timers_.next()) {
      // Timers count nanoseconds, we milliseconds: never earlier than they.
      next = began_ + std::chrono::ceil<Duration>(*due - TimerClock::time_point{1h});
    }
    if (!plans_.empty() && (!next || plans_.top().when < *next)) next = plans_.top().when;
    if (!next || *next > then) break;
    go_to(std::max(now_, *next));
    if (!plans_.empty() && plans_.top().when <= now_) {
      const std::function<void()> happens = std::move(const_cast<Plan&>(plans_.top()).happens);
      plans_.pop();
      ++events_;
      happens();
      // Now and then two things happen before the server gets to do anything.
      if (!plans_.empty() && plans_.top().when <= now_ && dice.percent(20)) continue;
    }
    settle();
    // Nothing has changed where the server has done nothing.
    if (look && std::exchange(seen_, turns_) != turns_) look();
  }
  if (!failed()) go_to(then);
}

void World::digest(std::string_view text) {
  for (const char c : text) digest_ = (digest_ ^ static_cast<unsigned char>(c)) * 1099511628211U;
}

void World::say(const std::string& text) {
  fmt::print("{:>9.3f} {}\n", static_cast<double>((now_ - began_).count()) / 1000, text);
}

void World::fail(std::string what) {
  if (failure_) return;
  failure_ = fmt::format("step {}, {:.3f} s: {}", step, static_cast<double>((now_ - began_).count()) / 1000, what);
  if (talks_) say("WRONG: " + what);
}

}  // namespace carillon::simulation
