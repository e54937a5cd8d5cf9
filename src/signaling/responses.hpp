// What REST answers look like: docs/protocol.md, section "REST".
#pragma once

#include "base/result.hpp"
#include "http/message.hpp"

#include <boost/json/object.hpp>

namespace carillon::signaling {

/// `{"error": {"code": "...", "reason": "..."}}`.
[[nodiscard]] http::Response error_response(const Error& error);
[[nodiscard]] http::Response json_response(int status, const boost::json::object& data);

}  // namespace carillon::signaling
