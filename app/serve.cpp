#include "app/commands.hpp"

#include "app/clock_watch.hpp"
#include "app/handover.hpp"
#include "app/instance.hpp"
#include "app/signals.hpp"
#include "app/upgrader.hpp"
#include "base/async.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "signaling/continuity.hpp"
#include "signaling/node.hpp"
#include "store/journal.hpp"
#include "store/sql.hpp"

#include <fmt/format.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>

namespace carillon::app {
namespace {

/// Ten seconds in all for an orderly end; whoever still hangs then is left.
constexpr std::chrono::seconds stop_within{10};

boost::asio::awaitable<Result<>> stop_all(signaling::Node& node, store::Store& store) {
  co_await node.stop();
  co_await store.stop();
  co_return Result<>{};
}

/// SIGHUP: a renewed certificate, for the connections to come.
void reload(signaling::Node& node, const Logger& log) {
  const Result<> reloaded = node.reload_certificates();
  if (reloaded) log.info("read the files again");
  if (!reloaded) log.error("the old TLS certificate stays in use: {}", reloaded.error().detail);
}

/// What ends the program: SIGINT at once, SIGTERM when the calls have ended, a second SIGTERM at once. One that follows
/// a drain by command is the first: a service manager sends it after its hook that drains.
class Ending {
 public:
  Ending(boost::asio::io_context& io, signaling::Node& node, Upgrader& upgrader, Logger log)
      : node_{node}, upgrader_{upgrader}, log_{std::move(log)}, woken_{io, asio::steady_timer::time_point::max()} {
    node_.on_drained = [this] {
      log_.info("drained");
      end();
    };
  }

  void on_signal(int signal) {
    if (hurries_) std::_Exit(1);
    const std::optional<Time> until = node_.drains_until();
    const bool is_second = until && until == drain_of_signal_;
    if (signal == SIGTERM && !is_second) {
      if (until) log_.info("the drain that is on goes on, the next SIGTERM stops at once");
      node_.begin_drain();
      drain_of_signal_ = node_.drains_until();
      return;
    }
    log_.info("stopping on signal {}", signal);
    end();
  }

  boost::asio::awaitable<void> wait() {
    boost::system::error_code woken;
    if (!over_) co_await woken_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  }
  /// The program ends; the next signal does not wait for it.
  void hurry() { hurries_ = true; }

 private:
  void end() {
    over_ = true;
    upgrader_.stop();
    woken_.cancel();
  }

  signaling::Node& node_;
  Upgrader& upgrader_;
  Logger log_;
  boost::asio::steady_timer woken_;      // by end()
  std::optional<Time> drain_of_signal_;  // its end: the drain that SIGTERM has begun or confirmed
  bool over_ = false;
  bool hurries_ = false;
};

/// To `carillon upgrade`, which waits for it.
void tell_outcome(const Inherited& inherited, const Config& config, const Logger& log) {
  if (inherited.refused) log.error("no upgrade, the program of before goes on: {}", *inherited.refused);
  if (!inherited.refused) log.info("upgraded to carillon {}", CARILLON_VERSION);
  const Result<> written = write_outcome(
      config.store.data_dir, {!inherited.refused, CARILLON_VERSION, inherited.refused.value_or(std::string{})});
  if (!written) log.error("{}", written.error().detail);
}

boost::asio::awaitable<void> run(signaling::Node& node, store::Store& store, boost::asio::io_context& io,
                                 Signals& signals, const Config& config, std::optional<Inherited> inherited, Logger log,
                                 int& status) {
  Upgrader upgrader{io, node, config, log};
  Ending ending{io, node, upgrader, log};
  signals.on_signal = [&](int signal) {
    if (signal == SIGHUP) return reload(node, log);
    if (signal == SIGUSR2) return upgrader.begin();
    ending.on_signal(signal);
  };
  signals.listen();
  auto starting = node.start(inherited ? std::optional{inherited->state} : std::nullopt);
  const Result<> started = co_await std::move(starting);
  if (!started) {
    fall_back(started.error().detail);
    fmt::print(stderr, "carillon: {}\n", started.error().detail);
    status = 1;
  } else {
    forget_inherited();
    if (inherited) tell_outcome(*inherited, config, log);
    inherited.reset();
    // Not before: a drain would have found no calls, and ended.
    signals.hear_all();
    for (std::size_t i = 0; i < node.ports().size(); ++i) {
      const std::string& host = config.server.http.listen[i].host;
      log.info("serving on {}://{}:{}", config.server.http.tls.are_set() ? "https" : "http",
               host.empty() || host == "*" ? "0.0.0.0" : host, node.ports()[i]);
    }
    co_await ending.wait();
  }
  ending.hurry();
  auto stopping = stop_all(node, store);
  const Result<> stopped = co_await with_timeout(std::move(stopping), stop_within);
  if (!stopped) log.warn("not all ended in {} s", stop_within.count());
  signals.stop();
  io.stop();
}

}  // namespace

int serve(const Config& config) {
  std::signal(SIGPIPE, SIG_IGN);
  Signals::block();
  (void)program_path();  // while the file that we come from has that name
  const Logger log;
  const auto refuse = [](const Error& error) {
    fall_back(error.detail);
    fmt::print(stderr, "carillon: {}\n", error.detail);
    return 1;
  };
  auto inherited = take_inherited();
  if (!inherited) return refuse(inherited.error());
  SystemRandom random;
  signaling::Config server = config.server;
  if (server.dev) {
    log.warn("--dev: ANYBODY WHO REACHES THIS SERVER MAY SIGN IN AS ANYBODY. Never do this on the internet.");
  }
  boost::asio::io_context io{1};
  // First of all: a newer program would change the tables under the one that runs.
  const auto pid_file = PidFile::create(config.store.data_dir, log);
  if (!pid_file) return refuse(pid_file.error());
  const auto store = store::open_sql(config.store, io.get_executor(), log);
  if (!store) return refuse(store.error());
  const auto journal = store::Journal::open(config.store.data_dir + "/calls.journal", log);
  if (!journal) return refuse(journal.error());
  const SystemClock clock = signaling::Continuity::clock(**journal, boot_id(), uptime());
  const auto signals = Signals::create(io);
  if (!signals) return refuse(signals.error());
  signaling::Node node{io, std::move(server), clock, random, **store, journal->get(), log};
  int status = 0;
  boost::asio::co_spawn(io, watch_clock(clock, log), report(log, "the watch of the clock"));
  boost::asio::co_spawn(io, run(node, **store, io, **signals, config, *std::move(inherited), log, status),
                        report(log, "serve"));
  io.run();
  return status;
}

}  // namespace carillon::app
