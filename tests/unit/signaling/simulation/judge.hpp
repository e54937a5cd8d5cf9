// Reads every word that the server says, at the moment when it says it, and holds the server to what must be true
// whatever happens. It keeps books of its own: what each device has been told, what was asked and not answered.
#pragma once

#include "base/id.hpp"
#include "unit/signaling/simulation/line.hpp"
#include "unit/signaling/simulation/server.hpp"
#include "unit/signaling/simulation/view.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace carillon::simulation {

class Judge {
 public:
  Judge(World& world, Server& server) : world_{world}, server_{server} {}

  // ---- What happens ----

  void asked(const DeviceId& device, std::uint64_t request, AskedServer what);
  void said(const DeviceId& device, const Words& words);
  /// A device has another session, or none, and will not hear what it asked.
  void line_over(const DeviceId& device);
  /// The server has begun to close it: until the next welcome the device is told nothing.
  void line_closes(const DeviceId& device) { sent_away_.insert(device); }
  /// A process has found what the one before has left, of which perhaps nobody was told. Before it serves, and after.
  void server_starts();
  /// Another program will take the place of this one, or not: everybody is sent away now.
  void replacement_begins();
  void pushed(const std::string& address, const push::Message& message);

  // ---- What must hold ----

  /// Whenever the server has nothing to do at this moment: it and its devices agree.
  void at_rest();
  /// After a minute without a new request.
  void all_answered();
  void at_the_end();

  [[nodiscard]] std::size_t calls_seen() const { return calls_.size(); }

 private:
  struct Open {
    AskedServer what;
    Time at;
    bool abandoned = false;  ///< Its line is over: answered or not, nobody waits.
  };
  void notified(const DeviceId& device, const json::object& words);
  void compare(const DeviceId& device, const View& view);
  /// It is his own doing now how long he stays in his calls.
  void is_back(const DeviceId& device);

  World& world_;
  Server& server_;
  std::map<DeviceId, View> views_;
  std::map<DeviceId, std::map<std::uint64_t, Open>> open_;
  std::set<DeviceId> sent_away_;
  std::set<CallId> calls_;  ///< Ever told of.
  /// When the replacement began, and nobody in them was away; who is in them has not come back yet.
  std::map<CallId, std::set<UserId>> held_;
  std::set<CallId> live_;  ///< Of these, that were not over when we looked last.
};

}  // namespace carillon::simulation
