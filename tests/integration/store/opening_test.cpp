// src/store/sql: opening and migrating, on both back ends; and what is particular to a file.
#include "integration/store/postgres_server.hpp"
#include "store/sql.hpp"
#include "store/sql/database.hpp"
#include "store/sql/schema.hpp"
#include "support/temporary_folder.hpp"
#include "unit/store/store_suite.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

namespace carillon::store {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
namespace fs = std::filesystem;

std::string bytes_of(const fs::path& file) {
  std::ifstream stream{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{stream}, {}};
}

fs::perms mode_of(const fs::path& path) { return fs::status(path).permissions(); }

std::int64_t number(Connection& connection, const std::string& sql) {
  Query query{connection, sql};
  std::int64_t value = 0;
  query.into(value).run();
  EXPECT_TRUE(query.next());
  return value;
}

class Opening : public testing::TestWithParam<BackEnd>, public Asking {
 protected:
  Opening() {
    if (GetParam() == BackEnd::sqlite) {
      config.data_dir = folder.path() / "data";
      fs::create_directory(config.data_dir);
      location = fs::path{config.data_dir} / "carillon.db";
    } else {
      config.database = location = PostgresServer::shared().make_database();
    }
  }

  Connection connect() const { return {GetParam(), location, {}}; }
  Result<std::unique_ptr<Store>> open() { return open_sql(config, loop.get_executor(), Logger{}); }

  TemporaryFolder folder;
  SqlConfig config;
  std::string location;
};

std::string name_of(const testing::TestParamInfo<BackEnd>& test) {
  return test.param == BackEnd::sqlite ? "SQLite" : "PostgreSQL";
}

INSTANTIATE_TEST_SUITE_P(Sql, Opening, testing::Values(BackEnd::sqlite, BackEnd::postgresql), name_of);

TEST_P(Opening, MigratesFromEachEarlierVersionAndKeepsWhatIsThere) {
  const std::size_t last = migrations().size();
  ASSERT_GE(last, 2u);
  for (std::size_t from = 0; from <= last; ++from) {
    if (from > 0) {  // a database of its own for each
      if (GetParam() == BackEnd::sqlite) {
        config.data_dir = folder.path() / fmt::format("data{}", from);
        fs::create_directory(config.data_dir);
        location = fs::path{config.data_dir} / "carillon.db";
      } else {
        config.database = location = PostgresServer::shared().make_database();
      }
      Connection connection = connect();
      migrate(connection, migrations().first(from));
      EXPECT_EQ(schema_version(connection), static_cast<int>(from));
      connection.execute(
          "insert into subscriptions (id, user_id, device_id, type, address, details, used_at)"
          " values ('s1', 'alice', 'phone', 'webpush', 'A', '{}', 7)");
    }
    auto store = open();
    ASSERT_TRUE(store) << "from " << from << ": " << store.error().detail;
    EXPECT_EQ(subscriptions_of(**store, "alice").size(), from == 0 ? 0u : 1u);
    EXPECT_TRUE(save(**store, missed_call("c1", "bob", "alice", at(0))));
    EXPECT_EQ(unread(**store, "alice"), 1u);
    stop(**store);
    Connection connection = connect();
    EXPECT_EQ(number(connection, "select count(*) from schema_version"), static_cast<std::int64_t>(last));
    EXPECT_GT(number(connection, "select min(applied_at) from schema_version"), 1'700'000'000'000);
  }
}

TEST_P(Opening, AStepThatFailsLeavesTheVersionBeforeIt) {
  Connection connection = connect();
  const std::vector<Migration> steps{{{"create table first (n integer)"}},
                                     {{"create table second (n integer)", "insert into nowhere values (1)"}}};
  EXPECT_THROW(migrate(connection, steps), Failure);
  EXPECT_EQ(schema_version(connection), 1);
  EXPECT_EQ(number(connection, "select count(*) from first"), 0);
  EXPECT_THROW(number(connection, "select count(*) from second"), Failure) << "taken back";
}

TEST_P(Opening, ANewerDatabaseIsRefusedAndLeftAsItIs) {
  const int known = static_cast<int>(migrations().size());
  {
    auto store = open();
    ASSERT_TRUE(store);
    ASSERT_TRUE(save(**store, missed_call("c1", "bob", "alice", at(0))));
    EXPECT_TRUE(can_open_sql(config));
    stop(**store);
    store->reset();
    connect().execute(fmt::format("insert into schema_version (version, applied_at) values ({}, 0)", known + 3));
  }
  const std::string before = GetParam() == BackEnd::sqlite ? bytes_of(location) : "";
  const auto refused = open();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::conflict);
  const Result<> foreseen = can_open_sql(config);
  ASSERT_FALSE(foreseen);
  EXPECT_EQ(foreseen.error().detail, refused.error().detail);
  EXPECT_THAT(refused.error().detail,
              AllOf(HasSubstr(fmt::format("it is of version {}, this program knows up to {}", known + 3, known)),
                    HasSubstr("start the newer program again, or bring back the copy made before it was upgraded")));
  if (GetParam() == BackEnd::sqlite) {
    EXPECT_THAT(refused.error().detail, HasSubstr(location));
    EXPECT_EQ(bytes_of(location), before);
  }
  Connection connection = connect();
  EXPECT_EQ(schema_version(connection), known + 3);
  EXPECT_EQ(number(connection, "select count(*) from calls"), 1);
}

