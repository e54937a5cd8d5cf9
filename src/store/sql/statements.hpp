// What is asked of the database, in SQL: the same text for SQLite and PostgreSQL. Each runs in a transaction of the
// caller.
#pragma once

#include "base/secret.hpp"
#include "store/sql/connection.hpp"
#include "store/store.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace carillon::store {

/// Gives the id that it is kept under.
[[nodiscard]] std::string save_subscription(Connection& connection, const Subscription& subscription);
[[nodiscard]] bool remove_subscription(Connection& connection, const UserId& user, const std::string& id);
void forget_address(Connection& connection, const std::string& type, const std::string& address);
void save_person(Connection& connection, const UserId& user, const std::string& name);
void save_call(Connection& connection, const CallRecord& record);
void mark_history_read(Connection& connection, const UserId& user, Time until);
void block(Connection& connection, const UserId& user, const UserId& whom, bool on);
void do_not_disturb(Connection& connection, const UserId& user, bool on);
[[nodiscard]] Secret secret(Connection& connection, const std::string& name, const Secret& candidate);

[[nodiscard]] std::vector<Subscription> subscriptions_of(Connection& connection, const UserId& user);
[[nodiscard]] bool has_subscription(Connection& connection, const UserId& user, const std::string& id);
[[nodiscard]] std::optional<CallRecord> find_call(Connection& connection, const CallId& call);
[[nodiscard]] HistoryPage history(Connection& connection, const HistoryQuery& query);
[[nodiscard]] std::size_t unread(Connection& connection, const UserId& user);
[[nodiscard]] Mutes mutes(Connection& connection);

}  // namespace carillon::store
