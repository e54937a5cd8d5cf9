// The thread that reads, on a connection of its own: first what the server needs, then what users ask for. While the
// database cannot be used, reads fail at once.
#pragma once

#include "base/log.hpp"
#include "base/result.hpp"
#include "store/sql/lane.hpp"
#include "store/sql/link.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace carillon::store {

struct Read {
  /// May be run again, on another connection.
  std::function<void(Connection&)> work;
  /// Called once on the reader's thread; nullopt: work is done.
  std::function<void(std::optional<Error>)> finish;
  Lane lane = Lane::server;
};

class Reader {
 public:
  /// As a Writer's. `queue_max`: of each lane.
  Reader(std::string name, Link::Open open, std::unique_ptr<Connection> first, std::size_t queue_max,
         std::function<void()> on_end, Logger log);
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  [[nodiscard]] bool push(Read& read);
  void close();
  void interrupt_after(Duration limit) { link_.interrupt_after(limit); }

 private:
  using Clock = std::chrono::steady_clock;

  void run();
  std::optional<Read> take();
  [[nodiscard]] std::deque<Read>* next_queue();
  [[nodiscard]] std::optional<Error> answer(const Read& read);
  void try_once(const Read& read);

  const std::string name_;
  const std::size_t queue_max_;
  const std::function<void()> on_end_;
  const Logger log_;
  Link link_;
  bool down_ = false;
  Clock::time_point next_try_;  ///< While it is down.

  std::mutex mutex_;
  std::condition_variable wake_;
  PerLane<std::deque<Read>> queues_;
  bool closing_ = false;

  std::thread thread_;
};

}  // namespace carillon::store
