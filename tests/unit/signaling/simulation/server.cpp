#include "unit/signaling/simulation/server.hpp"

#include "unit/signaling/simulation/inspector.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace carillon::simulation {
namespace {

std::unique_ptr<store::Journal> open_journal(const std::string& path) {
  auto journal = store::Journal::open(path, Logger{});
  if (!journal) throw std::runtime_error(journal.error().detail);
  return std::move(*journal);
}

}  // namespace

Server::Process::Process(Server& server, std::unique_ptr<store::Journal> kept)
    : journal{std::move(kept)},
      random{server.seed_ + 1000 * (server.kills_ + server.upgrades_)},
      store{server.world_, server.disk_, server.manners_.store_slowness},
      node{io, server.make_config(), server.world_, random, store, journal.get(), Logger{}} {}

Server::Server(World& world, Manners manners, std::uint64_t seed, const std::string& journal_path)
    : world_{world}, manners_{std::move(manners)}, seed_{seed}, journal_path_{journal_path}, push_{world} {
  std::ofstream{journal_path_, std::ios::trunc};
  world_.run_server = [this] { return run(); };
}

Server::~Server() {
  end_process();
  world_.run_server = {};
}

signaling::Config Server::make_config() {
  signaling::Config config = manners_.config;
  config.outside.client = &push_;
  config.outside.push_service = [this] { return push_.provider(); };
  config.outside.worker = [this](const boost::asio::any_io_executor& executor,
                                 const Logger&) -> Result<std::shared_ptr<mediasoup::Process>> {
    const auto worker = std::make_shared<FakeWorker>(world_, executor, ++last_pid_, manners_.workers);
    workers_.push_back(worker);
    worker->start();
    return std::shared_ptr<mediasoup::Process>{worker};
  };
  config.outside.worker_again = [this](const boost::asio::any_io_executor& executor, pid_t pid,
                                       const Logger&) -> Result<std::shared_ptr<mediasoup::Process>> {
    for (const auto& worker : workers_) {
      if (worker->pid() != pid) continue;
      worker->arrive(executor);
      return std::shared_ptr<mediasoup::Process>{worker};
    }
    return fail(Errc::not_found, "there is no such worker");
  };
  return config;
}

// ---- Its life ----------------------------------------------------------------------------------------------------

void Server::boot() {
  if (frozen_) std::ofstream{journal_path_, std::ios::trunc | std::ios::binary} << *std::exchange(frozen_, {});
  process_ = std::make_unique<Process>(*this, open_journal(journal_path_));
  world_.tell("a process starts");
  start({});
}

void Server::start(std::optional<json::object> inherited) {
  of_process_ = std::make_shared<bool>(true);
  if (on_start) on_start();
  process_->node.on_drained = [this] { stop(); };
  const std::weak_ptr<bool> same = of_process_;
  boost::asio::co_spawn(process_->io, process_->node.start(std::move(inherited)),
                        [this, same](const std::exception_ptr& thrown, const Result<>& started) {
                          if (same.expired()) return;
                          if (thrown) return world_.wrong("the start throws");
                          if (!started) {  // whoever watches over it starts it again
                            world_.tell("it does not start: {}", started.error().detail);
                            to_be_killed_ = true;
                            return;
                          }
                          up_ = true;
                          if (on_up) on_up();
                        });
}

bool Server::run() {
  if (!process_) return false;
  process_->io.restart();
  const bool any = process_->io.poll() > 0;
  if (any) {
    std::erase_if(workers_, [](const auto& worker) { return !worker->lives() && worker->exit_status(); });
    for (const auto& worker : workers_) worker->read();
  }
  if (std::exchange(to_be_killed_, false)) {
    kill();
    return true;
  }
  if (handover_) {
    replace();
    return true;
  }
  return any;
}

void Server::kill() {
  if (!process_) return;
  world_.tell("the process is killed");
  if (up_ && on_down) on_down();
  ++kills_;
  end_process();
  world_.soon(world_.dice.up_to(world_.dice.percent(80) ? 2s : 30s), [this] { boot(); });
}

bool Server::may_speak() {
  if (frozen_) return false;
  if (!words_left_ || (*words_left_)-- > 0) return true;
  words_left_.reset();
  world_.tell("the process dies while it speaks");
  std::ifstream file{journal_path_, std::ios::binary};
  frozen_.emplace(std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{});
  to_be_killed_ = true;
  return false;
}

void Server::stop() {
  if (!up_) return;
  world_.tell("the process is asked to stop");
  up_ = false;
  if (on_down) on_down();
  const std::weak_ptr<bool> same = of_process_;
  boost::asio::co_spawn(process_->io, process_->node.stop(), [this, same](const std::exception_ptr& thrown) {
    if (same.expired()) return;
    if (thrown) return world_.wrong("the stop throws");
    to_be_killed_ = true;
  });
}

