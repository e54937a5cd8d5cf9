// The store in SQL: SQLite in the data directory, or PostgreSQL. docs/decisions/0004-store.md.
#pragma once

#include "base/log.hpp"
#include "store/store.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <memory>
#include <string>

namespace carillon::store {

struct SqlConfig {
  std::string data_dir;  ///< Folder of carillon.db; made if missing. Not used with PostgreSQL.
  std::string database;  ///< Empty: SQLite in data_dir. Else postgresql://user:password@host/name.
  /// Writes that may wait while the database is slow or gone; a record is near 2 kB. What users ask for has as much
  /// room of its own.
  std::size_t queue_max = 10'000;
};

/// Opens and migrates (blocking: call it before serving). Errors say what to do: newer file, no folder, locked,
/// unreachable. The executor must be that of a single thread, and must live as long as the store.
[[nodiscard]] Result<std::unique_ptr<Store>> open_sql(SqlConfig config, boost::asio::any_io_executor executor,
                                                      Logger log);

/// Whether open_sql() would find a database, and one that this program knows: read only, while another one serves on
/// it. Blocking.
[[nodiscard]] Result<> can_open_sql(const SqlConfig& config);

}  // namespace carillon::store
