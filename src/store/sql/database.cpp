#include "store/sql/database.hpp"

#include "base/private_folder.hpp"
#include "store/sql/schema.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

namespace carillon::store {
namespace {

/// Longer than any write of ours takes, shorter than anybody waits for an answer.
constexpr std::string_view busy_timeout = "pragma busy_timeout = 5000";
constexpr std::chrono::seconds lock_patience{5};

/// Whoever makes the file turns it on. SQLite waits for no lock here, whatever its busy_timeout says, so two programs
/// that begin together would see each other once, and one of them fail.
void turn_on_wal(Connection& connection) {
  const auto until = std::chrono::steady_clock::now() + lock_patience;
  for (;;) {
    try {
      return connection.execute("pragma journal_mode = wal");
    } catch (const Failure& failure) {
      if (failure.kind() != Failure::Kind::locked || std::chrono::steady_clock::now() >= until) throw;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
}

std::string percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view pair = text[i] == '%' ? text.substr(i + 1, 2) : std::string_view{};
    if (pair.size() == 2 && pair.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos) {
      decoded.push_back(static_cast<char>(std::stoi(std::string{pair}, nullptr, 16)));
      i += 2;
    } else {
      decoded.push_back(text[i]);
    }
  }
  return decoded;
}

Failure::Kind kind_of(int error) {
  if (error == ENOSPC || error == EDQUOT) return Failure::Kind::full;
  return error == EIO ? Failure::Kind::broken : Failure::Kind::denied;
}

}  // namespace

Result<Database> Database::from(const SqlConfig& config) {
  Database database;
  if (config.database.empty()) {
    const std::filesystem::path path = std::filesystem::path{config.data_dir} / "carillon.db";
    // SOCI takes the path in quotes and has no way to write one in it.
    if (path.native().find('"') != std::string::npos) return fail(Errc::bad_request, "data.dir: may not hold a quote");
    database.name_ = database.location_ = path.native();
    return database;
  }
  std::string_view rest{config.database};
  for (const std::string_view scheme : {"postgresql://", "postgres://"}) {
    if (rest.starts_with(scheme)) rest.remove_prefix(scheme.size());
  }
  if (rest.size() == config.database.size()) {
    return fail(Errc::bad_request,
                "data.database: expected postgresql://user:password@host/name, or nothing for SQLite");
  }
  const std::size_t query = std::min(rest.find('?'), rest.size());
  if (rest.substr(query).find("password=") != std::string_view::npos) {
    return fail(Errc::bad_request, "data.database: the password belongs before the host, as in user:password@host");
  }
  std::string_view place = rest.substr(0, query);
  if (const std::size_t at = place.rfind('@'); at != std::string_view::npos) {
    const std::string_view who = place.substr(0, at);
    const std::string_view password = who.substr(std::min(who.find(':'), who.size() - 1) + 1);
    if (!password.empty()) database.hidden_ = {std::string{password}, percent_decoded(password)};
    place.remove_prefix(at + 1);
  }
  database.back_end_ = BackEnd::postgresql;
  database.name_ = fmt::format("PostgreSQL at {}", place);
  // libpq takes several hosts, so this is added to the text as it is. The time is in seconds, for each address.
  database.location_ = config.database;
  for (const std::string_view parameter : {"connect_timeout=3", "application_name=carillon", "client_encoding=UTF8"}) {
    const std::string_view key = parameter.substr(0, parameter.find('=') + 1);
    if (rest.substr(query).find(key) != std::string_view::npos) continue;
    database.location_ += database.location_.find('?') == std::string::npos ? '?' : '&';
    database.location_ += parameter;
  }
  return database;
}

std::unique_ptr<Connection> Database::open_writer() const {
  if (back_end_ == BackEnd::sqlite) make_file();
  auto connection = std::make_unique<Connection>(back_end_, location_, hidden_);
  if (back_end_ == BackEnd::sqlite) {
    connection->execute(std::string{busy_timeout});
    connection->execute("pragma foreign_keys = on");
    if (schema_version(*connection) <= static_cast<int>(migrations().size())) {  // Else not a byte of it is changed.
      turn_on_wal(*connection);
      // Acknowledged means on the disk. One group of writes pays for it once.
      connection->execute("pragma synchronous = full");
      // A log that grew while a reader held it back is cut to 16 MiB again.
      connection->execute("pragma journal_size_limit = 16777216");
    }
  }
  migrate(*connection, migrations());
  return connection;
}

std::unique_ptr<Connection> Database::open_reader() const {
  if (back_end_ == BackEnd::sqlite && ::access(location_.c_str(), F_OK) != 0) {  // SQLite would make an empty one.
    throw Failure{Failure::Kind::broken, "the file is gone"};
  }
  auto connection = std::make_unique<Connection>(back_end_, location_, hidden_);
  if (back_end_ == BackEnd::sqlite) {
    connection->execute(std::string{busy_timeout});
    connection->execute("pragma query_only = on");
  }
  return connection;
}

/// SQLite would make it too, but readable for everybody. Its other two files take the mode of this one. A file that is
/// there is not even opened: closing it again would drop the locks that this process holds on it (fcntl(2)).
void Database::make_file() const {
  const std::filesystem::path path{location_};
  const std::filesystem::path folder = path.parent_path();
  if (const std::error_code error = make_private_folder(folder)) {
    throw Failure{kind_of(error.value()),
                  fmt::format("cannot make the folder {} (data.dir): {}", folder.native(), error.message())};
  }
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file >= 0) {
    ::close(file);
  } else if (errno != EEXIST) {
    const int error = errno;
    throw Failure{kind_of(error), fmt::format("cannot make the file: {}", std::generic_category().message(error))};
  }
}

}  // namespace carillon::store
