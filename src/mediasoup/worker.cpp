#include "mediasoup/worker.hpp"

#include "base/async.hpp"
#include "mediasoup/channel/messages.hpp"
#include "mediasoup/child_process.hpp"
#include "mediasoup/fbs/json.hpp"
#include "mediasoup/fbs/transport_options.hpp"
#include "mediasoup/ortc/ortc.hpp"
#include "mediasoup/random_ids.hpp"

#include <boost/asio/co_spawn.hpp>

#include <sys/wait.h>

#include <csignal>

namespace carillon::mediasoup {
namespace {

/// The worker's own word for "wrong settings" (lib.cpp of the package).
constexpr int exit_code_wrong_settings = 42;

std::vector<std::string> worker_arguments(const WorkerSettings& settings) {
  std::vector<std::string> arguments{fmt::format("--logLevel={}", to_string(settings.log_level))};
  for (const std::string& tag : settings.log_tags) arguments.push_back("--logTags=" + tag);
  if (settings.rtc_min_port) arguments.push_back(fmt::format("--rtcMinPort={}", *settings.rtc_min_port));
  if (settings.rtc_max_port) arguments.push_back(fmt::format("--rtcMaxPort={}", *settings.rtc_max_port));
  if (!settings.dtls_certificate_file.empty())
    arguments.push_back("--dtlsCertificateFile=" + settings.dtls_certificate_file);
  if (!settings.dtls_private_key_file.empty())
    arguments.push_back("--dtlsPrivateKeyFile=" + settings.dtls_private_key_file);
  if (!settings.libwebrtc_field_trials.empty())
    arguments.push_back("--libwebrtcFieldTrials=" + settings.libwebrtc_field_trials);
  return arguments;
}

Launch launch_child(const WorkerSettings& settings) {
  ChildProcess::Options options;
  options.path = settings.worker_bin;
  options.arguments = worker_arguments(settings);
  options.environment.push_back("MEDIASOUP_VERSION=" CARILLON_MEDIASOUP_VERSION);
  return [options](const asio::any_io_executor& executor, const Logger& log) -> Result<std::shared_ptr<Process>> {
    auto process = ChildProcess::spawn(executor, options, log);
    if (!process) return process.error();
    return std::shared_ptr<Process>{*std::move(process)};
  };
}

constexpr auto exit_code_wait = std::chrono::milliseconds{500};

Error exit_error(int status, bool was_running) {
  if (!was_running && WIFEXITED(status) && WEXITSTATUS(status) == exit_code_wrong_settings) {
    return fail(Errc::bad_request, "wrong worker settings");
  }
  return fail(Errc::worker_died, "the worker is dead: " + describe_exit(status));
}

asio::awaitable<void> wait_exit_for(std::shared_ptr<Process> process, Duration limit) {
  using namespace asio::experimental::awaitable_operators;
  co_await (process->wait_exit() || sleep_for(limit));
}

/// After close() the process ends by itself. When it does not in time, it is killed.
asio::awaitable<void> make_sure_it_ends(std::shared_ptr<Process> process, Duration limit, Logger log) {
  co_await wait_exit_for(process, limit);
  if (process->exit_status()) co_return;
  log.warn("the worker has not ended {} ms after it was asked to; it is killed", limit.count());
  process->kill(SIGKILL);
}

boost::json::value dump_to_json(const FBS::Worker::DumpResponse& dump) {
  const FBS::Worker::ChannelMessageHandlers& handlers = *dump.channel_message_handlers();
  return {
      {"pid", dump.pid()},
      {"webRtcServerIds", fbs::strings(dump.web_rtc_server_ids())},
      {"routerIds", fbs::strings(dump.router_ids())},
      {"channelMessageHandlers",
       {{"channelRequestHandlers", fbs::strings(handlers.channel_request_handlers())},
        {"channelNotificationHandlers", fbs::strings(handlers.channel_notification_handlers())}}},
  };
}

boost::json::value usage_to_json(const FBS::Worker::ResourceUsageResponse& usage) {
  return {
      {"ru_utime", usage.ru_utime()},     {"ru_stime", usage.ru_stime()},       {"ru_maxrss", usage.ru_maxrss()},
      {"ru_ixrss", usage.ru_ixrss()},     {"ru_idrss", usage.ru_idrss()},       {"ru_isrss", usage.ru_isrss()},
      {"ru_minflt", usage.ru_minflt()},   {"ru_majflt", usage.ru_majflt()},     {"ru_nswap", usage.ru_nswap()},
      {"ru_inblock", usage.ru_inblock()}, {"ru_oublock", usage.ru_oublock()},   {"ru_msgsnd", usage.ru_msgsnd()},
      {"ru_msgrcv", usage.ru_msgrcv()},   {"ru_nsignals", usage.ru_nsignals()}, {"ru_nvcsw", usage.ru_nvcsw()},
      {"ru_nivcsw", usage.ru_nivcsw()},
  };
}

}  // namespace

std::string_view to_string(WorkerLogLevel level) {
  switch (level) {
    case WorkerLogLevel::debug: return "debug";
    case WorkerLogLevel::warn: return "warn";
    case WorkerLogLevel::error: return "error";
    case WorkerLogLevel::none: return "none";
  }
  return "none";
}

asio::awaitable<Result<std::shared_ptr<Worker>>> Worker::create(WorkerSettings settings, Logger log) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  const Launch launch = settings.launch ? settings.launch : launch_child(settings);
  const Result<std::shared_ptr<Process>> process = launch(executor, log);
  if (!process) co_return process.error();

