#include "app/signals.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <initializer_list>

namespace carillon::app {
namespace {

sigset_t set_of(std::initializer_list<int> signals) {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : signals) ::sigaddset(&set, signal);
  return set;
}
sigset_t ours() { return set_of({SIGHUP, SIGINT, SIGTERM, SIGUSR2}); }

}  // namespace

void Signals::block() {
  const sigset_t set = ours();
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
}

Result<std::unique_ptr<Signals>> Signals::create(boost::asio::io_context& io) {
  const sigset_t set = set_of({SIGINT});
  const int descriptor = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  if (descriptor < 0) return fail(Errc::internal, fmt::format("signalfd: {}", std::strerror(errno)));
  return std::unique_ptr<Signals>{new Signals{io, descriptor}};
}

void Signals::listen() {
  descriptor_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                         [this](const boost::system::error_code& error) {
                           if (error) return;
                           signalfd_siginfo info{};
                           // One for each turn of the loop: what it does may be to end this program.
                           if (::read(descriptor_.native_handle(), &info, sizeof info) == sizeof info)
                             on_signal(static_cast<int>(info.ssi_signo));
                           if (descriptor_.is_open()) listen();
                         });
}

void Signals::hear_all() {
  const sigset_t set = ours();
  (void)::signalfd(descriptor_.native_handle(), &set, 0);  // of a descriptor that is one it cannot fail
}

}  // namespace carillon::app
