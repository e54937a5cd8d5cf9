// The connection of one thread: opened when it is needed, dropped after a failure. Another thread may end a wait on it.
#pragma once

#include "base/time.hpp"
#include "store/sql/connection.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

namespace carillon::store {

class Link {
 public:
  using Open = std::function<std::unique_ptr<Connection>()>;
  using Work = std::function<void(Connection&)>;

  Link(Open open, std::unique_ptr<Connection> first);

  /// Runs it on the connection, which is opened first if there is none. Throws Failure.
  void use(const Work& work);
  void drop();
  /// True: the next use() takes a connection that may have been lost meanwhile.
  [[nodiscard]] bool is_open() const;

  /// From any thread: a use() that takes longer than this fails. A database that is frozen would hold it for ever.
  void interrupt_after(Duration limit);

 private:
  Open open_;
  mutable std::mutex mutex_;  ///< Held for moments, never over what may wait.
  std::unique_ptr<Connection> connection_;
  std::optional<std::chrono::steady_clock::time_point> busy_since_;
};

}  // namespace carillon::store
