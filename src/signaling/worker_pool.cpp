#include "signaling/worker_pool.hpp"

#include "base/async.hpp"
#include "mediasoup/saved.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <utility>
#include <vector>

namespace carillon::signaling {

namespace {

/// A worker that nobody of this program speaks to. Only a child of ours can be one.
void end_orphan(pid_t pid) {
  if (pid <= 1 || ::waitpid(pid, nullptr, WNOHANG) != 0) return;
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
}

/// As Worker::descriptors() had them.
std::vector<int> descriptors_of(const mediasoup::Saved& worker) {
  const mediasoup::Saved channel = worker.object("channel");
  std::vector<int> open{channel.integer<int>("writeFd"), channel.integer<int>("readFd"),
                        worker.integer<int>("stdoutFd"), worker.integer<int>("stderrFd")};
  std::erase_if(open, [](int fd) { return fd < 0; });
  return open;
}

}  // namespace

WorkerPool::WorkerPool(boost::asio::io_context& io, MediaConfig config, Outside outside, const Clock& clock,
                       Random& random, Logger log)
    : io_{io},
      config_{std::move(config)},
      outside_{std::move(outside)},
      clock_{clock},
      random_{random},
      log_{std::move(log)} {}

WorkerPool::~WorkerPool() = default;

boost::asio::awaitable<Result<>> WorkerPool::start() {
  for (std::size_t slot = 0; slot < config_.workers; ++slot) {
    const Result<> started = co_await start_one(slot);
    if (!started) co_return started;
  }
  co_return Result<>{};
}

boost::asio::awaitable<void> WorkerPool::stop() {
  stopping_ = true;
  std::vector<std::shared_ptr<mediasoup::Worker>> ending;
  for (const auto& [id, entry] : workers_) ending.push_back(entry.worker);
  workers_.clear();
  for (const auto& worker : ending) worker->close();
  for (const auto& worker : ending) co_await worker->wait_subprocess_closed();
}

const WorkerPool::Entry* WorkerPool::find(const room::WorkerId& id) const {
  const auto found = workers_.find(id);
  return found == workers_.end() ? nullptr : &found->second;
}

mediasoup::WorkerSettings WorkerPool::worker_settings() const {
  mediasoup::WorkerSettings settings;
  settings.worker_bin = config_.worker_bin;
  settings.log_level = mediasoup::WorkerLogLevel::warn;
  settings.probe_interval = outside_.probe_interval;
  settings.launch = outside_.worker;
  settings.find_again = outside_.worker_again;
  settings.channel.random = &random_;
  return settings;
}

boost::asio::awaitable<Result<>> WorkerPool::start_one(std::size_t slot) {
  ++starting_;
  auto starting = create(slot);
  const Result<> started = co_await std::move(starting);
  --starting_;
  co_return started;
}

boost::asio::awaitable<Result<>> WorkerPool::create(std::size_t slot) {
  auto settings = worker_settings();
  auto worker = co_await mediasoup::Worker::create(std::move(settings), log_.with("slot", slot));
  if (!worker) co_return worker.error();
  auto server = co_await (*worker)->create_webrtc_server(server_options(slot));
  if (!server) {
    (*worker)->close();
    co_return fail(server.error().code,
                   fmt::format("media port {} of [media]: {}", config_.port + slot, server.error().detail));
  }
  if (stopping_) {
    (*worker)->close();
    co_return Result<>{};
  }
  keep(*worker, *server, slot);
  log_.info("worker is up pid={} slot={}", (*worker)->pid(), slot);
  co_return Result<>{};
}

void WorkerPool::keep(const std::shared_ptr<mediasoup::Worker>& worker, std::shared_ptr<mediasoup::WebRtcServer> server,
                      std::size_t slot) {
  const room::WorkerId id{std::to_string(worker->pid())};
  worker->on_died.connect_forever([this, id, slot](const Error& why) { on_worker_died(id, slot, why); });
  workers_.emplace(id, Entry{worker, std::move(server), slot});
  if (on_up) on_up(id);
}

// ---- from one program to the next ----

bool WorkerPool::quiet() const {
  return starting_ == 0 &&
         std::ranges::all_of(workers_, [](const auto& entry) { return entry.second.worker->quiet(); });
}

Result<json::array> WorkerPool::save() const {
  json::array all;
  for (const auto& [id, entry] : workers_) {
    Result<json::object> state = entry.worker->save();
    if (!state) return state.error();
    all.push_back(json::object{{"slot", entry.slot}, {"server", entry.server->id()}, {"state", *std::move(state)}});
  }
  return all;
}

std::vector<int> WorkerPool::descriptors() const {
  std::vector<int> all;
  for (const auto& [id, entry] : workers_) {
    const std::vector<int> some = entry.worker->descriptors();
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

std::vector<Error> WorkerPool::adopt(const json::array& saved) {
  std::vector<Error> wrong;
  for (const json::value& one : saved) {
    pid_t pid = 0;
    try {
      const json::object empty;
      const mediasoup::Saved entry{one.is_object() ? one.get_object() : empty, "worker"};
      pid = entry.object("state").integer<pid_t>("pid");
      const Result<> adopted = adopt_one(entry);
      if (adopted) continue;
      wrong.push_back(adopted.error());
    } catch (const mediasoup::BadSavedState& bad) {
      wrong.push_back(fail(Errc::bad_request, bad.what()));
    }
    end_orphan(pid);
  }
  return wrong;
}

void WorkerPool::close_orphans() {
  for (const int fd : std::exchange(orphans_, {})) ::close(fd);
}

void WorkerPool::start_missing() {
  for (std::size_t slot = 0; slot < config_.workers; ++slot) {
    if (std::ranges::none_of(workers_, [&](const auto& entry) { return entry.second.slot == slot; }))
      respawn_later(slot);
  }
}

Result<> WorkerPool::adopt_one(const mediasoup::Saved& saved) {
  const auto slot = saved.integer<std::size_t>("slot");
  const std::string server_id = saved.string("server");
  auto worker =
      mediasoup::Worker::adopt(io_.get_executor(), saved.json("state"), worker_settings(), log_.with("slot", slot));
  if (!worker) {
    const std::vector<int> open = descriptors_of(saved.object("state"));
    orphans_.insert(orphans_.end(), open.begin(), open.end());
    return worker.error();
  }
  auto server = (*worker)->webrtc_server_by_id(server_id);
  if (!server) {
    (*worker)->close();
    return fail(Errc::not_found, fmt::format("worker {} has no server {}", (*worker)->pid(), server_id));
  }
  keep(*worker, std::move(server), slot);
  log_.info("worker goes on pid={} slot={}", (*worker)->pid(), slot);
  return {};
}

// ---- death ----

void WorkerPool::on_worker_died(const room::WorkerId& id, std::size_t slot, const Error& why) {
  if (workers_.erase(id) == 0) return;
  log_.error("worker died pid={} slot={}: {}", id, slot, why.detail);
  // First the next one: whoever hears of the death may find no other.
  respawn_later(slot);
  if (on_died) on_died(id);
}

void WorkerPool::respawn_later(std::size_t slot) {
  room::Respawn& respawning = slots_.try_emplace(slot, config_.respawn).first->second;
  const Duration wait = respawning.died(clock_.now());
  if (wait > Duration::zero()) {
    log_.error("a worker dies again and again slot={}: {} times lately, next start in {} ms", slot, respawning.deaths(),
               wait.count());
  }
  boost::asio::co_spawn(io_, respawn(slot, wait), report(log_, "respawn of a worker"));
}

boost::asio::awaitable<void> WorkerPool::respawn(std::size_t slot, Duration delay) {
  if (delay > Duration::zero()) co_await sleep_for(delay);
  if (stopping_) co_return;
  const Result<> started = co_await start_one(slot);
  if (started) {
    ++restarts_;
  } else {
    log_.error("worker does not start slot={}: {}", slot, started.error().detail);
    respawn_later(slot);
  }
}

mediasoup::WebRtcServerOptions WorkerPool::server_options(std::size_t slot) const {
  mediasoup::TransportListenInfo info;
  info.ip = config_.listen_ip;
  if (!config_.announced_address.empty() && config_.announced_address != config_.listen_ip) {
    info.announced_address = config_.announced_address;
  }
  if (config_.port != 0) info.port = static_cast<std::uint16_t>(config_.port + slot);
  mediasoup::WebRtcServerOptions options;
  for (const auto protocol : {mediasoup::TransportProtocol::udp, mediasoup::TransportProtocol::tcp}) {
    info.protocol = protocol;
    options.listen_infos.push_back(info);
  }
  return options;
}

}  // namespace carillon::signaling
