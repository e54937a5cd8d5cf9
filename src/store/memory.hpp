// The store's fake: keeps everything in memory, for tests of what uses a store. It passes the same suite as the real
// one.
#pragma once

#include "store/store.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace carillon::store {

class MemoryStore final : public Store {
 public:
  explicit MemoryStore(boost::asio::any_io_executor executor);

  /// Everything asked for from now on fails with this; nullopt: works again.
  void fail_with(std::optional<Error> error) { failure_ = std::move(error); }

  void save_subscription(Subscription subscription, Done<std::string> done) override;
  void remove_subscription(UserId user, std::string id, Done<bool> done) override;
  void forget_address(std::string type, std::string address, Done<> done) override;
  void save_person(UserId user, std::string name, Done<> done) override;
  void save_call(CallRecord record, Done<> done) override;
  void mark_history_read(UserId user, Time until, Done<> done) override;
  void block(UserId user, UserId whom, bool on, Done<> done) override;
  void do_not_disturb(UserId user, bool on, Done<> done) override;
  void secret(std::string name, Secret candidate, Done<Secret> done) override;
  void subscriptions_of(UserId user, Done<std::vector<Subscription>> done) override;
  void has_subscription(UserId user, std::string id, Done<bool> done) override;
  void find_call(CallId call, Done<std::optional<CallRecord>> done) override;
  void history(HistoryQuery query, Done<HistoryPage> done) override;
  void unread(UserId user, Done<std::size_t> done) override;
  void mutes(Done<Mutes> done) override;
  boost::asio::awaitable<void> stop() override;

 private:
  /// Calls `done` later, with what `work` gives now, or with the failure that was asked for.
  template <class T, class Work>
  void answer(Done<T> done, Work work);
  [[nodiscard]] std::size_t count_unread(const UserId& user) const;
  [[nodiscard]] HistoryEntry entry(const CallRecord& record, const PersonRecord& self) const;
  [[nodiscard]] std::vector<Subscription> of_user(const UserId& user) const;

  boost::asio::any_io_executor executor_;
  std::optional<Error> failure_;
  std::vector<Subscription> subscriptions_;
  std::map<UserId, std::string> names_;
  std::map<UserId, Time> read_until_;
  std::map<CallId, CallRecord> calls_;
  std::map<std::string, Secret> secrets_;
  std::set<std::pair<UserId, UserId>> blocks_;
  std::set<UserId> do_not_disturb_;
};

}  // namespace carillon::store
