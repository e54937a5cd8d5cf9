#include "support/worker_fixture.hpp"

#include "base/async.hpp"

#include <boost/asio/co_spawn.hpp>

#include <sys/wait.h>

#include <cstdlib>

namespace carillon::test {
namespace {

ortc::RtpCodecCapability codec(ortc::MediaKind kind, std::string mime_type, std::uint32_t clock_rate,
                               ortc::Parameters parameters) {
  ortc::RtpCodecCapability made;
  made.kind = kind;
  made.mime_type = std::move(mime_type);
  made.clock_rate = clock_rate;
  if (kind == ortc::MediaKind::audio) made.channels = 2;
  made.parameters = std::move(parameters);
  return made;
}

/// Running or waiting to be reaped. Reaps none itself.
bool has_children() {
  siginfo_t info{};
  return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

asio::awaitable<void> close_all(std::vector<std::shared_ptr<mediasoup::Worker>> workers) {
  for (const auto& worker : workers) worker->close();
  for (const auto& worker : workers) co_await worker->wait_subprocess_closed();
}

}  // namespace

std::vector<ortc::RtpCodecCapability> media_codecs() {
  return {
      codec(ortc::MediaKind::audio, "audio/opus", 48000, {{"useinbandfec", std::int32_t{1}}}),
      codec(ortc::MediaKind::video, "video/VP8", 90000, {}),
      codec(ortc::MediaKind::video, "video/H264", 90000,
            {{"level-asymmetry-allowed", std::int32_t{1}},
             {"packetization-mode", std::int32_t{1}},
             {"profile-level-id", std::string{"4d0032"}}}),
  };
}

mediasoup::TransportListenInfo loopback(mediasoup::TransportProtocol protocol) {
  mediasoup::TransportListenInfo info;
  info.protocol = protocol;
  info.ip = "127.0.0.1";
  return info;
}

WorkerFixture::WorkerFixture() { set_log_level(LogLevel::off); }

WorkerFixture::~WorkerFixture() {
  workers.clear();
  EXPECT_FALSE(has_children()) << "a child process was left behind, running or as a zombie";
}

mediasoup::WorkerSettings WorkerFixture::settings() {
  const char* path = std::getenv("CARILLON_WORKER");
  if (path == nullptr || *path == '\0') {
    throw std::runtime_error("CARILLON_WORKER must name a mediasoup-worker binary");
  }
  mediasoup::WorkerSettings made;
  made.worker_bin = path;
  made.log_level = mediasoup::WorkerLogLevel::warn;
  // Machines that run tests are busy with others; that a worker hangs is tested with shorter ones.
  made.startup_timeout = std::chrono::seconds{30};
  made.channel.request_timeout = std::chrono::seconds{30};
  return made;
}

void WorkerFixture::run(Body body, Duration limit) {
  io.restart();  // after another run
  bool done = false;
  std::exception_ptr thrown;
  asio::co_spawn(io, std::move(body), [&](std::exception_ptr escaped) {
    thrown = escaped;
    done = true;
    io.stop();
  });
  io.run_for(limit);
  if (thrown) {
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& error) {
      ADD_FAILURE() << "the test's coroutine threw: " << error.what();
    }
  }
  EXPECT_TRUE(done) << "the test's coroutine did not end in " << limit.count() << " ms";
  io.restart();
  asio::co_spawn(io, close_all(workers), [&](std::exception_ptr) { io.stop(); });
  io.run_for(std::chrono::seconds{20});
  workers.clear();
  io.restart();
  // Workers that were never handed out, as they failed to start, are reaped a moment later.
  for (int waited = 0; waited < 500 && has_children(); ++waited) {
    io.run_for(std::chrono::milliseconds{10});
    io.restart();
  }
  io.poll();
}

asio::awaitable<std::shared_ptr<mediasoup::Worker>> WorkerFixture::new_worker() {
  Result<std::shared_ptr<mediasoup::Worker>> made = co_await mediasoup::Worker::create(settings());
  std::shared_ptr<mediasoup::Worker> worker = must(std::move(made));
  workers.push_back(worker);
  co_return worker;
}

asio::awaitable<std::shared_ptr<mediasoup::Router>> WorkerFixture::new_router() {
  const std::shared_ptr<mediasoup::Worker> worker = co_await new_worker();
  mediasoup::RouterOptions options;
  options.media_codecs = media_codecs();
  Result<std::shared_ptr<mediasoup::Router>> made = co_await worker->create_router(std::move(options));
  co_return must(std::move(made));
}

asio::awaitable<bool> WorkerFixture::eventually(std::function<bool()> condition, Duration limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) co_return false;
    co_await sleep_for(std::chrono::milliseconds{5});
  }
  co_return true;
}

}  // namespace carillon::test
