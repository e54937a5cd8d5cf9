// What remains of a call: one record, made when it ends. Who, when, how long, how it ended, person by person.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/id.hpp"
#include "base/time.hpp"
#include "call/events.hpp"
#include "call/reason.hpp"

namespace carillon::call {

struct PersonRecord {
  UserId user;
  std::string name;  ///< Empty when the user was never connected during the call.
  bool caller = false;
  std::optional<Time> rang_at = {};   ///< The latest ring, of a callee or invited person.
  std::optional<Time> joined_at = {}; ///< First in the call; nullopt: did not answer.
  std::optional<Time> left_at = {};   ///< Last in the call; nullopt with joined_at unset.
  Duration in_call{0};                ///< Sum over all stays.
  EndReason reason = EndReason::hangup;  ///< How it ended for this person.

  /// Did not answer, and did not say no either.
  [[nodiscard]] bool missed() const { return !caller && !joined_at && reason != EndReason::declined; }

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
