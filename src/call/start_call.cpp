// start-call: mostly a new call. But people who press "call" at the same time, in the same room, or again because they
// never heard of an end, mean a call that is on; this file finds out which.
#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "call/calls.hpp"

namespace carillon::call {
namespace {

/// Nobody knows when a call will end; a short one lasts a few seconds.
constexpr Duration room_may_be_free_after = std::chrono::seconds{5};

/// A start-call that leads into a call that is on is an answer or a join, and needs the same grants.
Result<> may_enter(const StartCall& command, const UserId& user, const Call& call) {
  if (call.seated_on(command.device)) return {};  // where he is
  if (!command.accept) return fail(Errc::forbidden, "a call is on, and the token does not grant to answer or join it");
  if (!command.to || call.person(user)) return {};
  const bool all = std::ranges::all_of(call.people(), [&](const Person& person) {
    return !person.seated() || std::ranges::find(*command.to, person.user()) != command.to->end();
  });
  if (all) return {};
  return fail(Errc::forbidden, "a call is on in this room, and the token does not grant calls to all who are in it");
}

}  // namespace

Result<Reply> Calls::on(const StartCall& command, const UserId& user, Time now, Actions& out) {
  const auto callees = checked_callees(command.callees, user);
  if (!callees) return callees.error();
  const auto ring_for = checked_ring(command.ring);
  if (!ring_for) return ring_for.error();
  if (command.metadata && command.metadata->size() > config_.metadata_bytes_max) {
    return fail(Errc::too_large, "metadata is larger than allowed");
  }
  if (Call* call = in_room(command.room)) {
    if (!call->person(user) && !config_.open_rooms)
      return fail(Errc::forbidden, "a call is on in this room, and you were not called");
    if (const auto allowed = may_enter(command, user, *call); !allowed) return allowed.error();
    return enter(*call, user, command.device, now, out);
  }
  Call* again = recalled(user, command.device, *callees);
  if (again && again->state() == State::active && !again->pair()) return reply_of(*again);  // a group is still there
  if (!again && callees->size() == 1) {
    if (Call* shared = shared_with(user, callees->front())) {
      if (const auto allowed = may_enter(command, user, *shared); !allowed) return allowed.error();
      const bool glare = shared->person(user)->ringing();
      auto reply = enter(*shared, user, command.device, now, out);
      if (glare && reply) shared->met(command.device, callees->front(), out);
      return reply;
    }
  }
  if (const auto allowed = may_begin(command, user, *callees, again, now); !allowed) return allowed.error();
  if (again) {
    again->leave(user, EndReason::hangup, now, out);
    file(*again, out);
  }
  return begin(command, user, *callees, now + *ring_for, now, out);
}

Call* Calls::in_room(const std::optional<RoomId>& room) {
  if (!room) return nullptr;
  const auto found = by_room_.find(*room);
  return found == by_room_.end() ? nullptr : live(found->second);
}

/// Recall: this device sits in a call with just these people and starts it again. The end of the old one, which its
/// user has seen or wanted, was lost.
Call* Calls::recalled(const UserId& user, const DeviceId& device, const std::vector<UserId>& callees) {
  for (const CallId& id : seats_of(device)) {
    Call* call = live(id);
    const bool same = call->people().size() == callees.size() + 1 &&
                      std::ranges::all_of(callees, [&](const UserId& callee) { return call->person(callee); });
    if (same && call->person(user)) return call;
  }
  return nullptr;
}

/// Glare: whom I call rings me. Or we talk already, I with another device: then this one takes over.
/// There is one order of things in one server, so the call that was first is the one that stays.
Call* Calls::shared_with(const UserId& user, const UserId& callee) {
  for (const CallId& id : calls_of(user)) {
    Call* call = live(id);
    const Person* other = call->person(callee);
    if (!other) continue;
    const Person* me = call->person(user);
    if (me->ringing() && me->ringing()->by.user == callee && other->seated()) return call;
    if (me->seated() && call->pair() && !std::holds_alternative<Out>(other->place)) return call;
  }
  return nullptr;
}

Result<> Calls::may_begin(const StartCall& command, const UserId& user, const std::vector<UserId>& callees,
                          const Call* again, Time now) {
  const std::vector<CallId> seats = seats_of(command.device);
  if (seats.size() - (again ? 1 : 0) >= config_.calls_per_device_max)
    return fail(Errc::conflict, "this device is in too many calls");
  if (command.calls_max) {
    const std::vector<CallId> mine = calls_of(user);
    const auto going = std::ranges::count_if(mine, [&](const CallId& id) {
      const Call* call = find(id);
      return call != again && call->caller().user() == user;
    });
    if (static_cast<std::size_t>(going) >= *command.calls_max)
      return fail(Errc::forbidden, "the token grants no more calls at once");
  }
  if (config_.limits.rooms_per_key > 0) {
    const auto going = std::ranges::count_if(calls_, [&](const auto& entry) {
      const Call& call = entry.second.call;
      return &call != again && call.key() == command.key;
    });
    if (static_cast<std::size_t>(going) >= config_.limits.rooms_per_key) {
      ++refusals_.rooms_per_key;
      return fail(Errc::rate_limited, "as many calls are on as the key of this token may have", room_may_be_free_after);
    }
  }
  return may_ring(user, callees, again, now);
}

Result<Reply> Calls::begin(const StartCall& command, const UserId& user, const std::vector<UserId>& callees, Time until,
                           Time now, Actions& out) {
  check(!calls_.contains(command.new_call), "the id of a new call is new");
  const Party caller = presence_.party(user);
  const RoomId room = command.room.value_or(command.new_room);
  Call& call =
      calls_
          .emplace(
              command.new_call,
              Live{Call{
                  {command.new_call, room, command.media, command.metadata, command.key}, caller, command.device, now}})
          .first->second.call;
  by_room_.emplace(room, call.id());
  out.emplace_back(OpenRoom{call.id(), room});
  ring(call, callees, caller, Role::callee, until, now, out);
  const Reply reply{call.id(), room, until};
  call.settle(EndReason::busy, now, out);
  file(call, out);
  return reply;
}

}  // namespace carillon::call
