#include "signaling/call_driver.hpp"

#include "signaling/call_messages.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <utility>

namespace carillon::signaling {
namespace {

call::Media to_call(protocol::Media media) {
  return media == protocol::Media::video ? call::Media::video : call::Media::audio;
}

Error may_not(std::string_view what) { return fail(Errc::forbidden, fmt::format("the token does not grant {}", what)); }

/// The first of these whom the token does not grant to call.
Result<> may_call(const Device& from, const std::vector<UserId>& callees) {
  const auto& to = from.identity().grants.to;
  if (!to) return {};
  for (std::size_t i = 0; i < callees.size(); ++i) {
    if (std::ranges::find(*to, callees[i].str()) == to->end())
      return fail(Errc::forbidden, fmt::format("data.callees[{}]: the token does not grant calls to this user", i));
  }
  return {};
}

/// What each method is answered with (docs/protocol.md).
json::object reply_data(const protocol::Command& command, const call::Reply& reply) {
  json::object data;
  const bool starts = std::holds_alternative<protocol::StartCall>(command);
  if (starts || std::holds_alternative<protocol::AcceptCall>(command) ||
      std::holds_alternative<protocol::JoinCall>(command)) {
    data["callId"] = reply.call.str();
    data["roomId"] = reply.room.str();
  }
  if (starts) data["ringUntil"] = to_ms(reply.ring_until);
  return data;
}

/// From checked wire values to the machine's commands, with what the token grants.
struct ToCall {
  const Device& from;
  Random& random;

