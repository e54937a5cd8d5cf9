// A jump of the system's clock is named in the log, once. Nothing depends on it: deadlines run on a clock that does not
// jump (base/clock.hpp).
#pragma once

#include "base/clock.hpp"
#include "base/log.hpp"

#include <boost/asio/awaitable.hpp>

namespace carillon::app {

/// Looks every second, until its io_context stops. `clock` must live as long.
boost::asio::awaitable<void> watch_clock(const Clock& clock, Logger log);

}  // namespace carillon::app
