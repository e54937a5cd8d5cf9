// Why a call, a ring or a seat ended: the one closed list of docs/protocol.md.
#pragma once

#include <optional>
#include <string_view>

namespace carillon::call {

enum class EndReason {
  hangup,              ///< Somebody who was in the call left it, or ended it for everyone.
  canceled,            ///< The caller took the call back before anybody answered.
  timeout,             ///< Nobody answered in time.
  declined,            ///< The callee said no.
  busy,                ///< The callee is in another call.
  answered_elsewhere,  ///< Another device of the same user has the call now.
  declined_elsewhere,  ///< Another device of the same user said no.
  disconnected,        ///< The connection was lost and did not come back within the grace.
  failed,              ///< Our own fault: the room's media worker died, or the server stops.
  removed,             ///< A moderator ended it.
};

/// The name on the wire, in kebab-case.
[[nodiscard]] std::string_view to_string(EndReason reason);
[[nodiscard]] std::optional<EndReason> parse_end_reason(std::string_view name);

}  // namespace carillon::call
