// What REST answers look like: docs/protocol.md, section "HTTP".
#pragma once

#include "base/result.hpp"
#include "http/server.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>

#include <utility>

namespace carillon::signaling {

/// `{"error": {"code": "...", "reason": "..."}}`.
[[nodiscard]] http::Response error_response(const Error& error);
[[nodiscard]] http::Response json_response(int status, const boost::json::object& data);

/// A request handler that does not wait, from one that returns its Response.
template <class Handler>
http::RequestHandler at_once(Handler handler) {
  struct Run {
    static boost::asio::awaitable<http::Response> run(http::Response response) { co_return response; }
  };
  return [handler = std::move(handler)](const http::Request& request) { return Run::run(handler(request)); };
}

}  // namespace carillon::signaling
