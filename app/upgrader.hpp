// SIGUSR2: a newer build takes the place of this one while media flows. If anything is wrong, this one stays.
#pragma once

#include "app/config.hpp"
#include "base/log.hpp"
#include "signaling/node.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <string>

namespace carillon::app {

class Upgrader {
 public:
  /// Listens from now on. All references must outlive it.
  Upgrader(boost::asio::io_context& io, signaling::Node& node, std::string data_dir, Logger log);

  /// Before that, an upgrade is refused.
  void ready() { ready_ = true; }
  void stop() { signals_.cancel(); }

 private:
  void listen();
  boost::asio::awaitable<void> upgrade();
  /// Returns only if it fails.
  boost::asio::awaitable<Error> try_upgrade();
  /// Asks the program on disk whether it can take over, with our arguments.
  boost::asio::awaitable<Result<>> ask_new_program();

  boost::asio::io_context& io_;
  signaling::Node& node_;
  std::string data_dir_;
  Logger log_;
  boost::asio::signal_set signals_;
  bool ready_ = false;
  bool busy_ = false;
};

}  // namespace carillon::app
