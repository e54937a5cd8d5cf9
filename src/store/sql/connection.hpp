// One connection to a database, for one thread, and statements on it. Only connection.cpp knows SOCI. Everything here
// throws Failure and nothing else.
#pragma once

#include "base/id.hpp"
#include "base/time.hpp"
#include "store/sql/failure.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::store {

enum class BackEnd { sqlite, postgresql };

class Connection {
 public:
  /// `location`: the path of a file that exists, or a URL. `hidden` is cut out of what PostgreSQL says: passwords.
  Connection(BackEnd back_end, const std::string& location, std::vector<std::string> hidden);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] BackEnd back_end() const { return back_end_; }

  /// A statement without values; its rows are not looked at.
  void execute(const std::string& sql);

  /// A transaction that writes. SQLite takes the lock at once, so that the wait for another program's is here.
  void begin();
  void commit();
  /// After a failure: never fails itself, since the database may have rolled back already, or be gone.
  void rollback() noexcept;

  /// From any thread: what waits for PostgreSQL fails. A file has nobody to wait for.
  void interrupt();

 private:
  friend class Query;
  struct Impl;

  void open(const std::string& location);

  BackEnd back_end_;
  std::vector<std::string> hidden_;
  std::unique_ptr<Impl> impl_;
};

/// One statement with its values, run once. Bind, say into what the columns go, run, and fetch with next():
/// what was given to into() must live until then.
class Query {
 public:
  Query(Connection& connection, std::string_view sql);
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  /// `name` stands in the text as :name, once or more often.
  Query& bind(const char* name, std::string value);
  Query& bind(const char* name, std::int64_t value);
  Query& bind(const char* name, Time value) { return bind(name, to_ms(value)); }
  Query& bind(const char* name, const std::optional<Time>& value);
  template <class Tag>
  Query& bind(const char* name, const Id<Tag>& id) {
    return bind(name, id.str());
  }

  /// In the order of the columns. Text must not be NULL.
  Query& into(std::string& column);
  Query& into(std::int64_t& column);
  Query& into(std::optional<Time>& column);

  /// Gives how many rows it changed.
  std::int64_t run();
  /// False: there are no more rows.
  bool next();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace carillon::store
