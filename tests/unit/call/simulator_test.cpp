// A town that never sleeps: users with several devices call, answer, decline, leave, drop and come back at random, over
// a network that delays, loses and repeats, before a server whose timer is often late. A Judge reads all of it.
//
// A million events by default, from a seed that is printed. CARILLON_SEED replays one; CARILLON_EVENTS takes more.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>
#include <queue>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "unit/call/describe.hpp"
#include "unit/call/judge.hpp"
#include "unit/call/town.hpp"

namespace carillon::call {
namespace {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_{seed} {}
  /// 0 to sides - 1.
  std::size_t roll(std::size_t sides) { return static_cast<std::size_t>(engine_() % sides); }
  bool percent(std::size_t chance) { return roll(100) < chance; }
  Duration up_to(Duration time) { return Duration{roll(static_cast<std::size_t>(time.count()) + 1)}; }
  template <class T>
  const T& one_of(const std::vector<T>& things) {
    return things[roll(things.size())];
  }

 private:
  std::mt19937_64 engine_;
};

Config rules(Dice& dice) {
  Config config;
  config.grace = dice.one_of<Duration>({0s, 1s, 10s, 10s});
  config.call_waiting = dice.percent(70);
  config.open_rooms = dice.percent(70);
  config.people_max = dice.one_of<std::size_t>({3, 5, 64});
  config.calls_per_device_max = dice.one_of<std::size_t>({1, 2, 8});
  config.shown_calls_max = dice.one_of<std::size_t>({0, 1, 2, 32});
  config.shown_bytes_max = dice.one_of<std::size_t>({1000, 2000, 256 * 1024});
  config.limits.rings_per_minute_user = dice.one_of<std::size_t>({0, 0, 0, 3, 20});
  config.limits.rings_per_minute_pair = dice.one_of<std::size_t>({0, 0, 0, 1, 5});
  config.limits.rings_at_once_pair = dice.one_of<std::size_t>({0, 0, 1, 2});
  config.limits.rooms_per_key = dice.one_of<std::size_t>({0, 0, 0, 2});
  config.requests_per_user_max = 100'000;
  config.requests_per_device_max = 10'000;  // none is forgotten before its time: repetitions can be told for sure
  return config;
}

class Simulation {
 public:
  explicit Simulation(std::uint64_t seed) : dice_{seed}, config_{rules(dice_)}, calls_{config_}, punctual_{config_} {
    for (const char* user : {"ann", "ben", "cat", "dan", "eve", "fay"}) {
      users_.push_back(user);
      for (std::size_t i = 0; i <= dice_.roll(3); ++i)
        devices_.push_back(Device{DeviceId{fmt::format("{}.{}", user, i)}});
    }
    with_punctual_ = dice_.percent(30);
  }

  /// Returns how many events the machine has handled.
  std::size_t run(std::size_t events) {
    while (events_ < events && !::testing::Test::HasFailure()) {
      somebody_acts();
      time_passes();
    }
    everybody_goes();
    return events_;
  }

  [[nodiscard]] const Judge& judge() const { return judge_; }

 private:
  enum class Line { none, up, lost };
  struct Device {
    DeviceId id;
    Line line = Line::none;
    std::vector<CallId> heard = {};  // the calls it was told of lately, ended or not
  };
  struct Arrival {
    Time at;
    std::size_t order;
    Command command;
    bool operator>(const Arrival& other) const { return std::pair{at, order} > std::pair{other.at, other.order}; }
  };

  // ---- People ----

  void somebody_acts() {
    Device& device = devices_[dice_.roll(devices_.size())];
    if (device.line != Line::up || dice_.percent(10)) return line_changes(device);
    if (dice_.percent(2)) return happens(RoomFailed{some_call(device)}, device);
    if (dice_.percent(10))
      return happens(Reached{some_call(device), UserId{dice_.one_of(users_)}, dice_.roll(3)}, device);
    if (dice_.percent(3))
      return happens(DeclinedByPush{some_call(device), user_of(device.id.str()), device.id}, device);
    if (dice_.percent(2)) return some_muting(device);
    send(some_command(device));
  }