  const Logger worker_log = log.with("worker", (*process)->pid());
  const int write_end = (*process)->take_write_end().release();
  const int read_end = (*process)->take_read_end().release();
  const auto channel = Channel::open(executor, write_end, read_end, settings.channel, worker_log);
  std::shared_ptr<Worker> worker{new Worker{*process, channel, settings, worker_log}};
  worker->watch();
  Result<> running = co_await wait_running(worker, settings.startup_timeout);
  if (!running) {
    worker->die(running.error());
    co_return running.error();
  }
  worker_log.info("worker running");
  worker->watch_for_hang();
  co_return worker;
}

Worker::Worker(std::shared_ptr<Process> process, std::shared_ptr<Channel> channel, const WorkerSettings& settings,
               Logger log)
    : app_data{settings.app_data},
      log_{std::move(log)},
      exit_timeout_{settings.exit_timeout},
      probe_interval_{settings.probe_interval},
      process_{std::move(process)},
      channel_{std::move(channel)},
      probe_timer_{channel_->executor()} {}

Worker::~Worker() {
  if (closed_) return;
  // Nobody is left to be told, and nothing may be spawned from a destructor: the short way.
  closed_ = true;
  end_children();
  channel_->close(fail(Errc::worker_died, "the worker was dropped"));
  process_->kill(SIGKILL);
}

void Worker::watch() {
  const std::weak_ptr<Worker> weak = weak_from_this();
  broken_ = channel_->on_broken.connect([weak](const Error& error) {
    if (const auto self = weak.lock()) self->die(error);
  });
  exited_ = process_->on_exit.connect([weak](int status) {
    if (const auto self = weak.lock()) self->on_exit(status);
  });
}

// --- hangs

void Worker::watch_for_hang() {
  if (probe_interval_ <= Duration::zero()) return;
  channel_->excused = [weak = weak_from_this()] {
    const auto self = weak.lock();
    return self && self->verdict_ == HangVerdict::starved;
  };
  look_later(probe_interval_);
}

void Worker::look_later(Duration wait) {
  probe_timer_.expires_after(wait);
  probe_timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (!error && self && !self->closed_) self->look();
  });
}

