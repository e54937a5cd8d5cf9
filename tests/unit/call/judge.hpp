// Reads every word that passes between people and the machine, and holds the machine to what must be true whatever
// happens: docs/call-states.md, not the code. It keeps books of its own and looks into nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include "call/calls.hpp"

namespace carillon::call {

class Judge {
 public:
  // What happened, before the actions are judged.
  void lost(const DeviceId& device) { lost_.insert(device); }
  void back(const DeviceId& device) { lost_.erase(device); }
  void gone(const DeviceId& device);
  void answered(const Command& command, const Reply& reply);
  void blocks(const UserId& user, const UserId& whom, bool on);
  void disturb(const UserId& user, bool on);

  void acted(const Actions& actions);
  /// Between two events: nobody who sits rings on, nobody is owed a word, only who sits has media.
  void at_rest() const;
  /// After everybody has gone.
  void at_the_end() const;

  [[nodiscard]] std::size_t calls_ended() const { return ended_.size(); }
  [[nodiscard]] std::size_t calls_answered() const { return answered_; }

 private:
  struct Seen {
    std::uint64_t rev = 0;
    std::set<DeviceId> phones;         ///< Told to ring, and not yet told to stop.
    std::map<UserId, DeviceId> seats;  ///< By the answers to start-call, accept-call and join-call.
    std::set<DeviceId> owed;           ///< Lost a seat to another device: to be told.
    std::set<DeviceId> peers;          ///< May have media in the room.
    std::set<UserId> reaching;
    std::set<UserId> muted;  ///< Called without hearing it, by his latest ring.
    bool room = false;
  };

  void enters(const DeviceId& device, const CallId& id);
  void judge(const Tell& tell);
  void judge(const OpenRoom& open);
  void judge(const CloseRoom& close);
  void judge(const DropPeer& drop);
  void judge(const Reach& reach);
  void judge(const StopReaching& stop);
  void judge(const ForgetDevice& forget) { gone(forget.device); }
  void judge(const WriteRecord& written);
  void leave_behind(const CallId& call, const DeviceId& device);

  std::map<CallId, Seen> calls_;
  std::set<CallId> ended_;
  std::set<DeviceId> lost_;
  std::set<std::pair<UserId, UserId>> blocks_;  ///< Who does not want to hear whom.
  std::set<UserId> undisturbed_;
  std::map<DeviceId, std::set<CallId>> missed_;  ///< By lost devices: ends they must hear of when they resume.
  std::size_t answered_ = 0;
};

}  // namespace carillon::call
