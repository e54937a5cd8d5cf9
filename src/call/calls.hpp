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
#include "call/muting.hpp"
#include "call/presence.hpp"
#include "call/requests.hpp"
#include "call/ring_limits.hpp"
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

/// A device that was connected or in grace.
struct SavedDevice {
  DeviceId device;
  UserId user;
  std::string name;
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
  /// Until when calls may go on, while the server takes no new ones: nobody can be rung any more, all else goes on.
  /// nullopt: it takes them again.
  void drain(std::optional<Time> until) { draining_until_ = until; }
  /// Ends every call: the server stops.
  [[nodiscard]] Actions end_all(EndReason why, Time now);

  // ---- What outlives the process: saved.cpp ----

  /// Calls that are new, have changed or are over since the last time; find() tells which.
  [[nodiscard]] std::vector<CallId> take_changed();
  /// Before the first event: the calls of a process that is gone. Their devices have time to come back
  /// (Config::restored_grace), who rings goes on ringing for what is left of his time. What cannot be is left out, and
  /// named in `wrong`.
  [[nodiscard]] Actions restore(const std::vector<SavedDevice>& devices, std::vector<Call::Saved> calls, Time now,
                                std::vector<Error>& wrong);

  /// nullptr: no such call, or it has ended. Valid until the next handle() or tick().
  [[nodiscard]] const Call* find(const CallId& call) const;
  /// The calls of this user that ring or run, as this device sees them: `welcome.calls`. Take it after
  /// DeviceConnected or DeviceResumed was handled. Others can put a user on the list of any number of calls; so it is
  /// bounded (Config::shown_calls_max, shown_bytes_max), and what matters most to him comes first: snapshot.cpp.
  [[nodiscard]] std::vector<CallSnapshot> snapshot(const UserId& user, const DeviceId& device) const;
  /// The device has a seat: the caller's from start-call on, a callee's from accept-call on.
  [[nodiscard]] bool may_join_room(const DeviceId& device, const CallId& call) const;
  /// It has a seat in some call.
  [[nodiscard]] bool sits(const DeviceId& device) const { return !seats_of(device).empty(); }
  /// The call of a device that is in exactly one; media methods may then leave out `callId`.
  [[nodiscard]] std::optional<CallId> only_call_of(const DeviceId& device) const;
  [[nodiscard]] const Presence& presence() const { return presence_; }
  [[nodiscard]] const Muting& muting() const { return muting_; }
  [[nodiscard]] const Refusals& refusals() const { return refusals_; }
  [[nodiscard]] Counts counts() const;

  /// Aborts on a bug. Cheap enough for tests, not for each event of a busy server.
  void check_invariants() const;

 private:
  struct Live {
    Call call;
    std::optional<Time> due = {};  ///< Its entry in due_.
  };

  void on(const DeviceConnected& event, Time now, Actions& out);
  void on(const DeviceResumed& event, Time now, Actions& out);
  void on(const DeviceLost& event, Time now, Actions& out);
  void on(const DeviceClosed& event, Time now, Actions& out);
  void on(const Reached& event, Time now, Actions& out);
  void on(const DeclinedByPush& event, Time now, Actions& out);
  void on(const BlockChanged& event, Time now, Actions& out);
  void on(const DoNotDisturbChanged& event, Time now, Actions& out);
  void on(const RoomFailed& event, Time now, Actions& out);

  /// Answers a repeated request as before, without a second effect.
  template <class Command>
  [[nodiscard]] Result<Reply> answer(const Command& command, std::size_t method, Time now, Actions& out);
  [[nodiscard]] Result<Reply> on(const StartCall& command, const UserId& user, Time now, Actions& out);
  [[nodiscard]] Result<Reply> on(const Accept& command, const UserId& user, Time now, Actions& out);
  [[nodiscard]] Result<Reply> on(const Decline& command, const UserId& user, Time now, Actions& out);
  [[nodiscard]] Result<Reply> on(const End& command, const UserId& user, Time now, Actions& out);
  [[nodiscard]] Result<Reply> on(const Invite& command, const UserId& user, Time now, Actions& out);
  [[nodiscard]] Result<Reply> on(const Join& command, const UserId& user, Time now, Actions& out);
  [[nodiscard]] Result<Reply> on(const Leave& command, const UserId& user, Time now, Actions& out);

