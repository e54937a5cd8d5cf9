// Requests about a user's own things: push subscriptions, ringing devices, the history of calls, whom he does not want
// to hear. As typed values; docs/protocol.md describes each.
#pragma once

#include "base/id.hpp"
#include "base/result.hpp"
#include "protocol/decode.hpp"

#include <boost/describe.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace carillon::protocol {

struct RegisterPush {
  std::string type;  ///< Which provider reads the rest.
  json::object data;
  bool confirms_ringing = false;
};

struct UnregisterPush {
  Text<id_bytes_max> id;
};
BOOST_DESCRIBE_STRUCT(UnregisterPush, (), (id))

struct GetPushKey {};
BOOST_DESCRIBE_STRUCT(GetPushKey, (), ())

/// This device rings, for this call.
struct Ringing {
  CallId call_id;
};
BOOST_DESCRIBE_STRUCT(Ringing, (), (call_id))

struct GetHistory {
  static constexpr int limit_max = 100;
  static constexpr int limit_default = 50;

  /// `next` of the page before, or a time in ms: as the client sent it.
  std::optional<json::value> before;
  std::optional<Bounded<int, 1, limit_max>> limit;
  std::optional<bool> missed;
};
BOOST_DESCRIBE_STRUCT(GetHistory, (), (before, limit, missed))

struct MarkHistoryRead {};
BOOST_DESCRIBE_STRUCT(MarkHistoryRead, (), ())

/// Not to hear this user any more, and to hear him again.
struct BlockUser {
  UserId user_id;
};
BOOST_DESCRIBE_STRUCT(BlockUser, (), (user_id))

struct UnblockUser {
  UserId user_id;
};
BOOST_DESCRIBE_STRUCT(UnblockUser, (), (user_id))

struct GetBlockedUsers {};
BOOST_DESCRIBE_STRUCT(GetBlockedUsers, (), ())

struct SetDoNotDisturb {
  bool on = false;
};
BOOST_DESCRIBE_STRUCT(SetDoNotDisturb, (), (on))

using AccountRequest = std::variant<RegisterPush, UnregisterPush, GetPushKey, Ringing, GetHistory, MarkHistoryRead,
                                    BlockUser, UnblockUser, GetBlockedUsers, SetDoNotDisturb>;

/// nullopt: the method is none of these.
[[nodiscard]] std::optional<Result<AccountRequest>> parse_account_request(std::string_view method,
                                                                          const json::object& data);
/// The same data in the body of a REST request; `path` is where it stands ("body").
[[nodiscard]] Result<RegisterPush> parse_register_push(const json::object& data, std::string_view path);

}  // namespace carillon::protocol
