// The commands about a call that is on. What is late or wrong is refused with a plain error and changes nothing.
#include <algorithm>
#include <utility>

#include "call/calls.hpp"

namespace carillon::call {
namespace {

/// Also for a call that this user was never called into: an id that exists says no more than one that does not.
Error no_such_call() { return fail(Errc::not_found, "there is no such call, or it has ended"); }
Error too_many_people() { return fail(Errc::too_large, "too many people in one call"); }
Error not_in_it() { return fail(Errc::conflict, "this device is not in the call"); }

/// A server that is drained is back no sooner.
constexpr Duration back_after_drain = std::chrono::seconds{1};

}  // namespace

Result<Reply> Calls::on(const Accept& command, const UserId& user, Time now, Actions& out) {
  Call* call = live(command.call);
  if (!call) return no_such_call();
  const Person* person = call->person(user);
  if (!person) return no_such_call();
  const bool again = person->seated_on(command.device) && person->record.role != Role::caller;
  if (person->ringing() || again) return enter(*call, user, command.device, now, out);
  return fail(Errc::conflict,
              person->seated() ? "another device of yours is in this call" : "this call has stopped ringing");
}

Result<Reply> Calls::on(const Decline& command, const UserId& user, Time now, Actions& out) {
  if (command.reason != EndReason::declined && command.reason != EndReason::busy) {
    return fail(Errc::bad_request, "a call is declined as declined or busy");
  }
  Call* call = live(command.call);
  if (!call) return no_such_call();
  const Person* person = call->person(user);
  if (!person) return no_such_call();
  if (!person->ringing()) return fail(Errc::conflict, "this call does not ring");
  const Reply answer = reply_of(*call);
  call->decline(user, command.device, command.reason, now, out);
  file(*call, out);
  return answer;
}

Result<Reply> Calls::on(const End& command, const UserId& user, Time now, Actions& out) {
  Call* call = live(command.call);
  if (!call) return no_such_call();
  const Person* person = call->person(user);
  const Reply answer = reply_of(*call);
  if (command.everyone) {
    const bool caller = person == &call->caller();
    if (!person && !command.moderator) return no_such_call();
    if (!caller && !command.moderator)
      return fail(Errc::forbidden, "only the caller or a moderator ends a call for everyone");
    call->end(caller ? EndReason::hangup : EndReason::removed, now, out);
    file(*call, out);
    return answer;
  }
  if (!person) return no_such_call();
  if (!person->ringing()) return leave(*call, user, command.device, now, out);
  call->decline(user, command.device, EndReason::declined, now, out);
  file(*call, out);
  return answer;
}

Result<Reply> Calls::on(const Invite& command, const UserId& user, Time now, Actions& out) {
  Call* call = live(command.call);
  if (!call) return no_such_call();
  if (!call->person(user)) return no_such_call();
  if (!call->seated_on(command.device)) return not_in_it();
  auto callees = checked_callees(command.callees, user);
  if (!callees) return callees.error();
  const auto ring_for = checked_ring(command.ring);
  if (!ring_for) return ring_for.error();
  const auto strangers = std::ranges::count_if(*callees, [&](const UserId& callee) { return !call->person(callee); });
  if (call->people().size() + static_cast<std::size_t>(strangers) > config_.people_max) return too_many_people();
  std::erase_if(*callees, [&](const UserId& callee) {
    const Person* person = call->person(callee);
    return person && !std::holds_alternative<Out>(person->place);  // rings already, or is here
  });
  if (const auto allowed = may_ring(user, *callees, nullptr, now); !allowed) return allowed.error();
  const Role role = call->state() == State::ringing ? Role::callee : Role::invited;
  ring(*call, *callees, presence_.party(user), role, now + *ring_for, now, out);
  file(*call, out);
  return reply_of(*call);
}

Result<Reply> Calls::on(const Join& command, const UserId& user, Time now, Actions& out) {
  Call* call = live(command.call);
  if (!call) return no_such_call();
  if (!call->person(user)) return no_such_call();
  return enter(*call, user, command.device, now, out);
}

Result<Reply> Calls::on(const Leave& command, const UserId& user, Time now, Actions& out) {
  Call* call = live(command.call);
  if (!call) return no_such_call();
  if (!call->person(user)) return no_such_call();
  return leave(*call, user, command.device, now, out);
}

// ---- Steps they share --------------------------------------------------------------------------------------------

Result<std::vector<UserId>> Calls::checked_callees(const std::vector<UserId>& callees, const UserId& user) const {
  std::vector<UserId> distinct;
  for (const UserId& callee : callees) {
    if (callee.empty()) return fail(Errc::bad_request, "a callee has no name");
    if (callee == user) return fail(Errc::bad_request, "you cannot call yourself");
    if (std::ranges::find(distinct, callee) == distinct.end()) distinct.push_back(callee);
    if (distinct.size() >= config_.people_max) return too_many_people();
  }
  if (distinct.empty()) return fail(Errc::bad_request, "nobody is called");
  return distinct;
}

Result<Duration> Calls::checked_ring(const std::optional<Duration>& ring) const {
  const Duration time = ring.value_or(config_.ring);
  if (time < std::chrono::seconds{1} || time > config_.ring_max) {
    return fail(Errc::bad_request, "ringing takes from one second to the longest time allowed");
  }
  return time;
}

std::optional<Time> Calls::may_ring_him_from(const UserId& user, const UserId& callee, const Call* again) const {
  std::vector<Time> ends;
  for (const CallId& id : calls_of(callee)) {
    const Call* call = find(id);
    const Ringing* ringing = call->person(callee)->ringing();
    if (call != again && ringing && ringing->by.user == user) ends.push_back(ringing->until);
  }
  if (ends.size() < config_.limits.rings_at_once_pair) return std::nullopt;
  std::ranges::sort(ends);
  return ends[ends.size() - config_.limits.rings_at_once_pair];
}

Result<> Calls::may_ring(const UserId& user, const std::vector<UserId>& callees, const Call* again, Time now) {
  if (draining_until_) {
    return fail(Errc::unavailable, "the server is about to stop and takes no new calls",
                std::max(back_after_drain, *draining_until_ - now));
  }
  if (config_.limits.rings_per_minute_user > 0 && callees.size() > config_.limits.rings_per_minute_user)
    return fail(Errc::too_large, "more callees than anybody may ring in a minute");
  for (const UserId& callee : callees) {
    if (config_.limits.rings_at_once_pair == 0) break;
    if (const auto from = may_ring_him_from(user, callee, again)) {
      ++refusals_.rings_at_once_pair;
      return fail(Errc::rate_limited, "you let the same person ring in too many calls at once", *from - now);
    }
  }
  const auto refusal = ring_limits_.take(user, callees, now);
  if (!refusal) return {};
  const bool all = refusal->limit == Limit::rings_per_minute_user;
  ++(all ? refusals_.rings_per_minute_user : refusals_.rings_per_minute_pair);
  return fail(Errc::rate_limited, all ? "you ring too many people" : "you ring the same person too often",
              refusal->retry_after);
}

/// Who does not want to hear it is, for everybody else, like somebody who is not here: also busy he is not, and his
/// name is not known.
void Calls::ring(Call& call, const std::vector<UserId>& callees, const Party& by, Role role, Time until, Time now,
                 Actions& out) {
  for (const UserId& callee : callees) {
    const bool heard = muting_.of(callee, by.user) == Mute::none;
    call.admit(heard ? presence_.party(callee) : Party{callee, {}}, role);
  }
  for (const UserId& callee : callees) {
    const Mute mute = muting_.of(callee, by.user);
    if (mute != Mute::none) {
      call.ring(callee, {}, by, until, mute, now, out);
    } else if (!config_.call_waiting && talks(callee)) {
      call.refuse_busy(callee, out);
    } else {
      call.ring(callee, presence_.devices_of(callee), by, until, mute, now, out);
    }
  }
}

Result<Reply> Calls::enter(Call& call, const UserId& user, const DeviceId& device, Time now, Actions& out) {
  if (!call.seated_on(device) && seats_of(device).size() >= config_.calls_per_device_max) {
    return fail(Errc::conflict, "this device is in too many calls");
  }
  if (!call.person(user) && call.people().size() >= config_.people_max) {
    return too_many_people();
  }
  call.enter(presence_.party(user), device, now, out);
  file(call, out);
  return reply_of(call);
}

Result<Reply> Calls::leave(Call& call, const UserId& user, const DeviceId& device, Time now, Actions& out) {
  if (!call.seated_on(device)) return not_in_it();
  const Reply answer = reply_of(call);
  call.leave(user, EndReason::hangup, now, out);
  file(call, out);
  return answer;
}

}  // namespace carillon::call
