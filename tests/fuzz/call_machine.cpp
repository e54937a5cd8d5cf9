// Any bytes as a day of telephoning: each few are one event, one command or some time. After each step the machine's
// own invariants hold, and the judge of the simulator, who reads every word, has no complaint; at the end nothing is
// left in memory.
#include "fuzz/fuzz.hpp"
#include "unit/call/judge.hpp"
#include "unit/call/town.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>
#include <vector>

using namespace carillon;
using namespace carillon::call;

namespace {

constexpr std::array users{"ann", "ben", "cat", "dan"};
constexpr std::size_t devices_of_each = 2;

Config rules(fuzz::Bytes& bytes) {
  const std::uint8_t bits = bytes.byte();
  Config config;
  config.grace = (bits & 1) != 0 ? 10s : 0s;
  config.call_waiting = (bits & 2) != 0;
  config.open_rooms = (bits & 4) != 0;
  config.people_max = (bits & 8) != 0 ? 64 : 3;
  config.calls_per_device_max = (bits & 16) != 0 ? 8 : 1;
  config.requests_per_device_max = 10'000;  // none is forgotten before its time: a repetition can be told for sure
  return config;
}

class Day {
 public:
  explicit Day(fuzz::Bytes bytes) : bytes_{bytes}, config_{rules(bytes_)}, calls_{config_} {}

  void run() {
    while (!bytes_.empty()) step();
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      if (lines_[i] != Line::none) event(DeviceClosed{device(i)}, i);
    }
    while (const auto due = calls_.deadline()) {
      now_ = std::max(now_, *due);
      check(calls_.tick(now_));
    }
    judge_.at_the_end();
    const Counts counts = calls_.counts();
    FUZZ_CHECK(counts.users + counts.devices + counts.calls + counts.requests == 0);
  }

 private:
  enum class Line { none, up, lost };

  static std::string user(std::size_t index) { return users.at(index / devices_of_each); }
  static DeviceId device(std::size_t index) {
    return DeviceId{fmt::format("{}.{}", user(index), index % devices_of_each)};
  }

  void step() {
    const std::size_t what = bytes_.below(20);
    const std::size_t who = bytes_.below(lines_.size());
    switch (what) {
      case 0: return pass(Duration{bytes_.byte() * 10});
      case 1: return pass(Duration{bytes_.byte() * 1000});
      case 2: return line_changes(who);
      case 3: return event(RoomFailed{some_call()}, who);
      case 4:
        return event(Reached{some_call(), UserId{user(bytes_.below(lines_.size()))}, bytes_.below(3),
                             static_cast<Reachability>(bytes_.below(3))},
                     who);
      case 5: return event(DeclinedByPush{some_call(), UserId{user(who)}, device(who)}, who);
      case 6:
        if (!sent_.empty()) command(anew(sent_[bytes_.below(sent_.size())]));
        return;
      default: return send(what, who);
    }
  }

  /// The same request with fresh ids for what it may make, as the server gives each.
  Command anew(Command command) {
    if (auto* start = std::get_if<StartCall>(&command)) {
      ++started_;
      start->new_call = CallId{fmt::format("call-{}", started_)};
      start->new_room = RoomId{fmt::format("room-{}", started_)};
    }
    return command;
  }

  void line_changes(std::size_t who) {
    const std::size_t how = bytes_.below(8);
    if (lines_[who] == Line::none) return event(DeviceConnected{device(who), UserId{user(who)}, user(who)}, who);
    switch (how % 4) {
      case 0: return event(DeviceConnected{device(who), UserId{user(who)}, user(who)}, who);
      case 1: return event(DeviceResumed{device(who)}, who);
      case 2: return event(DeviceClosed{device(who)}, who);
      default: return lines_[who] == Line::up ? event(DeviceLost{device(who), how > 4}, who) : pass(1s);
    }
  }

  CallId some_call() { return CallId{fmt::format("call-{}", started_ - bytes_.below(4))}; }

  std::vector<UserId> some_users() {
    std::vector<UserId> some;
    const std::uint8_t bits = bytes_.byte();
    for (std::size_t i = 0; i < users.size(); ++i)
      if ((bits >> i & 1) != 0) some.emplace_back(users.at(i));
    return some;
  }

  std::optional<Duration> some_time() {
    const std::size_t seconds = bytes_.below(140);
    return seconds == 0 ? std::nullopt : std::optional<Duration>{std::chrono::seconds{seconds}};
  }

