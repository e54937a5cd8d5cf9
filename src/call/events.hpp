// What can happen to calls: the life of devices, news from push and media, and the commands of people.
// Plain values. Whoever makes them has checked the types; whether they make sense now is for call::Calls to say.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/id.hpp"
#include "base/time.hpp"
#include "call/reason.hpp"

namespace carillon::call {

enum class Media { audio, video };

[[nodiscard]] std::string_view to_string(Media media);

/// How far a ring has come to one person, over all his devices.
enum class Reachability {
  reaching,     ///< Push services have taken it; no device has said yet that it rings.
  ringing,      ///< At least one device rings.
  unreachable,  ///< No device is connected, and push reaches none. He may still connect.
};

[[nodiscard]] std::string_view to_string(Reachability state);

// ---- Events: they cannot be refused, and answer nobody ---------------------------------------------------------

/// A new session of a device opened. If that device was here already, its old session is over: it left as
/// `disconnected`. A device rings at once for every call that rings its user.
struct DeviceConnected {
  DeviceId device;
  UserId user;
  std::string name;  ///< Display name, of the user.
};

/// The session of the device came back within the grace and takes its seats back.
struct DeviceResumed {
  DeviceId device;
};

/// The connection dropped without a word: the grace begins. While lost, a device gets no messages but the
/// `end-call`s it missed, after it resumes; what else it missed is in its snapshot.
struct DeviceLost {
  DeviceId device;
  /// By us, who want it back: it has as long as after a restart (Config::restored_grace), if that is longer.
  bool sent_away = false;
};

/// A clean close: a hang-up at once.
struct DeviceClosed {
  DeviceId device;
};

/// Answer to the action Reach, each time it changes: how many devices of the user push has reached, and what that
/// means.
struct Reached {
  CallId call;
  UserId user;
  std::size_t devices = 0;
  Reachability state = Reachability::reaching;
};

/// Somebody who rings has said no on a device without a session: with the ticket of a push.
struct DeclinedByPush {
  CallId call;
  UserId user;
  DeviceId device;
};

/// From now on, and not for what rings already: `user` does not hear `whom` ring, or does again.
struct BlockChanged {
  UserId user;
  UserId whom;
  bool on = true;
};

/// From now on nothing rings for this user, or does again.
struct DoNotDisturbChanged {
  UserId user;
  bool on = true;
};

/// The room of this call is lost (its worker died) and will not come back.
struct RoomFailed {
  CallId call;
};

using Event = std::variant<DeviceConnected, DeviceResumed, DeviceLost, DeviceClosed, Reached, DeclinedByPush,
                           BlockChanged, DoNotDisturbChanged, RoomFailed>;

// ---- Commands: one from a device, each answered with a Reply or an Error ---------------------------------------

struct StartCall {
  DeviceId device;
  std::vector<UserId> callees;  ///< Duplicates count once; never the caller himself.
  Media media = Media::audio;
  CallId new_call;  ///< Ids for the call and its room, should this become a new call.
  RoomId new_room;
  std::optional<RoomId> room = {};           ///< A conversation of the app; else the call gets new_room.
  std::optional<Duration> ring = {};         ///< 1 s to Config::ring_max; else Config::ring.
  std::optional<std::string> metadata = {};  ///< JSON text of the app, handed on as it is.
  std::optional<RequestId> request = {};
  std::optional<std::size_t> calls_max = {};  ///< How many calls its user may have going at once as their caller.
  std::string key = {};                       ///< Names the key that has signed the token of this device.
  // What the token says, should this lead into a call that is on:
  bool accept = true;                          ///< He may answer and join,
  std::optional<std::vector<UserId>> to = {};  ///< and if he was not called, only these; nullopt: anybody.
};

struct Accept {
  DeviceId device;
  CallId call;
  std::optional<RequestId> request = {};
};

struct Decline {
  DeviceId device;
  CallId call;
  EndReason reason = EndReason::declined;  ///< declined or busy.
  std::optional<RequestId> request = {};
};

/// Before an answer the caller cancels and a callee declines; later whoever is in the call leaves it.
struct End {
  DeviceId device;
  CallId call;
  bool everyone = false;   ///< Ends the call for all: the caller's right, and a moderator's.
  bool moderator = false;  ///< The token of this device grants it.
  std::optional<RequestId> request = {};
};

/// Rings more people into a call, or again who has left, declined or not answered.
struct Invite {
  DeviceId device;
  CallId call;
  std::vector<UserId> callees;
  std::optional<Duration> ring = {};
  std::optional<RequestId> request = {};
};

/// Enters a call that is on: back after leaving, late after the ring, or from another device (which takes the seat
/// over). For who is ringing it is an accept.
struct Join {
  DeviceId device;
  CallId call;
  std::optional<RequestId> request = {};
};

struct Leave {
  DeviceId device;
  CallId call;
  std::optional<RequestId> request = {};
};

using Command = std::variant<StartCall, Accept, Decline, End, Invite, Join, Leave>;

}  // namespace carillon::call
