// What must be done, in this order, after something happened to the calls. Plain values; the driver performs them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/id.hpp"
#include "base/time.hpp"
#include "call/events.hpp"
#include "call/reason.hpp"
#include "call/record.hpp"

namespace carillon::call {

struct Party {
  UserId user;
  std::string name;
  friend bool operator==(const Party&, const Party&) = default;
};

// ---- Messages: the notifications of docs/protocol.md, but for callId, rev (in Tell) and serverTime ---------------

struct CallStarted {
  RoomId room;
  Party caller;  ///< Who rings you: the caller, or whoever invited you.
  std::vector<UserId> callees;
  Media media = Media::audio;
  Time ring_until;
  std::optional<std::string> metadata = {};
  friend bool operator==(const CallStarted&, const CallStarted&) = default;
};

enum class Via { socket, push };

[[nodiscard]] std::string_view to_string(Via via);

struct CallRinging {
  UserId user;
  std::size_t devices = 0;  ///< By socket: how many ring now. By push: how many its services took it for.
  Via via = Via::socket;
  Reachability state = Reachability::ringing;
  friend bool operator==(const CallRinging&, const CallRinging&) = default;
};

struct CallAccepted {
  UserId user;
  friend bool operator==(const CallAccepted&, const CallAccepted&) = default;
};

struct CallDeclined {
  UserId user;
  EndReason reason = EndReason::declined;  ///< declined, busy; in a call that goes on also timeout.
  friend bool operator==(const CallDeclined&, const CallDeclined&) = default;
};

/// Somebody entered, or came back after participant-reconnecting.
struct ParticipantJoined {
  UserId user;
  DeviceId device;
  friend bool operator==(const ParticipantJoined&, const ParticipantJoined&) = default;
};

struct ParticipantLeft {
  UserId user;
  DeviceId device;
  EndReason reason = EndReason::hangup;
  friend bool operator==(const ParticipantLeft&, const ParticipantLeft&) = default;
};

struct ParticipantReconnecting {
  UserId user;
  DeviceId device;
  friend bool operator==(const ParticipantReconnecting&, const ParticipantReconnecting&) = default;
};

struct EndCall {
  EndReason reason = EndReason::hangup;
  friend bool operator==(const EndCall&, const EndCall&) = default;
};

using Message = std::variant<CallStarted, CallRinging, CallAccepted, CallDeclined, ParticipantJoined, ParticipantLeft,
                             ParticipantReconnecting, EndCall>;

// ---- Actions -----------------------------------------------------------------------------------------------------

/// Send this to this device, which is connected. `rev` grows with every message of a call: for one device strictly.
struct Tell {
  DeviceId device;
  CallId call;
  std::uint64_t rev = 0;
  Message message;
  friend bool operator==(const Tell&, const Tell&) = default;
};

/// A call began: give its room a router now, so that accepting is fast.
struct OpenRoom {
  CallId call;
  RoomId room;
  friend bool operator==(const OpenRoom&, const OpenRoom&) = default;
};

/// The call is over: the room closes, with every peer that is still in it.
struct CloseRoom {
  CallId call;
  RoomId room;
  friend bool operator==(const CloseRoom&, const CloseRoom&) = default;
};

/// This device has lost its seat in a call that goes on: its media goes.
struct DropPeer {
  CallId call;
  DeviceId device;
  friend bool operator==(const DropPeer&, const DropPeer&) = default;
};

/// Somebody begins to ring: tell those of his devices that no socket tells (call::Reaching decides which), and answer
/// with the event Reached. Comes before the first Tell of that ring.
struct Reach {
  CallId call;
  UserId user;
  CallStarted invitation;
  bool muted = false;  ///< He shall not hear it: look all the same, tell nobody, and say that nobody was found.
  friend bool operator==(const Reach&, const Reach&) = default;
};

/// That ring is over: stop what push has set ringing. Exactly once for each Reach.
struct StopReaching {
  CallId call;
  UserId user;
  EndReason reason = EndReason::hangup;  ///< For a device of his on which he did nothing.
  DeviceId decided_on = {};              ///< Where he answered or declined; empty: nowhere.
  EndReason decision = reason;           ///< For that device, where he declined.
  friend bool operator==(const StopReaching&, const StopReaching&) = default;
};

/// The grace of this device is over and it is forgotten: its resume token is void.
struct ForgetDevice {
  DeviceId device;
  friend bool operator==(const ForgetDevice&, const ForgetDevice&) = default;
};

/// The last action about a call: keep its record.
struct WriteRecord {
  CallRecord record;
  friend bool operator==(const WriteRecord&, const WriteRecord&) = default;
};

using Action = std::variant<Tell, OpenRoom, CloseRoom, DropPeer, Reach, StopReaching, ForgetDevice, WriteRecord>;
using Actions = std::vector<Action>;

}  // namespace carillon::call
