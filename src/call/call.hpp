// One call: who rings, who is in it, when it is over. It knows people and the devices it was told of; who is
// connected, and all that spans calls (glare, busy, rooms, requests), is call::Calls. States: docs/call-states.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/id.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "call/actions.hpp"
#include "call/record.hpp"
#include "call/snapshot.hpp"

namespace carillon::call {

/// A device that was told to ring.
struct Phone {
  DeviceId device;
  bool away = false;  ///< Its connection is lost: it does not count, but may come back ringing.
  /// More rang than Calls::snapshot() had room for when it connected: it was not told of this. Not kept over a restart,
  /// after which it may hear of an end that means nothing to it.
  bool silent = false;
};

// Where a person of a call is: exactly one of these.

struct Ringing {
  Party by;    ///< Who rings him, and hears how that goes.
  Time until;  ///< From this moment on it is too late to answer.
  std::vector<Phone> phones;
  Mute mute = Mute::none;  ///< Else no phone rings.
};

struct Seated {
  DeviceId device;
  Time since;
  bool away = false;  ///< In grace: the connection is lost, the seat is kept.
};

struct Out {};  ///< Left, declined or missed; the record says which.

struct Person {
  PersonRecord record;  ///< Who, and what was so far.
  std::variant<Out, Ringing, Seated> place;

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
    std::string key = {};  ///< Names the key of the token that it was started with.
  };

  /// All that a call is, as plain values: what outlives the process.
  struct Saved {
    Terms terms;
    Time started_at;
    std::optional<Time> answered_at = {};
    Time ring_until;
    std::uint64_t rev = 0;
    std::vector<Person> people = {};
  };

  /// The caller takes the first seat. Then admit() all callees, ring() or refuse_busy() each, and settle().
  Call(Terms terms, const Party& caller, const DeviceId& device, Time now);

  // ---- What outlives the process ----

  [[nodiscard]] Saved save() const;
  /// bad_request: nothing that save() can have given. All devices are away until device_here() says otherwise.
  [[nodiscard]] static Result<Call> restore(Saved saved);
  /// Of a restored call: that it needs its room, and who rings.
  void tell_where_it_stands(Actions& out) const;

  // ---- What it is ----

  [[nodiscard]] const CallId& id() const { return terms_.id; }
  [[nodiscard]] const RoomId& room() const { return terms_.room; }
  [[nodiscard]] Media media() const { return terms_.media; }
  [[nodiscard]] const std::optional<std::string>& metadata() const { return terms_.metadata; }
  [[nodiscard]] const std::string& key() const { return terms_.key; }
  [[nodiscard]] State state() const { return answered_at_ ? State::active : State::ringing; }
  [[nodiscard]] std::uint64_t rev() const { return rev_; }
  [[nodiscard]] Time started_at() const { return started_at_; }
  [[nodiscard]] const std::optional<Time>& answered_at() const { return answered_at_; }
  [[nodiscard]] bool over() const { return ended_.has_value(); }

  /// The caller first. Nobody is ever taken off this list.
  [[nodiscard]] const std::vector<Person>& people() const { return people_; }
  [[nodiscard]] const Person& caller() const { return people_.front(); }
  [[nodiscard]] const Person* person(const UserId& user) const;
  /// Two people: their call ends with the first who leaves. Two callees, or a third who comes in later, make a group.
  [[nodiscard]] bool pair() const;
  /// Whoever sits on this device; nullptr: nobody.
  [[nodiscard]] const Person* seated_on(const DeviceId& device) const;
  /// The last moment at which somebody rings or rang.
  [[nodiscard]] Time ring_until() const { return ring_until_; }
  /// When tick() has something to do; nullopt: nobody rings.
  [[nodiscard]] std::optional<Time> deadline() const;

  [[nodiscard]] CallSnapshot snapshot(const UserId& user, const DeviceId& device) const;
  /// He is called, but nothing tells him so.
  [[nodiscard]] bool hidden_from(const UserId& user) const;
  /// Of a call that is over.
  [[nodiscard]] CallRecord record() const;

  // ---- What happens to it: each appends what must be done, and may leave the call over ----

  /// Puts somebody on the list, before those who ring are told who else is called. Again: his name may have changed.
  void admit(const Party& who, Role role);
  /// He who neither rings nor sits rings on these devices, which are none if he is not to hear it.
  void ring(const UserId& user, const std::vector<DeviceId>& devices, const Party& by, Time until, Mute mute, Time now,
            Actions& out);
  /// Like ring(), but he talks to somebody else: an answer at once.
  void refuse_busy(const UserId& user, Actions& out);
  /// Push has reached this many devices of him.
  void reached(const UserId& user, std::size_t devices, Reachability state, Actions& out);

  /// A device of a person connected or resumed: it has its seat again, and rings if he does and it is `shown` this call
  /// (Calls::snapshot). If not, it is silent until it connects the next time.
  void device_here(const UserId& user, const DeviceId& device, bool shown, Actions& out);
  /// It dropped, and may come back.
  void device_away(const UserId& user, const DeviceId& device, Actions& out);
  /// It is gone for good, with its seat.
  void device_gone(const UserId& user, const DeviceId& device, EndReason why, Time now, Actions& out);

  /// `who` takes a seat, on this device: an answer, or late, or back, or the move of his seat. He may be new here.
  void enter(const Party& who, const DeviceId& device, Time now, Actions& out);
  /// Glare: who entered on this device did so by calling `other`, and hears that the other has accepted too.
  void met(const DeviceId& device, const UserId& other, Actions& out);
  /// He who rings says no, on this device, which may be one that only push has told.
  void decline(const UserId& user, const DeviceId& device, EndReason reason, Time now, Actions& out);
  /// He who sits gives up his seat. Before an answer a hang-up is a cancel.
  void leave(const UserId& user, EndReason why, Time now, Actions& out);
  /// Over for everyone.
  void end(EndReason why, Time now, Actions& out);
  /// Ends, for this reason, if nothing holds the call any more.
  void settle(EndReason why, Time now, Actions& out);
  /// Gives up on those who have rung long enough.
  void tick(Time now, Actions& out);

  /// Aborts on a bug: what must hold between two events.
  void check_invariants() const;

 private:
  explicit Call(Saved saved);

  struct Ended {
    Time at;
    EndReason reason;
  };

  [[nodiscard]] Person* find(const UserId& user);
  [[nodiscard]] bool held() const;

  [[nodiscard]] CallStarted invitation(const Ringing& ringing) const;
  void tell(const DeviceId& device, Message message, Actions& out);
  void tell_seated(const Message& message, const Person& except, Actions& out);
  void tell_devices(const Person& person, Actions& out);
  void stop_ringing(const Person& person, const DeviceId& device, EndReason there, EndReason elsewhere, Actions& out);
  void vacate(Person& person, EndReason why, Time now, Actions& out);

  Terms terms_;
  Time started_at_;
  std::optional<Time> answered_at_;
  std::optional<Ended> ended_;
  Time ring_until_;
  std::uint64_t rev_ = 0;
  std::vector<Person> people_;
};

}  // namespace carillon::call
