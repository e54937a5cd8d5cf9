// From one program to the one that takes its place by execve, while the workers forward: what is given on, and how it
// is taken. Calls and sessions are in the journal anyway; this is about sockets that listen, workers and media rooms.
#include "base/async.hpp"
#include "mediasoup/saved.hpp"
#include "signaling/node.hpp"

#include <boost/json/array.hpp>

#include <utility>

namespace carillon::signaling {
namespace {

/// Grows with every change of what this file, the pool or media rooms write.
constexpr int handover_version = 1;

/// A client answers a close frame in one round trip. Who takes longer comes back without.
constexpr std::chrono::milliseconds close_within{500};
/// A push that is on its way may be the one that stops a phone from ringing.
constexpr std::chrono::seconds pushes_within{2};
constexpr std::chrono::milliseconds look_every{2};

}  // namespace

std::string Node::handover_format() {
  return fmt::format("{}/{}/{}", handover_version, saved_version, mediasoup::Worker::saved_format());
}

boost::asio::awaitable<Result<>> Node::prepare_handover(Duration limit) {
  if (const Result<> may = may_leave(); !may) co_return may.error();
  // We would wait for them in vain, when everybody has been sent away already.
  if (store_.stalled()) co_return fail(Errc::unavailable, "the database takes no writes, and some wait for it");
  server_.pause_accepting();
  server_.close_web_sockets(http::close_code::service_restart, "a new version takes over");
  const Time begun = clock_.now();
  const auto busy = [&]() -> const char* {
    const http::Server::Counts http = server_.counts();
    const Duration waited = clock_.now() - begun;
    if (http.web_sockets > 0 && waited < close_within) return "a WebSocket is closing";
    if (sender_.size() > 0 && waited < pushes_within) return "a push is under way";
    if (http.requests > 0) return "a request is being answered";
    if (!store_.quiet()) return "the database is being asked something";
    if (!workers_.quiet()) return "a worker is being asked something";
    return nullptr;
  };
  while (const char* why = busy()) {
    if (clock_.now() - begun > limit) co_return fail(Errc::timeout, fmt::format("{} all the time", why));
    co_await sleep_for(look_every);
    if (const Result<> may = may_leave(); !may) co_return may.error();
  }
  co_return may_leave();
}

Result<> Node::may_leave() {
  if (stopping_) return fail(Errc::conflict, "the server stops");
  if (draining()) return fail(Errc::conflict, "the server drains");
  // The next program would find calls as they were before.
  if (!continuity_.is_safe()) return fail(Errc::unavailable, "the journal cannot be written");
  return {};
}

Result<Handover> Node::hand_over() const {
  Result<json::array> workers = workers_.save();
  if (!workers) return workers.error();
  json::array rooms;
  for (const auto& [call, room] : media_rooms_) {
    if (auto saved = room->save()) rooms.push_back(std::move(*saved));
  }
  json::array listening;
  Handover handover;
  for (const int fd : server_.listening_descriptors()) {
    listening.push_back(fd);
    handover.descriptors.push_back(fd);
  }
  const std::vector<int> pipes = workers_.descriptors();
  handover.descriptors.insert(handover.descriptors.end(), pipes.begin(), pipes.end());
  handover.state = {{"listening", std::move(listening)}, {"workers", *std::move(workers)}, {"rooms", std::move(rooms)}};
  return handover;
}

void Node::go_on() { server_.resume_accepting(); }

/// Whatever is wrong with the state as a whole is found before anything is changed.
Result<> Node::take_over(const json::object& state) {
  try {
    const mediasoup::Saved saved{state, "state"};
    std::vector<int> listening = saved.integers<int>("listening");
    const json::array& workers = saved.array("workers");
    saved.each("rooms", [this](const mediasoup::Saved& room) {
      inherited_rooms_.emplace(CallId{room.string("call")}, room.whole());
    });
    const Result<> serving = server_.start(std::move(listening));
    if (!serving) return serving;
    server_.pause_accepting();  // until all calls are back
    for (const Error& error : workers_.adopt(workers)) log_.error("a worker does not go on: {}", error.detail);
    return {};
  } catch (const mediasoup::BadSavedState& wrong) {
    return fail(Errc::bad_request, wrong.what());
  }
}

boost::asio::awaitable<Result<>> Node::start_in_place(json::object state) {
  Result<> taken = take_over(state);
  if (!taken) co_return taken;
  // What the workers have said since is read when we wait for the first time: the rooms must stand by then.
  if (!workers_.all().empty()) {
    restore();
    workers_.start_missing();
  } else {
    const Result<> started = co_await workers_.start();
    if (!started) co_return started;
    restore();
  }
  workers_.close_orphans();
  server_.resume_accepting();
  co_return Result<>{};
}

bool Node::go_on_with_room(const CallId& call, const RoomId& room) {
  const auto found = inherited_rooms_.find(call);
  if (found == inherited_rooms_.end()) return false;
  const json::object saved = std::move(found->second);
  inherited_rooms_.erase(found);
  const auto made = std::make_shared<MediaRoom>(shared_, call, room);
  const Result<> restored = made->restore(saved);
  if (!restored) {
    log_.error("the media of a call begins anew: {} call={}", restored.error().detail, call);
    return false;
  }
  media_rooms_[call] = made;
  return true;
}

/// Rooms whose calls are over: only their routers are left.
void Node::close_inherited_rooms() {
  for (const auto& [call, saved] : std::exchange(inherited_rooms_, {})) {
    MediaRoom::close_saved(workers_, saved);
  }
}

}  // namespace carillon::signaling
