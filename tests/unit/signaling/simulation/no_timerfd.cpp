// Asio waits for its timers with a timerfd, which lives in real time. Here that descriptor is always readable, so that
// each io_context::poll() looks at the timers, and at the clock that they have: VirtualTime.
#include <sys/eventfd.h>
#include <sys/timerfd.h>

extern "C" int timerfd_create(int, int) noexcept { return ::eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK); }
extern "C" int timerfd_settime(int, int, const itimerspec*, itimerspec*) noexcept { return 0; }