/// Asks when nobody else does, and looks at the process only when an answer is overdue.
void Worker::look() {
  const std::optional<Channel::Waiting> oldest = channel_->oldest_request();
  if (!oldest) {
    hang_watch_.clear();
    verdict_ = HangVerdict::wait;
    probed_ = !probed_;
    if (!probed_) return look_later(std::max(probe_interval_ - HangWatch::look_interval, Duration::zero()));
    channel_->tell(Method::WORKER_GET_RESOURCE_USAGE, "");
    return look_later(HangWatch::look_interval);
  }
  if (oldest->age >= HangWatch::look_interval) {
    if (const auto stat = process_->stat()) {
      verdict_ = hang_watch_.look({oldest->request_id, oldest->age, stat->state, stat->cpu});
    }
    if (is_hung(verdict_)) {
      return die(fail(Errc::worker_died, fmt::format("the worker is dead: it hangs ({}), no answer for {} ms",
                                                     to_string(verdict_), oldest->age.count())));
    }
  }
  look_later(HangWatch::look_interval);
}

asio::awaitable<Result<>> Worker::wait_running(std::shared_ptr<Worker> worker, Duration limit) {
  Timer settled{co_await asio::this_coro::executor, limit};
  std::optional<Error> failure;
  const Channel::Listening listening =
      worker->channel_->listen(std::to_string(worker->pid()), [&](const Notification& notification) {
        if (notification.event() != NotificationEvent::WORKER_RUNNING) return;
        worker->running_ = true;
        settled.cancel();
      });
  const Subscription dead = worker->on_died.connect([&](const Error& error) {
    failure = error;
    settled.cancel();
  });
  boost::system::error_code cancelled;
  co_await settled.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  if (worker->running_ && !worker->closed_) co_return Result<>{};

  // A closed channel says less than the exit code behind it, which comes a moment later.
  const std::shared_ptr<Process> process = worker->process_;
  if (failure) co_await wait_exit_for(process, exit_code_wait);
  process->kill(SIGKILL);
  if (!failure)
    co_return fail(Errc::worker_died, fmt::format("the worker is dead: it did not start in {} ms", limit.count()));
  if (failure->code == Errc::bad_request || !process->exit_status()) co_return *failure;
  co_return exit_error(*process->exit_status(), worker->running_);
}

pid_t Worker::pid() const { return process_->pid(); }
bool Worker::subprocess_closed() const { return process_->exit_status().has_value(); }

std::size_t Worker::transport_count() const {
  std::size_t count = 0;
  for (const auto& [id, router] : routers_) count += router->transport_count();
  return count;
}

void Worker::close() {
  if (closed_) return;
  closed_ = true;
  probe_timer_.cancel();
  end_children();
  process_->expect_end();
  (void)channel_->notify(NotificationEvent::WORKER_CLOSE, "");
  channel_->close(fail(Errc::worker_died, "the worker was closed"));
  asio::co_spawn(
      channel_->executor(),
      [process = process_, limit = exit_timeout_, log = log_] { return make_sure_it_ends(process, limit, log); },
      report(log_, "end of worker"));
  log_.info("worker closed");
  on_close.emit();
}

void Worker::on_exit(int status) {
  if (closed_) {
    log_.info("worker process ended: {}", describe_exit(status));
  } else {
    die(exit_error(status, running_));
  }
  on_subprocess_close.emit();
}

void Worker::die(const Error& why) {
  if (closed_) return;
  closed_ = true;
  died_ = true;
  probe_timer_.cancel();
  channel_->close(why);
  if (running_) {
    log_.error("{}", why.detail);
    process_->kill(SIGKILL);
  }
  end_children();
  on_died.emit(why);
  on_close.emit();
}

void Worker::end_children() {
  const auto routers = std::move(routers_);
  routers_.clear();
  for (const auto& [id, router] : routers) router->on_worker_closed();
  const auto servers = std::move(webrtc_servers_);
  webrtc_servers_.clear();
  for (const auto& [id, server] : servers) server->on_worker_closed();
}

asio::awaitable<void> Worker::wait_subprocess_closed() { return process_->wait_exit(); }

asio::awaitable<Result<boost::json::value>> Worker::dump() {
  auto answer = request(*channel_, Method::WORKER_DUMP, "");
  const Result<Response> response = co_await std::move(answer);
  if (!response) co_return response.error();
  const auto dump = body<FBS::Worker::DumpResponse>(*response);
  if (!dump) co_return dump.error();
  co_return dump_to_json(**dump);
}

