// What call:: says, as it looks on the wire (docs/protocol.md).
#pragma once

#include "base/time.hpp"
#include "call/actions.hpp"
#include "call/requests.hpp"
#include "call/snapshot.hpp"

#include <boost/json/object.hpp>

#include <string_view>

namespace carillon::signaling {

namespace json = boost::json;

/// The name of the notification.
[[nodiscard]] std::string_view method_of(const call::Message& message);
/// Its data, with callId, rev and serverTime.
[[nodiscard]] json::object data_of(const call::Tell& tell, Time server_time);
/// An entry of `welcome.calls`.
[[nodiscard]] json::object to_json(const call::CallSnapshot& snapshot);

}  // namespace carillon::signaling
