// Text of a WebSocket message: is it a frame, and does what is read say the same when it is written again?
#include "fuzz/fuzz.hpp"
#include "protocol/account.hpp"
#include "protocol/commands.hpp"
#include "protocol/frame.hpp"
#include "protocol/media.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <cmath>

using namespace carillon;
using namespace carillon::protocol;

namespace {

/// What we send has methods of our own; their names are written as they are.
constexpr std::string_view ours = "newConsumer";

template <class T>
T reparsed(const std::string& text) {
  auto again = parse_frame(text);
  auto* frame = std::get_if<Frame>(&again);
  FUZZ_CHECK(frame != nullptr && std::holds_alternative<T>(*frame));
  return std::get<T>(std::move(*frame));
}

/// Boost.JSON reads the last digit of some numbers otherwise than it was written.
bool same(const json::value& a, const json::value& b) {
  if (a.is_number() && b.is_number()) {
    const auto x = a.to_number<double>();
    const auto y = b.to_number<double>();
    return std::abs(x - y) <= 1e-14 * std::abs(x);
  }
  if (a.kind() != b.kind()) return false;
  if (a.is_array())
    return std::ranges::equal(a.get_array(), b.get_array(), [](const auto& x, const auto& y) { return same(x, y); });
  if (!a.is_object()) return a == b;
  return std::ranges::equal(a.get_object(), b.get_object(), [](const auto& x, const auto& y) {
    return x.key() == y.key() && same(x.value(), y.value());
  });
}

void check(const Request& request) {
  FUZZ_CHECK(request.id.is_number());
  // An error may quote the method.
  const Error unknown = fail(Errc::bad_request, "method: unknown method \"" + request.method + '"');
  FUZZ_CHECK(!reparsed<Response>(encode_error(7, unknown)).ok);
  (void)parse_command(request.method, request.data);
  (void)parse_media_request(request.method, request.data);
  (void)parse_account_request(request.method, request.data);
  const auto again = reparsed<Request>(encode_request(7, ours, request.data));
  FUZZ_CHECK(again.method == ours && same(again.data, request.data));
  const auto answer = reparsed<Response>(encode_response(7, request.data));
  FUZZ_CHECK(answer.ok && same(answer.data, request.data));
}

void check(const Response& response) { FUZZ_CHECK(response.ok || response.data.empty()); }

void check(const Notification& notification) {
  (void)may_be_notification(notification.method);
  const auto again = reparsed<Notification>(encode_notification(ours, notification.data));
  FUZZ_CHECK(again.method == ours && same(again.data, notification.data));
}

}  // namespace

FUZZ_TARGET(input) {
  const auto parsed = parse_frame(input);
  if (const auto* wrong = std::get_if<FrameError>(&parsed)) {
    FUZZ_CHECK(!wrong->error.detail.empty());
    if (!wrong->id.is_null()) (void)boost::json::parse(encode_error(wrong->id, wrong->error));
    return;
  }
  std::visit([](const auto& frame) { check(frame); }, std::get<Frame>(parsed));
}
