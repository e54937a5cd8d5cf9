// All calls of this server, as one machine without sockets, timers or clock: events in, actions out, time as an
// argument. It decides who rings, until when, who won and why a call ended, and tells everybody the same.
// States and rules, case by case: docs/call-states.md.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/id.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "call/actions.hpp"
#include "call/call.hpp"
#include "call/config.hpp"
#include "call/events.hpp"
#include "call/presence.hpp"
#include "call/requests.hpp"
#include "call/snapshot.hpp"

namespace carillon::call {

/// The answer to a command, and what must be done besides: answer first, then act. A refused or repeated command
/// changes nothing; actions beside an error come from deadlines that had passed unnoticed.
struct Outcome {
  Result<Reply> reply;
  Actions actions;
};

struct Counts {
  std::size_t users = 0;
  std::size_t devices = 0;
  std::size_t calls = 0;
  std::size_t requests = 0;  ///< Remembered answers.
};

class Calls {
 public:
  explicit Calls(Config config = {});

  /// Time must not run backwards. What was due before `now` happens first, so that a late tick changes no decision.
  [[nodiscard]] Actions handle(const Event& event, Time now);
  [[nodiscard]] Outcome handle(const Command& command, Time now);
  /// Call it at deadline(); early calls do nothing.
  [[nodiscard]] Actions tick(Time now);
  [[nodiscard]] std::optional<Time> deadline() const;
  /// Ends every call: the server stops.
  [[nodiscard]] Actions end_all(EndReason why, Time now);

  /// nullptr: no such call, or it has ended. Valid until the next handle() or tick().
  [[nodiscard]] const Call* find(const CallId& call) const;
  /// The calls of this user that ring or run, as this device sees them: `welcome.calls`. Take it after
  /// DeviceConnected or DeviceResumed was handled.
  [[nodiscard]] std::vector<CallSnapshot> snapshot(const UserId& user, const DeviceId& device) const;
  /// The device has a seat: the caller's from start-call on, a callee's from accept-call on.
  [[nodiscard]] bool may_join_room(const DeviceId& device, const CallId& call) const;
  /// The call of a device that is in exactly one; media methods may then leave out `callId`.
  [[nodiscard]] std::optional<CallId> only_call_of(const DeviceId& device) const;
  [[nodiscard]] const Presence& presence() const { return presence_; }
  [[nodiscard]] Counts counts() const;

  /// Aborts on a bug. Cheap enough for tests, not for each event of a busy server.
  void check_invariants() const;

 private:
  void on(const DeviceConnected& event, Time now, Actions& out);
  void on(const DeviceResumed& event, Time now, Actions& out);
  void on(const DeviceLost& event, Time now, Actions& out);
  void on(const DeviceClosed& event, Time now, Actions& out);
  void on(const Reached& event, Time now, Actions& out);
  void on(const RoomFailed& event, Time now, Actions& out);

  Result<Reply> on(const StartCall& command, const UserId& user, Time now, Actions& out);
  Result<Reply> on(const Accept& command, const UserId& user, Time now, Actions& out);
  Result<Reply> on(const Decline& command, const UserId& user, Time now, Actions& out);
  Result<Reply> on(const End& command, const UserId& user, Time now, Actions& out);
  Result<Reply> on(const Invite& command, const UserId& user, Time now, Actions& out);
  Result<Reply> on(const Join& command, const UserId& user, Time now, Actions& out);
  Result<Reply> on(const Leave& command, const UserId& user, Time now, Actions& out);

  Config config_;
  Presence presence_;
  Requests requests_;
  std::unordered_map<CallId, Call> calls_;
  std::unordered_map<RoomId, CallId> by_room_;
  std::map<UserId, std::set<CallId>> by_user_;      // the calls a person is on the list of
  std::set<std::pair<Time, CallId>> deadlines_;     // one entry for each call that has a deadline
};

}  // namespace carillon::call
