#include "store/sql/connection.hpp"

#include <fcntl.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <utility>

namespace carillon::store {
namespace {

using Kind = Failure::Kind;

/// Values that a later try would not make right, by SQLite's primary result codes (sqlite.org/rescode.html).
Kind sqlite_kind(int code) {
  switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG:
    case SQLITE_RANGE:
    case SQLITE_ERROR: return Kind::data;
    case SQLITE_FULL: return Kind::full;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL: return Kind::locked;
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_AUTH: return Kind::denied;
    default: return Kind::broken;
  }
}

/// By the class of the SQLSTATE, its first two letters (PostgreSQL, appendix A).
Kind postgresql_kind(std::string_view state) {
  const std::string_view group = state.substr(0, 2);
  if (state == "42501" || group == "25" || group == "28") return Kind::denied;
  if (state == "42P01") return Kind::broken;  // A table is gone, not what we asked.
  if (group == "22" || group == "23" || group == "42" || group == "54") return Kind::data;
  if (state == "53100") return Kind::full;
  if (group == "55" || group == "40") return Kind::locked;
  if (group == "XX" || group == "58") return Kind::broken;
  return Kind::gone;
}

/// In one line, without the name of SOCI's function and without a password.
std::string tidy(std::string text, const std::vector<std::string>& hidden) {
  constexpr std::string_view connecting = "Cannot establish connection to the database.\n";
  if (text.starts_with(connecting)) text.erase(0, connecting.size());
  if (text.starts_with("sqlite3_") || text.starts_with("session::")) {
    if (const auto colon = text.find(": "); colon != std::string::npos) text.erase(0, colon + 2);
  }
  for (const std::string& secret : hidden) {
    for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at + 3)) {
      text.replace(at, secret.size(), "***");
    }
  }
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
  while (text.ends_with(' ')) text.pop_back();
  return text;
}

/// Of values that it refuses PostgreSQL shows some, so of these errors only the number is kept.
Failure of_postgresql(const soci::postgresql_soci_error& error, const std::vector<std::string>& hidden) {
  const Kind kind = postgresql_kind(error.sqlstate());
  if (kind == Kind::data) return {kind, "SQLSTATE " + error.sqlstate()};
  return {kind, tidy(error.get_error_message(), hidden)};
}

/// Runs it and turns SOCI's exceptions into ours. get_error_message(), never what(): that one prints bound values.
template <class Work>
auto guarded(const std::vector<std::string>& hidden, const Work& work) {
  try {
    return work();
  } catch (const soci::sqlite3_soci_error& error) {
    throw Failure{sqlite_kind(error.result()), tidy(error.get_error_message(), hidden)};
  } catch (const soci::postgresql_soci_error& error) {
    throw of_postgresql(error, hidden);
  } catch (const soci::soci_error& error) {
    const bool lost = error.get_error_category() == soci::soci_error::connection_error;
    throw Failure{lost ? Kind::gone : Kind::data, tidy(error.get_error_message(), hidden)};
  }
}

}  // namespace

struct Connection::Impl {
  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    if (socket >= 0) ::close(socket);
  }

  soci::session session;
  /// PostgreSQL's, a descriptor of our own: libpq may close its own at any time, and the number may then be another's.
  int socket = -1;
};

Connection::Connection(BackEnd back_end, const std::string& location, std::vector<std::string> hidden)
    : back_end_{back_end}, hidden_{std::move(hidden)}, impl_{std::make_unique<Impl>()} {
  try {
    open(location);
  } catch (const Failure& failure) {
    if (failure.kind() != Kind::data) throw;
    throw Failure{Kind::gone, failure.what()};
  }
}

void Connection::open(const std::string& location) {
  guarded(hidden_, [&] {
    if (back_end_ == BackEnd::sqlite) {
      impl_->session.open(soci::sqlite3, "dbname=\"" + location + "\"");
    } else {
      impl_->session.open(soci::postgresql, location);
      const auto* backend = static_cast<soci::postgresql_session_backend*>(impl_->session.get_backend());
      PQsetNoticeProcessor(
          backend->conn_, [](void*, const char*) {}, nullptr);  // libpq's own prints them.
      PQsetErrorVerbosity(backend->conn_, PQERRORS_TERSE);
      impl_->socket = ::fcntl(PQsocket(backend->conn_), F_DUPFD_CLOEXEC, 0);
    }
  });
}

