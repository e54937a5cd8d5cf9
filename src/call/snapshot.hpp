// How a call looks to one device: an entry of `welcome.calls`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.hpp"
#include "base/time.hpp"
#include "call/actions.hpp"
#include "call/events.hpp"

namespace carillon::call {

/// Of a call. An ended call has no state: it is gone.
enum class State {
  ringing,  ///< Nobody has answered yet.
  active,   ///< Somebody answered; it lasts while somebody is in it.
};

enum class YourState {
  ringing,           ///< Accept, decline or join.
  joined,            ///< On this device.
  joined_elsewhere,  ///< On another device of yours; join-call takes the call over.
  out,               ///< Left, declined or missed; join-call enters.
};

[[nodiscard]] std::string_view to_string(State state);
[[nodiscard]] std::string_view to_string(YourState state);

struct Participant {
  UserId user;
  std::string name;
  DeviceId device;
  bool reconnecting = false;
  friend bool operator==(const Participant&, const Participant&) = default;
};

struct CallSnapshot {
  CallId call;
  RoomId room;
  State state = State::ringing;
  Media media = Media::audio;
  Party caller;  ///< For who is ringing: who rings him.
  std::vector<UserId> callees;
  std::vector<Participant> participants;
  std::optional<Time> ring_until;  ///< While somebody rings: yours if you do, else the last of them.
  std::uint64_t rev = 0;
  std::optional<std::string> metadata;
  YourState your_state = YourState::out;
};

/// What it takes at most as JSON.
[[nodiscard]] std::size_t bytes_of(const CallSnapshot& call);

}  // namespace carillon::call
