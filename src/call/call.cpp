#include "call/call.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"

namespace carillon::call {
namespace {

Phone* phone_of(Ringing& ringing, const DeviceId& device) {
  const auto found = std::ranges::find(ringing.phones, device, &Phone::device);
  return found == ringing.phones.end() ? nullptr : &*found;
}

std::size_t phones_here(const Ringing& ringing) {
  return static_cast<std::size_t>(
      std::ranges::count_if(ringing.phones, [](const Phone& phone) { return !phone.away && !phone.silent; }));
}

}  // namespace

Call::Call(Terms terms, const Party& caller, const DeviceId& device, Time now)
    : terms_{std::move(terms)}, started_at_{now}, ring_until_{now} {
  admit(caller, Role::caller);
  Person& person = people_.front();
  person.record.joined_at = now;
  person.place = Seated{device, now};
}

// ---- What it is ------------------------------------------------------------------------------------------------

const Person* Call::person(const UserId& user) const {
  const auto found = std::ranges::find(people_, user, &Person::user);
  return found == people_.end() ? nullptr : &*found;
}

Person* Call::find(const UserId& user) { return const_cast<Person*>(std::as_const(*this).person(user)); }

const Person* Call::seated_on(const DeviceId& device) const {
  const auto found = std::ranges::find_if(people_, [&](const Person& person) { return person.seated_on(device); });
  return found == people_.end() ? nullptr : &*found;
}

std::optional<Time> Call::deadline() const {
  std::optional<Time> first;
  for (const Person& person : people_) {
    const Ringing* ringing = person.ringing();
    if (ringing && (!first || ringing->until < *first)) first = ringing->until;
  }
  return first;
}

bool Call::pair() const {
  return std::ranges::count_if(people_, [](const Person& person) {
           return person.record.role != Role::invited || person.record.joined_at;
         }) <= 2;
}

/// What keeps a call alive. Unanswered, that somebody rings for the caller. Then two in it, or one with somebody to
/// wait for; and since to a group people come back, one is enough there.
bool Call::held() const {
  const auto seated = std::ranges::count_if(people_, [](const Person& person) { return person.seated() != nullptr; });
  const auto ringing = std::ranges::count_if(people_, [](const Person& person) { return person.ringing() != nullptr; });
  switch (state()) {
    case State::ringing: return seated > 0 && ringing > 0;
    case State::active: return seated > 1 || (seated == 1 && (ringing > 0 || !pair()));
  }
  return false;
}

CallSnapshot Call::snapshot(const UserId& user, const DeviceId& device) const {
  CallSnapshot view{.call = id(),
                    .room = room(),
                    .state = state(),
                    .media = media(),
                    .caller = {},
                    .callees = {},
                    .participants = {},
                    .ring_until = {},
                    .rev = rev_,
                    .metadata = metadata(),
                    .your_state = YourState::out};
  view.caller = Party{caller().user(), caller().record.name};
  for (const Person& person : people_) {
    if (person.record.role != Role::caller) view.callees.push_back(person.user());
    if (const Seated* seat = person.seated()) {
      view.participants.push_back({person.user(), person.record.name, seat->device, seat->away});
    }
    if (const Ringing* ringing = person.ringing())
      view.ring_until = std::max(view.ring_until, std::optional{ringing->until});
  }
  if (const Person* you = person(user)) {
    if (you->seated()) view.your_state = you->seated_on(device) ? YourState::joined : YourState::joined_elsewhere;
    if (const Ringing* ringing = you->ringing(); ringing && ringing->mute == Mute::none) {
      view.your_state = YourState::ringing;
      view.caller = ringing->by;
      view.ring_until = ringing->until;
    }
  }
  return view;
}

bool Call::hidden_from(const UserId& user) const {
  const Person* you = person(user);
  if (!you || you->record.joined_at) return false;
  const bool unheard = you->ringing() && you->ringing()->mute != Mute::none;
  return unheard || you->record.mute == Mute::blocked;
}

CallRecord Call::record() const {
  check(over(), "only a call that is over has a record");
  CallRecord record{.call = id(),
                    .room = room(),
                    .media = media(),
                    .started_at = started_at_,
                    .answered_at = answered_at_,
                    .ended_at = ended_->at,
                    .reason = ended_->reason,
                    .people = {},
                    .metadata = metadata()};
  for (const Person& person : people_) record.people.push_back(person.record);
  return record;
}

// ---- Telling ---------------------------------------------------------------------------------------------------

void Call::tell(const DeviceId& device, Message message, Actions& out) {
  out.emplace_back(Tell{device, id(), ++rev_, std::move(message)});
}

void Call::tell_seated(const Message& message, const Person& except, Actions& out) {
  for (const Person& person : people_) {
    if (person.seated() && &person != &except) tell(person.seated()->device, message, out);
  }
}

/// To whoever rings him: on how many devices.
void Call::tell_devices(const Person& person, Actions& out) {
  const Ringing& ringing = *person.ringing();
  const Person* by = this->person(ringing.by.user);
  if (!by || !by->seated()) return;
  const std::size_t devices = phones_here(ringing);
  const Reachability state = devices > 0 ? Reachability::ringing : Reachability::reaching;
  tell(by->seated()->device, CallRinging{person.user(), devices, Via::socket, state}, out);
}

CallStarted Call::invitation(const Ringing& ringing) const {
  CallStarted started{room(), ringing.by, {}, media(), ringing.until, metadata()};
  for (const Person& person : people_) {
    if (person.record.role != Role::caller) started.callees.push_back(person.user());
  }
  return started;
}

// ---- Ringing ---------------------------------------------------------------------------------------------------

void Call::admit(const Party& who, Role role) {
  Person* person = find(who.user);
  if (!person) {
    person = &people_.emplace_back();
    person->record.user = who.user;
    person->record.role = role;
  }
  if (!who.name.empty()) person->record.name = who.name;
}

void Call::ring(const UserId& user, const std::vector<DeviceId>& devices, const Party& by, Time until, Mute mute,
                Time now, Actions& out) {
  Person& person = *find(user);
  check(std::holds_alternative<Out>(person.place), "only who is out of a call can be rung into it");
  person.record.mute = person.record.rang_at ? std::min(person.record.mute, mute) : mute;
  person.record.rang_at = now;
  ring_until_ = std::max(ring_until_, until);
  Ringing& ringing = person.place.emplace<Ringing>(Ringing{by, until, {}, mute});
  out.emplace_back(Reach{id(), person.user(), invitation(ringing), mute != Mute::none});
  for (const DeviceId& device : devices) {
    ringing.phones.push_back({device});
    tell(device, invitation(ringing), out);
  }
  if (!devices.empty()) tell_devices(person, out);
}

void Call::refuse_busy(const UserId& user, Actions& out) {
  Person& person = *find(user);
  person.record.reason = EndReason::busy;
  tell_seated(CallDeclined{person.user(), EndReason::busy}, person, out);
}

void Call::reached(const UserId& user, std::size_t devices, Reachability state, Actions& out) {
  const Person* person = this->person(user);
  if (!person || !person->ringing()) return;
  const Person* by = this->person(person->ringing()->by.user);
  if (by && by->seated()) tell(by->seated()->device, CallRinging{user, devices, Via::push, state}, out);
}

/// His phones fall silent: `device`, where he decided, is told one reason, the others another. The caller of this gives
/// him a new place.
void Call::stop_ringing(const Person& person, const DeviceId& device, EndReason there, EndReason elsewhere,
                        Actions& out) {
  for (const Phone& phone : person.ringing()->phones) {
    if (phone.silent) continue;
    tell(phone.device, EndCall{phone.device == device ? there : elsewhere}, out);
  }
  out.emplace_back(StopReaching{id(), person.user(), elsewhere, device, there});
}

void Call::decline(const UserId& user, const DeviceId& device, EndReason reason, Time now, Actions& out) {
  Person& person = *find(user);
  stop_ringing(person, device, reason, EndReason::declined_elsewhere, out);
  person.place = Out{};
  person.record.reason = reason;
  tell_seated(CallDeclined{user, reason}, person, out);
  settle(reason, now, out);
}

void Call::tick(Time now, Actions& out) {
  std::vector<const Person*> silent;
  for (Person& person : people_) {
    if (!person.ringing() || person.ringing()->until > now) continue;
    stop_ringing(person, {}, EndReason::timeout, EndReason::timeout, out);
    person.place = Out{};
    person.record.reason = EndReason::timeout;
    silent.push_back(&person);
  }
  if (silent.empty()) return;
  settle(EndReason::timeout, now, out);
  if (over()) return;  // end-call says it all
  for (const Person* person : silent) tell_seated(CallDeclined{person->user(), EndReason::timeout}, *person, out);
}

// ---- Devices come and go ---------------------------------------------------------------------------------------

void Call::device_here(const UserId& user, const DeviceId& device, bool shown, Actions& out) {
  Person& person = *find(user);
  if (auto* seat = std::get_if<Seated>(&person.place); seat && seat->device == device && seat->away) {
    seat->away = false;
    tell_seated(ParticipantJoined{user, device}, person, out);
  }
  if (auto* ringing = std::get_if<Ringing>(&person.place); ringing && ringing->mute == Mute::none) {
    const std::size_t before = phones_here(*ringing);
    Phone* phone = phone_of(*ringing, device);
    if (!phone) phone = &ringing->phones.emplace_back(Phone{.device = device, .silent = true});
    const bool rang = !phone->silent;
    phone->away = false;
    phone->silent = !shown;
    if (shown) {
      tell(device, invitation(*ringing), out);
    } else if (rang) {
      tell(device, EndCall{EndReason::canceled}, out);
    }
    if (phones_here(*ringing) != before) tell_devices(person, out);
  }
}

void Call::device_away(const UserId& user, const DeviceId& device, Actions& out) {
  Person& person = *find(user);
  if (auto* seat = std::get_if<Seated>(&person.place); seat && seat->device == device && !seat->away) {
    seat->away = true;
    tell_seated(ParticipantReconnecting{user, device}, person, out);
  }
  if (auto* ringing = std::get_if<Ringing>(&person.place)) {
    Phone* phone = phone_of(*ringing, device);
    if (!phone || phone->away) return;
    phone->away = true;
    if (!phone->silent) tell_devices(person, out);
  }
}

void Call::device_gone(const UserId& user, const DeviceId& device, EndReason why, Time now, Actions& out) {
  Person& person = *find(user);
  if (auto* ringing = std::get_if<Ringing>(&person.place)) {
    const std::size_t before = phones_here(*ringing);
    std::erase_if(ringing->phones, [&](const Phone& phone) { return phone.device == device; });
    if (phones_here(*ringing) != before) tell_devices(person, out);
  } else if (person.seated_on(device)) {
    leave(user, why, now, out);
  }
}

// ---- In and out ------------------------------------------------------------------------------------------------

void Call::enter(const Party& who, const DeviceId& device, Time now, Actions& out) {
  admit(who, Role::invited);
  Person& person = *find(who.user);
  if (auto* seat = std::get_if<Seated>(&person.place)) {
    if (seat->device == device) return;
    const DeviceId before = std::exchange(seat->device, device);
    seat->away = false;
    tell_seated(ParticipantJoined{who.user, device}, person, out);
    tell_seated(ParticipantLeft{who.user, before, EndReason::answered_elsewhere}, person, out);
    tell(before, EndCall{EndReason::answered_elsewhere}, out);
    out.emplace_back(DropPeer{id(), before});
    return;
  }
  const bool answers = person.ringing() || !answered_at_;
  if (person.ringing()) {
    // The device that answers was ringing too, but hears its answer as the response.
    std::erase_if(std::get<Ringing>(person.place).phones, [&](const Phone& phone) { return phone.device == device; });
    stop_ringing(person, device, EndReason::answered_elsewhere, EndReason::answered_elsewhere, out);
  }
  person.place = Seated{device, now};
  if (!person.record.joined_at) person.record.joined_at = now;
  if (!answered_at_) answered_at_ = now;
  if (answers) tell_seated(CallAccepted{who.user}, person, out);
  tell_seated(ParticipantJoined{who.user, device}, person, out);
}

void Call::met(const DeviceId& device, const UserId& other, Actions& out) { tell(device, CallAccepted{other}, out); }

/// Takes his seat and tells him why. The caller of this tells the others.
void Call::vacate(Person& person, EndReason why, Time now, Actions& out) {
  const Seated seat = std::get<Seated>(person.place);
  person.place = Out{};
  person.record.reason = why;
  person.record.left_at = now;
  person.record.in_call += now - seat.since;
  tell(seat.device, EndCall{why}, out);
}

void Call::leave(const UserId& user, EndReason why, Time now, Actions& out) {
  if (!answered_at_ && why == EndReason::hangup) why = EndReason::canceled;
  Person& person = *find(user);
  const DeviceId device = person.seated()->device;
  vacate(person, why, now, out);
  settle(why, now, out);
  if (over()) return;
  out.emplace_back(DropPeer{id(), device});
  tell_seated(ParticipantLeft{user, device, why}, person, out);
}

void Call::settle(EndReason why, Time now, Actions& out) {
  if (!over() && !held()) end(why, now, out);
}

void Call::end(EndReason why, Time now, Actions& out) {
  check(!over(), "a call ends once");
  if (!answered_at_ && why == EndReason::hangup) why = EndReason::canceled;
  // Who still rings has hung up on nobody: for him the call was taken back.
  const EndReason unanswered = why == EndReason::hangup ? EndReason::canceled : why;
  for (Person& person : people_) {
    if (person.ringing()) {
      stop_ringing(person, {}, unanswered, unanswered, out);
      person.place = Out{};
      person.record.reason = unanswered;
    } else if (person.seated()) {
      vacate(person, why, now, out);
    }
  }
  ended_ = Ended{now, why};
}

// ---- What must hold --------------------------------------------------------------------------------------------

void Call::check_invariants() const {
  std::vector<DeviceId> devices;
  std::vector<UserId> users;
  for (const Person& person : people_) {
    users.push_back(person.user());
    check((person.record.role == Role::caller) == (&person == &caller()),
          "the caller is the first on the list, and no other is");
    if (const Seated* seat = person.seated()) {
      devices.push_back(seat->device);
      check(person.record.joined_at.has_value(), "who sits has joined");
    }
    if (const Ringing* ringing = person.ringing()) {
      check(person.record.rang_at.has_value(), "who rings has been rung");
      check(ringing->mute == Mute::none || ringing->phones.empty(), "what is muted rings nowhere");
      check(ringing->until <= ring_until_, "nobody rings after the last moment of ringing");
      for (const Phone& phone : ringing->phones) devices.push_back(phone.device);
    }
  }
  std::ranges::sort(devices);
  check(std::ranges::adjacent_find(devices) == devices.end(), "a device rings or sits, and once");
  std::ranges::sort(users);
  check(std::ranges::adjacent_find(users) == users.end(), "a person is on the list once");
  check(over() ? devices.empty() : held(), "a call is held by somebody until it is over");
  if (!over() && state() == State::ringing) {
    check(caller().seated() != nullptr, "before an answer the caller has a seat");
    check(std::ranges::count_if(people_, [](const Person& person) { return person.seated() != nullptr; }) == 1,
          "before an answer nobody else has a seat");
  }
}

}  // namespace carillon::call