  void send(std::size_t what, std::size_t who) {
    const DeviceId from = device(who);
    const std::optional<RequestId> request =
        bytes_.one_in(2) ? std::optional{RequestId{std::to_string(++requests_)}} : std::nullopt;
    switch (what) {
      case 7:
      case 8:
      case 9: return first(start(from, request));
      case 10:
      case 11:
      case 12: return first(Accept{from, some_call(), request});
      case 13:
        return first(Decline{from, some_call(), bytes_.one_in(2) ? EndReason::busy : EndReason::declined, request});
      case 14: return first(End{from, some_call(), bytes_.one_in(2), bytes_.one_in(2), request});
      case 15: return first(Invite{from, some_call(), some_users(), some_time(), request});
      case 16:
      case 17: return first(Join{from, some_call(), request});
      default: return first(Leave{from, some_call(), request});
    }
  }

  StartCall start(const DeviceId& from, const std::optional<RequestId>& request) {
    ++started_;
    StartCall start{.device = from,
                    .callees = some_users(),
                    .new_call = CallId{fmt::format("call-{}", started_)},
                    .new_room = RoomId{fmt::format("room-{}", started_)},
                    .ring = some_time(),
                    .request = request};
    if (bytes_.one_in(4)) start.room = RoomId{"conversation"};
    return start;
  }

  // Only what has a request id is sent again: a repeated start-call without one would be another call.
  void first(const Command& what) {
    std::visit(
        [&](const auto& command) {
          if (command.request) sent_.push_back(command);
        },
        what);
    command(what);
  }

  void pass(Duration time) { now_ += time; }

  /// What is overdue happens with whatever comes next. Here it comes alone, so that it can be told from the rest.
  void catch_up() {
    if (const auto due = calls_.deadline(); due && *due <= now_) check(calls_.tick(now_));
  }

  void command(const Command& command) {
    catch_up();
    const Outcome outcome = calls_.handle(command, now_);
    const bool repeated = !is_first(command, outcome.reply);
    if (!outcome.reply || repeated) FUZZ_CHECK(outcome.actions.empty());
    if (outcome.reply && !repeated) judge_.answered(command, *outcome.reply);
    check(outcome.actions);
  }

  bool is_first(const Command& command, const Result<Reply>& reply) {
    return std::visit(
        [&](const auto& what) {
          if (!what.request || (!reply && reply.error().detail == "this device is not connected")) return true;
          const auto [found, first] = answers_.emplace(std::pair{what.device, *what.request}, std::pair{now_, reply});
          if (first || found->second.first + config_.requests_kept <= now_) {
            // Forgotten by the machine: asked anew, and remembered from now on.
            found->second = {now_, reply};
            return true;
          }
          FUZZ_CHECK(found->second.second == reply);
          return false;
        },
        command);
  }

  void event(const Event& event, std::size_t who) {
    catch_up();
    if (std::holds_alternative<DeviceConnected>(event) || std::holds_alternative<DeviceClosed>(event)) {
      judge_.gone(device(who));
      lines_[who] = std::holds_alternative<DeviceClosed>(event) ? Line::none : Line::up;
    } else if (std::holds_alternative<DeviceLost>(event)) {
      judge_.lost(device(who));
      lines_[who] = Line::lost;
    } else if (std::holds_alternative<DeviceResumed>(event) && lines_[who] == Line::lost) {
      judge_.back(device(who));
      lines_[who] = Line::up;
    }
    check(calls_.handle(event, now_));
  }

  void check(const Actions& actions) {
    judge_.acted(actions);
    judge_.at_rest();
    calls_.check_invariants();
    for (const Action& action : actions) {
      const auto* forget = std::get_if<ForgetDevice>(&action);
      if (forget == nullptr) continue;
      for (std::size_t i = 0; i < lines_.size(); ++i)
        if (device(i) == forget->device) lines_[i] = Line::none;
    }
  }

  fuzz::Bytes bytes_;
  Config config_;
  Calls calls_;
  Judge judge_;
  std::array<Line, users.size() * devices_of_each> lines_{};
  std::vector<Command> sent_;
  std::map<std::pair<DeviceId, RequestId>, std::pair<Time, Result<Reply>>> answers_;
  Time now_{1'700'000'000s};
  std::size_t started_ = 4;
  int requests_ = 0;
};

}  // namespace

FUZZ_TARGET(input) {
  // The judge speaks GoogleTest; each of its complaints is a finding.
  static const bool stops_at_the_first = [] {
    int count = 1;
    std::array<char*, 2> arguments{const_cast<char*>("fuzz_call_machine"), nullptr};
    ::testing::InitGoogleTest(&count, arguments.data());
    return GTEST_FLAG_SET(break_on_failure, true), true;
  }();
  static_cast<void>(stops_at_the_first);
  // A thousand steps find what ten thousand find, in a tenth of the time.
  Day{fuzz::Bytes{input.substr(0, 4000)}}.run();
}