asio::awaitable<Result<boost::json::value>> Worker::get_resource_usage() {
  auto answer = request(*channel_, Method::WORKER_GET_RESOURCE_USAGE, "");
  const Result<Response> response = co_await std::move(answer);
  if (!response) co_return response.error();
  const auto usage = body<FBS::Worker::ResourceUsageResponse>(*response);
  if (!usage) co_return usage.error();
  co_return usage_to_json(**usage);
}

asio::awaitable<Result<>> Worker::update_settings(WorkerUpdateableSettings settings) {
  auto answer = request(*channel_, Method::WORKER_UPDATE_SETTINGS, "", [&](Builder& builder) {
    flatbuffers::Offset<flatbuffers::String> level;
    if (settings.log_level) level = builder.CreateString(std::string{to_string(*settings.log_level)});
    flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>> tags;
    if (settings.log_tags) tags = builder.CreateVectorOfStrings(*settings.log_tags);
    return FBS::Worker::CreateUpdateSettingsRequest(builder, level, tags);
  });
  const Result<Response> response = co_await std::move(answer);
  if (!response) co_return response.error();
  co_return Result<>{};
}

std::shared_ptr<WebRtcServer> Worker::keep_webrtc_server(std::string id, boost::json::object server_app_data) {
  WebRtcServer::Context context;
  context.channel = channel_;
  context.webrtc_server_id = id;
  context.app_data = std::move(server_app_data);
  context.on_closed = [weak = weak_from_this()](const std::string& closed_id) {
    if (const auto worker = weak.lock()) worker->webrtc_servers_.erase(closed_id);
  };
  auto server = std::make_shared<WebRtcServer>(std::move(context));
  webrtc_servers_.emplace(std::move(id), server);
  return server;
}

std::shared_ptr<Router> Worker::keep_router(std::string id, ortc::RtpCapabilities capabilities,
                                            boost::json::object router_app_data) {
  Router::Context context;
  context.channel = channel_;
  context.router_id = id;
  context.rtp_capabilities = std::move(capabilities);
  context.app_data = std::move(router_app_data);
  context.on_closed = [weak = weak_from_this()](const std::string& closed_id) {
    if (const auto worker = weak.lock()) worker->routers_.erase(closed_id);
  };
  auto router = std::make_shared<Router>(std::move(context));
  routers_.emplace(std::move(id), router);
  return router;
}

asio::awaitable<Result<std::shared_ptr<WebRtcServer>>> Worker::create_webrtc_server(WebRtcServerOptions options) {
  const auto self = shared_from_this();
  const std::string id = random_uuid(*channel_);
  if (options.listen_infos.empty()) co_return fail(Errc::bad_request, "listen_infos: expected at least one");
  auto answer = request(*channel_, Method::WORKER_CREATE_WEBRTCSERVER, "", [&](Builder& builder) {
    const auto infos = fbs::write_listen_infos(builder, options.listen_infos);
    return FBS::Worker::CreateCreateWebRtcServerRequest(builder, builder.CreateString(id), infos);
  });
  const Result<Response> response = co_await std::move(answer);
  if (!response) co_return response.error();
  if (closed_) co_return channel_->gone("the worker");

  const auto server = keep_webrtc_server(id, std::move(options.app_data));
  on_new_webrtc_server.emit(server);
  co_return server;
}

asio::awaitable<Result<std::shared_ptr<Router>>> Worker::create_router(RouterOptions options) {
  const auto self = shared_from_this();
  Result<ortc::RtpCapabilities> capabilities = ortc::generate_router_rtp_capabilities(options.media_codecs);
  if (!capabilities) co_return capabilities.error();
  const std::string id = random_uuid(*channel_);
  auto answer = request(*channel_, Method::WORKER_CREATE_ROUTER, "", [&](Builder& builder) {
    return FBS::Worker::CreateCreateRouterRequest(builder, builder.CreateString(id));
  });
  const Result<Response> response = co_await std::move(answer);
  if (!response) co_return response.error();
  if (closed_) co_return channel_->gone("the worker");

  const auto router = keep_router(id, std::move(*capabilities), std::move(options.app_data));
  on_new_router.emit(router);
  co_return router;
}

}  // namespace carillon::mediasoup
