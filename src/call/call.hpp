// One call: who rings, who is in it, when it is over. It knows people and the devices it was told of; who is
// connected, and all that spans calls (glare, busy, rooms, requests), is call::Calls. States: docs/call-states.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/id.hpp"
#include "base/time.hpp"
#include "call/actions.hpp"
#include "call/record.hpp"
#include "call/snapshot.hpp"

namespace carillon::call {

/// A device that was told to ring.
struct Phone {
  DeviceId device;
  bool away = false;  ///< Its connection is lost: it does not count, but may come back ringing.
};

// Where a person of a call is: exactly one of these.

struct Ringing {
  Party by;            ///< Who rings him,
  DeviceId by_device;  ///< and who hears how that goes.
  Time until;          ///< From this moment on it is too late to answer.
  std::vector<Phone> phones;
  bool reaching = false;  ///< Push tries too.
};

struct Seated {
  DeviceId device;
  Time since;
  bool away = false;  ///< In grace: the connection is lost, the seat is kept.
};

struct Out {};  ///< Left, declined, missed; the record says which.

struct Person {
  PersonRecord record;  ///< Who, and what was so far.
  std::variant<Ringing, Seated, Out> place;

  [[nodiscard]] const UserId& user() const { return record.user; }
  [[nodiscard]] const Ringing* ringing() const { return std::get_if<Ringing>(&place); }
  [[nodiscard]] const Seated* seated() const { return std::get_if<Seated>(&place); }
  [[nodiscard]] bool seated_on(const DeviceId& device) const { return seated() && seated()->device == device; }
};

class Call {
 public:
  struct Terms {
    CallId id;
    RoomId room;
    Media media = Media::audio;
    std::optional<std::string> metadata = {};
  };

  /// The caller has the first seat. A call in which nobody rings after the first ring()s is over: settle() says so.
  Call(Terms terms, Party caller, DeviceId device, Time now);

  // ---- What it is ----

  [[nodiscard]] const CallId& id() const { return terms_.id; }
  [[nodiscard]] const RoomId& room() const { return terms_.room; }
  [[nodiscard]] Media media() const { return terms_.media; }
  [[nodiscard]] const std::optional<std::string>& metadata() const { return terms_.metadata; }
  [[nodiscard]] State state() const { return answered_at_ ? State::active : State::ringing; }
  [[nodiscard]] std::uint64_t rev() const { return rev_; }
  [[nodiscard]] bool over() const { return ended_at_.has_value(); }
  /// The caller first. Nobody is ever taken off the list, so that two people stay one to one, three a group.
  [[nodiscard]] const std::vector<Person>& people() const { return people_; }
  [[nodiscard]] bool one_to_one() const { return people_.size() <= 2; }
  [[nodiscard]] const Person& caller() const { return people_.front(); }
  [[nodiscard]] const Person* person(const UserId& user) const;
  [[nodiscard]] const Person* seated_on(const DeviceId& device) const;
  [[nodiscard]] std::vector<UserId> callees() const;
  /// The last moment at which somebody rings or rang.
  [[nodiscard]] Time ring_until() const { return ring_until_; }
  /// When tick() has something to do; nullopt: nobody rings.
  [[nodiscard]] std::optional<Time> deadline() const;
  [[nodiscard]] CallSnapshot snapshot(const UserId& user, const DeviceId& device) const;

  // ---- What happens to it: each appends what must be done ----

  /// `who`, not in the call and not ringing, rings on these devices, which are connected.
  void ring(Party who, const std::vector<DeviceId>& devices, const DeviceId& by_device, Time until, Time now, Actions& out);
  /// Like ring(), but he is in another call: declined at once.
  void busy(Party who, const DeviceId& by_device, Time now, Actions& out);
  /// A device of a person connected or resumed: it rings if he does, it has its seat again if it had one.
  void device_here(const UserId& user, const DeviceId& device, Actions& out);
  /// A device of a person dropped; it may come back.
  void device_away(const UserId& user, const DeviceId& device, Actions& out);
  /// A device of a person is gone for good: its seat too.
  void device_gone(const UserId& user, const DeviceId& device, EndReason why, Time now, Actions& out);
  /// Push rings this many devices of him.
  void reached(const UserId& user, std::size_t devices, Actions& out);

  /// Somebody takes a seat: an answer if he rings, else late, back, or with another device. `who` may be new.
  void enter(Party who, const DeviceId& device, Time now, Actions& out);
  /// Somebody who rings says no. `device`: the one he said it on.
  void decline(const UserId& user, const DeviceId& device, EndReason reason, Time now, Actions& out);
  /// Somebody gives up his seat.
  void leave(const UserId& user, EndReason why, Time now, Actions& out);
  /// Over for everyone.
  void end(EndReason why, Time now, Actions& out);
  /// Ends the rings that are due.
  void tick(Time now, Actions& out);
  /// Ends the call, for this reason, if nothing holds it any more (see docs/call-states.md).
  void settle(EndReason why, Time now, Actions& out);

  /// Aborts on a bug: what must hold in each state.
  void check_invariants() const;

 private:
  Person* find(const UserId& user);
  Person& admit(Party who);
  void tell(const DeviceId& device, Message message, Actions& out);
  void tell_seated(const Message& message, const DeviceId& except, Actions& out);
  void tell_ringing(const Person& person, Actions& out);
  void stop_ringing(Person& person, const DeviceId& device, EndReason on_device, EndReason elsewhere, Actions& out);
  void vacate(Person& person, EndReason why, Time now, Actions& out);

  Terms terms_;
  Time started_at_;
  std::optional<Time> answered_at_;
  std::optional<Time> ended_at_;
  Time ring_until_;
  std::uint64_t rev_ = 0;
  std::vector<Person> people_;
};

}  // namespace carillon::call