  // Start-call: does it mean a call that is on already?
  [[nodiscard]] Call* in_room(const std::optional<RoomId>& room);
  [[nodiscard]] Call* recalled(const UserId& user, const DeviceId& device, const std::vector<UserId>& callees);
  [[nodiscard]] Call* shared_with(const UserId& user, const UserId& callee);
  /// `again`: the call that a new one takes the place of, or nullptr.
  [[nodiscard]] Result<> may_begin(const StartCall& command, const UserId& user, const std::vector<UserId>& callees,
                                   const Call* again, Time now);
  [[nodiscard]] Result<Reply> begin(const StartCall& command, const UserId& user, const std::vector<UserId>& callees,
                                    Time until, Time now, Actions& out);

  [[nodiscard]] Result<std::vector<UserId>> checked_callees(const std::vector<UserId>& callees,
                                                            const UserId& user) const;
  [[nodiscard]] Result<Duration> checked_ring(const std::optional<Duration>& ring) const;
  /// Counts these rings, or refuses them all; unavailable: the server drains. `again` as above.
  [[nodiscard]] Result<> may_ring(const UserId& user, const std::vector<UserId>& callees, const Call* again, Time now);
  /// When he lets this person ring in one call less than he may at a time; nullopt: he does already.
  [[nodiscard]] std::optional<Time> may_ring_him_from(const UserId& user, const UserId& callee,
                                                      const Call* again) const;
  void ring(Call& call, const std::vector<UserId>& callees, const Party& by, Role role, Time until, Time now,
            Actions& out);
  [[nodiscard]] static Reply reply_of(const Call& call) { return {call.id(), call.room(), call.ring_until()}; }
  [[nodiscard]] Result<Reply> enter(Call& call, const UserId& user, const DeviceId& device, Time now, Actions& out);
  [[nodiscard]] Result<Reply> leave(Call& call, const UserId& user, const DeviceId& device, Time now, Actions& out);

  [[nodiscard]] Call* live(const CallId& call);
  [[nodiscard]] std::vector<CallId> calls_of(const UserId& user) const;
  [[nodiscard]] std::vector<CallId> seats_of(const DeviceId& device) const;
  [[nodiscard]] bool talks(const UserId& user) const;
  /// A device has connected or resumed: its calls hear of it, and those that ring and are in its snapshot ring.
  void arrived(const UserId& user, const DeviceId& device, Actions& out);
  /// A device and all it holds in calls is gone.
  void gone(const DeviceId& device, EndReason why, Time now, Actions& out);
  /// After anything happened to a call: keeps the indexes true, and buries the call when it is over.
  void file(const Call& call, Actions& out);
  /// Does what deadlines asked for until now, each at its own time.
  void catch_up(Time now, Actions& out);
  /// Messages go to connected devices only; a lost one keeps its end-calls for later.
  void deliver(Actions& out);
  void check_snapshot(const UserId& user, const DeviceId& device) const;

  Config config_;
  Presence presence_;
  Requests requests_;
  Muting muting_;
  RingLimits ring_limits_;
  Refusals refusals_;
  std::optional<Time> draining_until_;
  std::unordered_map<CallId, Live> calls_;
  std::unordered_map<RoomId, CallId> by_room_;
  std::map<UserId, std::set<CallId>> by_user_;  // the calls a person is on the list of
  std::set<CallId> changed_;                    // since take_changed()
  std::set<std::pair<Time, CallId>> due_;       // one entry for each call in which somebody rings
};

}  // namespace carillon::call
