#include "call/reaching.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace carillon::call {
namespace {

/// Why a device did not ring: docs/reaching.md.
constexpr std::string_view never_confirmed = "unconfirmed";
constexpr std::string_view too_late = "expired";

}  // namespace

std::string_view to_string(Decision decision) {
  switch (decision) {
    case Decision::accepted: return "accepted";
    case Decision::declined: return "declined";
  }
  return "declined";
}

// ---- The life of a ring ----------------------------------------------------------------------------------------

void Reaching::begin(const Reach& reach, ReachActions& out) { start(reach, out); }

void Reaching::begin_again(const Reach& reach, Time now, ReachActions& out) {
  Ring& ring = start(reach, out);
  ring.again = ring.held = true;
  due_.insert({now + confirm_within, reach.call, reach.user, DeviceId{}});
}

void Reaching::told(const CallId& call, const UserId& user, const DeviceId& device, Time now, ReachActions& out) {
  Ring* ring = ring_of(call, user);
  if (!ring) return;
  Ledger& ledger = ledgers_.at(call);
  ring->sockets.insert(device);
  LedgerEntry* line = socket_line(ledger, *ring, device);
  if (line) {
    line->why.clear();  // it was away, and has come back
  } else {
    ring->lines.push_back(ledger.size());
    line = &ledger.emplace_back(
        LedgerEntry{.user = user, .device = device, .via = Via::socket, .told_at = now, .taken_at = now});
  }
  if (!line->confirmed_at) due_.insert({now + confirm_within, call, user, device});
  report(call, user, out);
}

void Reaching::found(const CallId& call, const UserId& user, std::vector<PushTarget> targets, Time now,
                     ReachActions& out) {
  if (const auto ended = ended_.extract({call, user})) {
    const auto& [over, stop] = ended.mapped();
    Ledger no_push;
    if (!over.muted) tell_end(no_push, over, stop, targets, out);
  }
  Ring* ring = ring_of(call, user);
  if (!ring || ring->targets) return;
  if (ring->muted) targets.clear();
  ring->targets = std::move(targets);
  if (!ring->held) push_where_no_socket_rings(call, user, now, out);
  report(call, user, out);
}

void Reaching::end(const StopReaching& stop, Time now, ReachActions& out) {
  Ring* ring = ring_of(stop.call, stop.user);
  if (!ring) return;
  Ledger& ledger = ledgers_.at(stop.call);
  const bool decided = !stop.decided_on.empty();
  const bool answered = stop.reason == EndReason::answered_elsewhere;
  for (const std::size_t index : ring->lines) {
    LedgerEntry& line = ledger[index];
    if (decided && line.device == stop.decided_on) {
      line.decision = answered ? Decision::accepted : Decision::declined;
      line.decided_at = now;
    } else if (line.why.empty()) {
      line.why = line.confirmed_at ? to_string(stop.reason) : line.taken_at ? never_confirmed : too_late;
    }
  }
  if (ring->targets) {
    tell_end(ledger, *ring, stop, *ring->targets, out);
  } else if (ring->again) {
    ring->lines.clear();
    ended_.insert_or_assign({stop.call, stop.user}, Ended{std::move(*ring), stop});
  }
  const auto of_user = rings_.find(stop.user);
  of_user->second.erase(stop.call);
  if (of_user->second.empty()) rings_.erase(of_user);
}

// ---- What becomes known ----------------------------------------------------------------------------------------

void Reaching::confirmed(const CallId& call, const UserId& user, const DeviceId& device, Time now, ReachActions& out) {
  Ring* ring = ring_of(call, user);
  LedgerEntry* line = ring ? socket_line(ledgers_.at(call), *ring, device) : nullptr;
  if (!line || line->confirmed_at) return;
  line->confirmed_at = now;
  report(call, user, out);
}

void Reaching::confirmed_by_push(const CallId& call, const UserId& user, const std::string& subscription, Time now,
                                 ReachActions& out) {
  Ring* ring = ring_of(call, user);
  LedgerEntry* line = ring ? push_line(ledgers_.at(call), *ring, subscription) : nullptr;
  if (!line || line->confirmed_at) return;
  line->confirmed_at = now;
  // The service's answer may be late, or lost; the push was not.
  line->why.clear();
  if (!line->taken_at) line->taken_at = now;
  report(call, user, out);
}