TEST_P(Opening, TwoProgramsThatOpenAnEmptyDatabaseAtOnceBothFindItReady) {
  std::vector<std::thread> threads;
  std::vector<std::string> errors(4);
  for (std::string& error : errors) {
    threads.emplace_back([&] {
      boost::asio::io_context other;
      const auto store = open_sql(config, other.get_executor(), Logger{});
      if (!store) error = store.error().detail;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(errors, ElementsAre("", "", "", ""));
  Connection connection = connect();
  EXPECT_EQ(number(connection, "select count(*) from schema_version"), static_cast<std::int64_t>(migrations().size()));
}

TEST_P(Opening, WhatIsRefusedShowsNoValuesInTheLog) {
  auto store = open();
  ASSERT_TRUE(store);
  ASSERT_TRUE(save(**store, subscription("s1", "alice", "https://push.example/secret-one")));
  testing::internal::CaptureStderr();
  const auto refused = save(**store, subscription("s1", "alice", "https://push.example/secret-two"));
  stop(**store);
  const std::string log = testing::internal::GetCapturedStderr();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::bad_request);
  EXPECT_THAT(log, AllOf(HasSubstr("refuses a write: "), Not(HasSubstr("secret-")), Not(HasSubstr("alice"))));
  EXPECT_THAT(refused.error().detail, Not(HasSubstr("secret-")));
}

TEST_P(Opening, AStoreThatIsDestroyedCallsNobodyAnyMore) {
  int called = 0;
  {
    auto store = open();
    ASSERT_TRUE(store);
    for (int i = 0; i < 50; ++i) {
      (*store)->save_call(missed_call(fmt::format("c{}", i), "a", "b", at(0)), [&](const Result<>&) { ++called; });
      (*store)->unread(UserId{"b"}, [&](const Result<std::size_t>&) { ++called; });
    }
  }
  loop.run();  // ends: nothing keeps it
  EXPECT_EQ(called, 0);
}

TEST_P(Opening, TheLoopRunsAsLongAsSomebodyWaitsAndNoLonger) {
  auto store = open();
  ASSERT_TRUE(store);
  int called = 0;
  (*store)->save_call(missed_call("c1", "a", "b", at(0)), [&](const Result<>& result) {
    EXPECT_TRUE(result);
    ++called;
  });
  (*store)->unread(UserId{"b"}, [&](const Result<std::size_t>&) { ++called; });
  loop.run();
  EXPECT_EQ(called, 2);
}

TEST(SqliteFile, IsForItsUserAloneWithItsFolder) {
  const TemporaryFolder folder;
  Asking asking;
  const fs::path data = folder.path() / "new" / "data";
  auto store = open_sql({.data_dir = data, .database = {}}, asking.loop.get_executor(), Logger{});
  ASSERT_TRUE(store) << store.error().detail;
  ASSERT_TRUE(asking.save(**store, missed_call("c1", "a", "b", at(0))));
  EXPECT_EQ(mode_of(data), fs::perms::owner_all);
  for (const char* name : {"carillon.db", "carillon.db-wal", "carillon.db-shm"}) {
    EXPECT_EQ(mode_of(data / name), fs::perms::owner_read | fs::perms::owner_write) << name;
  }
  asking.stop(**store);
}

TEST(SqliteFile, MayLieBesideOtherFilesInAFolderWithSpaces) {
  const TemporaryFolder folder;
  Asking asking;
  const fs::path data = folder.path() / "data = of 'ours'; é";
  fs::create_directory(data);
  auto store = open_sql({.data_dir = data, .database = {}}, asking.loop.get_executor(), Logger{});
  ASSERT_TRUE(store) << store.error().detail;
  EXPECT_TRUE(fs::exists(data / "carillon.db"));
}

TEST(SqliteFile, ThatCannotBeMadeIsRefusedWithWhatToDo) {
  const TemporaryFolder folder;
  Asking asking;
  std::ofstream{folder.path() / "file"} << "no folder";
  const auto refused =
      open_sql({.data_dir = folder.path() / "file" / "data", .database = {}}, asking.loop.get_executor(), Logger{});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::unavailable);
  EXPECT_THAT(refused.error().detail, AllOf(HasSubstr("cannot make the folder"), HasSubstr("(data.dir)"),
                                            HasSubstr("let the user that runs this program read and write it")));
}

TEST(SqliteFile, ThatIsNoDatabaseIsRefusedAndLeftAsItIs) {
  const TemporaryFolder folder;
  Asking asking;
  const fs::path file = folder.path() / "carillon.db";
  const std::string text(5000, 'x');
  std::ofstream{file} << text;
  const auto refused = open_sql({.data_dir = folder.str(), .database = {}}, asking.loop.get_executor(), Logger{});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().detail, AllOf(HasSubstr("file is not a database"), HasSubstr(file.native())));
  EXPECT_EQ(bytes_of(file), text);
}

