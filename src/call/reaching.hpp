// How those who ring are told of it, device by device: by socket where there is one, by push where there is none, by
// both where a socket stays silent. Keeps the ring ledger. Beside call::Calls: it hears of that machine's actions and
// decides about push; it ends nothing. Rules, case by case: docs/reaching.md.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/id.hpp"
#include "base/time.hpp"
#include "call/actions.hpp"

namespace carillon::call {

/// Where push can find one device of somebody.
struct PushTarget {
  std::string subscription;  ///< Its id.
  DeviceId device;
  std::string type;  ///< "webpush", "fcm".
  friend bool operator==(const PushTarget&, const PushTarget&) = default;
};

enum class Decision { accepted, declined };

[[nodiscard]] std::string_view to_string(Decision decision);

/// One line of the ring ledger: how one device was told of one ring, and what came of it.
struct LedgerEntry {
  UserId user;
  DeviceId device;
  Via via = Via::socket;
  PushTarget target = {};  ///< Of a push.
  Time told_at;
  std::optional<Time> taken_at = {};      ///< The push service took it; for a socket the moment it was sent.
  std::optional<Time> confirmed_at = {};  ///< The device said that it rings.
  std::optional<Decision> decision = {};
  std::optional<Time> decided_at = {};
  std::string why = {};  ///< Why it did not ring, or why its ring ended without a decision: one word, or a status.
  friend bool operator==(const LedgerEntry&, const LedgerEntry&) = default;
};

// ---- Actions: what must be done, in this order -----------------------------------------------------------------

/// Look up where push can find this user, and answer with found().
struct FindTargets {
  CallId call;
  UserId user;
  friend bool operator==(const FindTargets&, const FindTargets&) = default;
};

/// Ring this device by push, until the ring is over, and answer with taken() or failed().
struct PushRing {
  CallId call;
  UserId user;
  PushTarget target;
  CallStarted invitation;
  friend bool operator==(const PushRing&, const PushRing&) = default;
};

/// The ring that this device was sent is over: no word of it may go out any more, but this one.
struct PushEnd {
  CallId call;
  PushTarget target;
  EndReason reason = EndReason::hangup;
  friend bool operator==(const PushEnd&, const PushEnd&) = default;
};

/// The ring that this device was sent is over because he answered on it: it needs no word, but no ring may follow.
struct DropRing {
  CallId call;
  PushTarget target;
  friend bool operator==(const DropRing&, const DropRing&) = default;
};

/// He has missed the call.
struct PushMissed {
  CallId call;
  PushTarget target;
  Party caller;
  friend bool operator==(const PushMissed&, const PushMissed&) = default;
};

/// For call::Calls.
struct TellReached {
  Reached event;
};

using ReachAction = std::variant<FindTargets, PushRing, PushEnd, DropRing, PushMissed, TellReached>;
using ReachActions = std::vector<ReachAction>;

class Reaching {
 public:
  /// How long a device with a socket has to say that it rings, before push tries too.
  static constexpr Duration confirm_within = std::chrono::seconds{2};

  // ---- What call::Calls did ----

  void begin(const Reach& reach, ReachActions& out);
  /// A ring of a process that is gone, which may have pushed it to anybody. Sockets have confirm_within to come back
  /// before push tries again; its end goes to every device.
  void begin_again(const Reach& reach, Time now, ReachActions& out);
  /// call-started went to a device of a user who rings, over its socket.
  void told(const CallId& call, const UserId& user, const DeviceId& device, Time now, ReachActions& out);
  void end(const StopReaching& stop, Time now, ReachActions& out);

  // ---- What became known ----

