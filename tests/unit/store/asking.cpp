#include "unit/store/store_suite.hpp"

#include "base/async.hpp"

namespace carillon::store {

bool Asking::run_until(const std::function<bool()>& holds, std::chrono::steady_clock::duration limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    loop.restart();
    loop.run_one_for(10ms);
  }
  return true;
}

Result<std::string> Asking::save(Store& store, Subscription subscription) {
  return ask<std::string>([&](auto done) { store.save_subscription(std::move(subscription), std::move(done)); });
}

Result<> Asking::save(Store& store, CallRecord record) {
  return ask([&](auto done) { store.save_call(std::move(record), std::move(done)); });
}

std::vector<Subscription> Asking::subscriptions_of(Store& store, std::string_view user) {
  return ask<std::vector<Subscription>>(
             [&](auto done) { store.subscriptions_of(UserId{std::string{user}}, std::move(done)); })
      .value();
}

std::optional<CallRecord> Asking::find(Store& store, std::string_view call) {
  return ask<std::optional<CallRecord>>([&](auto done) { store.find_call(CallId{std::string{call}}, std::move(done)); })
      .value();
}

HistoryPage Asking::history(Store& store, HistoryQuery query) {
  return ask<HistoryPage>([&](auto done) { store.history(std::move(query), std::move(done)); }).value();
}

std::size_t Asking::unread(Store& store, std::string_view user) {
  return ask<std::size_t>([&](auto done) { store.unread(UserId{std::string{user}}, std::move(done)); }).value();
}

void Asking::stop(Store& store) {
  bool stopped = false;
  asio::co_spawn(loop, store.stop(), [&](std::exception_ptr escaped) {
    EXPECT_FALSE(escaped);
    stopped = true;
  });
  EXPECT_TRUE(run_until([&] { return stopped; }));
}

Time at(std::int64_t seconds) { return from_ms(1'800'000'000'000) + std::chrono::seconds{seconds}; }

Subscription subscription(std::string id, std::string_view user, std::string address, Time used_at) {
  return {std::move(id), UserId{std::string{user}}, DeviceId{"phone"}, "webpush", std::move(address), "{}", used_at};
}

CallRecord missed_call(std::string_view id, std::string_view caller, std::string_view callee, Time start) {
  CallRecord record;
  record.call = CallId{std::string{id}};
  record.room = RoomId{"room of " + std::string{id}};
  record.media = "video";
  record.started_at = start;
  record.ended_at = start + 30s;
  record.reason = "timeout";
  record.ledger = "[]";
  record.people.push_back({UserId{std::string{caller}}, "", "caller", {}, start, start + 30s, 0s, "timeout", false});
  record.people.push_back({UserId{std::string{callee}}, "", "callee", start, {}, {}, 0s, "timeout", true});
  return record;
}

CallRecord answered_call(std::string_view id, std::string_view caller, std::string_view callee, Time start) {
  CallRecord record = missed_call(id, caller, callee, start);
  record.answered_at = start + 5s;
  record.ended_at = start + 65s;
  record.reason = "hangup";
  record.people[0].left_at = record.ended_at;
  record.people[0].in_call = 60s;
  record.people[0].reason = "hangup";
  record.people[1] = {UserId{std::string{callee}}, "", "callee", start, start + 5s, start + 65s, 60s, "hangup", false};
  return record;
}

void StoreSuite::SetUp() {
  store = GetParam().make(loop.get_executor());
  ASSERT_NE(store, nullptr);
}

void StoreSuite::TearDown() {
  if (store) stop(*store);
}

}  // namespace carillon::store
