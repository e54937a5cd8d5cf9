#include "signaling/reach_driver.hpp"

#include "push/message.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>
#include <variant>

namespace carillon::signaling {
namespace {

/// How the callee reads who calls: by the id when there is no name.
const std::string& name_of(const call::Party& party) { return party.name.empty() ? party.user.str() : party.name; }

}  // namespace

ReachDriver::ReachDriver(boost::asio::any_io_executor executor, const Clock& clock, store::Store& store,
                         push::Sender& sender, Logger log)
    : executor_{executor},
      clock_{clock},
      store_{store},
      sender_{sender},
      log_{std::move(log)},
      timer_{std::move(executor)} {}

// ---- What happens ------------------------------------------------------------------------------------------------

void ReachDriver::begin(const call::Reach& reach) {
  call::ReachActions out;
  targets_.try_emplace(reach.call);
  reaching_.begin(reach, out);
  perform(out);
}

void ReachDriver::begin_again(const call::Reach& reach) {
  call::ReachActions out;
  targets_.try_emplace(reach.call);
  reaching_.begin_again(reach, clock_.now(), out);
  perform(out);
}

void ReachDriver::end(const call::StopReaching& stop) {
  call::ReachActions out;
  reaching_.end(stop, clock_.now(), out);
  perform(out);
}

void ReachDriver::told(const call::Tell& tell, const Device& device) {
  call::ReachActions out;
  reaching_.told(tell.call, device.user(), device.id(), clock_.now(), out);
  // The answer says that it has read the ring before. A client that says so itself knows better.
  if (!device.confirms_ringing && device.socket()) device.socket()->ping(tell.call.str());
  perform(out);
}

ReachDriver::Ledger ReachDriver::take_ledger(const CallId& call) {
  targets_.erase(call);
  Ledger ledger{reaching_.ledger(call)};
  const auto unanswered = unanswered_.find(call);
  ledger.settled = unanswered == unanswered_.end();
  if (ledger.settled) {
    reaching_.forget(call);
  } else {
    unanswered->second.over = true;
  }
  return ledger;
}

void ReachDriver::answered(const CallId& call) {
  const auto unanswered = unanswered_.find(call);
  if (--unanswered->second.rings > 0) return;
  const bool over = unanswered->second.over;
  unanswered_.erase(unanswered);
  if (!over) return;
  const std::vector<call::LedgerEntry> ledger = reaching_.ledger(call);
  reaching_.forget(call);
  on_settled(call, ledger);
}

void ReachDriver::confirmed(const CallId& call, const Device& device) {
  call::ReachActions out;
  reaching_.confirmed(call, device.user(), device.id(), clock_.now(), out);
  perform(out);
}

void ReachDriver::confirmed(const Ticket& ticket) {
  call::ReachActions out;
  reaching_.confirmed_by_push(ticket.call, ticket.user, ticket.subscription, clock_.now(), out);
  perform(out);
}

void ReachDriver::gone(const Device& device) {
  call::ReachActions out;
  reaching_.gone(device.user(), device.id(), clock_.now(), out);
  perform(out);
}

void ReachDriver::moved(const UserId& user, const std::string& subscription, const DeviceId& device) {
  reaching_.moved(user, subscription, device);
}

DeviceId ReachDriver::device_of(const Ticket& ticket) const {
  for (const call::LedgerEntry& line : reaching_.ledger(ticket.call)) {
    if (line.user == ticket.user && line.target.subscription == ticket.subscription) return line.device;
  }
  return {};
}

void ReachDriver::found(const CallId& call, const UserId& user,
                        const Result<std::vector<store::Subscription>>& subscriptions) {
  const bool over = !targets_.contains(call);
  std::vector<call::PushTarget> targets;
  if (!subscriptions) {
    log_.error("push: nobody knows how to reach user={}: {} call={}", user, subscriptions.error().detail, call);
  } else {
    for (const store::Subscription& one : *subscriptions) {
      if (gone_.contains({one.type, one.address, one.details})) continue;
      targets.push_back({one.id, one.device, one.type});
      targets_[call][one.id] = {one.type, one.address, one.details};
    }
  }
  call::ReachActions out;
  reaching_.found(call, user, std::move(targets), clock_.now(), out);
  perform(out);
  if (over) targets_.erase(call);
}

// ---- What is done ------------------------------------------------------------------------------------------------

void ReachDriver::perform(const call::ReachActions& actions) {
  for (const call::ReachAction& action : actions) std::visit([this](const auto& what) { perform(what); }, action);
  arm();
}

void ReachDriver::perform(const call::FindTargets& action) {
  store_.subscriptions_of(action.user, [this, action](const Result<std::vector<store::Subscription>>& subscriptions) {
    if (!reaching_.looks_for(action.call, action.user)) return;
    found(action.call, action.user, subscriptions);
  });
}

void ReachDriver::perform(const call::PushRing& action) {
  const Time now = clock_.now();
  const call::CallStarted& invitation = action.invitation;
  const push::Target target = *target_of(action.call, action.target.subscription);
  const auto ticket =
      tickets_->make({action.call, action.user, action.target.subscription, invitation.ring_until}, now);
  ++unanswered_[action.call].rings;
  if (!ticket) return on_ring_sent(action, target, {push::Outcome::refused, {}, "refused"});
  push::Message message{.kind = push::Kind::ring,
                        .call = action.call,
                        .data = {{"type", "call-started"},
                                 {"callId", action.call.str()},
                                 {"roomId", invitation.room.str()},
                                 {"callerId", invitation.caller.user.str()},
                                 {"callerName", name_of(invitation.caller)},
                                 {"media", to_string(invitation.media)},
                                 {"ringUntil", to_ms(invitation.ring_until + clock_.ahead())},
                                 {"serverTime", to_ms(clock_.wall())},
                                 {"ticket", *ticket}},
                        .expires_at = invitation.ring_until};
  sender_.send(action.target.subscription, target, std::move(message),
               [this, action, target](const push::Verdict& verdict) {
                 on_pushed(target.type, verdict);
                 on_ring_sent(action, target, verdict);
               });
}

void ReachDriver::perform(const call::PushEnd& action) {
  json::object data{{"type", "end-call"}, {"reason", to_string(action.reason)}};
  send(action.call, action.target, push::Kind::end, push::end_lasts, std::move(data));
}

void ReachDriver::perform(const call::DropRing& action) { sender_.drop(action.target.subscription, action.call); }

void ReachDriver::perform(const call::PushMissed& action) {
  json::object data{
      {"type", "missed-call"}, {"callerId", action.caller.user.str()}, {"callerName", name_of(action.caller)}};
  send(action.call, action.target, push::Kind::missed, push::missed_lasts, std::move(data));
}

void ReachDriver::send(const CallId& call, const call::PushTarget& to, push::Kind kind, Duration lasts,
                       json::object data) {
  const Time now = clock_.now();
  data["callId"] = call.str();
  data["serverTime"] = to_ms(clock_.wall());
  const push::Target target = *target_of(call, to.subscription);
  push::Message message{.kind = kind, .call = call, .data = std::move(data), .expires_at = now + lasts};
  sender_.send(to.subscription, target, std::move(message), [this, target](const push::Verdict& verdict) {
    on_pushed(target.type, verdict);
    on_sent(target, verdict);
  });
}

void ReachDriver::perform(const call::TellReached& action) {
  // Later: the calls may be telling of something else just now.
  boost::asio::post(executor_, [this, event = action.event] { on_reached(event); });
}

void ReachDriver::on_ring_sent(const call::PushRing& action, const push::Target& target, const push::Verdict& verdict) {
  call::ReachActions out;
  const std::string& subscription = action.target.subscription;
  if (verdict.outcome == push::Outcome::taken) {
    reaching_.taken(action.call, action.user, subscription, clock_.now(), out);
  } else {
    log_.info("push did not ring: {} type={} user={} call={}", verdict.why, action.target.type, action.user,
              action.call);
    reaching_.failed(action.call, action.user, subscription, verdict.why, out);
    on_sent(target, verdict);
  }
  answered(action.call);
  perform(out);
}

void ReachDriver::on_sent(const push::Target& target, const push::Verdict& verdict) {
  if (verdict.outcome != push::Outcome::gone) return;
  gone_.insert(target);
  store_.forget_address(target.type, target.address, [this, target](const Result<>& forgotten) {
    gone_.erase(target);
    if (!forgotten) log_.warn("push: a subscription that is gone stays: {}", forgotten.error().detail);
  });
}

const push::Target* ReachDriver::target_of(const CallId& call, const std::string& subscription) const {
  const auto of_call = targets_.find(call);
  if (of_call == targets_.end()) return nullptr;
  const auto target = of_call->second.find(subscription);
  return target == of_call->second.end() ? nullptr : &target->second;
}

void ReachDriver::arm() {
  const std::optional<Time> deadline = reaching_.deadline();
  if (!deadline) {
    timer_.cancel();
    return;
  }
  timer_.expires_after(std::max(Duration{0}, *deadline - clock_.now()));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    call::ReachActions out;
    reaching_.tick(clock_.now(), out);
    perform(out);
  });
}

}  // namespace carillon::signaling
