#include "app/clock_watch.hpp"

#include "base/async.hpp"

#include <cmath>

namespace carillon::app {
namespace {

constexpr std::chrono::seconds looked_at_every{1};

}  // namespace

boost::asio::awaitable<void> watch_clock(const Clock& clock, Logger log) {
  ClockWatch watch{clock};
  for (;;) {
    co_await sleep_for(looked_at_every);
    const Duration by = watch.look();
    if (by == Duration{0}) continue;
    log.warn("the system's clock jumped {:.1f} s {}: what rings goes on as it was, tokens are checked by the new time",
             std::abs(std::chrono::duration<double>(by).count()), by > Duration{0} ? "ahead" : "back");
  }
}

}  // namespace carillon::app
