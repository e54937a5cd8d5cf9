// Which database it is, as the configuration says, and how a connection to it is opened.
#pragma once

#include "base/result.hpp"
#include "store/sql.hpp"
#include "store/sql/connection.hpp"

#include <memory>
#include <string>
#include <vector>

namespace carillon::store {

class Database {
 public:
  /// Errors name the key of the configuration.
  [[nodiscard]] static Result<Database> from(const SqlConfig& config);

  /// For people: the path of the file, or host and name. Without a password.
  [[nodiscard]] const std::string& name() const { return name_; }

  // Both throw Failure.

  /// Makes the file if there is none, and brings the tables up to date.
  [[nodiscard]] std::unique_ptr<Connection> open_writer() const;
  [[nodiscard]] std::unique_ptr<Connection> open_reader() const;

 private:
  Database() = default;
  void make_file() const;

  BackEnd back_end_ = BackEnd::sqlite;
  std::string name_;
  std::string location_;
  std::vector<std::string> hidden_;  ///< The password, as it is and as it stands in the URL.
};

}  // namespace carillon::store
