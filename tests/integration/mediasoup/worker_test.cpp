// Worker and WebRtcServer against the real mediasoup-worker: works, wrong argument, after close, parent closed.
#include "mediasoup/worker.hpp"

#include "base/async.hpp"
#include "base/log.hpp"
#include "mediasoup/webrtc_server.hpp"
#include "support/worker_fixture.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace json = boost::json;

namespace carillon::mediasoup {
namespace {

using test::code_of;
using test::must;

class WorkerTest : public test::WorkerFixture {};

TEST_F(WorkerTest, RunsAndIsReapedAfterClose) {
  run([this]() -> asio::awaitable<void> {
    const std::shared_ptr<Worker> worker = co_await new_worker();
    EXPECT_GT(worker->pid(), 0);
    EXPECT_FALSE(worker->closed());
    EXPECT_FALSE(worker->died());
    std::vector<std::string> events;
    const Subscription closed = worker->on_close.connect([&] { events.push_back("close"); });
    const Subscription ended = worker->on_subprocess_close.connect([&] { events.push_back("subprocessclose"); });
    const Subscription died = worker->on_died.connect([&](const Error&) { events.push_back("died"); });
    worker->close();
    worker->close();
    EXPECT_TRUE(worker->closed());
    EXPECT_FALSE(worker->died());
    co_await worker->wait_subprocess_closed();
    EXPECT_TRUE(worker->subprocess_closed());
    EXPECT_EQ(events, (std::vector<std::string>{"close", "subprocessclose"}));
  });
}

TEST_F(WorkerTest, AnAnswerThatNobodyReadsAnyMoreIsNoError) {
  set_log_level(LogLevel::warn);
  testing::internal::CaptureStderr();
  run([this]() -> asio::awaitable<void> {
    for (int i = 0; i < 5; ++i) {
      const std::shared_ptr<Worker> worker = co_await new_worker();
      const auto executor = co_await asio::this_coro::executor;
      asio::co_spawn(executor, worker->dump(), boost::asio::detached);
      co_await sleep_for(std::chrono::milliseconds{0});  // it is asked now
      worker->close();
      co_await worker->wait_subprocess_closed();
      co_await sleep_for(std::chrono::milliseconds{20});  // what it printed is read
    }
  });
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(log, "");
}

TEST_F(WorkerTest, DumpHasTheShapeOfThePackage) {
  run([this]() -> asio::awaitable<void> {
    const std::shared_ptr<Worker> worker = co_await new_worker();
    Result<json::value> dumped = co_await worker->dump();
    const json::value dump = must(dumped);
    EXPECT_EQ(dump.at("pid").to_number<pid_t>(), worker->pid());
    EXPECT_TRUE(dump.at("webRtcServerIds").as_array().empty());
    EXPECT_TRUE(dump.at("routerIds").as_array().empty());
    EXPECT_TRUE(dump.at_pointer("/channelMessageHandlers/channelRequestHandlers").as_array().empty());
    EXPECT_TRUE(dump.at_pointer("/channelMessageHandlers/channelNotificationHandlers").as_array().empty());
  });
}

TEST_F(WorkerTest, TellsItsResourceUsage) {
  run([this]() -> asio::awaitable<void> {
    const std::shared_ptr<Worker> worker = co_await new_worker();
    Result<json::value> answered = co_await worker->get_resource_usage();
    const json::value usage = must(answered);
    for (const char* field :
         {"ru_utime", "ru_stime", "ru_maxrss", "ru_ixrss", "ru_idrss", "ru_isrss", "ru_minflt", "ru_majflt", "ru_nswap",
          "ru_inblock", "ru_oublock", "ru_msgsnd", "ru_msgrcv", "ru_nsignals", "ru_nvcsw", "ru_nivcsw"}) {
      EXPECT_TRUE(usage.at(field).is_number()) << field;
    }
    EXPECT_GT(usage.at("ru_maxrss").to_number<std::uint64_t>(), 0U);
  });
}

TEST_F(WorkerTest, UpdatesSettings) {
  run([this]() -> asio::awaitable<void> {
    const std::shared_ptr<Worker> worker = co_await new_worker();
    WorkerUpdateableSettings settings;
    settings.log_level = WorkerLogLevel::debug;
    settings.log_tags = std::vector<std::string>{"ice", "dtls"};
    const Result<> updated = co_await worker->update_settings(settings);
    must(updated);
    const WorkerUpdateableSettings unchanged{};
    const Result<> nothing = co_await worker->update_settings(unchanged);
    must(nothing);
  });
}

TEST_F(WorkerTest, RefusesWrongSettings) {
  run([]() -> asio::awaitable<void> {
    WorkerSettings missing_file = settings();
    missing_file.dtls_certificate_file = "/no/such/cert.pem";
    missing_file.dtls_private_key_file = "/no/such/key.pem";
    const Result<std::shared_ptr<Worker>> no_certificate = co_await Worker::create(missing_file);
    EXPECT_EQ(code_of(no_certificate), Errc::bad_request);

    WorkerSettings ports = settings();
    ports.rtc_min_port = 2000;
    ports.rtc_max_port = 1000;
    const Result<std::shared_ptr<Worker>> no_ports = co_await Worker::create(ports);
    EXPECT_EQ(code_of(no_ports), Errc::bad_request);

    WorkerSettings no_binary = settings();
    no_binary.worker_bin = "/no/such/worker";
    const Result<std::shared_ptr<Worker>> nothing_there = co_await Worker::create(no_binary);
    EXPECT_EQ(code_of(nothing_there), Errc::not_found);
    EXPECT_NE(nothing_there.error().detail.find("/no/such/worker"), std::string::npos);
  });
}

TEST_F(WorkerTest, AfterCloseEverythingIsRefusedAtOnce) {
  run([this]() -> asio::awaitable<void> {
    const std::shared_ptr<Worker> worker = co_await new_worker();
    worker->close();
    const Result<json::value> dump = co_await worker->dump();
    EXPECT_EQ(code_of(dump), Errc::worker_died);
    const Result<json::value> usage = co_await worker->get_resource_usage();
    EXPECT_EQ(code_of(usage), Errc::worker_died);
    const WorkerUpdateableSettings unchanged{};
    const Result<> updated = co_await worker->update_settings(unchanged);
    EXPECT_EQ(code_of(updated), Errc::worker_died);
    const Result<std::shared_ptr<Router>> router = co_await worker->create_router(RouterOptions{});
    EXPECT_EQ(code_of(router), Errc::worker_died);
    WebRtcServerOptions options;
    options.listen_infos.push_back(test::loopback());
    const Result<std::shared_ptr<WebRtcServer>> server = co_await worker->create_webrtc_server(options);
    EXPECT_EQ(code_of(server), Errc::worker_died);
  });
}

TEST_F(WorkerTest, ManyRequestsAtOnceAreAllAnswered) {
  run([this]() -> asio::awaitable<void> {
    const std::shared_ptr<Worker> worker = co_await new_worker();
    std::vector<asio::awaitable<Result<json::value>>> dumps;
    std::size_t answered = 0;
    for (int i = 0; i < 500; ++i) {
      asio::co_spawn(io, worker->dump(),
                     [&](std::exception_ptr, const Result<json::value>& dump) { answered += dump ? 1 : 0; });
    }
    const bool all = co_await eventually([&] { return answered == 500; });
    EXPECT_TRUE(all) << answered;
    EXPECT_EQ(worker->channel()->requests_in_flight(), 0U);
  });
}

TEST_F(WorkerTest, TooManyRequestsInFlightAreRefused) {
  run([this]() -> asio::awaitable<void> {
    WorkerSettings few = settings();
    few.channel.requests_max = 3;
    Result<std::shared_ptr<Worker>> made = co_await Worker::create(few);
    const std::shared_ptr<Worker> worker = must(made);
    workers.push_back(worker);
    std::vector<Errc> refused;
    std::size_t answered = 0;
    for (int i = 0; i < 5; ++i) {
      asio::co_spawn(io, worker->dump(), [&](std::exception_ptr, const Result<json::value>& dump) {
        dump ? void(++answered) : refused.push_back(dump.error().code);
      });
    }
    const bool all = co_await eventually([&] { return answered + refused.size() == 5; });
    EXPECT_TRUE(all);
    EXPECT_EQ(refused, (std::vector<Errc>{Errc::unavailable, Errc::unavailable}));
    EXPECT_FALSE(worker->closed());
  });
}

TEST_F(WorkerTest, AMessageAboveTheLimitIsRefusedAndTheWorkerLives) {
  run([this]() -> asio::awaitable<void> {
    const std::shared_ptr<Worker> worker = co_await new_worker();
    WorkerUpdateableSettings huge;
    huge.log_tags = std::vector<std::string>{std::string(9'000'000, 'x')};
    const Result<> refused = co_await worker->update_settings(huge);
    EXPECT_EQ(code_of(refused), Errc::too_large);
    const Result<json::value> dump = co_await worker->dump();
    must(dump);
  });
}

// --- WebRtcServer

asio::awaitable<Result<std::shared_ptr<WebRtcServer>>> server_on(std::shared_ptr<Worker> worker,
                                                                 std::uint16_t port = 0) {
  WebRtcServerOptions options;
  options.listen_infos = {test::loopback(), test::loopback(TransportProtocol::tcp)};
  options.listen_infos[0].port = port;
  options.listen_infos[1].port = port;
  options.app_data["name"] = "shared";
  return worker->create_webrtc_server(std::move(options));
}

TEST_F(WorkerTest, WebRtcServerListensAndCloses) {
  run([this]() -> asio::awaitable<void> {
    const std::shared_ptr<Worker> worker = co_await new_worker();
    std::shared_ptr<WebRtcServer> told;
    const Subscription made =
        worker->on_new_webrtc_server.connect([&](const std::shared_ptr<WebRtcServer>& server) { told = server; });
    Result<std::shared_ptr<WebRtcServer>> created = co_await server_on(worker);
    const std::shared_ptr<WebRtcServer> server = must(created);
    EXPECT_EQ(told, server);
    EXPECT_EQ(server->app_data.at("name").as_string(), "shared");
    Result<json::value> dumped = co_await server->dump();
    const json::value dump = must(dumped);
    EXPECT_EQ(dump.at("id").as_string(), server->id());
    EXPECT_EQ(dump.at("udpSockets").as_array().size(), 1U);
    EXPECT_EQ(dump.at_pointer("/udpSockets/0/ip").as_string(), "127.0.0.1");
    EXPECT_GT(dump.at_pointer("/tcpServers/0/port").to_number<int>(), 0);
    EXPECT_TRUE(dump.at("webRtcTransportIds").as_array().empty());
    EXPECT_TRUE(dump.at("localIceUsernameFragments").as_array().empty());

    int closes = 0;
    int worker_closes = 0;
    const Subscription closed = server->on_close.connect([&] { ++closes; });
    const Subscription worker_closed = server->on_worker_close.connect([&] { ++worker_closes; });
    server->close();
    server->close();
    EXPECT_TRUE(server->closed());
    EXPECT_EQ(closes, 1);
    EXPECT_EQ(worker_closes, 0);
    const Result<json::value> late = co_await server->dump();
    EXPECT_EQ(code_of(late), Errc::conflict);
    Result<json::value> worker_dump = co_await worker->dump();
    EXPECT_TRUE(must(worker_dump).at("webRtcServerIds").as_array().empty());
  });
}

TEST_F(WorkerTest, WebRtcServerRefusesAPortInUseAndNoListenInfos) {
  run([this]() -> asio::awaitable<void> {
    const std::shared_ptr<Worker> one = co_await new_worker();
    Result<std::shared_ptr<WebRtcServer>> first = co_await server_on(one);
    const std::shared_ptr<WebRtcServer> server = must(first);
    Result<json::value> dump = co_await server->dump();
    const auto port = must(dump).at_pointer("/udpSockets/0/port").to_number<std::uint16_t>();
    const Result<std::shared_ptr<WebRtcServer>> second = co_await server_on(one, port);
    EXPECT_FALSE(second);
    const Result<std::shared_ptr<WebRtcServer>> none = co_await one->create_webrtc_server(WebRtcServerOptions{});
    EXPECT_EQ(code_of(none), Errc::bad_request);
    WebRtcServerOptions bad;
    bad.listen_infos.push_back(test::loopback());
    bad.listen_infos[0].ip = "not an address";
    const Result<std::shared_ptr<WebRtcServer>> no_address = co_await one->create_webrtc_server(bad);
    EXPECT_EQ(code_of(no_address), Errc::bad_request);
  });
}

TEST_F(WorkerTest, WebRtcServerEndsWithItsWorker) {
  run([this]() -> asio::awaitable<void> {
    const std::shared_ptr<Worker> worker = co_await new_worker();
    Result<std::shared_ptr<WebRtcServer>> created = co_await server_on(worker);
    const std::shared_ptr<WebRtcServer> server = must(created);
    std::vector<std::string> events;
    const Subscription closed = server->on_close.connect([&] { events.push_back("close"); });
    const Subscription worker_closed = server->on_worker_close.connect([&] { events.push_back("workerclose"); });
    worker->close();
    EXPECT_TRUE(server->closed());
    EXPECT_EQ(events, (std::vector<std::string>{"workerclose", "close"}));
    const Result<json::value> late = co_await server->dump();
    EXPECT_EQ(code_of(late), Errc::worker_died);
  });
}

}  // namespace
}  // namespace carillon::mediasoup