  void some_muting(Device& device) {
    const UserId user = user_of(device.id.str());
    const bool on = dice_.percent(40);
    if (dice_.percent(50)) {
      judge_.disturb(user, !on);
      return happens(DoNotDisturbChanged{user, on}, device);
    }
    const UserId whom{dice_.one_of(users_)};
    judge_.blocks(user, whom, on);
    happens(BlockChanged{user, whom, on}, device);
  }

  void line_changes(Device& device) {
    const std::string user = user_of(device.id.str()).str();
    switch (device.line) {
      case Line::none: return happens(DeviceConnected{device.id, UserId{user}, user}, device);
      case Line::lost:
        if (dice_.percent(10)) return happens(DeviceConnected{device.id, UserId{user}, user}, device);
        if (dice_.percent(10)) return happens(DeviceClosed{device.id}, device);
        return happens(DeviceResumed{device.id}, device);
      case Line::up:
        if (dice_.percent(10)) return happens(DeviceConnected{device.id, UserId{user}, user}, device);
        if (dice_.percent(10)) return happens(DeviceResumed{device.id}, device);
        if (dice_.percent(30)) return happens(DeviceClosed{device.id}, device);
        return happens(DeviceLost{device.id, dice_.percent(20)}, device);
    }
  }

  /// Mostly one it has heard of; sometimes one of long ago, or of somebody else, or of nobody.
  CallId some_call(const Device& device) {
    if (!device.heard.empty() && dice_.percent(85)) return dice_.one_of(device.heard);
    return CallId{fmt::format("call-{}", dice_.roll(static_cast<std::size_t>(ids_) + 2))};
  }

  std::vector<UserId> some_users() {
    std::vector<UserId> some;
    do some.emplace_back(dice_.one_of(users_));
    while (dice_.percent(35));
    return some;
  }

  std::optional<Duration> some_time() {
    if (dice_.percent(50)) return std::nullopt;
    return dice_.up_to(31s);
  }

  Command some_command(const Device& device) {
    const std::optional<RequestId> request =
        dice_.percent(60) ? std::optional{RequestId{std::to_string(++requests_)}} : std::nullopt;
    const CallId call = some_call(device);
    switch (dice_.roll(12)) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4: return Accept{device.id, call, request};
      case 5: return Decline{device.id, call, dice_.percent(80) ? EndReason::declined : EndReason::busy, request};
      case 6: return End{device.id, call, dice_.percent(20), dice_.percent(20), request};
      case 7: return Invite{device.id, call, some_users(), some_time(), request};
      case 8: return Join{device.id, call, request};
      case 9: return Leave{device.id, call, request};
      default: return some_start(device, request);
    }
  }

  StartCall some_start(const Device& device, const std::optional<RequestId>& request) {
    ++ids_;
    StartCall start{.device = device.id,
                    .callees = some_users(),
                    .new_call = CallId{fmt::format("call-{}", ids_)},
                    .new_room = RoomId{fmt::format("room-{}", ids_)},
                    .ring = some_time(),
                    .request = request};
    if (dice_.percent(20)) start.calls_max = dice_.roll(3);
    start.key = dice_.one_of<std::string>({"one", "two"});
    start.accept = dice_.percent(80);
    if (dice_.percent(20)) start.to = some_users();
    if (dice_.percent(15)) start.room = RoomId{fmt::format("conversation-{}", dice_.roll(3))};
    return start;
  }

  // ---- The network ----

  void send(const Command& command) {
    if (dice_.percent(10)) return;  // lost
    underway_.push({now_ + dice_.up_to(2s), ++order_, command});
    const auto* start = std::get_if<StartCall>(&command);
    if (start && !start->request) return;  // repeated it would be another call, with ids of its own
    if (dice_.percent(10)) underway_.push({now_ + dice_.up_to(5s), ++order_, command});  // repeated
  }

