// carillon upgrade: SIGUSR2 to the server of a data folder, and a word about what came of it. And the question that
// the server asks of a new build first.
#include "app/commands.hpp"
#include "app/instance.hpp"
#include "app/upgrader.hpp"
#include "http/listeners.hpp"
#include "signaling/node.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace carillon::app {
namespace {

/// Above all limits of the server together: its question to the new program, its wait for quiet, and the new start.
constexpr std::chrono::seconds outcome_within{60};
constexpr std::chrono::milliseconds look_every{20};

int say(const std::string& trouble) {
  fmt::print(stderr, "carillon: {}\n", trouble);
  return 1;
}

/// Beside what the server that asks leaves to us.
Result<> can_listen(const Config& config) {
  const char* said = std::getenv(listening_variable);
  if (said == nullptr) return {};
  std::vector<http::ListenAddress> theirs;
  std::istringstream names{said};
  for (std::string name; names >> name;) {
    if (const auto address = http::parse_listen_address(name)) theirs.push_back(*address);
  }
  boost::asio::io_context io;
  const auto ports = http::Listeners{io}.try_open(config.server.http.listen, theirs);
  return ports ? Result<>{} : ports.error();
}

}  // namespace

int upgrade(const Config& config) {
  const std::string& folder = config.store.data_dir;
  const Result<pid_t> pid = PidFile::running(folder);
  if (!pid) return say(pid.error().detail);
  forget_outcome(folder);
  if (::kill(*pid, SIGUSR2) != 0) return say(fmt::format("process {} may not be told: not yours, perhaps", *pid));
  const auto until = std::chrono::steady_clock::now() + outcome_within;
  while (std::chrono::steady_clock::now() < until) {
    if (const auto outcome = read_outcome(folder)) {
      if (!outcome->upgraded) return say("no upgrade, the server goes on as it was: " + outcome->detail);
      fmt::print("process {} is carillon {} now\n", *pid, outcome->version);
      return 0;
    }
    if (::kill(*pid, 0) != 0) return say(fmt::format("process {} has ended", *pid));
    std::this_thread::sleep_for(look_every);
  }
  return say(fmt::format("process {} says nothing in {} s", *pid, outcome_within.count()));
}

int can_take_over(const Config& config, const std::string& format) {
  if (format != signaling::Node::handover_format()) {
    return say(
        fmt::format("this build cannot take over from the one that runs (it gives on {}, this one takes {}): "
                    "a restart is needed, and media begins anew with it",
                    format, signaling::Node::handover_format()));
  }
  // The server lives on without it; neither this program nor that one could start.
  const Result<> store = store::can_open_sql(config.store);
  if (!store) return say(store.error().detail);
  const Result<> listening = can_listen(config);
  return listening ? 0 : say(listening.error().detail);
}

}  // namespace carillon::app
