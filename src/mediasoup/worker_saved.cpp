// Worker::save(), adopt() and release(): how a worker process outlives the program that started it.
#include "mediasoup/child_process.hpp"
#include "mediasoup/saved.hpp"
#include "mediasoup/webrtc_transport.hpp"
#include "mediasoup/worker.hpp"

#include <fcntl.h>

namespace carillon::mediasoup {

namespace json = boost::json;

namespace {

/// Grows with every change of what any class of this folder saves.
constexpr int format_version = 1;

/// Another version of the worker counts its enums in another way.
constexpr std::string_view worker_version = CARILLON_MEDIASOUP_VERSION;

Result<std::shared_ptr<Process>> adopt_child(const asio::any_io_executor& executor, pid_t pid, int stdout_fd,
                                             int stderr_fd, const Logger& log) {
  auto adopted = ChildProcess::adopt(executor, pid, stdout_fd, stderr_fd, log);
  if (!adopted) return adopted.error();
  return std::shared_ptr<Process>{*std::move(adopted)};
}

Result<> check_versions(const Saved& saved) {
  if (const int format = saved.integer<int>("format"); format != format_version) {
    return fail(Errc::conflict,
                fmt::format("the worker was saved in format {}, this program reads {}", format, format_version));
  }
  if (const std::string version = saved.string("workerVersion"); version != worker_version) {
    return fail(Errc::conflict,
                fmt::format("the worker is mediasoup {}, this program speaks to {}", version, worker_version));
  }
  return {};
}

}  // namespace

std::string Worker::saved_format() { return fmt::format("{}/{}", format_version, worker_version); }

Result<json::object> Worker::save() const {
  if (closed_) return channel_->gone("the worker");
  if (!quiet()) {
    return fail(Errc::conflict, fmt::format("{} requests to the worker are under way", channel_->requests_in_flight()));
  }
  json::array servers;
  for (const auto& [id, server] : webrtc_servers_) servers.push_back(server->save());
  json::array routers;
  for (const auto& [id, router] : routers_) {
    Result<json::object> saved = router->save();
    if (!saved) return saved.error();
    routers.push_back(*std::move(saved));
  }
  return json::object{{"format", format_version},
                      {"workerVersion", worker_version},
                      {"pid", pid()},
                      {"stdoutFd", process_->stdout_fd()},
                      {"stderrFd", process_->stderr_fd()},
                      {"channel", channel_->save()},
                      {"webRtcServers", std::move(servers)},
                      {"routers", std::move(routers)},
                      {"appData", app_data}};
}

std::vector<int> Worker::descriptors() const {
  const json::object channel = channel_->save();
  std::vector<int> open;
  for (const int fd : {channel.at("writeFd").to_number<int>(), channel.at("readFd").to_number<int>(),
                       process_->stdout_fd(), process_->stderr_fd()}) {
    if (fd >= 0) open.push_back(fd);
  }
  return open;
}

Result<std::shared_ptr<Worker>> Worker::adopt(asio::any_io_executor executor, const json::object& saved_object,
                                              WorkerSettings settings, Logger log) {
  const Saved saved{saved_object, "worker"};
  std::shared_ptr<Process> process;
  std::shared_ptr<Channel> channel;
  std::shared_ptr<Worker> worker;
  Error why;
  try {
    if (const Result<> same = check_versions(saved); !same) return same.error();
    const auto pid = saved.integer<pid_t>("pid");
    const Logger worker_log = log.with("worker", pid);
    auto adopted = settings.find_again ? settings.find_again(executor, pid, log)
                                       : adopt_child(executor, pid, saved.integer<int>("stdoutFd"),
                                                     saved.integer<int>("stderrFd"), log);
    if (!adopted) return adopted.error();
    process = *adopted;
    channel = Channel::restore(executor, saved.object("channel"), settings.channel, worker_log);
    worker.reset(new Worker{process, channel, settings, worker_log});
    worker->restore(saved);
    return worker;
  } catch (const BadSavedState& bad) {
    why = fail(Errc::bad_request, std::string{"saved state: "} + bad.what());
  }
  // As if nothing had been touched: whoever saved it may want it back.
  if (worker) {
    worker->release();
  } else {
    if (channel) channel->release();
    if (process) process->release();
  }
  return why;
}

void Worker::restore(const Saved& saved) {
  app_data = saved.json("appData");
  saved.each("routers", [this](const Saved& one) { keep_router(one.string("id"), {}, {})->restore(one); });
  saved.each("webRtcServers", [this](const Saved& one) {
    const auto server = keep_webrtc_server(one.string("id"), one.json("appData"));
    for (const std::string& id : one.strings("transportIds")) {
      std::shared_ptr<WebRtcTransport> transport;
      for (const auto& [router_id, router] : routers_) {
        if (!transport) transport = std::dynamic_pointer_cast<WebRtcTransport>(router->transport_by_id(id));
      }
      if (!transport) throw BadSavedState{one.path("transportIds") + ": there is no such WebRtcTransport"};
      server->handle_webrtc_transport(transport);
    }
  });
  running_ = true;
  watch();
  for (const int fd : descriptors()) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  log_.info("worker adopted");
  watch_for_hang();
}

void Worker::release() {
  closed_ = true;
  probe_timer_.cancel();
  broken_.disconnect();
  exited_.disconnect();
  channel_->release();
  process_->release();
}

std::shared_ptr<Router> Worker::router_by_id(const std::string& id) const {
  const auto found = routers_.find(id);
  return found == routers_.end() ? nullptr : found->second;
}

std::shared_ptr<WebRtcServer> Worker::webrtc_server_by_id(const std::string& id) const {
  const auto found = webrtc_servers_.find(id);
  return found == webrtc_servers_.end() ? nullptr : found->second;
}

}  // namespace carillon::mediasoup