  void time_passes() {
    const Time then = now_ + dice_.up_to(dice_.percent(5) ? 40s : 1s);
    while (!underway_.empty() && underway_.top().at <= then) {
      const Arrival arrival = underway_.top();
      underway_.pop();
      tick_until(arrival.at);
      arrives(arrival.command);
    }
    tick_until(then);
  }

  /// The server's timer: punctual, or late, or it forgets.
  void tick_until(Time then) {
    while (const auto due = calls_.deadline()) {
      if (*due > then || dice_.percent(40)) break;
      now_ = std::max(now_, *due);
      tick();
    }
    now_ = then;
  }

  // ---- The machine and its judge ----

  void arrives(const Command& command) {
    catch_up();
    ++events_;
    const std::vector<CallSnapshot> before = seen_by_sender(command);
    Outcome outcome = calls_.handle(command, now_);
    if (with_punctual_) beside(punctual_.handle(command, now_).actions);
    const bool repeated = !is_first(command, outcome.reply);
    if (!outcome.reply || repeated) {
      EXPECT_TRUE(outcome.actions.empty()) << "refused or repeated, and yet it did something";
    }
    if (outcome.reply && !repeated) {
      keeps_to_grants(command, outcome.reply->call, before);
      judge_.answered(command, *outcome.reply);
    }
    check(outcome.actions);
  }

  std::vector<CallSnapshot> seen_by_sender(const Command& command) const {
    const auto* start = std::get_if<StartCall>(&command);
    if (!start) return {};
    return calls_.snapshot(user_of(start->device.str()), start->device);
  }

  /// A token without `accept` takes no seat in a call that was on.
  void keeps_to_grants(const Command& command, const CallId& entered, const std::vector<CallSnapshot>& before) {
    const auto* start = std::get_if<StartCall>(&command);
    if (!start || start->accept || entered == start->new_call) return;
    const bool sat = std::ranges::any_of(
        before, [&](const CallSnapshot& call) { return call.call == entered && call.your_state == YourState::joined; });
    EXPECT_TRUE(sat) << start->device.str() << " may not accept, and was let into " << entered.str();
  }

  bool is_first(const Command& command, const Result<Reply>& reply) {
    return std::visit(
        [&](const auto& what) {
          if (!what.request || (!reply && reply.error().detail == "this device is not connected")) return true;
          const std::pair key{what.device, *what.request};
          // Who was told to come back later may do so.
          if (!reply && reply.error().retry_after && !answers_.contains(key)) return true;
          const auto [found, first] = answers_.emplace(key, std::pair{now_, reply});
          if (first) return true;
          if (found->second.first + config_.requests_kept <= now_) return true;
          EXPECT_TRUE(found->second.second == reply) << "another answer to the same request";
          return false;
        },
        command);
  }

  void happens(const Event& event, Device& device) {
    catch_up();
    ++events_;
    if (std::holds_alternative<DeviceConnected>(event) || std::holds_alternative<DeviceClosed>(event)) {
      judge_.gone(device.id);
      device.heard.clear();
      device.line = std::holds_alternative<DeviceClosed>(event) ? Line::none : Line::up;
    } else if (std::holds_alternative<DeviceLost>(event)) {
      judge_.lost(device.id);
      device.line = Line::lost;
    } else if (std::holds_alternative<DeviceResumed>(event) && device.line == Line::lost) {
      judge_.back(device.id);
      device.line = Line::up;
    }
    const Actions actions = calls_.handle(event, now_);
    if (with_punctual_) beside(punctual_.handle(event, now_));
    check(actions);
  }

  /// What is overdue happens with whatever comes next. Here it comes alone, so that it can be told from the rest.
  void catch_up() {
    if (const auto due = calls_.deadline(); due && *due <= now_) tick();
  }

  void tick() {
    ++events_;
    check(calls_.tick(now_));
  }

