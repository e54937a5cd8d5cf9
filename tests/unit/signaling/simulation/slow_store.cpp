#include "unit/signaling/simulation/slow_store.hpp"

#include <algorithm>
#include <utility>

namespace carillon::simulation {

/// In order, each some time after it was asked for.
template <class T>
void SlowStore::later(store::Done<T> done, std::function<void(store::MemoryStore&, store::Done<T>)> work) {
  last_ = std::max(last_, world_.now() + world_.dice.up_to(slowness_));
  const bool fails = world_.now() < fails_until_;
  waiting_->push_back([this, fails, done = std::move(done), work = std::move(work)]() mutable {
    if (fails) return done(fail(Errc::unavailable, "the database is gone"));
    work(disk_.kept, std::move(done));
    disk_.io.restart();
    disk_.io.poll();
  });
  world_.soon(last_ - world_.now(), [waiting = std::weak_ptr{waiting_}] {
    const auto queue = waiting.lock();
    if (!queue) return;  // the process has died before
    const std::function<void()> next = std::move(queue->front());
    queue->pop_front();
    next();
  });
}

void SlowStore::save_subscription(store::Subscription subscription, store::Done<std::string> done) {
  later<std::string>(std::move(done), [subscription](auto& kept, auto d) { kept.save_subscription(subscription, d); });
}
void SlowStore::remove_subscription(UserId user, std::string id, store::Done<bool> done) {
  later<bool>(std::move(done), [user, id](auto& kept, auto d) { kept.remove_subscription(user, id, d); });
}
void SlowStore::forget_address(std::string type, std::string address, store::Done<> done) {
  later<void>(std::move(done), [type, address](auto& kept, auto d) { kept.forget_address(type, address, d); });
}
void SlowStore::save_person(UserId user, std::string name, store::Done<> done) {
  later<void>(std::move(done), [user, name](auto& kept, auto d) { kept.save_person(user, name, d); });
}
void SlowStore::save_call(store::CallRecord record, store::Done<> done) {
  if (record.reason == "disconnected") disk_.disconnected.insert(record.call);
  later<void>(std::move(done), [record, &disk = disk_](auto& kept, auto d) {
    disk.records.insert(record.call);
    kept.save_call(record, d);
  });
}
void SlowStore::mark_history_read(UserId user, Time until, store::Done<> done) {
  later<void>(std::move(done), [user, until](auto& kept, auto d) { kept.mark_history_read(user, until, d); });
}
void SlowStore::block(UserId user, UserId whom, bool on, store::Done<> done) {
  later<void>(std::move(done), [user, whom, on](auto& kept, auto d) { kept.block(user, whom, on, d); });
}
void SlowStore::do_not_disturb(UserId user, bool on, store::Done<> done) {
  later<void>(std::move(done), [user, on](auto& kept, auto d) { kept.do_not_disturb(user, on, d); });
}
void SlowStore::secret(std::string name, Secret candidate, store::Done<Secret> done) {
  later<Secret>(std::move(done), [name, candidate](auto& kept, auto d) { kept.secret(name, candidate, d); });
}
void SlowStore::subscriptions_of(UserId user, store::Done<std::vector<store::Subscription>> done) {
  later<std::vector<store::Subscription>>(std::move(done),
                                          [user](auto& kept, auto d) { kept.subscriptions_of(user, d); });
}
void SlowStore::has_subscription(UserId user, std::string id, store::Done<bool> done) {
  later<bool>(std::move(done), [user, id](auto& kept, auto d) { kept.has_subscription(user, id, d); });
}
void SlowStore::find_call(CallId call, store::Done<std::optional<store::CallRecord>> done) {
  later<std::optional<store::CallRecord>>(std::move(done), [call](auto& kept, auto d) { kept.find_call(call, d); });
}
void SlowStore::history(store::HistoryQuery query, store::Done<store::HistoryPage> done) {
  later<store::HistoryPage>(std::move(done), [query](auto& kept, auto d) { kept.history(query, d); });
}
void SlowStore::unread(UserId user, store::Done<std::size_t> done) {
  later<std::size_t>(std::move(done), [user](auto& kept, auto d) { kept.unread(user, d); });
}
void SlowStore::mutes(store::Done<store::Mutes> done) {
  later<store::Mutes>(std::move(done), [](auto& kept, auto d) { kept.mutes(d); });
}

}  // namespace carillon::simulation