  Result<call::Command> operator()(const protocol::StartCall& c) const {
    const jose::CallGrants& grants = from.identity().grants;
    if (!grants.start) return may_not("start-call");
    if (const Result<> granted = may_call(from, c.callees); !granted) return granted.error();
    call::StartCall start{.device = from.id(),
                          .callees = c.callees,
                          .media = to_call(c.media),
                          .new_call = CallId{random.uuid()},
                          .new_room = RoomId{random.uuid()}};
    start.room = c.room_id;
    if (c.ring_seconds) start.ring = std::chrono::seconds{c.ring_seconds->value};
    if (c.metadata) start.metadata = json::serialize(*c.metadata);
    start.request = c.request_id;
    start.calls_max = grants.max;
    start.key = from.identity().key;
    start.accept = grants.accept;
    if (grants.to) start.to.emplace(grants.to->begin(), grants.to->end());
    return call::Command{std::move(start)};
  }
  Result<call::Command> operator()(const protocol::AcceptCall& c) const {
    if (!from.identity().grants.accept) return may_not("accept-call");
    return call::Command{call::Accept{from.id(), c.call_id, c.request_id}};
  }
  Result<call::Command> operator()(const protocol::DeclineCall& c) const {
    const bool busy = c.reason == protocol::DeclineReason::busy;
    return call::Command{
        call::Decline{from.id(), c.call_id, busy ? call::EndReason::busy : call::EndReason::declined, c.request_id}};
  }
  Result<call::Command> operator()(const protocol::EndCall& c) const {
    return call::Command{
        call::End{from.id(), c.call_id, c.everyone.value_or(false), from.identity().grants.moderate, c.request_id}};
  }
  Result<call::Command> operator()(const protocol::Invite& c) const {
    if (!from.identity().grants.start) return may_not("invite");
    if (const Result<> granted = may_call(from, c.callees); !granted) return granted.error();
    return call::Command{call::Invite{from.id(), c.call_id, c.callees, {}, c.request_id}};
  }
  Result<call::Command> operator()(const protocol::JoinCall& c) const {
    if (!from.identity().grants.accept) return may_not("join-call");
    return call::Command{call::Join{from.id(), c.call_id, c.request_id}};
  }
  Result<call::Command> operator()(const protocol::LeaveCall& c) const {
    return call::Command{call::Leave{from.id(), c.call_id, c.request_id}};
  }
  Result<call::Command> operator()(const protocol::WatchPresence&) const {
    return fail(Errc::internal, "presence is not a matter of calls");
  }
};

}  // namespace

CallDriver::CallDriver(boost::asio::any_io_executor executor, call::Config config, const Clock& clock, Random& random,
                       Devices& devices, RoomKeeper& rooms, ReachDriver& reach, Continuity& continuity, Logger log)
    : clock_{clock},
      random_{random},
      devices_{devices},
      rooms_{rooms},
      reach_{reach},
      continuity_{continuity},
      log_{std::move(log)},
      calls_{config},
      timer_{std::move(executor)} {}

void CallDriver::command(const Device& from, const protocol::Command& command, const Answer& answer) {
  const Result<call::Command> asked = std::visit(ToCall{from, random_}, command);
  if (!asked) return answer(asked.error());
  const call::Outcome outcome = calls_.handle(*asked, clock_.now());
  continuity_.keep(calls_, outcome.actions);
  if (outcome.reply) {
    answer(reply_data(command, *outcome.reply));
  } else {
    answer(outcome.reply.error());
  }
  perform(outcome.actions);
}

void CallDriver::event(const call::Event& event) {
  this->event(event, [] {});
}

void CallDriver::event(const call::Event& event, const std::function<void()>& before) {
  const call::Actions actions = calls_.handle(event, clock_.now());
  continuity_.keep(calls_, actions);
  before();
  perform(actions);
}

void CallDriver::end_all(call::EndReason why) { keep_and_perform(calls_.end_all(why, clock_.now())); }

void CallDriver::restore(const std::vector<call::SavedDevice>& devices, std::vector<call::Call::Saved> calls) {
  std::vector<Error> wrong;
  const std::size_t left = calls.size();
  const call::Actions actions = calls_.restore(devices, std::move(calls), clock_.now(), wrong);
  continuity_.keep(calls_, actions);
  for (const Error& error : wrong) log_.error("a call of before is lost: {}", error.detail);
  if (left > 0) log_.info("found {} calls of before the restart, {} of them are on", left, calls_.counts().calls);
  for (const call::Action& action : actions) {
    if (const auto* reach = std::get_if<call::Reach>(&action)) {
      reach_.begin_again(*reach);
    } else {
      std::visit([this](const auto& what) { perform(what); }, action);
    }
  }
  arm();
}

void CallDriver::keep_and_perform(const call::Actions& actions) {
  continuity_.keep(calls_, actions);
  perform(actions);
}

void CallDriver::perform(const call::Actions& actions) {
  for (const call::Action& action : actions) std::visit([this](const auto& what) { perform(what); }, action);
  arm();
}

void CallDriver::perform(const call::Tell& action) {
  const DevicePtr device = devices_.find(action.device);
  if (!device) return;
  device->notify(method_of(action.message), data_of(action, clock_.now()));
  if (std::holds_alternative<call::CallStarted>(action.message)) reach_.told(action, *device);
}

void CallDriver::perform(const call::OpenRoom& action) {
  log_.info("call starts call={} room={}", action.call, action.room);
  rooms_.open_room(action.call, action.room);
}

void CallDriver::perform(const call::CloseRoom& action) { rooms_.close_room(action.call); }

void CallDriver::perform(const call::DropPeer& action) { rooms_.drop_peer(action.call, action.device); }

void CallDriver::perform(const call::Reach& action) { reach_.begin(action); }

void CallDriver::perform(const call::StopReaching& action) { reach_.end(action); }

void CallDriver::perform(const call::ForgetDevice& action) {
  const DevicePtr device = devices_.find(action.device);
  devices_.forget(action.device);
  if (device && on_forgotten) on_forgotten(*device);
}

void CallDriver::perform(const call::WriteRecord& action) {
  const call::CallRecord& r = action.record;
  log_.info("call ended reason={} answered={} seconds={:.1f} people={} call={}", to_string(r.reason),
            r.answered_at.has_value(), static_cast<double>(r.duration().count()) / 1000, r.people.size(), r.call);
  const ReachDriver::Ledger ledger = reach_.take_ledger(r.call);
  if (on_record) on_record(r, ledger);
}

void CallDriver::arm() {
  const std::optional<Time> deadline = calls_.deadline();
  if (!deadline) {
    timer_.cancel();
    return;
  }
  timer_.expires_after(std::max(Duration{0}, *deadline - clock_.now()));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) keep_and_perform(calls_.tick(clock_.now()));
  });
}

}  // namespace carillon::signaling
