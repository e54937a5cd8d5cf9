// The end of service in good order: no new calls, and those that are on have until a deadline. It can be undone.
#pragma once

#include "base/clock.hpp"
#include "base/timer.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <functional>
#include <optional>

namespace carillon::signaling {

class Drain {
 public:
  /// `clock` must outlive it.
  Drain(boost::asio::any_io_executor executor, const Clock& clock) : clock_{clock}, timer_{std::move(executor)} {}

  /// False: one is on already, and keeps its deadline.
  bool begin(Duration limit, std::size_t calls);
  /// False: none is on.
  bool undo();
  /// nullopt: none is on.
  [[nodiscard]] std::optional<Time> deadline() const { return deadline_; }
  /// So many calls are on now.
  void calls_left(std::size_t calls);

  /// No call is on any more, or the deadline has come. From the event loop, once for each begin() that is not undone.
  std::function<void()> on_over;

 private:
  void over_in(Duration wait);

  const Clock& clock_;
  Timer timer_;
  std::optional<Time> deadline_;
};

}  // namespace carillon::signaling
