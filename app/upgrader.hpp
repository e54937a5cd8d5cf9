// SIGUSR2: a newer build takes the place of this one while media flows. If anything is wrong, this one stays.
#pragma once

#include "app/config.hpp"
#include "base/log.hpp"
#include "signaling/node.hpp"

#include <sys/types.h>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <string>

namespace carillon::app {

/// Of the program that is asked whether it can take over: where the one listens that asks, as `host:port`, with spaces
/// between. Not set: by a program that does not say so.
inline constexpr const char* listening_variable = "CARILLON_LISTENING";

class Upgrader {
 public:
  /// All references must outlive it.
  Upgrader(boost::asio::io_context& io, signaling::Node& node, const Config& config, Logger log);

  /// SIGUSR2 has come. While one upgrade is under way, another is the same.
  void begin();
  /// The program ends: no upgrade any more, nor the one that is under way.
  void stop() { stopped_ = true; }

 private:
  boost::asio::awaitable<void> upgrade();
  /// Returns only if it fails.
  boost::asio::awaitable<Error> try_upgrade();
  /// Asked again after every wait: a signal may have come meanwhile, which the next program would not know of.
  [[nodiscard]] Result<> may_upgrade() const;
  /// Asks the program on disk whether it can take over, with our arguments.
  boost::asio::awaitable<Result<>> ask_new_program();
  /// Where this server listens, for listening_variable.
  [[nodiscard]] std::string listening() const;
  boost::asio::awaitable<void> kill(pid_t pid);

  boost::asio::io_context& io_;
  signaling::Node& node_;
  const Config& config_;
  Logger log_;
  bool stopped_ = false;
  bool busy_ = false;
};

}  // namespace carillon::app
