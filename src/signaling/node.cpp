#include "signaling/node.hpp"

#include "base/async.hpp"
#include "fetch/curl_client.hpp"
#include "push/fcm.hpp"
#include "push/webpush.hpp"
#include "signaling/call_messages.hpp"
#include "signaling/wait_for.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <utility>

namespace carillon::signaling {
namespace {

json::array ice_servers_json(const std::vector<IceServer>& servers) {
  json::array array;
  for (const IceServer& server : servers) {
    json::array urls;
    for (const std::string& url : server.urls) urls.emplace_back(url);
    json::object entry{{"urls", std::move(urls)}};
    if (!server.username.empty()) {
      entry["username"] = server.username;
      entry["credential"] = server.credential.reveal();
    }
    array.push_back(std::move(entry));
  }
  return array;
}

/// All of them are in calls, so it may take a while.
constexpr std::string_view too_many_sessions = "too many sessions of this user are in calls";

/// The ends of what rings when the server stops: push services answer in half a second.
constexpr std::chrono::seconds flush_within{2};

}  // namespace

Node::Node(boost::asio::io_context& io, Config config, const Clock& clock, Random& random, store::Store& store,
           store::Journal* journal, Logger log)
    : io_{io},
      config_{std::move(config)},
      clock_{clock},
      random_{random},
      store_{store},
      log_{std::move(log)},
      user_rates_{config_.messages_per_second_user, config_.producers_per_second},
      continuity_{journal},
      devices_{io.get_executor(), clock, random, config_.client_answer_timeout},
      own_client_{config_.outside.client == nullptr
                      ? std::make_unique<fetch::CurlClient>(io.get_executor(),
                                                            fetch::ClientConfig{.ca_file = config_.push.ca_file})
                      : nullptr},
      sender_{io.get_executor(), clock, random, own_client_ ? *own_client_ : *config_.outside.client, log_},
      reach_{io.get_executor(), clock, store, sender_, log_},
      rooms_{config_.rooms},
      workers_{io, config_.media, config_.outside, clock, random, log_},
      shared_{io,
              clock,
              devices_,
              rooms_,
              workers_,
              config_.media,
              log_,
              [this](const DeviceId& device, const CallId& call) { return calls_.calls().may_join_room(device, call); }},
      calls_{io.get_executor(), config_.calls, clock, random, devices_, *this, reach_, continuity_, log_},
      drain_{io.get_executor(), clock},
      history_{io.get_executor(), clock, store, log_},
      user_limits_{config_.waiting_per_user, config_.messages_per_second},
      ticket_limits_{config_.waiting_per_user, config_.messages_per_second},
      account_{clock, random, store, sender_, reach_, history_, calls_, user_limits_},
      server_{io, config_.http, log_} {
  workers_.on_up = [this](const room::WorkerId& worker) { on_worker_up(worker); };
  workers_.on_died = [this](const room::WorkerId& worker) { on_worker_died(worker); };
  calls_.on_forgotten = [this](const Device& device) { tell_presence(device.user(), device.identity().name); };
  calls_.on_record = [this](const call::CallRecord& record, const ReachDriver::Ledger& ledger) {
    metrics_.call_ended(record);
    history_.keep(record, ledger.lines, ledger.settled);
    drain_.calls_left(calls_.calls().counts().calls);
  };
  user_limits_.on_refused = ticket_limits_.on_refused = [this](std::string_view limit) { metrics_.limited(limit); };
  drain_.on_over = [this] {
    if (on_drained) on_drained();
  };
  devices_.on_tokens = [this](const Device& device) { continuity_.keep(device); };
  devices_.on_forgotten = [this](const DeviceId& device) { continuity_.forget(device); };
  history_.on_kept = [this](const CallId& call) { continuity_.recorded(call); };
  reach_.on_settled = [this](const CallId& call, const std::vector<call::LedgerEntry>& ledger) {
    history_.settle(call, ledger);
  };
  reach_.on_pushed = [this](const std::string& type, const push::Verdict& verdict) { metrics_.pushed(type, verdict); };
  reach_.on_reached = [this](const call::Reached& reached) { calls_.event(reached); };
  history_.is_watched = [this](const UserId& user) { return !history_watchers(user).empty(); };
  history_.on_changed = [this](const UserId& user, const json::object& data) {
    for (const DevicePtr& device : history_watchers(user)) device->notify("history-changed", data);
  };
  add_routes();
}

Node::~Node() = default;

boost::asio::awaitable<Result<>> Node::start(std::optional<json::object> inherited) {
  const Result<> keys = co_await prepare_keys();
  if (!keys) co_return keys;
  const Result<> mutes = co_await account_.load_mutes();
  if (!mutes) co_return mutes;
  if (inherited) {
    auto starting = start_in_place(*std::move(inherited));
    co_return co_await std::move(starting);
  }
  const Result<> workers = co_await workers_.start();
  if (!workers) co_return workers;
  restore();
  co_return server_.start();
}

boost::asio::awaitable<void> Node::stop() {
  if (stopping_) co_return;
  stopping_ = true;
  server_.stop_accepting();
  calls_.end_all(call::EndReason::failed);
  server_.close(http::close_code::going_away, "the server stops");
  co_await workers_.stop();
  co_await flush_pushes();
}

// ---- drain ----

void Node::begin_drain() {
  const std::size_t calls = calls_.calls().counts().calls;
  if (!drain_.begin(config_.drain, calls)) return;
  log_.info("draining: no new calls, {} are on and have {} s", calls, config_.drain.count() / 1000);
  tell_draining();
}

void Node::end_drain() {
  if (!drain_.undo()) return;
  log_.info("the drain is undone");
  tell_draining();
}

/// The calls and the clients.
void Node::tell_draining() {
  calls_.drain(drain_.deadline());
  json::object data{{"deadline", nullptr}, {"serverTime", to_ms(clock_.now())}};
  if (drain_.deadline()) data["deadline"] = to_ms(*drain_.deadline());
  for (const auto& [id, device] : devices_.all()) device->notify("server-draining", data);
}

void Node::restore() {
  Continuity::Left left = continuity_.left();
  for (const Error& error : left.wrong) log_.error("a line of the journal is not understood: {}", error.detail);
  std::vector<call::SavedDevice> devices;
  for (SavedSession& session : left.sessions) {
    const Identity& who = session.identity;
    devices.push_back({who.device, who.user, who.name});
    devices_.restore(session.identity, session.resume_hash, session.used_hash);
    continuity_.keep(*devices_.find(devices.back().device));
  }
  for (const call::CallRecord& record : left.records) {
    continuity_.keep(record);
    history_.keep(record, {}, true);
  }
  calls_.restore(devices, std::move(left.calls));
  continuity_.forget_rest();
  close_inherited_rooms();
}

boost::asio::awaitable<Result<Secret>> Node::kept(std::string name, Secret candidate) {
  const std::function ask = [&](std::function<void(Result<Secret>)> done) {
    store_.secret(name, candidate, std::move(done));
  };
  co_return co_await answer_of<Secret>(ask);
}

boost::asio::awaitable<Result<jose::Key>> Node::kept_key(std::string name) {
  Secret candidate{random_.token(32)};
  auto keeping = kept(std::move(name), std::move(candidate));
  const Result<Secret> secret = co_await std::move(keeping);
  if (!secret) co_return secret.error();
  co_return jose::Key::from_secret(secret->reveal());
}

/// Keys that outlive the process, and the push services that are set up.
boost::asio::awaitable<Result<>> Node::prepare_keys() {
  auto keeping_ticket_key = kept_key("tickets");
  const Result<jose::Key> ticket_key = co_await std::move(keeping_ticket_key);
  if (!ticket_key) co_return ticket_key.error();
  reach_.use(Tickets{*ticket_key});
  if (config_.dev) {
    auto keeping_dev_key = kept_key("dev-tokens");
    const Result<jose::Key> dev_key = co_await std::move(keeping_dev_key);
    if (!dev_key) co_return dev_key.error();
    config_.dev_key = *dev_key;
    config_.keys.add(*dev_key);
  }

  PushConfig& push = config_.push;
  if (!push.vapid_key && config_.dev) {
    const auto fresh = jose::Key::generate_es256();
    if (!fresh) co_return fresh.error();
    const auto fresh_pem = fresh->private_pem();
    if (!fresh_pem) co_return fresh_pem.error();
    Secret fresh_key{*fresh_pem};
    auto keeping_key = kept("vapid", std::move(fresh_key));
    const Result<Secret> pem = co_await std::move(keeping_key);
    if (!pem) co_return pem.error();
    const auto key = jose::Key::from_private_pem(pem->reveal());
    if (!key) co_return key.error();
    push.vapid_key = *key;
  }
  if (push.vapid_key) {
    auto vapid = push::Vapid::make(*push.vapid_key, push.vapid_subject);
    if (!vapid) co_return vapid.error();
    sender_.add(std::make_unique<push::WebPush>(std::move(*vapid), push.hosts));
  }
  if (config_.outside.push_service) sender_.add(config_.outside.push_service());
  if (push.fcm) sender_.add(std::make_unique<push::Fcm>(*push.fcm, push.fcm_endpoint));
  co_return Result<>{};
}

boost::asio::awaitable<void> Node::flush_pushes() {
  const Time until = clock_.now() + flush_within;
  while (sender_.size() > 0 && clock_.now() < until) co_await sleep_for(std::chrono::milliseconds{20});
}

// ---- sessions ----

DevicePtr Node::open_session(Identity identity, const std::string& resume, std::shared_ptr<http::WebSocket> socket) {
  const bool resumed = !resume.empty();
  DevicePtr device = resumed ? devices_.find_by_resume_token(resume) : nullptr;
  if (resumed && device == nullptr) {
    // He was let in as whom it named, and comes back without it, if he can.
    socket->close(http::close_code::try_again_later, "the resume token is void");
    return nullptr;
  }
  if (!resumed) {
    const call::Place place = place_for(identity);
    if (!place.is_free) {
      socket->close(http::close_code::try_again_later, too_many_sessions);
      return nullptr;
    }
    if (place.goes) {
      metrics_.limited("sessions-per-user");
      const DevicePtr goes = devices_.find(*place.goes);
      if (const std::shared_ptr<http::WebSocket> its = goes->socket())
        its->close(http::close_code::do_not_reconnect, "a newer session of this user took its place");
      close_session(goes, SessionEnd::hung_up, http::close_code::do_not_reconnect);
    }
    device = devices_.admit(std::move(identity));
  }

  if (const std::shared_ptr<http::WebSocket> old = device->socket()) {
    device->detach();
    old->close(http::close_code::do_not_reconnect, "a newer session of this device took over");
  }
  devices_.attach(device, std::move(socket), resumed ? resume : std::string{});
  const auto welcome = [&] { send_welcome(*device); };
  const Identity& who = device->identity();
  if (resumed) {
    log_.info("session resumed user={} device={}", who.user, who.device);
    calls_.event(call::DeviceResumed{who.device}, welcome);
    // Its pong says that `welcome`, and the token in it, has been read.
    if (device->socket()) device->socket()->ping(welcome_ping);
    device->send_again(clock_.now());
  } else {
    log_.info("session opened user={} device={}", who.user, who.device);
    calls_.event(call::DeviceConnected{who.device, who.user, who.name}, welcome);
  }
  tell_presence(who.user, who.name);
  return device;
}

call::Place Node::place_for(const Identity& identity) const {
  return call::place_for(identity.device, identity.user, calls_.calls(), config_.sessions_per_user,
                         [&](const DeviceId& device) { return devices_.find(device)->active_at; });
}

void Node::close_session(const DevicePtr& device, SessionEnd how, std::uint16_t code) {
  const bool hang_up = how == SessionEnd::hung_up;
  device->detach();
  log_.info("session {} code={} user={} device={}", hang_up ? "closed" : "lost", code, device->user(), device->id());
  if (hang_up) {
    calls_.event(call::DeviceClosed{device->id()});
  } else {
    calls_.event(call::DeviceLost{device->id(), how == SessionEnd::sent_away});
  }
  reach_.gone(*device);
  // Without a grace, or after a good-bye, nothing keeps it.
  if (calls_.calls().presence().find(device->id()) == nullptr) devices_.forget(device->id());
  tell_presence(device->user(), device->identity().name);
}

std::size_t Node::end_sessions(const UserId& user) {
  std::vector<DevicePtr> theirs;
  for (const auto& [id, device] : devices_.all()) {
    if (device->user() == user) theirs.push_back(device);
  }
  for (const DevicePtr& device : theirs) {
    if (const std::shared_ptr<http::WebSocket> socket = device->socket())
      socket->close(http::close_code::do_not_reconnect, "unauthorized: the operator has ended your sessions");
    close_session(device, SessionEnd::hung_up, http::close_code::do_not_reconnect);
  }
  return theirs.size();
}

void Node::send_welcome(Device& device) {
  json::array calls;
  for (const call::CallSnapshot& snapshot : calls_.calls().snapshot(device.user(), device.id())) {
    json::object entry = to_json(snapshot);
    const auto room = media_rooms_.find(snapshot.call);
    if (room != media_rooms_.end()) {
      if (auto media = room->second->snapshot(device.id())) entry["mediaState"] = std::move(*media);
    }
    calls.push_back(std::move(entry));
  }
  json::object data{{"userId", device.user().str()},
                    {"deviceId", device_label(device.user(), device.id())},
                    {"peerId", device.id().str()},
                    {"resumeToken", device.resume_token().reveal()},
                    {"resumeGraceMs", config_.calls.grace.count()},
                    {"serverTime", to_ms(clock_.now())},
                    {"doNotDisturb", calls_.calls().muting().does_not_disturb(device.user())},
                    {"iceServers", ice_servers_json(config_.ice_servers)},
                    {"calls", std::move(calls)}};
  if (drain_.deadline()) data["draining"] = json::object{{"deadline", to_ms(*drain_.deadline())}};
  device.notify("welcome", data);
}

std::vector<DevicePtr> Node::history_watchers(const UserId& user) const {
  std::vector<DevicePtr> watchers;
  for (const DeviceId& id : calls_.calls().presence().devices_of(user)) {
    const DevicePtr device = devices_.find(id);
    if (device && device->watches_history) watchers.push_back(device);
  }
  return watchers;
}

json::object Node::presence_json(const UserId& user, const std::string& name) const {
  const std::size_t devices = calls_.calls().presence().devices_of(user).size();
  return {{"userId", user.str()}, {"name", name}, {"devices", devices}};
}

Result<json::object> Node::watch_presence(Device& device) {
  if (!config_.presence) return fail(Errc::forbidden, "presence is off on this server");
  device.watches_presence = true;
  json::array users;
  for (const auto& [user, state] : calls_.calls().presence().users()) {
    if (!calls_.calls().presence().devices_of(user).empty()) users.push_back(presence_json(user, state.name));
  }
  return json::object{{"users", std::move(users)}};
}

void Node::tell_presence(const UserId& user, const std::string& name) {
  if (!config_.presence) return;
  const json::object data = presence_json(user, name);
  for (const auto& [id, device] : devices_.all()) {
    if (device->watches_presence) device->notify("presence", data);
  }
}

// ---- rooms ----

void Node::open_room(const CallId& call, const RoomId& room) {
  if (!go_on_with_room(call, room)) make_room(call, room);
}

void Node::make_room(const CallId& call, const RoomId& room) {
  const auto made = std::make_shared<MediaRoom>(shared_, call, room);
  media_rooms_[call] = made;
  house(made);
}

void Node::house(const std::shared_ptr<MediaRoom>& room) {
  const Result<room::WorkerId> worker = rooms_.open(room->room());
  if (worker) {
    boost::asio::co_spawn(io_, open(room, *worker), report(log_, "opening a room"));
  } else {
    log_.error("a room waits for a worker: {} call={}", worker.error().detail, room->call());
    homeless_.push_back(room);
    boost::asio::co_spawn(io_, give_up_later(room), report(log_, "waiting for a worker"));
  }
}

boost::asio::awaitable<void> Node::open(std::shared_ptr<MediaRoom> room, room::WorkerId worker) {
  const Result<> opened = co_await room->open(worker);
  // A worker that died meanwhile has given the call another room already.
  if (opened || !stands(room) || workers_.find(worker) == nullptr) co_return;
  log_.error("a room does not open: {} call={}", opened.error().detail, room->call());
  fail_room(room->call());
}

boost::asio::awaitable<void> Node::give_up_later(std::weak_ptr<MediaRoom> room) {
  co_await sleep_for(config_.media.worker_wait);
  const std::shared_ptr<MediaRoom> waiting = room.lock();
  if (!waiting || !stands(waiting) || rooms_.worker_of(waiting->room()) != nullptr) co_return;
  log_.error("no worker came up in time call={}", waiting->call());
  fail_room(waiting->call());
}

bool Node::stands(const std::shared_ptr<MediaRoom>& room) const {
  const auto found = media_rooms_.find(room->call());
  return found != media_rooms_.end() && found->second == room;
}

void Node::fail_room(const CallId& call) { calls_.event(call::RoomFailed{call}); }

void Node::close_room(const CallId& call) {
  const auto found = media_rooms_.find(call);
  if (found == media_rooms_.end()) return;
  const std::shared_ptr<MediaRoom> room = found->second;
  media_rooms_.erase(found);
  room->close();
  rooms_.close(room->room());
}

void Node::drop_peer(const CallId& call, const DeviceId& device) {
  const auto found = media_rooms_.find(call);
  if (found != media_rooms_.end()) found->second->drop_peer(device);
}

void Node::on_worker_up(const room::WorkerId& worker) {
  rooms_.add_worker(worker);
  for (const std::weak_ptr<MediaRoom>& weak : std::exchange(homeless_, {})) {
    const std::shared_ptr<MediaRoom> room = weak.lock();
    if (room && stands(room)) house(room);
  }
}

void Node::on_worker_died(const room::WorkerId& worker) {
  for (const RoomId& lost : rooms_.remove_worker(worker)) {
    const auto found =
        std::ranges::find_if(media_rooms_, [&](const auto& entry) { return entry.second->room() == lost; });
    if (found == media_rooms_.end()) continue;
    const CallId call = found->first;
    found->second->close(fail(Errc::worker_died, "the media of this call begins anew"));
    make_room(call, lost);
    tell_media_restart(call);
  }
}

void Node::tell_media_restart(const CallId& id) {
  const call::Call* call = calls_.calls().find(id);
  if (call == nullptr) return;
  log_.warn("the media of a call begins anew call={}", id);
  for (const call::Person& person : call->people()) {
    const call::Seated* seat = person.seated();
    const DevicePtr device = seat ? devices_.find(seat->device) : nullptr;
    if (device) device->notify("media-restart", {{"callId", id.str()}});
  }
}

Result<std::shared_ptr<MediaRoom>> Node::room_for(const Device& device, const protocol::MediaRequest& request) {
  std::optional<CallId> call = protocol::call_of(request);
  if (!call) call = calls_.calls().only_call_of(device.id());
  if (!call)
    return fail(Errc::bad_request, "data.callId: expected the id of a call: this device is not in exactly one");
  const auto found = media_rooms_.find(*call);
  if (found == media_rooms_.end() || !calls_.calls().may_join_room(device.id(), *call)) {
    return fail(Errc::not_found, "data.callId: this device is in no such call");
  }
  return found->second;
}

boost::asio::awaitable<void> Node::media_request(DevicePtr device, protocol::MediaRequest request,
                                                 MediaRoom::Answer answer) {
  if (std::holds_alternative<protocol::GetRouterRtpCapabilities>(request) && !protocol::call_of(request)) {
    json::object data = server_rtp_capabilities().as_object();
    data["routerRtpCapabilities"] = server_rtp_capabilities();
    answer(std::move(data));
    co_return;
  }
  const auto room = room_for(*device, request);
  if (!room) {
    answer(room.error());
    co_return;
  }
  const std::shared_ptr<MediaRoom> media = *room;
  co_await media->handle(std::move(device), std::move(request), std::move(answer));
}

}  // namespace carillon::signaling
