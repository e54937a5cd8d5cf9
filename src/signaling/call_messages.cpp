#include "signaling/call_messages.hpp"

#include "signaling/device.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

namespace carillon::signaling {
namespace {

json::value to_json(call::Media media) { return media == call::Media::video ? "video" : "audio"; }

json::object to_json(const call::Party& party) { return {{"userId", party.user.str()}, {"name", party.name}}; }

json::array to_json(const std::vector<UserId>& users) {
  json::array array;
  for (const UserId& user : users) array.emplace_back(user.str());
  return array;
}

json::object participant(const UserId& user, const DeviceId& device) {
  return {{"userId", user.str()}, {"deviceId", device_label(user, device)}};
}

/// The client sent it as JSON, and call:: kept the text.
void add_metadata(json::object& to, const std::optional<std::string>& metadata) {
  if (metadata) to["metadata"] = json::parse(*metadata);
}

struct Data {
  json::object operator()(const call::CallStarted& m) const {
    json::object data{{"roomId", m.room.str()},
                      {"caller", to_json(m.caller)},
                      {"callees", to_json(m.callees)},
                      {"media", to_json(m.media)},
                      {"ringUntil", to_ms(m.ring_until)}};
    add_metadata(data, m.metadata);
    return data;
  }
  json::object operator()(const call::CallRinging& m) const {
    return {{"userId", m.user.str()}, {"devices", m.devices}, {"via", to_string(m.via)}, {"state", to_string(m.state)}};
  }
  json::object operator()(const call::CallAccepted& m) const { return {{"userId", m.user.str()}}; }
  json::object operator()(const call::CallDeclined& m) const {
    return {{"userId", m.user.str()}, {"reason", to_string(m.reason)}};
  }
  json::object operator()(const call::ParticipantJoined& m) const { return participant(m.user, m.device); }
  json::object operator()(const call::ParticipantLeft& m) const {
    json::object data = participant(m.user, m.device);
    data["reason"] = to_string(m.reason);
    return data;
  }
  json::object operator()(const call::ParticipantReconnecting& m) const { return participant(m.user, m.device); }
  json::object operator()(const call::EndCall& m) const { return {{"reason", to_string(m.reason)}}; }
};

struct Method {
  std::string_view operator()(const call::CallStarted&) const { return "call-started"; }
  std::string_view operator()(const call::CallRinging&) const { return "call-ringing"; }
  std::string_view operator()(const call::CallAccepted&) const { return "call-accepted"; }
  std::string_view operator()(const call::CallDeclined&) const { return "call-declined"; }
  std::string_view operator()(const call::ParticipantJoined&) const { return "participant-joined"; }
  std::string_view operator()(const call::ParticipantLeft&) const { return "participant-left"; }
  std::string_view operator()(const call::ParticipantReconnecting&) const { return "participant-reconnecting"; }
  std::string_view operator()(const call::EndCall&) const { return "end-call"; }
};

}  // namespace

std::string_view method_of(const call::Message& message) { return std::visit(Method{}, message); }

json::object data_of(const call::Tell& tell, Time server_time) {
  json::object data = std::visit(Data{}, tell.message);
  data["callId"] = tell.call.str();
  data["rev"] = tell.rev;
  data["serverTime"] = to_ms(server_time);
  return data;
}

json::object to_json(const call::CallSnapshot& snapshot) {
  json::array participants;
  for (const call::Participant& p : snapshot.participants) {
    json::object entry = participant(p.user, p.device);
    entry["name"] = p.name;
    entry["reconnecting"] = p.reconnecting;
    participants.push_back(std::move(entry));
  }
  json::object data{{"callId", snapshot.call.str()},
                    {"roomId", snapshot.room.str()},
                    {"rev", snapshot.rev},
                    {"state", to_string(snapshot.state)},
                    {"yourState", to_string(snapshot.your_state)},
                    {"media", to_json(snapshot.media)},
                    {"caller", to_json(snapshot.caller)},
                    {"callees", to_json(snapshot.callees)},
                    {"participants", std::move(participants)}};
  if (snapshot.ring_until) data["ringUntil"] = to_ms(*snapshot.ring_until);
  add_metadata(data, snapshot.metadata);
  return data;
}

}  // namespace carillon::signaling
