#include "unit/signaling/simulation/judge.hpp"

#include <algorithm>
#include <utility>

namespace carillon::simulation {
namespace {

std::string text_of(const json::object& data, std::string_view name) {
  const json::value* value = data.if_contains(name);
  return value != nullptr && value->is_string() ? std::string{value->get_string()} : std::string{};
}

}  // namespace

void Judge::asked(const DeviceId& device, std::uint64_t request, AskedServer what) {
  open_[device].emplace(request, Open{std::move(what), world_.now()});
}

void Judge::line_over(const DeviceId& device) {
  for (auto& [id, open] : open_[device]) open.abandoned = true;
}

void Judge::said(const DeviceId& device, const Words& words) {
  const json::value* data = words->if_contains("data");
  if (words->contains("method")) return notified(device, *words);
  const auto id = words->at("id").to_number<std::uint64_t>();
  auto& open = open_[device];
  const auto found = open.find(id);
  if (found == open.end()) return world_.wrong("{} is answered {}, which it did not ask, or twice", device, id);
  const AskedServer asked = std::move(found->second.what);
  open.erase(found);
  const bool ok = words->contains("ok") && words->at("ok").as_bool();
  static const json::object nothing;
  const json::object& answer = data != nullptr && data->is_object() ? data->get_object() : nothing;
  const std::string wrong = views_[device].answered(asked, ok, answer);
  if (!wrong.empty()) world_.wrong("{}: {}", device, wrong);
  if (const CallId call{text_of(answer, "callId")}; ok && !call.empty() && asked.method == "start-call") {
    calls_.insert(call);
    // A repeated one may have been the first for this process.
    if (!asked.again || server_.node()->calls().calls().find(call) != nullptr) live_.insert(call);
  }
}

void Judge::notified(const DeviceId& device, const json::object& words) {
  const std::string method = text_of(words, "method");
  const json::object& data = words.at("data").as_object();
  if (method == "welcome") {
    sent_away_.erase(device);
    is_back(device);
    return views_[device].welcome(data);
  }
  const std::string wrong = views_[device].notified(method, data);
  if (!wrong.empty()) world_.wrong("{}: {}", device, wrong);
  if (method != "call-started") return;
  const CallId call{text_of(data, "callId")};
  if (server_.disk().records.contains(call)) world_.wrong("{} rings for {} after its end", device, call);
  calls_.insert(call);
  live_.insert(call);
}

void Judge::server_starts() {
  constexpr std::string_view of_call = "call/";
  for (const auto& [name, text] : server_.journal().values()) {
    if (!name.starts_with(of_call)) continue;
    const CallId call{name.substr(of_call.size())};
    calls_.insert(call);
    live_.insert(call);
    // The process before may have died before it could tell them.
    for (auto& [device, view] : views_) view.may_hear_end_of(call);
  }
}

void Judge::pushed(const std::string& address, const push::Message& message) {
  // The service is told by the clock on the wall, which may have jumped.
  if (message.expires_at <= world_.wall()) world_.wrong("a push to {} is sent after it has expired", address);
  if (message.kind != push::Kind::ring) return;
  const call::Call* call = server_.node()->calls().calls().find(message.call);
  if (call == nullptr) world_.wrong("a push rings for {} after its end", message.call);
}

void Judge::replacement_begins() {
  const call::Calls& calls = server_.node()->calls().calls();
  const auto is_here = [&](const call::Person& person) {
    return person.seated() == nullptr || !calls.presence().find(person.seated()->device)->lost_until;
  };
  held_.clear();
  for (const CallId& id : live_) {
    const call::Call* call = calls.find(id);
    if (call == nullptr || !std::ranges::all_of(call->people(), is_here)) continue;
    for (const call::Person& person : call->people()) held_[id].insert(person.user());
  }
  // The server sends them away itself: whatever the grace is, and whether it is replaced or not, they can come back.
  // It hears of the end of some lines only when it has waited for their answer.
  world_.after(call::Config{}.restored_grace - 1s, [this] {
    for (const auto& [id, people] : held_) {
      if (server_.disk().disconnected.contains(id)) world_.wrong("an upgrade ends {} as disconnected", id);
    }
  });
}

void Judge::is_back(const DeviceId& device) {
  const UserId& user = server_.node()->calls().calls().presence().find(device)->user;
  std::erase_if(held_, [&](const auto& held) { return held.second.contains(user); });
}

// ---- What must hold ----------------------------------------------------------------------------------------------

void Judge::at_rest() {
  signaling::Node* node = server_.node();
  if (node == nullptr || !server_.is_up()) return;
  const call::Calls& calls = node->calls().calls();
  if (const auto due = calls.deadline(); due && *due < world_.now())
    world_.wrong("calls were due {} ms ago and nobody came", (world_.now() - *due).count());
  std::erase_if(live_, [&](const CallId& id) { return calls.find(id) == nullptr; });
  if (calls.counts().calls != live_.size())
    world_.wrong("{} calls are on, and people know of {}", calls.counts().calls, live_.size());
  for (const auto& [device, view] : views_) compare(device, view);
}

/// What a connected device has been told is what the server holds of it.
void Judge::compare(const DeviceId& device, const View& view) {
  const call::Calls& calls = server_.node()->calls().calls();
  const call::Presence::Device* present = calls.presence().find(device);
  if (present == nullptr || present->lost_until || sent_away_.contains(device)) return;
  for (const auto& [id, place] : view.calls()) {
    const call::Call* call = calls.find(id);
    const call::Person* person = call ? call->person(present->user) : nullptr;
    if (person == nullptr) {
      world_.wrong("{} was not told that {} is over", device, id);
    } else if (place == View::Place::joined && !person->seated_on(device)) {
      world_.wrong("{} was told that it is in {}, and is not", device, id);
    } else if (place == View::Place::ringing && !person->ringing()) {
      world_.wrong("{} rings on, and {} does not ring any more", device, id);
    }
  }
  for (const CallId& id : live_) {
    const call::Person* person = calls.find(id)->person(present->user);
    if (person == nullptr) continue;
    if (person->seated_on(device) && !view.has(id, View::Place::joined) && !view.is_unsure(id))
      world_.wrong("{} sits in {} and does not know", device, id);
    const call::Ringing* ringing = person->ringing();
    if (ringing != nullptr && !view.has(id, View::Place::ringing) && !view.is_unsure(id)) {
      for (const call::Phone& phone : ringing->phones) {
        if (phone.device == device && !phone.away && !phone.silent)
          world_.wrong("{} should ring for {} and does not know", device, id);
      }
    }
  }
}

void Judge::all_answered() {
  for (const auto& [device, open] : open_) {
    for (const auto& [id, asked] : open) {
      if (!asked.abandoned && asked.at + 60s <= world_.now())
        world_.wrong("{} has asked {} ({}) and was not answered for a minute", device, asked.what.method, id);
    }
  }
}

void Judge::at_the_end() {
  for (const CallId& call : calls_) {
    if (!server_.disk().records.contains(call)) world_.wrong("{} has ended without a record", call);
  }
}

}  // namespace carillon::simulation
