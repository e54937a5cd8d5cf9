// A real PostgreSQL of Debian's package, in a temporary folder, reached by a socket in that folder.
#pragma once

#include "integration/store/processes.hpp"
#include "support/temporary_folder.hpp"

#include <memory>
#include <string>

namespace carillon::store {

class PostgresServer {
 public:
  /// Starts it and waits until it answers. Throws when it does not: a test that needs it then fails.
  PostgresServer();
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  /// One for all tests that do not stop it.
  static PostgresServer& shared();

  /// Makes an empty database; gives its URL.
  std::string make_database();
  [[nodiscard]] std::string url(const std::string& database) const;

  /// As after a power cut of the machine that it alone ran on.
  void kill();
  /// Again, on the same folder. From the thread that outlives it: the server ends with the thread that started it.
  void start();
  /// Its own processes stop in the middle of what they do, and go on.
  void freeze(bool frozen) const;

 private:
  TemporaryFolder folder_;
  std::unique_ptr<Process> server_;
  int databases_ = 0;
};

}  // namespace carillon::store
