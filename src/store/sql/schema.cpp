#include "store/sql/schema.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <string>

namespace carillon::store {
namespace {

// Times are milliseconds since the epoch, truth is 1. $text compares byte by byte in both back ends: the order of
// history is then the same everywhere, and an index outlives a change of the system's collations.
const std::array<Migration, 3> all_steps{
    Migration{{
        R"(create table subscriptions (
             id $text primary key,
             user_id $text not null,
             device_id $text not null,
             type $text not null,
             address $text not null,
             details text not null,
             used_at bigint not null,
             unique (type, address)))",
        "create index subscriptions_of_user on subscriptions (user_id, used_at)",
        R"(create table people (
             user_id $text primary key,
             name text not null,
             history_read_until bigint not null))",
        "create table secrets (name $text primary key, value text not null)",
    }},
    Migration{{
        R"(create table calls (
             call_id $text primary key,
             room_id $text not null,
             media text not null,
             started_at bigint not null,
             answered_at bigint,
             ended_at bigint not null,
             reason text not null,
             metadata text not null,
             ledger text not null))",
        // started_at and ended_at again, so that one index finds and orders a person's history.
        R"(create table call_people (
             call_id $text not null references calls (call_id) on delete cascade,
             user_id $text not null,
             position integer not null,
             name text not null,
             role text not null,
             rang_at bigint,
             joined_at bigint,
             left_at bigint,
             in_call_ms bigint not null,
             reason text not null,
             missed integer not null,
             started_at bigint not null,
             ended_at bigint not null,
             primary key (call_id, user_id)))",
        "create index call_people_history on call_people (user_id, started_at, call_id)",
        "create index call_people_missed on call_people (user_id, started_at, call_id) where missed = 1",
        "create index call_people_unread on call_people (user_id, ended_at) where missed = 1",
    }},
    Migration{{
        R"(create table blocks (
             user_id $text not null,
             blocked_id $text not null,
             primary key (user_id, blocked_id)))",
        "create table do_not_disturb (user_id $text primary key)",
    }},
};

std::string of_back_end(std::string_view sql, BackEnd back_end) {
  constexpr std::string_view mark = "$text";
  const std::string_view type = back_end == BackEnd::sqlite ? "text" : R"(text collate "C")";
  std::string text{sql};
  for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at))
    text.replace(at, mark.size(), type);
  return text;
}

bool has_versions(Connection& connection) {
  Query query{connection, connection.back_end() == BackEnd::sqlite
                              ? "select count(*) from sqlite_master where type = 'table' and name = 'schema_version'"
                              : "select count(*) from information_schema.tables"
                                " where table_schema = current_schema() and table_name = 'schema_version'"};
  std::int64_t count = 0;
  query.into(count).run();
  query.next();
  return count > 0;
}

/// One step, if nobody has taken it meanwhile.
void take_step(Connection& connection, int version, const Migration& step) {
  connection.begin();
  // SQLite's transaction is alone already. The number is ours alone: it spells "carillo".
  if (connection.back_end() == BackEnd::postgresql)
    connection.execute("select pg_advisory_xact_lock(27973166717234287)");
  if (schema_version(connection) < version) {
    if (version == 1) {
      connection.execute("create table schema_version (version integer primary key, applied_at bigint not null)");
    }
    for (const std::string_view statement : step.statements)
      connection.execute(of_back_end(statement, connection.back_end()));
    const auto now = std::chrono::floor<Duration>(std::chrono::system_clock::now());
    Query note{connection, "insert into schema_version (version, applied_at) values (:version, :now)"};
    note.bind("version", std::int64_t{version}).bind("now", Time{now}).run();
  }
  connection.commit();
}

}  // namespace

std::span<const Migration> migrations() { return all_steps; }

int schema_version(Connection& connection) {
  if (!has_versions(connection)) return 0;
  Query query{connection, "select coalesce(max(version), 0) from schema_version"};
  std::int64_t version = 0;
  query.into(version).run();
  query.next();
  return static_cast<int>(version);
}

void check_version(int found, std::span<const Migration> steps) {
  const int known = static_cast<int>(steps.size());
  if (found <= known) return;
  throw Failure{Failure::Kind::newer, fmt::format("it is of version {}, this program knows up to {}", found, known)};
}

void migrate(Connection& connection, std::span<const Migration> steps) {
  const int known = static_cast<int>(steps.size());
  const int found = schema_version(connection);
  check_version(found, steps);
  try {
    for (int version = found + 1; version <= known; ++version) {
      take_step(connection, version, steps[static_cast<std::size_t>(version) - 1]);
    }
  } catch (...) {
    connection.rollback();
    throw;
  }
}

}  // namespace carillon::store
