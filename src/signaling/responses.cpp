#include "signaling/responses.hpp"

#include <boost/json/serialize.hpp>

namespace carillon::signaling {

namespace json = boost::json;

http::Response error_response(const Error& error) {
  return json_response(http_status(error.code),
                       {{"error", json::object{{"code", to_string(error.code)}, {"reason", error.detail}}}});
}

http::Response json_response(int status, const json::object& data) {
  return http::Response::json(status, json::serialize(data));
}

}  // namespace carillon::signaling
