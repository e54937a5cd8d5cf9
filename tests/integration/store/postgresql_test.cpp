// src/store/sql with a PostgreSQL that is killed, that freezes, and that refuses a value.
#include "integration/store/postgres_server.hpp"
#include "store/sql.hpp"
#include "store/sql/connection.hpp"
#include "unit/store/store_suite.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <iostream>
#include <random>
#include <set>

namespace carillon::store {
namespace {

using Clock = std::chrono::steady_clock;

long long ms_since(Clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start).count();
}

std::set<std::string> call_ids(const std::string& url) {
  Connection connection{BackEnd::postgresql, url, {}};
  Query query{connection, "select call_id from calls"};
  std::string id;
  query.into(id).run();
  std::set<std::string> ids;
  while (query.next()) ids.insert(id);
  return ids;
}

/// Keeps some records waiting to be written at all times.
class Stream {
 public:
  explicit Stream(Store& store) : store_{store} {
    for (int i = 0; i < 30; ++i) write();
  }

  void end() { running_ = false; }
  [[nodiscard]] bool settled() const { return asked_ == acknowledged.size() + failed; }

  std::set<std::string> acknowledged;
  std::size_t failed = 0;

 private:
  void write() {
    const std::string id = fmt::format("c{}", asked_++);
    store_.save_call(missed_call(id, "alice", "bob", at(0)), [this, id](const Result<>& result) {
      if (result) acknowledged.insert(id);
      if (!result) ++failed;
      if (running_) write();
    });
  }

  Store& store_;
  std::size_t asked_ = 0;
  bool running_ = true;
};

TEST(Postgresql, KilledAndStartedWhileWeWriteLosesNothingAndWritingGoesOnByItself) {
  PostgresServer server;
  const std::string url = server.make_database();
  Asking asking;
  auto store = open_sql({.data_dir = {}, .database = url}, asking.loop.get_executor(), Logger{});
  ASSERT_TRUE(store) << store.error().detail;
  Stream stream{**store};
  std::minstd_rand random{22};
  long long slowest = 0;
  for (int round = 0; round < 5; ++round) {
    const std::size_t before = stream.acknowledged.size() + 50 + random() % 500;
    ASSERT_TRUE(asking.run_until([&] { return stream.acknowledged.size() >= before; }));
    server.kill();
    const auto read = asking.ask<std::size_t>([&](auto done) { (*store)->unread(UserId{"bob"}, done); });
    EXPECT_FALSE(read) << "fails at once";
    server.start();
    const auto up = Clock::now();
    const std::size_t known = stream.acknowledged.size();
    ASSERT_TRUE(asking.run_until([&] { return stream.acknowledged.size() > known + 60; }));
    EXPECT_TRUE(asking.run_until(
        [&] { return bool(asking.ask<std::size_t>([&](auto done) { (*store)->unread(UserId{"bob"}, done); })); }));
    slowest = std::max(slowest, ms_since(up));
  }
  stream.end();
  ASSERT_TRUE(asking.run_until([&] { return stream.settled(); }));
  asking.stop(**store);
  const std::set<std::string> found = call_ids(url);
  EXPECT_EQ(stream.failed, 0u);
  EXPECT_TRUE(std::includes(found.begin(), found.end(), stream.acknowledged.begin(), stream.acknowledged.end()));
  EXPECT_LE(slowest, 5000);
  std::cout << fmt::format(
      "PostgreSQL killed 5 times: {} acknowledged, {} found; both ways work {} ms after it is up\n",
      stream.acknowledged.size(), found.size(), slowest);
}

TEST(Postgresql, FrozenHoldsUpNobodyForLongAndLosesNothing) {
  PostgresServer server;
  const std::string url = server.make_database();
  Asking asking;
  auto store = open_sql({.data_dir = {}, .database = url}, asking.loop.get_executor(), Logger{});
  ASSERT_TRUE(store) << store.error().detail;
  ASSERT_TRUE(asking.save(**store, missed_call("c0", "alice", "bob", at(0))));
  ASSERT_EQ(asking.unread(**store, "bob"), 1u);
  server.freeze(true);
  bool saved = false;
  (*store)->save_call(missed_call("c1", "alice", "bob", at(1)), [&](const Result<>& result) { saved = bool(result); });
  const auto asked = Clock::now();
  const auto read = asking.ask<std::size_t>([&](auto done) { (*store)->unread(UserId{"bob"}, done); });
  EXPECT_FALSE(read);
  EXPECT_LT(ms_since(asked), 12'000);
  const auto again = Clock::now();
  EXPECT_FALSE(asking.ask<std::size_t>([&](auto done) { (*store)->unread(UserId{"bob"}, done); }));
  EXPECT_LT(ms_since(again), 1'000) << "known to be down";
  server.freeze(false);
  EXPECT_TRUE(asking.run_until([&] { return saved; })) << "it waited";
  EXPECT_TRUE(asking.run_until(
      [&] { return bool(asking.ask<std::size_t>([&](auto done) { (*store)->unread(UserId{"bob"}, done); })); }));
  EXPECT_EQ(asking.unread(**store, "bob"), 2u);

  server.freeze(true);
  Errc answer = Errc::internal;
  (*store)->save_call(missed_call("c2", "alice", "bob", at(2)), [&](const Result<>& result) {
    if (!result) answer = result.error().code;
  });
  const auto stopping = Clock::now();
  asking.stop(**store);
  EXPECT_LT(ms_since(stopping), 11'000) << "a frozen database does not keep the program from ending";
  EXPECT_EQ(answer, Errc::unavailable);
  server.freeze(false);
}

TEST(Postgresql, TextThatIsNoUtf8IsRefusedAloneAndNotShown) {
  Asking asking;
  auto store = open_sql({.data_dir = {}, .database = PostgresServer::shared().make_database()},
                        asking.loop.get_executor(), Logger{});
  ASSERT_TRUE(store) << store.error().detail;
  testing::internal::CaptureStderr();
  std::vector<std::string> heard;
  for (int i = 0; i < 20; ++i) {
    const std::string name = i % 7 == 3 ? "geheim \xff" : "fine";
    (*store)->save_person(UserId{fmt::format("u{}", i)}, name, [&](const Result<>& result) {
      heard.emplace_back(result ? "ok" : to_string(result.error().code));
    });
  }
  ASSERT_TRUE(asking.run_until([&] { return heard.size() == 20; }));
  asking.stop(**store);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(heard.begin(), heard.end(), "ok"), 17);
  EXPECT_EQ(std::count(heard.begin(), heard.end(), "bad-request"), 3);
  EXPECT_THAT(log, testing::HasSubstr("refuses a write: SQLSTATE 22021"));
  EXPECT_THAT(log, testing::Not(testing::HasSubstr("geheim")));
}

}  // namespace
}  // namespace carillon::store
