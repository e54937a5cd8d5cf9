// A store that takes its time, fails for a while, and loses with its process what was not written yet. What is written
// lies in a MemoryStore, which outlives it.
#pragma once

#include "store/memory.hpp"
#include "unit/signaling/simulation/world.hpp"

#include <boost/asio/io_context.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <set>

namespace carillon::simulation {

/// The disk: what has been written.
class Disk {
 public:
  Disk() : kept{io.get_executor()} {}
  boost::asio::io_context io;
  store::MemoryStore kept;
  /// Ended calls of which there is a record.
  std::set<CallId> records;
  /// Calls that ended because somebody did not come back; perhaps not written yet.
  std::set<CallId> disconnected;
};

class SlowStore final : public store::Store {
 public:
  SlowStore(World& world, Disk& disk, Duration slowness) : world_{world}, disk_{disk}, slowness_{slowness} {}

  /// Nothing works for this time.
  void fail_for(Duration time) { fails_until_ = world_.now() + time; }

  [[nodiscard]] bool quiet() const override { return waiting_->empty(); }
  void save_subscription(store::Subscription subscription, store::Done<std::string> done) override;
  void remove_subscription(UserId user, std::string id, store::Done<bool> done) override;
  void forget_address(std::string type, std::string address, store::Done<> done) override;
  void save_person(UserId user, std::string name, store::Done<> done) override;
  void save_call(store::CallRecord record, store::Done<> done) override;
  void mark_history_read(UserId user, Time until, store::Done<> done) override;
  void block(UserId user, UserId whom, bool on, store::Done<> done) override;
  void do_not_disturb(UserId user, bool on, store::Done<> done) override;
  void secret(std::string name, Secret candidate, store::Done<Secret> done) override;
  void subscriptions_of(UserId user, store::Done<std::vector<store::Subscription>> done) override;
  void has_subscription(UserId user, std::string id, store::Done<bool> done) override;
  void find_call(CallId call, store::Done<std::optional<store::CallRecord>> done) override;
  void history(store::HistoryQuery query, store::Done<store::HistoryPage> done) override;
  void unread(UserId user, store::Done<std::size_t> done) override;
  void mutes(store::Done<store::Mutes> done) override;
  boost::asio::awaitable<void> stop() override { co_return; }

 private:
  template <class T>
  void later(store::Done<T> done, std::function<void(store::MemoryStore&, store::Done<T>)> work);

  World& world_;
  Disk& disk_;
  Duration slowness_;
  Time last_;
  Time fails_until_;
  /// What is under way, the oldest first. It goes with the process: what waits for an answer lives in its io_context.
  std::shared_ptr<std::deque<std::function<void()>>> waiting_ = std::make_shared<std::deque<std::function<void()>>>();
};

}  // namespace carillon::simulation