void Reaching::gone(const UserId& user, const DeviceId& device, Time now, ReachActions& out) {
  const auto of_user = rings_.find(user);
  if (of_user == rings_.end()) return;
  for (auto& [call, ring] : of_user->second) {
    if (ring.sockets.erase(device) == 0) continue;
    socket_line(ledgers_.at(call), ring, device)->why = "left";  // whose socket rings has been told
    for (const PushTarget& target : ring.targets.value_or(std::vector<PushTarget>{})) {
      if (target.device == device) push(call, user, target, now, out);
    }
    report(call, user, out);
  }
}

void Reaching::moved(const UserId& user, const std::string& subscription, const DeviceId& device) {
  const auto of_user = rings_.find(user);
  if (of_user == rings_.end()) return;
  for (auto& [call, ring] : of_user->second) {
    if (!ring.targets) continue;
    for (PushTarget& target : *ring.targets) {
      if (target.subscription == subscription) target.device = device;
    }
    if (LedgerEntry* line = push_line(ledgers_.at(call), ring, subscription))
      line->target.device = line->device = device;
  }
}

void Reaching::taken(const CallId& call, const UserId& user, const std::string& subscription, Time now,
                     ReachActions& out) {
  LedgerEntry* line = pushed_line(call, user, subscription);
  if (!line || line->taken_at) return;
  line->taken_at = now;
  if (line->why == too_late) line->why = never_confirmed;
  if (ring_of(call, user)) report(call, user, out);
}

void Reaching::failed(const CallId& call, const UserId& user, const std::string& subscription, std::string why,
                      ReachActions& out) {
  LedgerEntry* line = pushed_line(call, user, subscription);
  if (!line || line->confirmed_at || line->taken_at) return;
  line->why = std::move(why);
  if (ring_of(call, user)) report(call, user, out);
}

void Reaching::tick(Time now, ReachActions& out) {
  while (!due_.empty() && due_.begin()->at <= now) {
    const Due due = due_.extract(due_.begin()).value();
    Ring* ring = ring_of(due.call, due.user);
    if (ring && ring->held) {
      ring->held = false;  // begin_again() was before any device was told: its own is due first
      if (ring->targets) push_where_no_socket_rings(due.call, due.user, now, out);
      report(due.call, due.user, out);
    }
    if (!ring || !ring->targets || !ring->sockets.contains(due.device)) continue;
    const LedgerEntry* line = socket_line(ledgers_.at(due.call), *ring, due.device);
    if (line->confirmed_at || line->told_at + confirm_within > now) continue;
    for (const PushTarget& target : *ring->targets) {
      if (target.device == due.device) push(due.call, due.user, target, now, out);
    }
  }
}

std::optional<Time> Reaching::deadline() const {
  if (due_.empty()) return std::nullopt;
  return due_.begin()->at;
}

bool Reaching::rings(const CallId& call, const UserId& user) const {
  const auto of_user = rings_.find(user);
  return of_user != rings_.end() && of_user->second.contains(call);
}

bool Reaching::looks_for(const CallId& call, const UserId& user) const {
  return rings(call, user) || ended_.contains({call, user});
}

// ---- The ledger ------------------------------------------------------------------------------------------------

std::vector<LedgerEntry> Reaching::ledger(const CallId& call) const {
  const auto found = ledgers_.find(call);
  return found == ledgers_.end() ? Ledger{} : found->second;
}

void Reaching::forget(const CallId& call) { ledgers_.erase(call); }

// ---- Steps they share ------------------------------------------------------------------------------------------

Reaching::Ring& Reaching::start(const Reach& reach, ReachActions& out) {
  const auto [ring, is_new] =
      rings_[reach.user].emplace(reach.call, Ring{reach.invitation, reach.muted, {}, {}, {}, {}});
  check(is_new, "a ring begins when the one before is over");
  ledgers_.try_emplace(reach.call);
  out.emplace_back(FindTargets{reach.call, reach.user});
  return ring->second;
}

Reaching::Ring* Reaching::ring_of(const CallId& call, const UserId& user) {
  const auto of_user = rings_.find(user);
  if (of_user == rings_.end()) return nullptr;
  const auto ring = of_user->second.find(call);
  return ring == of_user->second.end() ? nullptr : &ring->second;
}

