// Drives call::Reaching: tells it what call::Calls did and what came of pushes, and performs what it decides.
#pragma once

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/timer.hpp"
#include "call/reaching.hpp"
#include "push/sender.hpp"
#include "signaling/device.hpp"
#include "signaling/tickets.hpp"
#include "store/store.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/json/object.hpp>

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace carillon::signaling {

class ReachDriver {
 public:
  /// All references must outlive it.
  ReachDriver(boost::asio::any_io_executor executor, const Clock& clock, store::Store& store, push::Sender& sender,
              Logger log);

  /// Before the first call.
  void use(Tickets tickets) { tickets_ = std::move(tickets); }

  // What call::Calls decided.
  void begin(const call::Reach& reach);
  /// A ring of a process that is gone: sockets have a moment to come back before push tries.
  void begin_again(const call::Reach& reach);
  void end(const call::StopReaching& stop);
  /// call-started has gone to this device.
  void told(const call::Tell& tell, const Device& device);
  /// The call is over: its ledger. `settled`: nothing in it will change; else on_settled says when it is.
  struct Ledger {
    std::vector<call::LedgerEntry> lines;
    bool settled = true;
  };
  [[nodiscard]] Ledger take_ledger(const CallId& call);

  // What devices say and do.
  void confirmed(const CallId& call, const Device& device);
  void confirmed(const Ticket& ticket);
  void gone(const Device& device);
  void moved(const UserId& user, const std::string& subscription, const DeviceId& device);

  /// The device that this ticket was sent to; empty: not known any more.
  [[nodiscard]] DeviceId device_of(const Ticket& ticket) const;
  [[nodiscard]] const call::Reaching& reaching() const { return reaching_; }
  [[nodiscard]] const std::optional<Tickets>& tickets() const { return tickets_; }

  /// For call::Calls. Called later, never from within a function of this.
  std::function<void(const call::Reached&)> on_reached;
  /// The last push of a call that is over has been answered: its ledger as it stays.
  std::function<void(const CallId&, const std::vector<call::LedgerEntry>&)> on_settled;
  /// What came of a push, whatever it was about.
  std::function<void(const std::string& type, const push::Verdict&)> on_pushed;

 private:
  void perform(const call::ReachActions& actions);
  void perform(const call::FindTargets& action);
  void perform(const call::PushRing& action);
  void perform(const call::PushEnd& action);
  void perform(const call::DropRing& action);
  void perform(const call::PushMissed& action);
  void perform(const call::TellReached& action);
  /// What is sent when a ring is over; `data` gets what every message has.
  void send(const CallId& call, const call::PushTarget& to, push::Kind kind, Duration lasts, json::object data);
  void on_ring_sent(const call::PushRing& action, const push::Target& target, const push::Verdict& verdict);
  void answered(const CallId& call);
  void on_sent(const push::Target& target, const push::Verdict& verdict);
  void found(const CallId& call, const UserId& user, const Result<std::vector<store::Subscription>>& subscriptions);
  /// Of a device that was found for this call.
  [[nodiscard]] const push::Target* target_of(const CallId& call, const std::string& subscription) const;
  void arm();

  boost::asio::any_io_executor executor_;
  const Clock& clock_;
  store::Store& store_;
  push::Sender& sender_;
  Logger log_;
  call::Reaching reaching_;
  std::optional<Tickets> tickets_;
  std::map<CallId, std::map<std::string, push::Target>> targets_;  // by subscription; of calls that are on
  /// Calls with rings that no push service has answered for yet, and whether they are over.
  struct Unanswered {
    std::size_t rings = 0;
    bool over = false;
  };
  std::map<CallId, Unanswered> unanswered_;
  std::set<push::Target> gone_;  // being deleted: a look-up that is under way may still find them
  Timer timer_;
};

}  // namespace carillon::signaling
