// The signals of this program, in the event loop. They are blocked and read from a descriptor (signalfd(2)) rather than
// handled: one that comes while another program takes our place stays pending, and that one reads it.
#pragma once

#include "base/result.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <functional>
#include <memory>

namespace carillon::app {

class Signals {
 public:
  /// SIGHUP, SIGINT, SIGTERM and SIGUSR2 wait from here on. Before any other thread starts, which would get them.
  static void block();

  /// Of SIGINT only. `io` must outlive it. internal: out of descriptors.
  [[nodiscard]] static Result<std::unique_ptr<Signals>> create(boost::asio::io_context& io);
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  /// Called for each; those that came before it is set wait until listen().
  std::function<void(int signal)> on_signal;
  void listen();
  /// From now on of all four. What came before is called for then: it was left where it was, so that, should the start
  /// fail, the program of before gets it.
  void hear_all();
  void stop() { descriptor_.close(); }

 private:
  Signals(boost::asio::io_context& io, int descriptor) : descriptor_{io, descriptor} {}

  boost::asio::posix::stream_descriptor descriptor_;
};

}  // namespace carillon::app
