// What the next process needs to find calls and seats again: kept in the journal before anybody is told that it is so.
#pragma once

#include "base/clock.hpp"
#include "call/calls.hpp"
#include "signaling/saved.hpp"
#include "store/journal.hpp"

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace carillon::signaling {

class Continuity {
 public:
  /// nullptr: nothing outlives the process. Else it must outlive this.
  explicit Continuity(store::Journal* journal) : journal_{journal} {}
  /// False: what was kept last would not outlive the process, though it was tried again.
  [[nodiscard]] bool is_safe() { return journal_ == nullptr || journal_->recover(); }

  /// The clock of what is kept. As long as the machine runs (`boot`: boot_id(), `uptime`: uptime()) it goes on where
  /// the process before had it, also if the system's clock was set or stood still since: no time in the journal needs
  /// to be moved. It begins anew with the machine, and when nothing is left whose time counts.
  [[nodiscard]] static SystemClock clock(store::Journal& journal, const std::string& boot, Duration uptime);

  /// After each event of `calls`, before it is answered or acted on.
  void keep(call::Calls& calls, const call::Actions& actions);
  /// A record that the store may not have.
  void keep(const call::CallRecord& record);
  /// The store has the record of this call for good.
  void recorded(const CallId& call);
  /// Other resume tokens than before are good for it.
  void keep(const Device& device);
  void forget(const DeviceId& device);

  struct Left {
    std::vector<SavedSession> sessions;
    std::vector<call::Call::Saved> calls;
    /// Calls that were over; nobody knows whether the store has them.
    std::vector<call::CallRecord> records;
    std::vector<Error> wrong;
  };
  /// What the process before has left. It stays in the journal until it is kept anew, or until forget_rest(); what
  /// cannot be read is named in `wrong`.
  [[nodiscard]] Left left();
  /// All is taken on that can be.
  void forget_rest();

 private:
  void put(const std::string& name, std::string value);
  void erase(const std::string& name);

  store::Journal* journal_;
  std::set<std::string> left_;  // names that nobody has kept again yet
};

}  // namespace carillon::signaling
