// The timing wheel of all connections, driven by one timer that sleeps until something is due.
#pragma once

#include "base/clock.hpp"
#include "http/timing_wheel.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>

namespace carillon::http {

class Deadlines {
 public:
  explicit Deadlines(boost::asio::io_context& io);
  ~Deadlines();

  [[nodiscard]] Time now() const { return clock_.now(); }
  /// What the system's clock says, which may jump.
  [[nodiscard]] Time wall() const { return clock_.wall(); }
  void schedule(TimingWheel::Entry& entry, Time deadline);
  /// Ends the timer, so that io_context::run can return. Nothing comes due after it.
  void stop();

 private:
  void arm();

  SystemClock clock_;
  TimingWheel wheel_;
  boost::asio::steady_timer timer_;
  Time armed_for_ = Time::max();
  bool stopped_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // the timer's handler may run after us
};

}  // namespace carillon::http