  void check(const Actions& actions) {
    if (with_punctual_) {
      for (auto due = punctual_.deadline(); due && *due <= now_; due = punctual_.deadline())
        beside(punctual_.tick(*due));
      std::vector<std::string> lines = describe(actions);
      late_lines_.insert(late_lines_.end(), lines.begin(), lines.end());
      EXPECT_EQ(late_lines_, punctual_lines_) << "a late tick changed a decision";
      late_lines_.clear();
      punctual_lines_.clear();
    }
    judge_.acted(actions);
    judge_.at_rest();
    calls_.check_invariants();
    for (const Action& action : actions) hear(action);
  }

  void beside(const Actions& actions) {
    for (std::string& line : describe(actions)) punctual_lines_.push_back(std::move(line));
  }

  void hear(const Action& action) {
    if (const auto* forget = std::get_if<ForgetDevice>(&action)) {
      device(forget->device).line = Line::none;
    } else if (const auto* tell = std::get_if<Tell>(&action)) {
      std::vector<CallId>& heard = device(tell->device).heard;
      std::erase(heard, tell->call);
      heard.push_back(tell->call);
      if (heard.size() > 3) heard.erase(heard.begin());
    }
  }

  Device& device(const DeviceId& id) { return *std::ranges::find(devices_, id, &Device::id); }

  void everybody_goes() {
    for (Device& device : devices_) {
      if (device.line != Line::none) happens(DeviceClosed{device.id}, device);
    }
    while (const auto due = calls_.deadline()) {
      now_ = std::max(now_, *due);
      tick();
    }
    judge_.at_the_end();
    const Counts counts = calls_.counts();
    EXPECT_EQ(counts.users + counts.devices + counts.calls + counts.requests, 0u) << "something stays in memory";
  }

  Dice dice_;
  Config config_;
  Calls calls_;
  Calls punctual_;  ///< The same inputs, but never a late tick.
  bool with_punctual_ = false;
  std::vector<std::string> late_lines_;
  std::vector<std::string> punctual_lines_;
  Judge judge_;
  std::vector<std::string> users_;
  std::vector<Device> devices_;
  std::priority_queue<Arrival, std::vector<Arrival>, std::greater<>> underway_;
  std::map<std::pair<DeviceId, RequestId>, std::pair<Time, Result<Reply>>> answers_;
  Time now_{1'700'000'000s};
  std::size_t events_ = 0;
  std::size_t order_ = 0;
  int ids_ = 0;
  int requests_ = 0;
};

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define CARILLON_SANITIZED
#endif
#endif

#ifdef CARILLON_SANITIZED
constexpr std::uint64_t events_by_default = 100'000;  // ten times slower; the plain build has the million
#else
constexpr std::uint64_t events_by_default = 1'000'000;
#endif

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

TEST(Simulator, WhateverHappensTheRulesHold) {
  const std::uint64_t first_seed = number_from("CARILLON_SEED", std::random_device{}());
  const std::size_t wanted = number_from("CARILLON_EVENTS", events_by_default);
  const std::size_t in_each_town = 20'000;
  std::size_t events = 0;
  std::size_t ended = 0;
  std::size_t answered = 0;
  fmt::print("the first town has CARILLON_SEED={}\n", first_seed);
  for (std::uint64_t seed = first_seed; events < wanted; ++seed) {
    SCOPED_TRACE(fmt::format("replay with CARILLON_SEED={} CARILLON_EVENTS={}", seed, in_each_town));
    Simulation town{seed};
    events += town.run(in_each_town);
    ended += town.judge().calls_ended();
    answered += town.judge().calls_answered();
    if (HasFailure()) {
      fmt::print("replay with CARILLON_SEED={} CARILLON_EVENTS={}\n", seed, in_each_town);
      return;
    }
  }
  fmt::print("{} events, {} calls, {} of them answered\n", events, ended, answered);
  EXPECT_GT(answered, ended / 10) << "a town where nobody answers proves little";
}

}  // namespace
}  // namespace carillon::call
