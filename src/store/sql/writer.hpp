// The thread that writes. What waits goes into one transaction (a group commit), and is acknowledged after its COMMIT.
// While the database cannot be used, writes wait here and are tried again. Their order is kept, whatever their lane.
#pragma once

#include "base/log.hpp"
#include "base/result.hpp"
#include "store/sql/lane.hpp"
#include "store/sql/link.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace carillon::store {

struct Write {
  /// May be run again after a transaction that failed.
  std::function<void(Connection&)> work;
  /// Called once on the writer's thread; nullopt: it is durable.
  std::function<void(std::optional<Error>)> finish;
  /// Somebody waits for the answer: it fails if the database is gone at that time. nullopt: waits as long as it takes.
  std::optional<std::chrono::steady_clock::time_point> expires;
  Lane lane = Lane::server;
};

class Writer {
 public:
  /// `name`: of the database, for the log. `queue_max`: writes of one lane that may wait. `on_end` is called when the
  /// thread has ended, on that thread.
  Writer(std::string name, Link::Open open, std::unique_ptr<Connection> first, std::size_t queue_max,
         std::function<void()> on_end, Logger log);
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// From any thread. False: its lane is full, or the queue is closed. The write is then untouched.
  [[nodiscard]] bool push(Write& write);
  /// Ends the thread soon; what still waits fails.
  void close();
  void interrupt_after(Duration limit) { link_.interrupt_after(limit); }
  /// From any thread. Writes wait, and the last try has failed.
  [[nodiscard]] bool stalled() const { return stalled_; }

 private:
  using Clock = std::chrono::steady_clock;

  struct Outage {
    Clock::time_point since;
    Clock::time_point reminded;
    Failure::Kind kind;
    Duration pause;  ///< Before the next try.
  };

  void run();
  bool take_group();
  void write_group();
  void acknowledge();
  void refuse_current(const Failure& failure);
  void stall(const Failure& failure);
  void tell(const Failure& failure);
  void expire(std::deque<Write>& writes);
  void fail_all(std::deque<Write>& writes);
  [[nodiscard]] std::size_t waiting() const { return held_[Lane::server] + held_[Lane::users]; }

  const std::string name_;
  const std::size_t queue_max_;
  const std::function<void()> on_end_;
  const Logger log_;
  Link link_;

  // Only the thread.
  std::deque<Write> group_;
  std::size_t current_ = 0;  ///< Which of the group is being worked on; its size: none in particular.
  std::optional<Outage> outage_;
  std::atomic<bool> stalled_ = false;  ///< Others read it.

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Write> queue_;
  PerLane<std::size_t> held_;  ///< Not answered yet: what is queued, and what is in the group.
  std::size_t refused_ = 0;    ///< For want of room, until an outage has ended.
  PerLane<std::optional<Clock::time_point>> full_told_;
  bool closing_ = false;

  std::thread thread_;
};

}  // namespace carillon::store
