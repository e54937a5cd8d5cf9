// A town with telephones: call::Calls with a clock in hand and short words for what people do. After each step it
// checks the machine's invariants. The ladder at the end gives a call at the step where a test begins.
#pragma once

#include <gmock/gmock.h>

#include <chrono>
#include <initializer_list>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "call/calls.hpp"
#include "unit/call/describe.hpp"

namespace carillon::call {

using namespace std::chrono_literals;

/// What one step brought: the answer (of a command), and the actions as they are and as lines.
struct Happened {
  Result<Reply> reply = Reply{};
  Actions actions = {};

  [[nodiscard]] bool ok() const { return reply.has_value(); }
  [[nodiscard]] CallId call() const { return reply.value().call; }
  [[nodiscard]] std::vector<std::string> lines() const { return describe(actions); }
  /// The lines that begin with this: a device, a word.
  [[nodiscard]] std::vector<std::string> lines(const std::string& start) const;
  /// The first message of this type to this device; fails the test when there is none.
  template <class M>
  [[nodiscard]] M told(const std::string& device) const;
  [[nodiscard]] CallRecord record() const;
  /// Without those that are for push.
  [[nodiscard]] std::vector<std::string> lines_but_reach() const;
};

/// `EXPECT_THAT(town.accept("bob.phone"), Does("alice.phone: call-accepted bob", ...))`: all of it, in this order.
/// That every ring is reached for and let go is the same everywhere, so these two are left out; DoesAll() has them, as
/// each cell of docs/call-states.md does.
template <class... Lines>
auto Does(Lines... lines) {
  return ::testing::AllOf(
      ::testing::Property("ok", &Happened::ok, true),
      ::testing::Property("actions", &Happened::lines_but_reach, ::testing::ElementsAre(std::string{lines}...)));
}
template <class... Lines>
auto DoesAll(Lines... lines) {
  return ::testing::AllOf(
      ::testing::Property("ok", &Happened::ok, true),
      ::testing::Property("actions", static_cast<std::vector<std::string> (Happened::*)() const>(&Happened::lines),
                          ::testing::ElementsAre(std::string{lines}...)));
}

/// Refused with this error, without any effect.
::testing::Matcher<const Happened&> Refused(Errc code);

void PrintTo(const Happened& happened, std::ostream* out);
void PrintTo(EndReason reason, std::ostream* out);

class Town {
 public:
  explicit Town(Config config = {}) : calls{config} {}

  // ---- Devices, named user.device ----
  Happened connect(const std::string& device);
  void connect(std::initializer_list<const char*> devices);
  Happened resume(const std::string& device) { return event(DeviceResumed{DeviceId{device}}); }
  Happened lose(const std::string& device) { return event(DeviceLost{DeviceId{device}}); }
  Happened send_away(const std::string& device) { return event(DeviceLost{DeviceId{device}, true}); }
  Happened close(const std::string& device) { return event(DeviceClosed{DeviceId{device}}); }

  // ---- Commands: about the latest call unless another is named ----
  Happened start(const std::string& device, std::vector<std::string> callees);
  Happened start(StartCall command);
  StartCall to_start(const std::string& device, std::vector<std::string> callees);
  Happened accept(const std::string& device, CallId call = {});
  Happened decline(const std::string& device, EndReason reason = EndReason::declined, CallId call = {});
  Happened end(const std::string& device, CallId call = {});
  Happened end_for_everyone(const std::string& device, bool moderator = false);
  Happened invite(const std::string& device, std::vector<std::string> callees);
  Happened join(const std::string& device, CallId call = {});
  Happened leave(const std::string& device, CallId call = {});
  Happened command(const Command& command);

  // ---- The world ----
  Happened event(const Event& event);
  Happened reached(const std::string& user, std::size_t devices, Reachability state = Reachability::reaching);
  Happened declined_by_push(const std::string& device);
  Happened room_failed();
  /// Time passes, and the machine is told at the end only.
  Happened wait(Duration time);
  /// Nobody is here any more, and all that expires has expired.
  void empty();

  [[nodiscard]] const Call* current() const { return calls.find(latest); }
  [[nodiscard]] CallSnapshot seen_by(const std::string& device) const;

  Calls calls;
  Time now{1'700'000'000s};
  CallId latest;  ///< The call of the last start-call that was accepted by the machine.

 private:
  [[nodiscard]] CallId named(const CallId& call) const { return call.empty() ? latest : call; }
  int ids_ = 0;
};

UserId user_of(const std::string& device);

// ---- The ladder: alice.phone and alice.laptop, bob.phone and bob.laptop, carol.phone, dave.phone are connected ------

Town quiet_town(Config config = {});
/// alice.phone rings bob.
Town ringing_call(Config config = {});
/// bob.phone has answered.
Town accepted_call(Config config = {});
/// alice.phone rings bob and carol.
Town ringing_group(Config config = {});
/// bob.phone and carol.phone have answered.
Town accepted_group(Config config = {});

// ------------------------------------------------------------------------------------------------------------------

template <class M>
M Happened::told(const std::string& device) const {
  for (const Action& action : actions) {
    const Tell* tell = std::get_if<Tell>(&action);
    if (tell && tell->device.str() == device && std::holds_alternative<M>(tell->message))
      return std::get<M>(tell->message);
  }
  ADD_FAILURE() << device << " was not told so";
  return M{};
}

}  // namespace carillon::call
