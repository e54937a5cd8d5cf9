// A mediasoup-worker without media: answers over the real channel what the real one answers, and keeps book of what it
// was asked to make. It can be slow, refuse, hang and die.
#pragma once

#include "mediasoup/process.hpp"
#include "unit/signaling/simulation/world.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace FBS::Request {
struct Request;
}
namespace flatbuffers {
class FlatBufferBuilder;
}

namespace carillon::simulation {

/// How workers of a run behave.
struct WorkerManners {
  Duration slowness{0};         ///< Each answer takes up to this long.
  std::size_t refuses = 0;      ///< So many percent of what it is asked to make.
  std::size_t start_fails = 0;  ///< So many percent of starts.
};

class FakeWorker final : public mediasoup::Process, public std::enable_shared_from_this<FakeWorker> {
 public:
  FakeWorker(World& world, boost::asio::any_io_executor executor, pid_t pid, const WorkerManners& manners);
  ~FakeWorker() override;
  /// It says that it runs, or fails to.
  void start();
  /// The program replaces itself by another. Nothing of the old one's event loop is kept.
  void leave() { exited_.reset(); }
  void arrive(boost::asio::any_io_executor executor);

  // Process
  [[nodiscard]] pid_t pid() const override { return pid_; }
  [[nodiscard]] mediasoup::Fd take_write_end() override { return std::move(write_end_); }
  [[nodiscard]] mediasoup::Fd take_read_end() override { return std::move(read_end_); }
  void kill(int signal) override;
  [[nodiscard]] const std::optional<int>& exit_status() const override { return exit_status_; }
  boost::asio::awaitable<void> wait_exit() override;
  [[nodiscard]] std::optional<mediasoup::ProcessStat> stat() const override;
  [[nodiscard]] int stdout_fd() const override { return -1; }
  [[nodiscard]] int stderr_fd() const override { return -1; }
  void release() override {}

  /// Reads what it was sent. False: nothing.
  bool read();

  // ---- What can happen to it ----

  [[nodiscard]] bool lives() const { return lives_; }
  void die(int status);
  /// It does nothing any more, until it wakes up.
  void hang() { hangs_ = true; }
  void wake();
  /// Bytes that are no message.
  void send_garbage();
  /// Scores, layers, voices: what the real one says by itself. Of something that it has.
  void say_something();

  // ---- What is in it ----

  struct Producer {
    std::string transport;
    bool paused = false;
  };
  struct Consumer {
    std::string transport;
    std::string producer;
  };
  struct Router {
    std::set<std::string> transports;
    std::set<std::string> observers;
    std::map<std::string, Producer> producers;
    std::map<std::string, Consumer> consumers;
    std::map<std::string, Producer> data_producers;
    std::map<std::string, Consumer> data_consumers;
  };
  [[nodiscard]] const std::map<std::string, Router>& routers() const { return routers_; }

 private:
  using Builder = flatbuffers::FlatBufferBuilder;
  void handle(const std::vector<std::uint8_t>& message);
  void handle(const FBS::Request::Request& request);
  void create_transport(const FBS::Request::Request& request, Router& router);
  void produce(const FBS::Request::Request& request, Router& router);
  void consume(const FBS::Request::Request& request, Router& router);
  void produce_data(const FBS::Request::Request& request, Router& router);
  void consume_data(const FBS::Request::Request& request, Router& router);
  void pause(const FBS::Request::Request& request, bool paused);
  void close_transport(Router& router, const std::string& id);
  void close_producer(Router& router, const std::string& id);
  void close_data_producer(Router& router, const std::string& id);
  [[nodiscard]] Router* router_of_transport(const std::string& id);
  [[nodiscard]] bool is_new(const std::string& id);

  void answer(Builder& builder, std::uint32_t id, std::uint8_t type, std::uint32_t body);
  void accept(std::uint32_t id);
  void refuse(std::uint32_t id, const std::string& reason, const char* error = "Error");
  void notify(const std::string& handler, std::uint8_t event);
  void notify(Builder& builder, const std::string& handler, std::uint8_t event, std::uint8_t type, std::uint32_t body);
  void send(Builder& builder, std::uint8_t type, std::uint32_t body);
  void write(const std::vector<std::uint8_t>& bytes);
  void schedule_write(std::vector<std::uint8_t> bytes);

  World& world_;
  pid_t pid_;
  const WorkerManners& manners_;
  mediasoup::Fd write_end_;
  mediasoup::Fd read_end_;
  mediasoup::Fd from_host_;
  mediasoup::Fd to_host_;
  std::unique_ptr<Timer> exited_;
  std::optional<int> exit_status_;
  bool lives_ = true;
  bool hangs_ = false;
  std::vector<std::uint8_t> unread_;
  std::vector<std::vector<std::uint8_t>> unhandled_;  // while it hangs
  Time free_at_;
  std::set<std::string> servers_;
  std::map<std::string, Router> routers_;
  std::set<std::string> ids_;  // ever used
};

}  // namespace carillon::simulation
