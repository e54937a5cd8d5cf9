#include "http/deadlines.hpp"

namespace carillon::http {

Deadlines::Deadlines(boost::asio::io_context& io) : wheel_{clock_.now()}, timer_{io} {}

Deadlines::~Deadlines() { *alive_ = false; }

void Deadlines::schedule(TimingWheel::Entry& entry, Time deadline) {
  wheel_.schedule(entry, deadline);
  // A timer that is early wakes once for nothing; only one that is late must be set anew.
  if (deadline < armed_for_) arm();
}

void Deadlines::stop() {
  stopped_ = true;
  timer_.cancel();
}

void Deadlines::arm() {
  const auto due = wheel_.next();
  if (stopped_ || !due) {
    armed_for_ = Time::max();
    return;
  }
  if (*due == armed_for_) return;
  armed_for_ = *due;
  timer_.expires_after(std::max(*due - now(), Duration{0}));
  timer_.async_wait([this, alive = alive_](const boost::system::error_code& ec) {
    if (ec || !*alive) return;
    armed_for_ = Time::max();
    wheel_.advance(now());
    arm();
  });
}

}  // namespace carillon::http