  /// The answer to FindTargets, also when the ring is over. An error is one more reason why he cannot be reached.
  void found(const CallId& call, const UserId& user, std::vector<PushTarget> targets, Time now, ReachActions& out);
  /// The device says that it rings: its socket did.
  void confirmed(const CallId& call, const UserId& user, const DeviceId& device, Time now, ReachActions& out);
  /// The same, with the ticket of a push.
  void confirmed_by_push(const CallId& call, const UserId& user, const std::string& subscription, Time now,
                         ReachActions& out);
  /// The device has no socket any more.
  void gone(const UserId& user, const DeviceId& device, Time now, ReachActions& out);
  /// This subscription belongs to another device now: the page came back under another id.
  void moved(const UserId& user, const std::string& subscription, const DeviceId& device);
  /// The push service took the ring, or will not. Until forget() also of a ring that is over: the ledger says how it
  /// was.
  void taken(const CallId& call, const UserId& user, const std::string& subscription, Time now, ReachActions& out);
  void failed(const CallId& call, const UserId& user, const std::string& subscription, std::string why,
              ReachActions& out);

  /// Due at deadline(); early calls do nothing.
  void tick(Time now, ReachActions& out);
  [[nodiscard]] std::optional<Time> deadline() const;

  [[nodiscard]] bool rings(const CallId& call, const UserId& user) const;
  /// There is somebody to tell something when found() comes.
  [[nodiscard]] bool looks_for(const CallId& call, const UserId& user) const;

  // ---- The ledger ----

  /// In the order in which devices were told; empty when the call is unknown.
  [[nodiscard]] std::vector<LedgerEntry> ledger(const CallId& call) const;
  /// The call is over, so all its rings are, and its record is written: nothing is kept.
  void forget(const CallId& call);
  /// Calls of which there is a ledger.
  [[nodiscard]] std::size_t size() const { return ledgers_.size(); }

 private:
  /// One person's ring. His earlier rings of the same call are lines of the ledger only.
  struct Ring {
    CallStarted invitation;
    bool muted = false;                                   ///< Whoever is found is not told.
    bool again = false;                                   ///< It began in a process before this one.
    bool held = false;                                    ///< So push waits for sockets to come back.
    std::vector<std::size_t> lines;                       ///< Of the ledger: those of this ring.
    std::set<DeviceId> sockets;                           ///< Devices that ring over a socket now.
    std::optional<std::vector<PushTarget>> targets = {};  ///< nullopt: not known yet.
    std::size_t told_devices = 0;                         ///< What Reached said last.
    Reachability told_state = Reachability::reaching;
  };
  /// One of before that ended before anybody knew whom to tell.
  struct Ended {
    Ring ring;
    StopReaching stop;
  };
  struct Due {
    Time at;
    CallId call;
    UserId user;
    DeviceId device;  ///< Empty: all that have no socket.
    auto operator<=>(const Due&) const = default;
  };
  using Ledger = std::vector<LedgerEntry>;

  [[nodiscard]] Ring* ring_of(const CallId& call, const UserId& user);
  /// The line of the newest ring that this subscription was sent.
  [[nodiscard]] LedgerEntry* pushed_line(const CallId& call, const UserId& user, const std::string& subscription);
  [[nodiscard]] static LedgerEntry* push_line(Ledger& ledger, const Ring& ring, const std::string& subscription);
  [[nodiscard]] static LedgerEntry* socket_line(Ledger& ledger, const Ring& ring, const DeviceId& device);
  Ring& start(const Reach& reach, ReachActions& out);
  static void tell_end(Ledger& ledger, const Ring& ring, const StopReaching& stop,
                       const std::vector<PushTarget>& targets, ReachActions& out);
  void push_where_no_socket_rings(const CallId& call, const UserId& user, Time now, ReachActions& out);
  void push(const CallId& call, const UserId& user, const PushTarget& target, Time now, ReachActions& out);
  void report(const CallId& call, const UserId& user, ReachActions& out);

  std::map<CallId, Ledger> ledgers_;
  std::map<UserId, std::map<CallId, Ring>> rings_;
  std::map<std::pair<CallId, UserId>, Ended> ended_;  // until found() comes
  /// Sockets that are not enough if they have not confirmed by then. Those that turn out to need nothing are skipped.
  std::set<Due> due_;
};

}  // namespace carillon::call