LedgerEntry* Reaching::pushed_line(const CallId& call, const UserId& user, const std::string& subscription) {
  const auto ledger = ledgers_.find(call);
  if (ledger == ledgers_.end()) return nullptr;
  const auto line = std::find_if(ledger->second.rbegin(), ledger->second.rend(), [&](const LedgerEntry& entry) {
    return entry.via == Via::push && entry.user == user && entry.target.subscription == subscription;
  });
  return line == ledger->second.rend() ? nullptr : &*line;
}

LedgerEntry* Reaching::push_line(Ledger& ledger, const Ring& ring, const std::string& subscription) {
  for (const std::size_t index : ring.lines) {
    LedgerEntry& line = ledger[index];
    if (line.via == Via::push && line.target.subscription == subscription) return &line;
  }
  return nullptr;
}

LedgerEntry* Reaching::socket_line(Ledger& ledger, const Ring& ring, const DeviceId& device) {
  for (const std::size_t index : ring.lines) {
    LedgerEntry& line = ledger[index];
    if (line.via == Via::socket && line.device == device) return &line;
  }
  return nullptr;
}

/// Who was sent the ring, or may have been by the process before, hears that it is over; and who missed it, that.
void Reaching::tell_end(Ledger& ledger, const Ring& ring, const StopReaching& stop,
                        const std::vector<PushTarget>& targets, ReachActions& out) {
  const bool decided = !stop.decided_on.empty();
  const bool answered = stop.reason == EndReason::answered_elsewhere;
  const bool missed = !answered && stop.reason != EndReason::declined_elsewhere;
  for (const PushTarget& target : targets) {
    const LedgerEntry* line = push_line(ledger, ring, target.subscription);
    const bool rung = line || ring.again;
    const bool here = decided && target.device == stop.decided_on;
    if (line && (line->why == "gone" || line->why.starts_with("refused"))) continue;
    if (rung && here && answered) {
      out.emplace_back(DropRing{stop.call, target});
    } else if (rung) {
      out.emplace_back(PushEnd{stop.call, target, here ? stop.decision : stop.reason});
    }
    if (missed && (line || !ring.sockets.contains(target.device)))
      out.emplace_back(PushMissed{stop.call, target, ring.invitation.caller});
  }
}

void Reaching::push_where_no_socket_rings(const CallId& call, const UserId& user, Time now, ReachActions& out) {
  Ring& ring = *ring_of(call, user);
  for (const PushTarget& target : *ring.targets) {
    const LedgerEntry* line = socket_line(ledgers_.at(call), ring, target.device);
    const bool silent = line && !line->confirmed_at && line->told_at + confirm_within <= now;
    if (!ring.sockets.contains(target.device) || silent) push(call, user, target, now, out);
  }
}

/// Once for each ring and subscription.
void Reaching::push(const CallId& call, const UserId& user, const PushTarget& target, Time now, ReachActions& out) {
  Ledger& ledger = ledgers_.at(call);
  Ring& ring = *ring_of(call, user);
  if (push_line(ledger, ring, target.subscription)) return;
  ring.lines.push_back(ledger.size());
  ledger.push_back({.user = user, .device = target.device, .via = Via::push, .target = target, .told_at = now});
  out.emplace_back(PushRing{call, user, target, ring.invitation});
}

/// Tells the caller what has changed. While nothing but sockets ring he knows all there is to know.
void Reaching::report(const CallId& call, const UserId& user, ReachActions& out) {
  const Ledger& ledger = ledgers_.at(call);
  Ring& ring = *ring_of(call, user);
  std::size_t devices = 0;
  bool rings = !ring.sockets.empty();
  bool hopes = !ring.targets || ring.held;
  for (const std::size_t index : ring.lines) {
    const LedgerEntry& line = ledger[index];
    if (line.via != Via::push || !line.why.empty()) continue;
    hopes = true;
    if (ring.sockets.contains(line.device)) continue;  // counted as one that rings over its socket
    if (line.taken_at) ++devices;
    rings = rings || line.confirmed_at;
  }
  const Reachability state = rings ? Reachability::ringing : hopes ? Reachability::reaching : Reachability::unreachable;
  const bool changed = state != ring.told_state && (devices > 0 || state == Reachability::unreachable);
  const bool news = changed || devices != ring.told_devices;
  ring.told_devices = devices;
  ring.told_state = state;
  if (news) out.emplace_back(TellReached{{call, user, devices, state}});
}

}  // namespace carillon::call