TEST(SqliteFile, HeldByAnotherProgramLetsReadsThroughAndWritesWaitWithoutHoldingUsUp) {
  const TemporaryFolder folder;
  Asking asking;
  auto store =
      open_sql({.data_dir = folder.str(), .database = {}, .queue_max = 5}, asking.loop.get_executor(), Logger{});
  ASSERT_TRUE(store);
  ASSERT_TRUE(asking.save(**store, missed_call("c0", "bob", "alice", at(0))));
  Connection other{BackEnd::sqlite, folder.path() / "carillon.db", {}};
  other.begin();
  other.execute("update calls set media = 'audio'");
  int saved = 0;
  int refused = 0;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 20; ++i) {
    (*store)->save_call(missed_call(fmt::format("c{}", i), "bob", "alice", at(i)), [&](const Result<>& result) {
      if (result) ++saved;
      if (!result && result.error().code == Errc::unavailable) ++refused;
    });
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, 1s) << "nobody waits for the lock";
  EXPECT_TRUE(asking.run_until([&] { return refused == 15; })) << refused << " refused at once: there is room for 5";
  EXPECT_EQ(asking.unread(**store, "alice"), 1u) << "reads go on";
  EXPECT_EQ(saved, 0);
  other.commit();
  EXPECT_TRUE(asking.run_until([&] { return saved == 5; }));
  EXPECT_EQ(asking.unread(**store, "alice"), 5u);
  asking.stop(**store);
}

TEST(PostgresqlUrl, IsNamedInErrorsWithoutItsPassword) {
  Asking asking;
  for (const char* url : {"postgresql://carillon:geh%65im@127.0.0.1:1/calls",
                          "postgresql://u:geheim@127.0.0.1:1/calls?x=y", "postgres://u:geheim%zz@127.0.0.1:1/calls"}) {
    const auto refused = open_sql({.data_dir = {}, .database = url}, asking.loop.get_executor(), Logger{});
    ASSERT_FALSE(refused) << url;
    EXPECT_EQ(refused.error().code, Errc::unavailable);
    EXPECT_THAT(refused.error().detail,
                AllOf(HasSubstr("(PostgreSQL at 127.0.0.1:1/calls)"), HasSubstr("see whether PostgreSQL runs"),
                      Not(HasSubstr("geh")), Not(HasSubstr("\n"))));
  }
}

TEST(PostgresqlUrl, OfAnotherFormIsRefused) {
  Asking asking;
  for (const char* url : {"mysql://u:geheim@127.0.0.1/calls", "host=127.0.0.1 password=geheim",
                          "postgresql://127.0.0.1/calls?password=geheim"}) {
    const auto refused = open_sql({.data_dir = {}, .database = url}, asking.loop.get_executor(), Logger{});
    ASSERT_FALSE(refused) << url;
    EXPECT_EQ(refused.error().code, Errc::bad_request);
    EXPECT_THAT(refused.error().detail, AllOf(HasSubstr("data.database: "), Not(HasSubstr("geheim"))));
  }
}

}  // namespace
}  // namespace carillon::store
