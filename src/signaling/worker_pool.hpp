// The worker processes: started together, each with its WebRtcServer, and started again when one dies.
#pragma once

#include "base/clock.hpp"
#include "base/log.hpp"
#include "mediasoup/worker.hpp"
#include "room/actions.hpp"
#include "signaling/config.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <functional>
#include <map>
#include <memory>

namespace carillon::signaling {

class WorkerPool {
 public:
  struct Entry {
    std::shared_ptr<mediasoup::Worker> worker;
    std::shared_ptr<mediasoup::WebRtcServer> server;
    /// Its place among the ports: worker n has UDP and TCP port `MediaConfig::port + n`.
    std::size_t slot = 0;
  };

  /// `io` and `clock` must outlive it.
  WorkerPool(boost::asio::io_context& io, MediaConfig config, const Clock& clock, Logger log);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// All of them, or an error that says which could not start and why.
  boost::asio::awaitable<Result<>> start();
  /// Ends them and waits until the processes are gone.
  boost::asio::awaitable<void> stop();

  /// nullptr: it has died.
  [[nodiscard]] const Entry* find(const room::WorkerId& id) const;
  [[nodiscard]] const std::map<room::WorkerId, Entry>& all() const { return workers_; }
  /// Workers that were started in place of dead ones, since the start.
  [[nodiscard]] std::size_t restarts() const { return restarts_; }

  std::function<void(const room::WorkerId&)> on_up;
  std::function<void(const room::WorkerId&)> on_died;

 private:
  boost::asio::awaitable<Result<>> start_one(std::size_t slot);
  boost::asio::awaitable<void> respawn(std::size_t slot, Duration delay);
  void on_worker_died(const room::WorkerId& id, std::size_t slot, const Error& why);
  void respawn_later(std::size_t slot);
  [[nodiscard]] mediasoup::WebRtcServerOptions server_options(std::size_t slot) const;

  boost::asio::io_context& io_;
  MediaConfig config_;
  const Clock& clock_;
  Logger log_;
  std::map<room::WorkerId, Entry> workers_;
  std::map<std::size_t, room::Respawn> slots_;
  std::size_t restarts_ = 0;
  bool stopping_ = false;
};

}  // namespace carillon::signaling
