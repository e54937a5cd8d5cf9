// Calls that outlive the process: given out as values when they change, and taken back by the next process.
#include <algorithm>
#include <utility>

#include "call/calls.hpp"

namespace carillon::call {
namespace {

/// More than a call can have said after it was saved: being told of a device or of push changes `rev`, and is not
/// saved. Clients take what has a larger `rev` for newer.
constexpr std::uint64_t rev_ahead = 1'000'000;

template <class T>
bool has_twice(std::vector<T> values) {
  std::ranges::sort(values);
  return std::ranges::adjacent_find(values) != values.end();
}

/// Why this cannot be a call; nullptr: it can.
const char* wrong_with(const Call::Saved& saved) {
  if (saved.people.empty()) return "nobody is in it";
  std::vector<UserId> users;
  std::vector<DeviceId> devices;
  std::size_t seats = 0;
  for (const Person& person : saved.people) {
    users.push_back(person.user());
    if ((person.record.role == Role::caller) != (&person == &saved.people.front()))
      return "its caller is not the first";
    if (const Seated* seat = person.seated()) {
      ++seats;
      devices.push_back(seat->device);
      if (!person.record.joined_at) return "somebody sits who has not joined";
    }
    if (const Ringing* ringing = person.ringing()) {
      if (!person.record.rang_at || ringing->until > saved.ring_until) return "somebody rings longer than the call";
      if (ringing->mute != Mute::none && !ringing->phones.empty()) return "somebody rings who is not to hear it";
      for (const Phone& phone : ringing->phones) devices.push_back(phone.device);
    }
  }
  if (has_twice(users)) return "a person is in it twice";
  if (has_twice(devices)) return "a device is in it twice";
  const bool caller_alone = saved.people.front().seated() && seats == 1;
  if (!saved.answered_at && !caller_alone) return "before an answer only the caller sits";
  return nullptr;
}

template <class Visit>
void each_time(Call::Saved& saved, const Visit& visit) {
  const auto visit_if = [&](std::optional<Time>& time) {
    if (time) visit(*time);
  };
  visit(saved.started_at);
  visit_if(saved.answered_at);
  for (Person& person : saved.people) {
    visit_if(person.record.rang_at);
    visit_if(person.record.joined_at);
    visit_if(person.record.left_at);
    if (auto* seat = std::get_if<Seated>(&person.place)) visit(seat->since);
  }
}

/// Another run of the machine may have its clock set back: what the call has behind it moves back until nothing of it
/// is still to come, and what it has before it with that, so that nobody rings for longer than he was to.
void move_back(Call::Saved& saved, Time now) {
  Duration set_back{0};
  each_time(saved, [&](const Time& time) { set_back = std::max(set_back, time - now); });
  each_time(saved, [&](Time& time) { time -= set_back; });
  saved.ring_until -= set_back;
  for (Person& person : saved.people) {
    if (auto* ringing = std::get_if<Ringing>(&person.place)) ringing->until -= set_back;
  }
}

}  // namespace

Call::Saved Call::save() const {
  return {.terms = terms_,
          .started_at = started_at_,
          .answered_at = answered_at_,
          .ring_until = ring_until_,
          .rev = rev_,
          .people = people_};
}

Call::Call(Saved saved)
    : terms_{std::move(saved.terms)},
      started_at_{saved.started_at},
      answered_at_{saved.answered_at},
      ring_until_{saved.ring_until},
      rev_{saved.rev + rev_ahead},
      people_{std::move(saved.people)} {
  for (Person& person : people_) {
    if (auto* seat = std::get_if<Seated>(&person.place)) seat->away = true;
    if (auto* ringing = std::get_if<Ringing>(&person.place)) {
      for (Phone& phone : ringing->phones) phone.away = true;
    }
  }
}

Result<Call> Call::restore(Saved saved) {
  if (const char* wrong = wrong_with(saved))
    return fail(Errc::bad_request, "the call " + saved.terms.id.str() + " cannot be: " + wrong);
  Call call{std::move(saved)};
  if (!call.held()) return fail(Errc::bad_request, "the call " + call.id().str() + " cannot be: nobody holds it");
  return call;
}

void Call::tell_where_it_stands(Actions& out) const {
  out.emplace_back(OpenRoom{id(), room()});
  for (const Person& person : people_) {
    if (const Ringing* ringing = person.ringing())
      out.emplace_back(Reach{id(), person.user(), invitation(*ringing), ringing->mute != Mute::none});
  }
}

std::vector<CallId> Calls::take_changed() {
  const std::set<CallId> changed = std::exchange(changed_, {});
  return {changed.begin(), changed.end()};
}

Actions Calls::restore(const std::vector<SavedDevice>& devices, std::vector<Call::Saved> calls, Time now,
                       std::vector<Error>& wrong) {
  Actions out;
  const Time until = now + std::max(config_.grace, config_.restored_grace);
  for (const SavedDevice& device : devices) {
    presence_.connect(device.device, device.user, device.name);
    presence_.lose(device.device, until);
  }
  for (Call::Saved& saved : calls) {
    // A device that is not known any more rings nowhere; a seat of such a one is given up below.
    std::vector<std::pair<UserId, DeviceId>> unknown;
    for (Person& person : saved.people) {
      const auto is_unknown = [&](const DeviceId& id) {
        const Presence::Device* device = presence_.find(id);
        return !device || device->user != person.user();
      };
      if (auto* ringing = std::get_if<Ringing>(&person.place))
        std::erase_if(ringing->phones, [&](const Phone& phone) { return is_unknown(phone.device); });
      if (const Seated* seat = person.seated(); seat && is_unknown(seat->device))
        unknown.emplace_back(person.user(), seat->device);
    }
    move_back(saved, now);
    Result<Call> restored = Call::restore(std::move(saved));
    if (restored && (calls_.contains(restored->id()) || by_room_.contains(restored->room())))
      restored =
          fail(Errc::conflict, "the call " + restored->id().str() + " is there already, or its room has another");
    if (!restored) {
      wrong.push_back(restored.error());
      continue;
    }
    const CallId id = restored->id();
    Call& call = calls_.emplace(id, Live{std::move(*restored)}).first->second.call;
    by_room_.emplace(call.room(), id);
    call.tell_where_it_stands(out);
    file(call, out);
    for (const auto& [user, device] : unknown) {
      if (call.over()) break;
      call.device_gone(user, device, EndReason::disconnected, now, out);
    }
    if (!unknown.empty()) file(call, out);
  }
  catch_up(now, out);
  deliver(out);
  return out;
}

}  // namespace carillon::call
