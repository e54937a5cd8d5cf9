// protoo's frames: requests, responses and notifications as JSON text. docs/protocol.md, section "Frames".
#pragma once

#include "base/result.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace carillon::protocol {

namespace json = boost::json;

/// A frame nests no deeper: RTP capabilities take 7 levels, metadata has the rest.
inline constexpr std::size_t frame_depth_max = 16;

struct Request {
  json::value id;  ///< Any number: the client chose it and gets the same back.
  std::string method;
  json::object data;
};

struct Response {
  std::uint64_t id = 0;  ///< Ours: we count the requests we send.
  bool ok = false;
  json::object data;   ///< Empty unless ok.
  int error_code = 0;  ///< 0 when ok.
  std::string error_reason;
};

struct Notification {
  std::string method;
  json::object data;
};

using Frame = std::variant<Request, Response, Notification>;

/// Why a text is no frame, and the id to answer it with when it was at least a request with an id.
struct FrameError {
  Error error;
  json::value id;  ///< null: nothing to answer.
};

/// A missing `data` is read as `{}`.
[[nodiscard]] std::variant<Frame, FrameError> parse_frame(std::string_view text);

[[nodiscard]] std::string encode_request(std::uint64_t id, std::string_view method, const json::object& data);
[[nodiscard]] std::string encode_response(const json::value& id, const json::value& data);
/// Carries the error's number, its sentence, and its name as `data.code`.
[[nodiscard]] std::string encode_error(const json::value& id, const Error& error);
[[nodiscard]] std::string encode_notification(std::string_view method, const json::object& data);

}  // namespace carillon::protocol
