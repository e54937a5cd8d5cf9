#include "unit/signaling/simulation/view.hpp"

#include <fmt/format.h>
#include <boost/json/serialize.hpp>

namespace carillon::simulation {
namespace {

std::string text_of(const json::object& data, std::string_view name) {
  const json::value* value = data.if_contains(name);
  return value != nullptr && value->is_string() ? std::string{value->get_string()} : std::string{};
}

bool of_people(std::string_view method) {
  return method == "call-ringing" || method == "call-accepted" || method == "call-declined" ||
         method.starts_with("participant-");
}

bool of_media(std::string_view method) {
  return method == "newPeer" || method == "peerClosed" || method == "media-restart" || method == "activeSpeaker" ||
         method.starts_with("consumer") || method.starts_with("producer") || method.starts_with("dataConsumer") ||
         method == "newConsumer" || method == "newDataConsumer";
}

}  // namespace

void View::put(const CallId& call, Place place) {
  calls_[call] = place;
  unsure_.erase(call);
}

bool View::has(const CallId& call, Place place) const {
  const auto found = calls_.find(call);
  return found != calls_.end() && found->second == place;
}

void View::welcome(const json::object& data) {
  for (const auto& [call, place] : calls_) before_.insert(call);
  before_.insert(unsure_.begin(), unsure_.end());
  calls_.clear();
  unsure_.clear();
  for (const json::value& each : data.at("calls").as_array()) {
    const json::object& entry = each.as_object();
    const CallId call{text_of(entry, "callId")};
    const std::string place = text_of(entry, "yourState");
    if (place == "ringing") put(call, Place::ringing);
    if (place == "joined") put(call, Place::joined);
    // Its rev counts what follows at once too, which tells again what the snapshot has said: old news.
  }
}

std::string View::notified(std::string_view method, const json::object& data) {
  const CallId call{text_of(data, "callId")};
  if (call.empty() || method == "history-changed") return {};
  std::string wrong;
  if (method == "call-started") {
    if (has(call, Place::joined)) wrong = "a ring for a call that it is in";
    put(call, Place::ringing);
  } else if (method == "end-call") {
    const bool knew = calls_.erase(call) > 0 || is_unsure(call) || before_.erase(call) > 0;
    if (!knew) wrong = "the end of a call that it had no part in";
    unsure_.erase(call);
  } else if (of_people(method) || of_media(method)) {
    if (!has(call, Place::joined) && !is_unsure(call)) wrong = fmt::format("{} of a call that it is not in", method);
  }
  if (const json::value* rev = data.if_contains("rev")) {
    const auto now = rev->to_number<std::uint64_t>();
    std::uint64_t& last = revs_[call];
    // The end of a call that it missed while it was away is older than what others have heard since.
    if (now <= last && method != "end-call") wrong = fmt::format("rev {} after {}", now, last);
    last = std::max(last, now);
  }
  return wrong;
}

std::string View::answered(const AskedServer& asked, bool ok, const json::object& data) {
  if (!ok) return {};
  const std::string& method = asked.method;
  if (method != "start-call" && method != "accept-call" && method != "join-call") return {};
  const CallId call{text_of(data, "callId")};
  if (call.empty()) return method + " is answered without a call";
  if (asked.again) {
    if (has(call, Place::joined)) return {};
    calls_.erase(call);
    unsure_.insert(call);
    return {};
  }
  put(call, Place::joined);
  return {};
}

}  // namespace carillon::simulation
