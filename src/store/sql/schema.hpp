// The tables, as numbered steps that bring a database of any earlier version up to the present one.
#pragma once

#include "store/sql/connection.hpp"

#include <span>
#include <string_view>
#include <vector>

namespace carillon::store {

/// Never changed once it has been released: what comes next is a step of its own. Its number is its place, from 1.
struct Migration {
  std::vector<std::string_view> statements;
};

[[nodiscard]] std::span<const Migration> migrations();

/// The number of the last step that the database has seen; 0: none, it is empty. Changes nothing.
[[nodiscard]] int schema_version(Connection& connection);

/// Failure newer: a database of this version has more than these steps.
void check_version(int found, std::span<const Migration> steps);

/// Takes the steps that are missing, each in a transaction. A database with more steps is left as it is: Failure newer.
/// Two programs may do so at once.
void migrate(Connection& connection, std::span<const Migration> steps);

}  // namespace carillon::store
