#include "signaling/responses.hpp"

#include <boost/json/serialize.hpp>

namespace carillon::signaling {

namespace json = boost::json;

http::Response error_response(const Error& error) {
  json::object body{{"code", to_string(error.code)}, {"reason", error.detail}};
  if (error.retry_after) body["retryAfterMs"] = error.retry_after->count();
  http::Response response = json_response(http_status(error.code), {{"error", std::move(body)}});
  // RFC 9110 section 10.2.3 knows whole seconds only: not before the time is up.
  if (error.retry_after) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(*error.retry_after);
    response.headers.set("Retry-After", std::to_string(seconds.count()));
  }
  return response;
}

http::Response json_response(int status, const json::object& data) {
  return http::Response::json(status, json::serialize(data));
}

}  // namespace carillon::signaling
