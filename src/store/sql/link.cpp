#include "store/sql/link.hpp"

#include <utility>

namespace carillon::store {

Link::Link(Open open, std::unique_ptr<Connection> first) : open_{std::move(open)}, connection_{std::move(first)} {}

void Link::use(const Work& work) {
  struct Busy {
    explicit Busy(Link& of) : link{of} {
      const std::lock_guard lock{link.mutex_};
      link.busy_since_ = std::chrono::steady_clock::now();
    }
    Busy(const Busy&) = delete;
    Busy& operator=(const Busy&) = delete;
    ~Busy() {
      const std::lock_guard lock{link.mutex_};
      link.busy_since_.reset();
    }
    Link& link;
  };
  if (!is_open()) {
    std::unique_ptr<Connection> opened = open_();
    const std::lock_guard lock{mutex_};
    connection_ = std::move(opened);
  }
  const Busy busy{*this};
  work(*connection_);  // Only this thread changes the pointer.
}

void Link::drop() {
  std::unique_ptr<Connection> dropped;
  const std::lock_guard lock{mutex_};
  dropped.swap(connection_);
}

bool Link::is_open() const {
  const std::lock_guard lock{mutex_};
  return connection_ != nullptr;
}

void Link::interrupt_after(Duration limit) {
  const std::lock_guard lock{mutex_};
  if (connection_ && busy_since_ && std::chrono::steady_clock::now() - *busy_since_ >= limit) connection_->interrupt();
}

}  // namespace carillon::store
