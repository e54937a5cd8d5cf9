// The suite that the fake passes too (tests/unit/store), on SQLite and on a real PostgreSQL.
#include "integration/store/postgres_server.hpp"
#include "store/sql.hpp"
#include "support/temporary_folder.hpp"
#include "unit/store/store_suite.hpp"

namespace carillon::store {
namespace {

std::unique_ptr<Store> opened(SqlConfig config, boost::asio::any_io_executor executor) {
  auto store = open_sql(std::move(config), std::move(executor), Logger{});
  EXPECT_TRUE(store) << store.error().detail;
  return store ? std::move(*store) : nullptr;
}

std::unique_ptr<Store> make_sqlite(boost::asio::any_io_executor executor) {
  static std::unique_ptr<TemporaryFolder> folder;  // of the test before: its store is closed
  folder = std::make_unique<TemporaryFolder>();
  return opened({.data_dir = folder->path() / "data", .database = {}}, std::move(executor));
}

std::unique_ptr<Store> make_postgresql(boost::asio::any_io_executor executor) {
  return opened({.data_dir = {}, .database = PostgresServer::shared().make_database()}, std::move(executor));
}

INSTANTIATE_TEST_SUITE_P(Sql, StoreSuite,
                         testing::Values(Maker{"SQLite", make_sqlite}, Maker{"PostgreSQL", make_postgresql}),
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace carillon::store
