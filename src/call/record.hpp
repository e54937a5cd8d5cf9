// What remains of a call: one record, made when it ends. Who, when, how long, how it ended, person by person.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.hpp"
#include "base/time.hpp"
#include "call/events.hpp"
#include "call/muting.hpp"
#include "call/reason.hpp"

namespace carillon::call {

enum class Role {
  caller,
  callee,   ///< Called before the first answer.
  invited,  ///< Came later: was rung into the running call, or entered it by its room.
};

[[nodiscard]] std::string_view to_string(Role role);

struct PersonRecord {
  UserId user;
  std::string name;  ///< Empty when no device of the user was connected when he was rung.
  Role role = Role::callee;
  std::optional<Time> rang_at = {};      ///< The latest ring.
  std::optional<Time> joined_at = {};    ///< First in the call; nullopt: never was.
  std::optional<Time> left_at = {};      ///< Last in the call.
  Duration in_call{0};                   ///< Sum over all stays.
  EndReason reason = EndReason::hangup;  ///< How it ended for this person.
  Mute mute = Mute::none;                ///< Of all his rings, the one that was heard best.

  /// Did not answer, and did not say no either. Of who is blocked there is nothing to miss.
  [[nodiscard]] bool missed() const {
    return role != Role::caller && !joined_at && reason != EndReason::declined && mute != Mute::blocked;
  }

  friend bool operator==(const PersonRecord&, const PersonRecord&) = default;
};

struct CallRecord {
  CallId call;
  RoomId room;
  Media media = Media::audio;
  Time started_at;
  std::optional<Time> answered_at = {};  ///< nullopt: nobody answered.
  Time ended_at;
  EndReason reason = EndReason::hangup;
  std::vector<PersonRecord> people;  ///< The caller first, the others in the order they were called.
  std::optional<std::string> metadata = {};

  /// Talking time: from the first answer to the end.
  [[nodiscard]] Duration duration() const { return answered_at ? ended_at - *answered_at : Duration{0}; }

  friend bool operator==(const CallRecord&, const CallRecord&) = default;
};

}  // namespace carillon::call
