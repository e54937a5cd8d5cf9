// The worker processes: started together, each with its WebRtcServer, and started again when one dies.
#pragma once

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "mediasoup/worker.hpp"
#include "room/actions.hpp"
#include "signaling/config.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/array.hpp>

#include <functional>
#include <map>
#include <memory>
#include <vector>

namespace carillon::mediasoup {
class Saved;
}  // namespace carillon::mediasoup

namespace carillon::signaling {

namespace json = boost::json;

class WorkerPool {
 public:
  struct Entry {
    std::shared_ptr<mediasoup::Worker> worker;
    std::shared_ptr<mediasoup::WebRtcServer> server;
    /// Its place among the ports: worker n has UDP and TCP port `MediaConfig::port + n`.
    std::size_t slot = 0;
  };

  /// `io`, `clock` and `random` must outlive it.
  WorkerPool(boost::asio::io_context& io, MediaConfig config, Outside outside, const Clock& clock, Random& random,
             Logger log);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // For the program that takes the place of this one: worker.hpp says how.

  /// Nobody has still to hear from a worker, and none is about to start.
  [[nodiscard]] bool quiet() const;
  /// Of all that live, while quiet(). It holds secrets.
  [[nodiscard]] Result<json::array> save() const;
  /// What must stay open over the execve.
  [[nodiscard]] std::vector<int> descriptors() const;
  /// In place of start_one() for each of them, before start(). Those that cannot be taken on are named in the errors,
  /// and ended.
  [[nodiscard]] std::vector<Error> adopt(const json::array& saved);

  /// There is no way back to the program before: what belongs to workers that were not taken on closes.
  void close_orphans();

  /// After adopt(): those that are not there yet, as if they had died.
  void start_missing();

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
  boost::asio::awaitable<Result<>> create(std::size_t slot);
  boost::asio::awaitable<void> respawn(std::size_t slot, Duration delay);
  [[nodiscard]] mediasoup::WorkerSettings worker_settings() const;
  [[nodiscard]] Result<> adopt_one(const mediasoup::Saved& saved);
  /// The worker serves from now on.
  void keep(const std::shared_ptr<mediasoup::Worker>& worker, std::shared_ptr<mediasoup::WebRtcServer> server,
            std::size_t slot);
  void on_worker_died(const room::WorkerId& id, std::size_t slot, const Error& why);
  void respawn_later(std::size_t slot);
  [[nodiscard]] mediasoup::WebRtcServerOptions server_options(std::size_t slot) const;

  boost::asio::io_context& io_;
  MediaConfig config_;
  Outside outside_;
  const Clock& clock_;
  Random& random_;
  Logger log_;
  std::map<room::WorkerId, Entry> workers_;
  std::map<std::size_t, room::Respawn> slots_;
  std::vector<int> orphans_;  // open descriptors
  std::size_t restarts_ = 0;
  std::size_t starting_ = 0;
  bool stopping_ = false;
};

}  // namespace carillon::signaling
