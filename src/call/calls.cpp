// The registry: what spans calls, but for the commands (commands.cpp, start_call.cpp).
#include "call/calls.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"

namespace carillon::call {

Calls::Calls(Config config)
    : config_{config},
      requests_{config_.requests_kept, config_.requests_per_device_max, config_.requests_per_user_max},
      ring_limits_{config_.limits} {}

// ---- Events in, actions out --------------------------------------------------------------------------------------

Actions Calls::handle(const Event& event, Time now) {
  Actions out;
  catch_up(now, out);
  std::visit([&](const auto& what) { on(what, now, out); }, event);
  deliver(out);
  return out;
}

Outcome Calls::handle(const Command& command, Time now) {
  Actions out;
  catch_up(now, out);
  Result<Reply> reply = std::visit([&](const auto& what) { return answer(what, command.index(), now, out); }, command);
  deliver(out);
  return {std::move(reply), std::move(out)};
}

template <class Command>
Result<Reply> Calls::answer(const Command& command, std::size_t method, Time now, Actions& out) {
  if (!presence_.connected(command.device)) return fail(Errc::not_found, "this device is not connected");
  const UserId user = presence_.find(command.device)->user;
  if (!command.request) return on(command, user, now, out);
  const Requests::Key key{command.device, user, method, *command.request};
  if (const Result<Reply>* answered = requests_.find(key)) return *answered;
  Result<Reply> reply = on(command, user, now, out);
  // Who was told to come back later may do so with the same request.
  if (reply || !reply.error().retry_after) requests_.remember(key, reply, now);
  return reply;
}

Actions Calls::tick(Time now) {
  Actions out;
  catch_up(now, out);
  deliver(out);
  return out;
}

std::optional<Time> Calls::deadline() const {
  std::optional<Time> first = requests_.deadline();
  const auto earlier = [&](Time time) { first = first ? std::min(*first, time) : time; };
  if (!due_.empty()) earlier(due_.begin()->first);
  if (const auto lost = presence_.next_lost()) earlier(lost->first);
  return first;
}

Actions Calls::end_all(EndReason why, Time now) {
  Actions out;
  catch_up(now, out);
  std::vector<CallId> all;
  for (const auto& [id, live] : calls_) all.push_back(id);
  std::ranges::sort(all);
  for (const CallId& id : all) {
    Call& call = *live(id);
    call.end(why, now, out);
    file(call, out);
  }
  deliver(out);
  return out;
}

void Calls::catch_up(Time now, Actions& out) {
  for (;;) {
    const auto lost = presence_.next_lost();
    const bool grace_first = lost && (due_.empty() || lost->first < due_.begin()->first);
    if (grace_first && lost->first <= now) {
      gone(lost->second, EndReason::disconnected, lost->first, out);
      deliver(out);
      presence_.forget(lost->second);
      out.emplace_back(ForgetDevice{lost->second});
    } else if (!grace_first && !due_.empty() && due_.begin()->first <= now) {
      const Time due = due_.begin()->first;
      Call& call = *live(due_.begin()->second);
      call.tick(due, out);
      file(call, out);
    } else {
      break;
    }
  }
  requests_.expire(now);
}

void Calls::deliver(Actions& out) {
  std::erase_if(out, [&](const Action& action) {
    const Tell* tell = std::get_if<Tell>(&action);
    if (!tell || presence_.connected(tell->device)) return false;
    if (std::holds_alternative<EndCall>(tell->message)) presence_.miss(*tell);
    return true;
  });
}

void Calls::file(const Call& call, Actions& out) {
  changed_.insert(call.id());
  const auto found = calls_.find(call.id());
  Live& live = found->second;
  const std::optional<Time> due = call.over() ? std::nullopt : call.deadline();
  if (live.due != due) {
    if (live.due) due_.erase({*live.due, call.id()});
    if (due) due_.insert({*due, call.id()});
    live.due = due;
  }
  if (!call.over()) {
    for (const Person& person : call.people()) by_user_[person.user()].insert(call.id());
    return;
  }
  out.emplace_back(CloseRoom{call.id(), call.room()});
  out.emplace_back(WriteRecord{call.record()});
  for (const Person& person : call.people()) {
    const auto user = by_user_.find(person.user());
    if (user == by_user_.end()) continue;
    user->second.erase(call.id());
    if (user->second.empty()) by_user_.erase(user);
  }
  by_room_.erase(call.room());
  calls_.erase(found);
}

// ---- The life of devices -----------------------------------------------------------------------------------------

void Calls::on(const DeviceConnected& event, Time now, Actions& out) {
  if (presence_.find(event.device)) {
    gone(event.device, EndReason::disconnected, now, out);
    presence_.forget(event.device);
    deliver(out);  // the new session knows nothing of those calls
  }
  presence_.connect(event.device, event.user, event.name);
  arrived(event.user, event.device, out);
}

void Calls::on(const DeviceResumed& event, Time, Actions& out) {
  const Presence::Device* device = presence_.find(event.device);
  if (!device) return;
  presence_.resume(event.device);
  for (Tell& tell : presence_.take_missed(event.device)) out.emplace_back(std::move(tell));
  arrived(device->user, event.device, out);
}

void Calls::arrived(const UserId& user, const DeviceId& device, Actions& out) {
  std::set<CallId> shown;
  for (const CallSnapshot& call : snapshot(user, device)) shown.insert(call.call);
  for (const CallId& id : calls_of(user)) live(id)->device_here(user, device, shown.contains(id), out);
}

void Calls::on(const DeviceLost& event, Time now, Actions& out) {
  if (!presence_.connected(event.device)) return;
  const UserId user = presence_.find(event.device)->user;
  const Duration grace = event.sent_away ? std::max(config_.grace, config_.restored_grace) : config_.grace;
  presence_.lose(event.device, now + grace);
  if (grace <= Duration::zero()) return catch_up(now, out);
  for (const CallId& id : calls_of(user)) live(id)->device_away(user, event.device, out);
}

void Calls::on(const DeviceClosed& event, Time now, Actions& out) {
  if (!presence_.find(event.device)) return;
  gone(event.device, EndReason::hangup, now, out);
  presence_.forget(event.device);
}

void Calls::gone(const DeviceId& device, EndReason why, Time now, Actions& out) {
  const UserId user = presence_.find(device)->user;
  for (const CallId& id : calls_of(user)) {
    Call& call = *live(id);
    call.device_gone(user, device, why, now, out);
    file(call, out);
  }
}

// ---- News from push and media ------------------------------------------------------------------------------------

void Calls::on(const Reached& event, Time, Actions& out) {
  if (Call* call = live(event.call)) call->reached(event.user, event.devices, event.state, out);
}

void Calls::on(const DeclinedByPush& event, Time now, Actions& out) {
  Call* call = live(event.call);
  const Person* person = call ? call->person(event.user) : nullptr;
  if (!person || !person->ringing()) return;
  call->decline(event.user, event.device, EndReason::declined, now, out);
  file(*call, out);
}

// ---- Who does not want to hear whom ------------------------------------------------------------------------------

void Calls::on(const BlockChanged& event, Time, Actions&) {
  if (event.on) {
    muting_.block(event.user, event.whom);
  } else {
    muting_.unblock(event.user, event.whom);
  }
}

void Calls::on(const DoNotDisturbChanged& event, Time, Actions&) { muting_.set_do_not_disturb(event.user, event.on); }

void Calls::on(const RoomFailed& event, Time now, Actions& out) {
  Call* call = live(event.call);
  if (!call) return;
  call->end(EndReason::failed, now, out);
  file(*call, out);
}

// ---- Questions ---------------------------------------------------------------------------------------------------

const Call* Calls::find(const CallId& call) const {
  const auto found = calls_.find(call);
  return found == calls_.end() ? nullptr : &found->second.call;
}

Call* Calls::live(const CallId& call) {
  const auto found = calls_.find(call);
  return found == calls_.end() ? nullptr : &found->second.call;
}

std::vector<CallId> Calls::calls_of(const UserId& user) const {
  const auto found = by_user_.find(user);
  if (found == by_user_.end()) return {};
  return {found->second.begin(), found->second.end()};
}

std::vector<CallId> Calls::seats_of(const DeviceId& device) const {
  const Presence::Device* known = presence_.find(device);
  if (!known) return {};
  std::vector<CallId> seats = calls_of(known->user);
  std::erase_if(seats, [&](const CallId& id) { return !find(id)->seated_on(device); });
  return seats;
}

bool Calls::talks(const UserId& user) const {
  return std::ranges::any_of(calls_of(user),
                             [&](const CallId& id) { return find(id)->person(user)->seated() != nullptr; });
}

bool Calls::may_join_room(const DeviceId& device, const CallId& call) const {
  const Call* found = find(call);
  return found && found->seated_on(device);
}

std::optional<CallId> Calls::only_call_of(const DeviceId& device) const {
  const std::vector<CallId> seats = seats_of(device);
  if (seats.size() != 1) return std::nullopt;
  return seats.front();
}

Counts Calls::counts() const {
  return {presence_.users().size(), presence_.device_count(), calls_.size(), requests_.size()};
}

// ---- What must hold ----------------------------------------------------------------------------------------------

void Calls::check_invariants() const {
  presence_.check_invariants();
  std::size_t due = 0;
  std::size_t listed = 0;
  for (const auto& [id, live] : calls_) {
    live.call.check_invariants();
    check(live.call.id() == id && !live.call.over(), "only calls that are on are kept");
    check(live.due == live.call.deadline(), "a call is filed under its deadline");
    if (live.due) check(due_.contains({*live.due, id}), "a deadline is kept");
    due += live.due ? 1 : 0;
    check(by_room_.contains(live.call.room()) && by_room_.at(live.call.room()) == id, "a room has one call");
    for (const Person& person : live.call.people()) {
      ++listed;
      check(by_user_.contains(person.user()) && by_user_.at(person.user()).contains(id), "a person's calls are known");
      if (const Seated* seat = person.seated()) {
        const Presence::Device* device = presence_.find(seat->device);
        check(device && device->user == person.user(), "a seat is held by a device of its user");
        check(seat->away == device->lost_until.has_value(), "a seat is in grace while its device is");
      }
      if (const Ringing* ringing = person.ringing()) {
        std::vector<DeviceId> here;
        for (const Phone& phone : ringing->phones) {
          if (!phone.away) here.push_back(phone.device);
          check(presence_.find(phone.device) != nullptr, "only known devices ring");
        }
        std::ranges::sort(here);
        check(ringing->mute != Mute::none || here == presence_.devices_of(person.user()),
              "every connected device of who is called rings, or is known to be silent");
      }
    }
  }
  std::size_t indexed = 0;
  for (const auto& [user, calls] : by_user_) {
    indexed += calls.size();
    if (calls.size() <= config_.shown_calls_max) continue;
    for (const DeviceId& device : presence_.devices_of(user)) check_snapshot(user, device);
  }
  check(due == due_.size() && listed == indexed && by_room_.size() == calls_.size(), "no index outlives its call");
}

void Calls::check_snapshot(const UserId& user, const DeviceId& device) const {
  const std::vector<CallSnapshot> shown = snapshot(user, device);
  const auto seats = static_cast<std::size_t>(std::ranges::count(shown, YourState::joined, &CallSnapshot::your_state));
  std::size_t bytes = 0;
  for (const CallSnapshot& call : shown) bytes += bytes_of(call);
  check(seats == seats_of(device).size(), "a device is shown each of its seats");
  check(shown.size() <= std::max(seats, config_.shown_calls_max), "no device is shown too many calls");
  check(shown.size() == seats || bytes <= config_.shown_bytes_max, "what others can do makes no welcome too large");
}

}  // namespace carillon::call
