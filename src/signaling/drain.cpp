#include "signaling/drain.hpp"

namespace carillon::signaling {

bool Drain::begin(Duration limit, std::size_t calls) {
  if (deadline_) return false;
  deadline_ = clock_.now() + limit;
  over_in(calls > 0 ? limit : Duration::zero());
  return true;
}

bool Drain::undo() {
  if (!deadline_) return false;
  deadline_.reset();
  timer_.cancel();
  return true;
}

void Drain::calls_left(std::size_t calls) {
  if (deadline_ && calls == 0) over_in(Duration::zero());
}

void Drain::over_in(Duration wait) {
  timer_.expires_after(wait);
  timer_.async_wait([this](const boost::system::error_code& cancelled) {
    // A timer that has run out already is not cancelled by undo().
    if (!cancelled && deadline_ && on_over) on_over();
  });
}

}  // namespace carillon::signaling
