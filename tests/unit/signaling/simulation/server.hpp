// The server of a run: the real signaling::Node in one process after another, with what it reaches outside of itself
// simulated. It starts, is killed, and finds its calls again.
#pragma once

#include "base/random.hpp"
#include "signaling/node.hpp"
#include "store/journal.hpp"
#include "unit/signaling/simulation/fake_worker.hpp"
#include "unit/signaling/simulation/line.hpp"
#include "unit/signaling/simulation/push_service.hpp"
#include "unit/signaling/simulation/slow_store.hpp"

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace carillon::simulation {

class Server {
 public:
  struct Manners {
    signaling::Config config;
    WorkerManners workers;
    Duration store_slowness{0};
  };
  Server(World& world, Manners manners, std::uint64_t seed, const std::string& journal_path);
  ~Server();

  // ---- Its life ----

  /// Starts a process; it serves once it is up.
  void boot();
  /// kill -9: nothing of what was under way in it happens. The workers die with it.
  void kill();
  /// The process dies with this text that it says: that one and all after it are never said.
  void kill_at_word(std::size_t count) { words_left_ = count; }
  /// SIGTERM: stops once its calls have ended, or some time later.
  void drain();
  /// Its place is taken by another program, while the workers go on.
  void upgrade();
  [[nodiscard]] bool is_up() const { return up_; }
  /// nullptr: there is no process.
  [[nodiscard]] signaling::Node* node() { return process_ ? &process_->node : nullptr; }

  // ---- From outside ----

  /// A WebSocket: `session` is "token=..." or "resume=...". `opened` is called later, with false when it is refused.
  void connect(const std::shared_ptr<Line>& line, const std::string& token, const std::string& resume,
               std::function<void(bool)> opened);
  /// Declines with the ticket of a push.
  void decline(const std::string& ticket);

  // ---- Inside ----

  [[nodiscard]] const std::vector<std::shared_ptr<FakeWorker>>& workers() const { return workers_; }
  [[nodiscard]] const store::Journal& journal() const { return *process_->journal; }
  [[nodiscard]] SlowStore& store() { return process_->store; }
  [[nodiscard]] PushService& push() { return push_; }
  [[nodiscard]] Disk& disk() { return disk_; }
  [[nodiscard]] const signaling::Config& config() const { return manners_.config; }
  /// With a slow worker and much to do, what is asked late in the queue would not be answered in time for ever.
  void hurry() { manners_.workers.slowness = std::min<Duration>(manners_.workers.slowness, 50ms); }
  [[nodiscard]] std::size_t kills() const { return kills_; }
  [[nodiscard]] std::size_t upgrades() const { return upgrades_; }
  [[nodiscard]] std::size_t workers_made() const { return static_cast<std::size_t>(last_pid_); }
  /// Of this process: it has opened the journal, it has begun to serve, it serves no more.
  std::function<void()> on_start;
  std::function<void()> on_up;
  std::function<void()> on_down;
  /// Its place will be taken, or not: it sends everybody away.
  std::function<void()> on_prepare;

 private:
  struct Process {
    Process(Server& server, std::unique_ptr<store::Journal> kept);
    boost::asio::io_context io{1};
    std::unique_ptr<store::Journal> journal;
    SeededRandom random;
    SlowStore store;
    signaling::Node node;
  };
  bool run();
  void stop();
  /// A process that has just been made begins to serve.
  void start(std::optional<json::object> inherited);
  boost::asio::awaitable<void> hand_over();
  void replace();
  bool may_speak();
  void end_process();
  [[nodiscard]] signaling::Config make_config();
  /// After a kill the next process finds the file as it was at that moment.
  void freeze_journal();

  World& world_;
  Manners manners_;
  std::uint64_t seed_;
  std::string journal_path_;
  Disk disk_;
  PushService push_;
  std::vector<std::shared_ptr<FakeWorker>> workers_;
  std::vector<std::shared_ptr<Line>> lines_;  // while the process holds its end
  std::unique_ptr<Process> process_;
  std::shared_ptr<bool> of_process_;  // goes with it
  bool up_ = false;
  bool to_be_killed_ = false;
  std::optional<json::object> handover_;  // of the process, which has stopped
  std::optional<std::size_t> words_left_;
  std::optional<std::string> frozen_;
  std::size_t kills_ = 0;
  std::size_t upgrades_ = 0;
  pid_t last_pid_ = 0;
};

}  // namespace carillon::simulation