void Server::drain() {
  if (!up_) return;
  world_.tell("the process drains");
  process_->node.begin_drain();
  // Now and then somebody thinks better of it, or does not want to wait.
  const std::weak_ptr<bool> same = of_process_;
  const bool undo = world_.dice.percent(60);
  world_.after(world_.dice.up_to(40s), [this, same, undo] {
    if (same.expired() || !up_ || !process_->node.draining()) return;
    if (undo) {
      world_.tell("the drain is undone");
      process_->node.end_drain();
    } else {
      stop();
    }
  });
}

void Server::upgrade() {
  if (!up_) return;
  if (process_->node.draining()) return world_.tell("no upgrade while it drains");  // all stays as it is, sockets too
  world_.tell("the process prepares to be replaced");
  const std::weak_ptr<bool> same = of_process_;
  up_ = false;
  if (on_down) on_down();
  boost::asio::co_spawn(process_->io, hand_over(), [this, same](const std::exception_ptr& thrown) {
    if (!same.expired() && thrown) world_.wrong("the handover throws");
  });
}

boost::asio::awaitable<void> Server::hand_over() {
  // A session that opens at this very moment comes first.
  for (int turn = 0; turn < 3; ++turn) co_await boost::asio::post(boost::asio::use_awaitable);
  if (on_prepare) on_prepare();
  for (const auto& line : lines_) line->close_for(http::close_code::service_restart);
  Result<> prepared = co_await process_->node.prepare_handover(5s);
  if (prepared && world_.dice.percent(25)) prepared = fail(Errc::unavailable, "there is no other program");
  Result<signaling::Handover> handover =
      prepared ? process_->node.hand_over() : Result<signaling::Handover>{prepared.error()};
  if (handover) {
    // Nothing more happens in this process.
    handover_ = std::move(handover->state);
    process_->io.stop();
    co_return;
  }
  world_.tell("it stays: {}", handover.error().detail);
  process_->node.go_on();
  up_ = true;
}

/// What is in memory goes without a word, as by execve; descriptors and workers stay.
void Server::replace() {
  world_.tell("another program takes over");
  ++upgrades_;
  signaling::Inspector::release_workers(process_->node);
  const auto workers = std::exchange(workers_, {});
  for (const auto& worker : workers) worker->leave();
  auto state = std::exchange(handover_, std::nullopt);
  end_process();
  workers_ = workers;
  process_ = std::make_unique<Process>(*this, open_journal(journal_path_));
  start(std::move(state));
}

void Server::end_process() {
  up_ = false;
  handover_.reset();
  to_be_killed_ = false;
  words_left_.reset();
  if (!process_) return;
  of_process_.reset();
  for (const auto& line : std::exchange(lines_, {})) line->server_gone();
  push_.server_gone();
  workers_.clear();
  process_.reset();
}

// ---- From outside ------------------------------------------------------------------------------------------------

void Server::connect(const std::shared_ptr<Line>& line, const std::string& token, const std::string& resume,
                     std::function<void(bool)> opened) {
  world_.soon(world_.dice.up_to(50ms), [this, line, token, resume, opened = std::move(opened)] {
    if (!up_) return opened(false);
    http::UpgradeRequest request;
    request.request.method = "GET";
    request.request.path = "/ws";
    request.subprotocols = {"protoo"};
    if (!token.empty()) request.request.query.add("token", token);
    if (!resume.empty()) request.request.query.add("resume", resume);
    const std::weak_ptr<bool> same = of_process_;
    boost::asio::co_spawn(
        process_->io, signaling::Inspector::upgrade(process_->node, std::move(request)),
        [this, same, line, opened](const std::exception_ptr& thrown, const http::UpgradeDecision& decision) {
          if (same.expired()) return;
          if (thrown) return world_.wrong("an upgrade throws");
          if (!decision.handler()) return opened(false);
          std::erase_if(lines_, [](const auto& open) { return !open->held_by_server(); });
          lines_.push_back(line);
          line->may_speak = [this] { return may_speak(); };
          opened(true);
          const auto end = line->open(decision.handler());
          decision.handler()->on_open(end);
        });
  });
}

void Server::decline(const std::string& ticket) {
  if (!up_) return;
  http::Request request;
  request.params.add("ticket", ticket);
  boost::asio::co_spawn(process_->io, signaling::Inspector::decline(process_->node, std::move(request)),
                        [this](const std::exception_ptr& thrown, const http::Response& response) {
                          if (thrown) return world_.wrong("a ticket throws");
                          world_.tell("declined by ticket: {}", response.status);
                        });
}

}  // namespace carillon::simulation
