// The call commands of clients, as typed values. docs/protocol.md describes each.
#pragma once

#include "base/id.hpp"
#include "base/result.hpp"
#include "protocol/decode.hpp"

#include <boost/describe.hpp>

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace carillon::protocol {

enum class Media { audio, video };
BOOST_DESCRIBE_ENUM(Media, audio, video)

enum class DeclineReason { declined, busy };
BOOST_DESCRIBE_ENUM(DeclineReason, declined, busy)

/// `metadata` is the app's own: 4 KiB when written as JSON.
inline constexpr std::size_t metadata_bytes_max = 4096;
inline constexpr int ring_seconds_max = 120;

struct StartCall {
  std::vector<UserId> callees;
  Media media = Media::audio;
  std::optional<RoomId> room_id;
  std::optional<Bounded<int, 1, ring_seconds_max>> ring_seconds;
  std::optional<RequestId> request_id;
  std::optional<json::object> metadata;
};
BOOST_DESCRIBE_STRUCT(StartCall, (), (callees, media, room_id, ring_seconds, request_id, metadata))

struct AcceptCall {
  CallId call_id;
  std::optional<RequestId> request_id;
};
BOOST_DESCRIBE_STRUCT(AcceptCall, (), (call_id, request_id))

struct DeclineCall {
  CallId call_id;
  std::optional<DeclineReason> reason;
  std::optional<RequestId> request_id;
};
BOOST_DESCRIBE_STRUCT(DeclineCall, (), (call_id, reason, request_id))

struct EndCall {
  CallId call_id;
  std::optional<bool> everyone;
  std::optional<RequestId> request_id;
};
BOOST_DESCRIBE_STRUCT(EndCall, (), (call_id, everyone, request_id))

struct Invite {
  CallId call_id;
  std::vector<UserId> callees;
  std::optional<RequestId> request_id;
};
BOOST_DESCRIBE_STRUCT(Invite, (), (call_id, callees, request_id))

struct JoinCall {
  CallId call_id;
  std::optional<RequestId> request_id;
};
BOOST_DESCRIBE_STRUCT(JoinCall, (), (call_id, request_id))

struct LeaveCall {
  CallId call_id;
  std::optional<RequestId> request_id;
};
BOOST_DESCRIBE_STRUCT(LeaveCall, (), (call_id, request_id))

struct WatchPresence {};
BOOST_DESCRIBE_STRUCT(WatchPresence, (), ())

using Command = std::variant<StartCall, AcceptCall, DeclineCall, EndCall, Invite, JoinCall, LeaveCall, WatchPresence>;

/// nullopt: the method is no call command.
[[nodiscard]] std::optional<Result<Command>> parse_command(std::string_view method, const json::object& data);

}  // namespace carillon::protocol
