// Drives call::Calls: gives it commands, events and time, and performs what it decides.
#pragma once

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/timer.hpp"
#include "call/calls.hpp"
#include "protocol/commands.hpp"
#include "signaling/continuity.hpp"
#include "signaling/devices.hpp"
#include "signaling/reach_driver.hpp"

#include <functional>

namespace carillon::signaling {

/// What calls need of media.
class RoomKeeper {
 public:
  virtual ~RoomKeeper() = default;
  /// Begins at once, so that accepting finds the room ready.
  virtual void open_room(const CallId& call, const RoomId& room) = 0;
  virtual void close_room(const CallId& call) = 0;
  virtual void drop_peer(const CallId& call, const DeviceId& device) = 0;
};

class CallDriver {
 public:
  using Answer = std::function<void(Result<json::object>)>;

  /// All references must outlive it.
  CallDriver(boost::asio::any_io_executor executor, call::Config config, const Clock& clock, Random& random,
             Devices& devices, RoomKeeper& rooms, ReachDriver& reach, Continuity& continuity, Logger log);

  /// Answers first, then acts: a caller knows the id of his call before he hears how it rings.
  void command(const Device& from, const protocol::Command& command, const Answer& answer);
  void event(const call::Event& event);
  /// Like event(); `before` runs between the decision and what is done about it.
  void event(const call::Event& event, const std::function<void()>& before);
  void end_all(call::EndReason why);
  /// See call::Calls::drain().
  void drain(std::optional<Time> until) { calls_.drain(until); }
  /// Before the first event: the calls that a process before this has left.
  void restore(const std::vector<call::SavedDevice>& devices, std::vector<call::Call::Saved> calls);

  [[nodiscard]] const call::Calls& calls() const { return calls_; }

  /// This device was forgotten: its user has gone, perhaps.
  std::function<void(const Device&)> on_forgotten;
  std::function<void(const call::CallRecord&, const ReachDriver::Ledger&)> on_record;

 private:
  void keep_and_perform(const call::Actions& actions);
  void perform(const call::Actions& actions);
  void perform(const call::Tell& action);
  void perform(const call::OpenRoom& action);
  void perform(const call::CloseRoom& action);
  void perform(const call::DropPeer& action);
  void perform(const call::Reach& action);
  void perform(const call::StopReaching& action);
  void perform(const call::ForgetDevice& action);
  void perform(const call::WriteRecord& action);
  void arm();

  const Clock& clock_;
  Random& random_;
  Devices& devices_;
  RoomKeeper& rooms_;
  ReachDriver& reach_;
  Continuity& continuity_;
  Logger log_;
  call::Calls calls_;
  Timer timer_;
};

}  // namespace carillon::signaling
