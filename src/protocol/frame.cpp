#include "protocol/frame.hpp"

#include "protocol/decode.hpp"

#include <fmt/format.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <cmath>
#include <optional>

namespace carillon::protocol {
namespace {

FrameError bad(std::string detail, json::value id = nullptr) {
  return {fail(Errc::bad_request, std::move(detail)), std::move(id)};
}

bool is_true(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value != nullptr && value->is_bool() && value->get_bool();
}

/// Null when it is no id.
json::value id_of(const json::object& object) {
  const json::value* id = object.if_contains("id");
  if (id == nullptr || !id->is_number()) return nullptr;
  if (id->is_double() && !std::isfinite(id->get_double())) return nullptr;
  return *id;
}

std::variant<std::string, FrameError> method_of(const json::object& object, const json::value& id) {
  const json::value* method = object.if_contains("method");
  if (method == nullptr || !method->is_string()) return bad("method: expected string", id);
  if (method->get_string().empty() || method->get_string().size() > 64)
    return bad("method: expected 1 to 64 bytes", id);
  return std::string{method->get_string()};
}

/// A number beyond those that a double holds is read as infinity, which JSON cannot say: nobody could read again what
/// we would write of it, and parts of messages are kept and written for others.
std::optional<Error> infinite(const json::value& value, const Path& path) {
  if (value.is_double() && !std::isfinite(value.get_double())) return expected(path, "number below 1.8e308");
  if (const json::array* array = value.if_array()) {
    for (std::size_t i = 0; i < array->size(); ++i)
      if (auto error = infinite((*array)[i], path[i])) return error;
  } else if (const json::object* object = value.if_object()) {
    for (const auto& [name, member] : *object)
      if (auto error = infinite(member, path / name)) return error;
  }
  return std::nullopt;
}

std::variant<json::object, FrameError> data_of(json::object& object, const json::value& id) {
  json::value* data = object.if_contains("data");
  if (data == nullptr || data->is_null()) return json::object{};
  if (!data->is_object()) return bad("data: expected object", id);
  if (auto error = infinite(*data, Path{nullptr, "data", 0, false})) return FrameError{std::move(*error), id};
  return std::move(data->get_object());
}

/// Takes method and data of a request or a notification, or the first error of both.
template <class Make>
std::variant<Frame, FrameError> with_method_and_data(json::object& object, const json::value& id, Make make) {
  auto method = method_of(object, id);
  if (auto* error = std::get_if<FrameError>(&method)) return std::move(*error);
  auto data = data_of(object, id);
  if (auto* error = std::get_if<FrameError>(&data)) return std::move(*error);
  return Frame{make(std::get<std::string>(std::move(method)), std::get<json::object>(std::move(data)))};
}

std::variant<Frame, FrameError> parse_response(json::object& object) {
  Response response;
  boost::system::error_code error;
  const json::value id = id_of(object);
  response.id = id.is_number() ? id.to_number<std::uint64_t>(error) : 0;
  if (!id.is_number() || error) return bad("id: expected the id of a request");
  response.ok = is_true(object, "ok");
  if (response.ok) {
    auto data = data_of(object, nullptr);
    if (auto* wrong = std::get_if<FrameError>(&data)) return std::move(*wrong);
    response.data = std::get<json::object>(std::move(data));
    return Frame{std::move(response)};
  }
  if (const json::value* code = object.if_contains("errorCode"); code != nullptr && code->is_int64()) {
    response.error_code = static_cast<int>(code->get_int64());
  }
  if (const json::value* reason = object.if_contains("errorReason"); reason != nullptr && reason->is_string()) {
    response.error_reason = std::string{reason->get_string()};
  }
  return Frame{std::move(response)};
}

}  // namespace

std::variant<Frame, FrameError> parse_frame(std::string_view text) {
  boost::system::error_code error;
  json::parse_options options;
  options.max_depth = frame_depth_max;
  json::value value = json::parse({text.data(), text.size()}, error, {}, options);
  if (error) return bad(fmt::format("frame: not JSON: {}", error.message()));
  if (!value.is_object()) return bad("frame: expected object");
  json::object& object = value.get_object();

  if (is_true(object, "request")) {
    json::value id = id_of(object);
    if (id.is_null()) return bad("id: expected number");
    return with_method_and_data(object, id, [&](std::string method, json::object data) {
      return Request{std::move(id), std::move(method), std::move(data)};
    });
  }
  if (is_true(object, "response")) return parse_response(object);
  if (is_true(object, "notification")) {
    return with_method_and_data(object, nullptr, [](std::string method, json::object data) {
      return Notification{std::move(method), std::move(data)};
    });
  }
  return bad("frame: expected one of request, response, notification to be true");
}

std::string encode_request(std::uint64_t id, std::string_view method, const json::object& data) {
  return fmt::format(R"({{"request":true,"id":{},"method":"{}","data":{}}})", id, method, json::serialize(data));
}

std::string encode_response(const json::value& id, const json::value& data) {
  return fmt::format(R"({{"response":true,"id":{},"ok":true,"data":{}}})", json::serialize(id), json::serialize(data));
}

std::string encode_error(const json::value& id, const Error& error) {
  json::object data{{"code", to_string(error.code)}};
  if (error.retry_after) data["retryAfterMs"] = error.retry_after->count();
  return fmt::format(R"({{"response":true,"id":{},"ok":false,"errorCode":{},"errorReason":{},"data":{}}})",
                     json::serialize(id), http_status(error.code), json::serialize(json::string_view{error.detail}),
                     json::serialize(data));
}

std::string encode_notification(std::string_view method, const json::object& data) {
  return fmt::format(R"({{"notification":true,"method":"{}","data":{}}})", method, json::serialize(data));
}

}  // namespace carillon::protocol