Connection::~Connection() = default;

void Connection::execute(const std::string& sql) {
  guarded(hidden_, [&] { impl_->session << sql; });
}

void Connection::begin() { execute(back_end_ == BackEnd::sqlite ? "begin immediate" : "begin"); }

void Connection::commit() { execute("commit"); }

void Connection::rollback() noexcept {
  try {
    execute("rollback");
  } catch (const std::exception&) {  // SQLite has rolled back by itself, or the connection is lost: nothing to undo.
    return;
  }
}

void Connection::interrupt() {
  if (impl_->socket >= 0) ::shutdown(impl_->socket, SHUT_RDWR);
}

struct Query::Impl {
  struct Number {
    long long value = 0;
    soci::indicator present = soci::i_ok;
    std::int64_t* plain = nullptr;
    std::optional<Time>* time = nullptr;
  };

  Impl(Connection& on, std::string_view text) : connection{on}, sql{text}, statement{on.impl_->session} {}

  Connection& connection;
  std::string sql;
  soci::statement statement;
  // SOCI keeps references to what is bound: a deque does not move what it holds.
  std::deque<std::string> texts;
  std::deque<Number> numbers;
  std::deque<Number> columns;
  std::optional<bool> first;  ///< Whether there is a first row, until next() has given it.
};

Query::Query(Connection& connection, std::string_view sql) : impl_{std::make_unique<Impl>(connection, sql)} {}

Query::~Query() = default;

Query& Query::bind(const char* name, std::string value) {
  impl_->statement.exchange(soci::use(std::as_const(impl_->texts.emplace_back(std::move(value))), name));
  return *this;
}

Query& Query::bind(const char* name, std::int64_t value) {
  auto& number = impl_->numbers.emplace_back();
  number.value = value;
  impl_->statement.exchange(soci::use(std::as_const(number.value), name));
  return *this;
}

Query& Query::bind(const char* name, const std::optional<Time>& value) {
  auto& number = impl_->numbers.emplace_back();
  number.value = value ? to_ms(*value) : 0;
  number.present = value ? soci::i_ok : soci::i_null;
  impl_->statement.exchange(soci::use(std::as_const(number.value), number.present, std::string{name}));
  return *this;
}

Query& Query::into(std::string& column) {
  impl_->statement.exchange(soci::into(column));
  return *this;
}

Query& Query::into(std::int64_t& column) {
  auto& number = impl_->columns.emplace_back();
  number.plain = &column;
  impl_->statement.exchange(soci::into(number.value, number.present));
  return *this;
}

Query& Query::into(std::optional<Time>& column) {
  auto& number = impl_->columns.emplace_back();
  number.time = &column;
  impl_->statement.exchange(soci::into(number.value, number.present));
  return *this;
}

std::int64_t Query::run() {
  return guarded(impl_->connection.hidden_, [&] {
    soci::statement& statement = impl_->statement;
    statement.alloc();
    // Sent with its values in one message: PostgreSQL is not asked to prepare what is run once.
    statement.prepare(impl_->sql, soci::details::st_one_time_query);
    statement.define_and_bind();
    impl_->first = statement.execute(true);  // Fetches the first row too.
    return statement.get_affected_rows();
  });
}

bool Query::next() {
  return guarded(impl_->connection.hidden_, [&] {
    const bool here = impl_->first ? *impl_->first : impl_->statement.fetch();
    impl_->first.reset();
    if (!here) return false;
    for (const auto& number : impl_->columns) {
      const bool present = number.present == soci::i_ok;
      if (number.plain != nullptr) *number.plain = present ? number.value : 0;
      if (number.time != nullptr) *number.time = present ? std::optional{from_ms(number.value)} : std::nullopt;
    }
    return true;
  });
}

}  // namespace carillon::store
