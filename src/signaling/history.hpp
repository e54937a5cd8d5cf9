// The records of calls: written when a call ends, read as a list by each person who was in it, and whole by the
// operator.
#pragma once

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/timer.hpp"
#include "call/call.hpp"
#include "call/reaching.hpp"
#include "call/record.hpp"
#include "protocol/account.hpp"
#include "store/store.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/json/object.hpp>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carillon::signaling {

namespace json = boost::json;

class History {
 public:
  using Answer = std::function<void(Result<json::object>)>;
  using Found = std::function<void(Result<std::optional<store::CallRecord>>)>;

  /// All references must outlive it.
  History(boost::asio::any_io_executor executor, const Clock& clock, store::Store& store, Logger log);

  /// `settled`: the ledger is whole; else settle() comes with the rest.
  void keep(const call::CallRecord& record, const std::vector<call::LedgerEntry>& ledger, bool settled);
  void settle(const CallId& call, const std::vector<call::LedgerEntry>& ledger);
  /// Of an ended call; nullopt: there is no record. One that is not written yet is found too.
  void find(const CallId& call, Found found);

  /// get-history. `path` is where its data stands, for errors.
  void list(const UserId& user, const protocol::GetHistory& request, std::string_view path, const Answer& answer);
  /// mark-history-read.
  void mark_read(const UserId& user, const Answer& answer);

  /// The store has the record of this call for good.
  std::function<void(const CallId&)> on_kept;
  /// A list has changed: history-changed, to every device of this user that has read it. At most once a second.
  std::function<void(const UserId&, const json::object& data)> on_changed;
  /// There is such a device: else there is no need to count.
  std::function<bool(const UserId&)> is_watched;

 private:
  /// At once, or when a second has passed since the last time.
  void tell(const UserId& user, const std::optional<CallId>& call);
  void tell_now(const UserId& user, const std::optional<CallId>& call);
  void arm();

  const Clock& clock_;
  store::Store& store_;
  Logger log_;
  using RecordPtr = std::shared_ptr<const store::CallRecord>;
  void write(const RecordPtr& record, store::Done<> done);
  std::map<CallId, RecordPtr> unwritten_;
  std::map<CallId, RecordPtr> unsettled_;

  /// What a user was not told yet, who was told something within the last second.
  struct News {
    bool any = false;
    std::optional<CallId> call = {};  ///< The only one it is about.
  };
  std::map<UserId, News> news_;
  std::deque<std::pair<Timer::time_point, UserId>> told_;  // until when each of them waits
  Timer timer_;
};

/// As an entry of GET /v1/calls: a call that has ended, and one that is on.
[[nodiscard]] json::object operators_view(const store::CallRecord& record);
[[nodiscard]] json::object operators_view(const call::Call& call, const std::vector<call::LedgerEntry>& ledger);

}  // namespace carillon::signaling
