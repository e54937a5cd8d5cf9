#include "unit/signaling/simulation/fake_device.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <utility>

namespace carillon::simulation {
namespace {

constexpr std::string_view capabilities =
    R"({"codecs":[{"kind":"audio","mimeType":"audio/opus","preferredPayloadType":100,"clockRate":48000,"channels":2},)"
    R"({"kind":"video","mimeType":"video/VP8","preferredPayloadType":101,"clockRate":90000}],"headerExtensions":[]})";
constexpr std::string_view dtls =
    R"({"role":"client","fingerprints":[{"algorithm":"sha-256","value":"82:5A:68:3D:36:C3:0A:DE:AF:E7:32:43:D2:88:83:57:AC:2D:65:E5:80:C4:B6:FB:AF:1A:A0:21:9F:6D:0C:AD"}]})";

std::string text_of(const json::object& data, std::string_view name) {
  const json::value* value = data.if_contains(name);
  return value != nullptr && value->is_string() ? std::string{value->get_string()} : std::string{};
}

void remember(std::vector<std::string>& list, const std::string& what, std::size_t most) {
  if (what.empty()) return;
  std::erase(list, what);
  list.push_back(what);
  if (list.size() > most) list.erase(list.begin());
}

}  // namespace

FakeDevice::FakeDevice(Town& town, std::string user, const std::string& label, std::string token)
    : town_{town},
      world_{town.world},
      user_{std::move(user)},
      id_{signaling::device_id(UserId{user_}, label)},
      token_{std::move(token)} {}

// ---- Its line ----------------------------------------------------------------------------------------------------

void FakeDevice::connect() {
  wants_line_ = true;
  if (line_) return;
  const std::uint64_t attempt = ++attempt_;
  auto line = std::make_shared<Line>(world_, fmt::format("{}#{}", id_, attempt), town_.latency);
  // A resume with the token that it got last, or a fresh session of the same device.
  const bool resumes = !resume_.empty() && world_.dice.percent(85);
  const bool bare = resumes && world_.dice.percent(20);
  line->on_said = [this](const Words& words) { town_.judge.said(id_, words); };
  line->on_closing = [this] { town_.judge.line_closes(id_); };  // whether or not it has noticed that it is cut
  town_.server.connect(line, bare ? std::string{} : token_, resumes ? resume_ : std::string{},
                       [this, attempt, line, resumes](bool opened) {
                         if (attempt != attempt_ || line_ || !wants_line_) {
                           // Given up meanwhile: the socket closes as it opens.
                           if (opened) line->cut(world_.dice.up_to(3s));
                           return;
                         }
                         if (!opened) {
                           if (resumes) resume_.clear();
                           return connect_later(world_.dice.up_to(4s));
                         }
                         line_ = line;
                         asked_.clear();
                         town_.judge.line_over(id_);
                         line->on_words = [this, attempt](const Words& words) {
                           if (attempt == attempt_) on_words(words);
                         };
                         line->on_closed = [this, attempt](std::uint16_t code) {
                           if (attempt == attempt_) on_closed(code);
                         };
                       });
  // The answer to the upgrade may never come.
  world_.after(5s, [this, attempt] {
    if (attempt == attempt_ && !line_ && wants_line_) connect();
  });
}

void FakeDevice::drop_line() {
  line_.reset();
  ++attempt_;
  town_.judge.line_over(id_);
}

void FakeDevice::connect_later(Duration wait) {
  world_.after(wait, [this] {
    if (wants_line_ && !line_) connect();
  });
}

void FakeDevice::lose_line() {
  if (!line_) return;
  line_->cut(world_.dice.percent(50) ? 0ms : world_.dice.up_to(30s));
  drop_line();
  // Within the grace, or after it, or much later.
  const Duration away = world_.dice.one_of<Duration>({100ms, 1s, 5s, 12s, 40s, 10min});
  connect_later(world_.dice.up_to(away));
}

void FakeDevice::hang_up() {
  wants_line_ = false;
  if (!line_) return;
  line_->hang_up(world_.dice.one_of<std::uint16_t>({1000, 1001, 1005, 3001}));
  drop_line();
}

void FakeDevice::rest() {
  rests_ = true;
  if (!line_) wants_line_ = false;
}

void FakeDevice::on_closed(std::uint16_t code) {
  drop_line();
  if (code == 4000) wants_line_ = false;
  if (wants_line_) connect_later(world_.dice.up_to(2s));
}

void FakeDevice::on_push(const push::Message& message) {
  const std::string ticket = text_of(message.data, "ticket");
  if (message.kind != push::Kind::ring || ticket.empty() || rests_) return;
  if (world_.dice.percent(25)) return town_.server.decline(ticket);
  if (world_.dice.percent(60)) connect();
}

// ---- What it hears -----------------------------------------------------------------------------------------------

void FakeDevice::on_words(const Words& words) {
  static const json::object nothing;
  const json::value* data_value = words->if_contains("data");
  const json::object& data = data_value != nullptr && data_value->is_object() ? data_value->get_object() : nothing;
  const std::string method = text_of(*words, "method");
  if (words->contains("request")) return on_request(method, *words);
  if (!method.empty()) return on_notification(method, data);
  const auto found = asked_.find(words->at("id").to_number<std::uint64_t>());
  if (found == asked_.end()) return;
  const AskedServer asked = std::move(found->second);
  asked_.erase(found);
  const bool ok = words->contains("ok") && words->at("ok").as_bool();
  (void)view_.answered(asked, ok, data);
  on_answer(asked, ok, data);
}

void FakeDevice::on_welcome(const json::object& data) {
  resume_ = text_of(data, "resumeToken");
  view_.welcome(data);
  for (const json::value& each : data.at("calls").as_array()) {
    const json::object& entry = each.as_object();
    const std::string call = text_of(entry, "callId");
    remember(heard_, call, 6);
    if (text_of(entry, "yourState") == "ringing") answer_ring(call);
    if (text_of(entry, "yourState") != "joined") continue;
    const json::value* state = entry.if_contains("mediaState");
    const auto mine = media_.find(call);
    if (mine == media_.end()) {
      begin_media(call);
      continue;
    }
    const bool same = state != nullptr && !state->as_object().at("transports").as_array().empty();
    if (same) continue;
    media_.erase(mine);
    begin_media(call);
  }
}

void FakeDevice::on_notification(const std::string& method, const json::object& data) {
  if (method == "welcome") return on_welcome(data);
  const std::string call = text_of(data, "callId");
  (void)view_.notified(method, data);
  remember(heard_, call, 6);
  remember(town_.calls_heard, call, 20);
  if (method == "call-started") answer_ring(call);
  if (method == "end-call") media_.erase(call);
  if (method == "media-restart") {
    media_.erase(call);
    begin_media(call);
  }
  if (method == "consumerClosed") std::erase(media_[call].consumers, text_of(data, "consumerId"));
}

void FakeDevice::on_request(const std::string& method, const json::object& words) {
  const json::object& data = words.at("data").as_object();
  const std::string call = text_of(data, "callId");
  if (method == "newConsumer") media_[call].consumers.push_back(text_of(data, "id"));
  remember(town_.objects_heard, text_of(data, "id"), 20);
  if (world_.dice.percent(4)) return;  // never answered
  const bool takes = world_.dice.percent(95);
  const auto id = words.at("id").to_number<std::uint64_t>();
  std::string answer =
      takes ? fmt::format(R"({{"response":true,"id":{},"ok":true,"data":{{}}}})", id)
            : fmt::format(R"({{"response":true,"id":{},"ok":false,"errorCode":400,"errorReason":"no"}})", id);
  const std::weak_ptr<Line> line = line_;
  world_.soon(world_.dice.up_to(world_.dice.percent(10) ? 3s : 50ms), [line, answer = std::move(answer)] {
    if (const auto here = line.lock()) here->say(answer);
  });
}

void FakeDevice::on_answer(const AskedServer& asked, bool ok, const json::object& data) {
  if (!ok) return;
  const std::string call = text_of(data, "callId").empty() ? asked.call : text_of(data, "callId");
  const std::string id = text_of(data, "id");
  if (asked.method == "start-call" || asked.method == "accept-call" || asked.method == "join-call") {
    remember(heard_, call, 6);
    remember(town_.calls_heard, call, 20);
    if (!media_.contains(call)) begin_media(call);
  }
  if (asked.method == "register-push") remember(subscriptions_, id, 3);
  if (!media_.contains(call)) return;
  Media& media = media_[call];
  if (asked.method == "createWebRtcTransport") {
    remember(town_.objects_heard, id, 20);
    const bool sends = media.sends.empty();
    (sends ? media.sends : media.receives) = id;
    ask("connectWebRtcTransport",
        fmt::format(R"({{"callId":"{}","transportId":"{}","dtlsParameters":{}}})", call, id, dtls), call);
    if (!sends) return;
    if (world_.dice.percent(90)) produce(call, "audio");
    if (world_.dice.percent(60)) produce(call, "video");
    if (world_.dice.percent(20)) produce(call, "data");
  }
  if (asked.method == "produce") media.producers.push_back(id);
  remember(town_.objects_heard, id, 20);
}

// ---- What it says ------------------------------------------------------------------------------------------------

void FakeDevice::ask(const std::string& method, const std::string& data, const std::string& call, bool again) {
  if (!line_) return;
  const std::uint64_t id = ++last_request_;
  AskedServer asked{method, call, again};
  asked_.emplace(id, asked);
  town_.judge.asked(id_, id, std::move(asked));
  line_->say(fmt::format(R"({{"request":true,"id":{},"method":"{}","data":{}}})", id, method, data));
}

std::string FakeDevice::request_id() {
  if (world_.dice.percent(60)) return {};
  return fmt::format(R"(,"requestId":"{}")", last_request_ + 1);
}

void FakeDevice::ask_call(const std::string& method, const std::string& call, const std::string& more) {
  const std::string request = request_id();
  const std::string data = fmt::format(R"({{"callId":"{}"{}{}}})", call, more, request);
  if (!request.empty()) repeatable_.push_back({method, data, call});
  if (repeatable_.size() > 4) repeatable_.pop_front();
  ask(method, data, call);
}

std::string FakeDevice::some_call(View::Place place) {
  std::vector<std::string> fitting;
  for (const auto& [call, where] : view_.calls()) {
    if (where == place) fitting.push_back(call.str());
  }
  if (!fitting.empty() && world_.dice.percent(90)) return world_.dice.one_of(fitting);
  if (!heard_.empty() && world_.dice.percent(80)) return world_.dice.one_of(heard_);
  if (!town_.calls_heard.empty()) return world_.dice.one_of(town_.calls_heard);
  return "nobody-knows";
}

std::string FakeDevice::some_users() {
  std::string list;
  do list += fmt::format(R"({}"{}")", list.empty() ? "" : ",", world_.dice.one_of(town_.users));
  while (world_.dice.percent(35));
  return list;
}

void FakeDevice::start_call() {
  const std::string request = request_id();
  std::string data =
      fmt::format(R"({{"callees":[{}],"media":"{}")", some_users(), world_.dice.percent(50) ? "video" : "audio");
  if (world_.dice.percent(30)) data += fmt::format(R"(,"ringSeconds":{})", 1 + world_.dice.roll(40));
  if (world_.dice.percent(15)) data += fmt::format(R"(,"roomId":"conversation-{}")", world_.dice.roll(3));
  data += request + "}";
  if (!request.empty()) repeatable_.push_back({"start-call", data, {}});
  ask("start-call", data);
}

void FakeDevice::answer_ring(const std::string& call) {
  if (rests_) return;
  if (world_.dice.percent(30)) ask("ringing", fmt::format(R"({{"callId":"{}"}})", call), call);
  const std::size_t mood = world_.dice.roll(100);
  if (mood >= 75) return;  // lets it ring
  const Duration thinks = world_.dice.percent(80) ? world_.dice.up_to(3s) : world_.dice.up_to(35s);
  world_.after(thinks, [this, call, mood] {
    if (!view_.has(CallId{call}, View::Place::ringing)) return;
    if (mood < 55) {
      ask_call(mood < 50 ? "accept-call" : "join-call", call);
    } else {
      ask_call("decline-call", call, mood < 65 ? R"(,"reason":"busy")" : "");
    }
  });
}

void FakeDevice::act() {
  if (!line_) return connect();
  const std::size_t mood = world_.dice.roll(100);
  if (mood < 7) return lose_line();
  if (mood < 9) return hang_up();
  if (mood < 11) {  // a second session of the same device, while the first stands
    // Should the second not come about, the first one's silence is noticed some time.
    world_.after(60s, [old = line_] { old->cut(0ms); });
    drop_line();
    return connect();
  }
  if (mood < 32) return start_call();
  if (mood < 62) return command();
  if (mood < 88 && town_.media) return media();
  account();
}

void FakeDevice::command() {
  if (!repeatable_.empty() && world_.dice.percent(12)) {
    const Repeatable repeated = repeatable_[world_.dice.roll(repeatable_.size())];
    return ask(repeated.method, repeated.data, repeated.call, true);
  }
  switch (world_.dice.roll(9)) {
    case 0:
    case 1: return ask_call("accept-call", some_call(View::Place::ringing));
    case 2: return ask_call("decline-call", some_call(View::Place::ringing));
    case 3: return ask_call("end-call", some_call(View::Place::joined));
    case 4: return ask_call("end-call", some_call(View::Place::joined), R"(,"everyone":true)");
    case 5: return ask_call("leave-call", some_call(View::Place::joined));
    case 6: return ask_call("join-call", some_call(View::Place::ringing));
    default: return ask_call("invite", some_call(View::Place::joined), fmt::format(R"(,"callees":[{}])", some_users()));
  }
}

void FakeDevice::account() {
  switch (world_.dice.roll(8)) {
    case 0:
    case 1:
    case 2:
      if (!town_.push) return;
      return ask("register-push", fmt::format(R"({{"type":"{}","address":"{}"}})", PushService::type, id_));
    case 3:
      if (subscriptions_.empty()) return;
      return ask("unregister-push", fmt::format(R"({{"id":"{}"}})", world_.dice.one_of(subscriptions_)));
    case 4: return ask("get-history", "{}");
    case 5: return ask("mark-history-read", "{}");
    case 6:
      return ask(world_.dice.percent(40) ? "block-user" : "unblock-user",
                 fmt::format(R"({{"userId":"{}"}})", world_.dice.one_of(town_.users)));
    default: return ask("set-do-not-disturb", fmt::format(R"({{"on":{}}})", world_.dice.percent(30)));
  }
}

// ---- Media -------------------------------------------------------------------------------------------------------

void FakeDevice::begin_media(const std::string& call) {
  if (!town_.media || world_.dice.percent(10)) return;
  media_[call] = {};
  const bool data_channels = world_.dice.percent(20);
  const char* sctp = data_channels ? R"(,"sctpCapabilities":{"numStreams":{"OS":1024,"MIS":1024}})" : "";
  ask("createWebRtcTransport", fmt::format(R"({{"callId":"{}","producing":true,"consuming":false{}}})", call, sctp),
      call);
  ask("createWebRtcTransport", fmt::format(R"({{"callId":"{}","producing":false,"consuming":true{}}})", call, sctp),
      call);
  ask("join", fmt::format(R"({{"callId":"{}","displayName":"{}","rtpCapabilities":{}}})", call, user_, capabilities),
      call);
}

void FakeDevice::produce(const std::string& call, const std::string& kind) {
  const std::string transport = world_.dice.percent(97) || town_.objects_heard.empty()
                                    ? media_[call].sends
                                    : world_.dice.one_of(town_.objects_heard);
  if (kind == "data") {
    return ask("produceData",
               fmt::format(R"({{"callId":"{}","transportId":"{}","label":"chat","protocol":"",)"
                           R"("sctpStreamParameters":{{"streamId":{},"ordered":true}}}})",
                           call, transport, world_.dice.roll(4)),
               call);
  }
  const bool audio = kind == "audio";
  ask("produce",
      fmt::format(R"({{"callId":"{}","transportId":"{}","kind":"{}","paused":{},"rtpParameters":{{"codecs":[{{)"
                  R"("mimeType":"{}","payloadType":{},"clockRate":{}{}}}],"encodings":[{{"ssrc":{}}}]}}}})",
                  call, transport, kind, world_.dice.percent(10), audio ? "audio/opus" : "video/VP8", audio ? 100 : 101,
                  audio ? 48000 : 90000, audio ? R"(,"channels":2)" : "", ++ssrc_),
      call);
}

void FakeDevice::media() {
  const std::string call = some_call(View::Place::joined);
  if (!media_.contains(call)) return begin_media(call);
  const Media media = media_[call];
  const auto one_of = [&](const std::vector<std::string>& mine) {
    if (!mine.empty() && world_.dice.percent(92)) return world_.dice.one_of(mine);
    return town_.objects_heard.empty() ? std::string{"nothing"} : world_.dice.one_of(town_.objects_heard);
  };
  const auto on = [&](const char* method, const char* name, const std::string& id, const char* more = "") {
    // The call may be left out while there is one.
    const std::string named = world_.dice.percent(85) ? fmt::format(R"("callId":"{}",)", call) : std::string{};
    ask(method, fmt::format(R"({{{}"{}":"{}"{}}})", named, name, id, more), call);
  };
  switch (world_.dice.roll(12)) {
    case 0: return on("closeProducer", "producerId", one_of(media.producers));
    case 1: return on("pauseProducer", "producerId", one_of(media.producers));
    case 2: return on("resumeProducer", "producerId", one_of(media.producers));
    case 3: return on("pauseConsumer", "consumerId", one_of(media.consumers));
    case 4: return on("resumeConsumer", "consumerId", one_of(media.consumers));
    case 5: return on("requestConsumerKeyFrame", "consumerId", one_of(media.consumers));
    case 6: return on("setConsumerPriority", "consumerId", one_of(media.consumers), R"(,"priority":2)");
    case 7: return on("setConsumerPreferredLayers", "consumerId", one_of(media.consumers), R"(,"spatialLayer":1)");
    case 8: return on("restartIce", "transportId", media.sends);
    case 9: return on("getTransportStats", "transportId", media.receives);
    case 10: return begin_media(call);
    default: return produce(call, world_.dice.one_of({"audio", "video", "video", "data"}));
  }
}

}  // namespace carillon::simulation
