// Router against the real mediasoup-worker: works, wrong argument, after close, parent closed. And how closing goes
// down to transports and what they carry: docs/closing.md.
#include "mediasoup/data_consumer.hpp"
#include "support/media_fixture.hpp"

namespace json = boost::json;

namespace carillon::mediasoup {
namespace {

using test::code_of;
using test::EventLog;
using test::must;
using test::Names;

class RouterTest : public test::MediaFixture {
 protected:
  static asio::awaitable<std::shared_ptr<WebRtcServer>> webrtc_server(std::shared_ptr<Worker> worker) {
    WebRtcServerOptions options;
    options.listen_infos = {test::loopback(), test::loopback(TransportProtocol::tcp)};
    Result<std::shared_ptr<WebRtcServer>> made = co_await worker->create_webrtc_server(std::move(options));
    co_return must(std::move(made));
  }
  static asio::awaitable<std::shared_ptr<WebRtcTransport>> webrtc_on(std::shared_ptr<mediasoup::Router> router,
                                                                     std::shared_ptr<WebRtcServer> server) {
    WebRtcTransportOptions options;
    options.web_rtc_server = server;
    Result<std::shared_ptr<WebRtcTransport>> made = co_await router->create_webrtc_transport(std::move(options));
    co_return must(std::move(made));
  }
};

TEST_F(RouterTest, IsMadeWithTheCapabilitiesOfItsCodecs) {
  run([this]() -> asio::awaitable<void> {
    const std::shared_ptr<Worker> worker = co_await new_worker();
    std::shared_ptr<mediasoup::Router> told;
    const Subscription made =
        worker->on_new_router.connect([&](const std::shared_ptr<mediasoup::Router>& router) { told = router; });
    RouterOptions options;
    options.media_codecs = test::media_codecs();
    options.app_data["foo"] = "bar";
    Result<std::shared_ptr<mediasoup::Router>> created = co_await worker->create_router(std::move(options));
    const std::shared_ptr<mediasoup::Router> router = must(created);
    EXPECT_EQ(told, router);
    EXPECT_EQ(router->app_data.at("foo").as_string(), "bar");
    EXPECT_EQ(router->rtp_capabilities().codecs.size(), 5U);  // opus, and VP8 and H264 each with RTX
    EXPECT_EQ(worker->router_count(), 1U);
    Result<json::value> worker_dump = co_await worker->dump();
    EXPECT_EQ(must(worker_dump).at("routerIds").as_array(), (json::array{router->id()}));
    Result<json::value> dumped = co_await router->dump();
    const json::value dump = must(dumped);
    EXPECT_EQ(dump.at("id").as_string(), router->id());
    for (const char* field :
         {"transportIds", "rtpObserverIds", "mapProducerIdConsumerIds", "mapConsumerIdProducerId",
          "mapProducerIdObserverIds", "mapDataProducerIdDataConsumerIds", "mapDataConsumerIdDataProducerId"}) {
      EXPECT_TRUE(dump.at(field).as_array().empty()) << field;
    }
  });
}

TEST_F(RouterTest, WrongCodecsAreRefusedBeforeTheWorkerHearsOfThem) {
  run([this]() -> asio::awaitable<void> {
    const std::shared_ptr<Worker> worker = co_await new_worker();
    RouterOptions options;
    options.media_codecs = test::media_codecs();
    options.media_codecs[1].mime_type = "video/nothing";
    const Result<std::shared_ptr<mediasoup::Router>> refused = co_await worker->create_router(std::move(options));
    EXPECT_EQ(code_of(refused), Errc::unsupported);
    Result<json::value> dump = co_await worker->dump();
    EXPECT_TRUE(must(dump).at("routerIds").as_array().empty());
  });
}

TEST_F(RouterTest, DumpTellsWhoConsumesWhat) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto sending = co_await webrtc(router);
    const auto receiving = co_await webrtc(router);
    const auto producer = co_await produce(sending, test::audio_producer());
    const auto consumer = co_await consume(router, receiving, producer->id());
    const auto data_producer = co_await produce_data(sending, sctp_data_producer());
    const auto data_consumer = co_await consume_data(receiving, data_producer->id());
    Result<json::value> dumped = co_await router->dump();
    const json::value dump = must(dumped);
    EXPECT_EQ(dump.at("transportIds").as_array().size(), 2U);
    EXPECT_EQ(dump.at("mapProducerIdConsumerIds"),
              (json::array{{{"key", producer->id()}, {"values", json::array{consumer->id()}}}}));
    EXPECT_EQ(dump.at("mapConsumerIdProducerId"), (json::array{{{"key", consumer->id()}, {"value", producer->id()}}}));
    EXPECT_EQ(dump.at("mapDataProducerIdDataConsumerIds"),
              (json::array{{{"key", data_producer->id()}, {"values", json::array{data_consumer->id()}}}}));
    EXPECT_EQ(dump.at("mapDataConsumerIdDataProducerId"),
              (json::array{{{"key", data_consumer->id()}, {"value", data_producer->id()}}}));
    EXPECT_EQ(router->transport_count(), 2U);
    EXPECT_EQ(router->transport_by_id(sending->id()), sending);
    EXPECT_EQ(router->producer_by_id(producer->id()), producer);
    EXPECT_EQ(router->producer_by_id("nobody"), nullptr);
  });
}

TEST_F(RouterTest, CanConsumeAsksTheProducersCodecs) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto transport = co_await direct(router);
    const auto producer = co_await produce(transport, test::audio_producer());
    EXPECT_TRUE(router->can_consume(producer->id(), router->rtp_capabilities()));
    ortc::RtpCapabilities only_video = router->rtp_capabilities();
    std::erase_if(only_video.codecs,
                  [](const ortc::RtpCodecCapability& codec) { return codec.kind == ortc::MediaKind::audio; });
    EXPECT_FALSE(router->can_consume(producer->id(), only_video));
    EXPECT_FALSE(router->can_consume("nobody", router->rtp_capabilities()));
    producer->close();
    EXPECT_FALSE(router->can_consume(producer->id(), router->rtp_capabilities()));
  });
}

TEST_F(RouterTest, UpdatesItsMediaCodecs) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    std::vector<ortc::RtpCodecCapability> only_opus = test::media_codecs();
    only_opus.resize(1);
    must(router->update_media_codecs(only_opus));
    EXPECT_EQ(router->rtp_capabilities().codecs.size(), 1U);
    only_opus[0].mime_type = "audio/nothing";
    EXPECT_EQ(code_of(router->update_media_codecs(only_opus)), Errc::unsupported);
    EXPECT_EQ(router->rtp_capabilities().codecs.size(), 1U);
  });
}

TEST_F(RouterTest, WrongTransportOptionsAreRefused) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto server = co_await webrtc_server(workers.back());
    WebRtcTransportOptions none;
    const auto no_listen = co_await router->create_webrtc_transport(none);
    EXPECT_EQ(code_of(no_listen), Errc::bad_request);
    WebRtcTransportOptions both;
    both.web_rtc_server = server;
    both.listen_infos = {test::loopback()};
    const auto two_listens = co_await router->create_webrtc_transport(both);
    EXPECT_EQ(code_of(two_listens), Errc::bad_request);
    WebRtcTransportOptions no_ip;
    no_ip.listen_infos = {TransportListenInfo{}};
    const auto without_ip = co_await router->create_webrtc_transport(no_ip);
    EXPECT_EQ(code_of(without_ip), Errc::bad_request);
    WebRtcTransportOptions range;
    range.listen_infos = {test::loopback()};
    range.listen_infos[0].port_range = {50000, 40000};
    const auto upside_down = co_await router->create_webrtc_transport(range);
    EXPECT_EQ(code_of(upside_down), Errc::bad_request);
    PlainTransportOptions plain_without;
    const auto plain_refused = co_await router->create_plain_transport(plain_without);
    EXPECT_EQ(code_of(plain_refused), Errc::bad_request);
    PipeTransportOptions pipe_without;
    const auto pipe_refused = co_await router->create_pipe_transport(pipe_without);
    EXPECT_EQ(code_of(pipe_refused), Errc::bad_request);
    PipeTransportOptions elsewhere = pipe_options();
    elsewhere.listen_info.ip = "192.0.2.1";  // RFC 5737: nobody has it
    const auto not_ours = co_await router->create_pipe_transport(elsewhere);
    EXPECT_FALSE(not_ours);

    const auto other_worker = co_await new_router();
    WebRtcTransportOptions foreign;
    foreign.web_rtc_server = server;
    const auto foreign_server = co_await other_worker->create_webrtc_transport(foreign);
    EXPECT_EQ(code_of(foreign_server), Errc::bad_request);
    server->close();
    const auto closed_server = co_await router->create_webrtc_transport(foreign);
    EXPECT_EQ(code_of(closed_server), Errc::conflict);
    EXPECT_EQ(router->transport_count(), 0U);
  });
}

TEST_F(RouterTest, AfterCloseEverythingIsRefused) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const std::shared_ptr<Worker> worker = workers.back();
    EventLog events;
    events.watch(router->on_close, "close");
    events.watch(router->on_worker_close, "workerclose");
    router->close();
    router->close();
    EXPECT_EQ(events.names, Names{"close"});
    EXPECT_TRUE(router->closed());
    EXPECT_EQ(worker->router_count(), 0U);
    const auto dump = co_await router->dump();
    EXPECT_EQ(code_of(dump), Errc::conflict);
    WebRtcTransportOptions options;
    options.listen_infos = {test::loopback()};
    const auto webrtc_refused = co_await router->create_webrtc_transport(options);
    EXPECT_EQ(code_of(webrtc_refused), Errc::conflict);
    const PlainTransportOptions with_plain = plain_options();
    const auto plain_refused = co_await router->create_plain_transport(with_plain);
    EXPECT_EQ(code_of(plain_refused), Errc::conflict);
    const PipeTransportOptions with_pipe = pipe_options();
    const auto pipe_refused = co_await router->create_pipe_transport(with_pipe);
    EXPECT_EQ(code_of(pipe_refused), Errc::conflict);
    const DirectTransportOptions with_direct;
    const auto direct_refused = co_await router->create_direct_transport(with_direct);
    EXPECT_EQ(code_of(direct_refused), Errc::conflict);
    const ActiveSpeakerObserverOptions with_speaker;
    const auto speaker_refused = co_await router->create_active_speaker_observer(with_speaker);
    EXPECT_EQ(code_of(speaker_refused), Errc::conflict);
    const AudioLevelObserverOptions with_level;
    const auto level_refused = co_await router->create_audio_level_observer(with_level);
    EXPECT_EQ(code_of(level_refused), Errc::conflict);
    EXPECT_FALSE(router->can_consume("nobody", router->rtp_capabilities()));
    Result<json::value> worker_dump = co_await worker->dump();
    EXPECT_TRUE(must(worker_dump).at("routerIds").as_array().empty());
  });
}

/// One of everything below a router; the names are written down as the events come.
struct Everything {
  std::shared_ptr<WebRtcTransport> sending;
  std::shared_ptr<WebRtcTransport> receiving;
  std::shared_ptr<Producer> producer;
  std::shared_ptr<Consumer> consumer;
  std::shared_ptr<DataProducer> data_producer;
  std::shared_ptr<DataConsumer> data_consumer;
  EventLog events;

  void watch() {
    events.watch(sending->on_router_close, "sending routerclose");
    events.watch(sending->on_listen_server_close, "sending listenserverclose");
    events.watch(sending->on_close, "sending close");
    events.watch(receiving->on_router_close, "receiving routerclose");
    events.watch(receiving->on_listen_server_close, "receiving listenserverclose");
    events.watch(receiving->on_close, "receiving close");
    events.watch(producer->on_transport_close, "producer transportclose");
    events.watch(producer->on_close, "producer close");
    events.watch(consumer->on_transport_close, "consumer transportclose");
    events.watch(consumer->on_producer_close, "consumer producerclose");
    events.watch(consumer->on_close, "consumer close");
    events.watch(data_producer->on_transport_close, "dataproducer transportclose");
    events.watch(data_producer->on_close, "dataproducer close");
    events.watch(data_consumer->on_transport_close, "dataconsumer transportclose");
    events.watch(data_consumer->on_data_producer_close, "dataconsumer dataproducerclose");
    events.watch(data_consumer->on_close, "dataconsumer close");
  }
  [[nodiscard]] bool all_closed() const {
    return sending->closed() && receiving->closed() && producer->closed() && consumer->closed() &&
           data_producer->closed() && data_consumer->closed();
  }
  [[nodiscard]] bool has(const std::string& name) const {
    return std::find(events.names.begin(), events.names.end(), name) != events.names.end();
  }
};

class ClosingTest : public RouterTest {
 protected:
  asio::awaitable<std::shared_ptr<Everything>> everything(std::shared_ptr<mediasoup::Router> router) {
    const auto made = std::make_shared<Everything>();
    made->sending = co_await webrtc(router);
    made->receiving = co_await webrtc(router);
    made->producer = co_await produce(made->sending, test::audio_producer());
    made->consumer = co_await consume(router, made->receiving, made->producer->id());
    made->data_producer = co_await produce_data(made->sending, sctp_data_producer());
    made->data_consumer = co_await consume_data(made->receiving, made->data_producer->id());
    made->watch();
    co_return made;
  }

  static void expect_router_ended(const Everything& all) {
    EXPECT_TRUE(all.all_closed());
    for (const char* name :
         {"sending routerclose", "sending close", "receiving routerclose", "receiving close", "producer transportclose",
          "producer close", "consumer transportclose", "consumer close", "dataproducer transportclose",
          "dataproducer close", "dataconsumer transportclose", "dataconsumer close"}) {
      EXPECT_TRUE(all.has(name)) << name;
    }
    EXPECT_EQ(all.events.names.size(), 12U);
  }
};

TEST_F(ClosingTest, ARouterThatClosesEndsAllBelowIt) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto all = co_await everything(router);
    router->close();
    expect_router_ended(*all);
  });
}

TEST_F(ClosingTest, AWorkerThatClosesEndsAllBelowIt) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto all = co_await everything(router);
    EventLog events;
    events.watch(router->on_worker_close, "workerclose");
    events.watch(router->on_close, "close");
    workers.back()->close();
    EXPECT_EQ(events.names, (Names{"workerclose", "close"}));
    expect_router_ended(*all);
    const auto dump = co_await router->dump();
    EXPECT_EQ(code_of(dump), Errc::worker_died);
  });
}

TEST_F(ClosingTest, ASendingTransportThatClosesEndsItsProducersAndTheirConsumersElsewhere) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto all = co_await everything(router);
    all->sending->close();
    EXPECT_EQ(router->producer_by_id(all->producer->id()), nullptr);
    EXPECT_EQ(router->data_producer_by_id(all->data_producer->id()), nullptr);
    EXPECT_EQ(router->transport_count(), 1U);
    const bool told = co_await eventually([&] { return all->consumer->closed() && all->data_consumer->closed(); });
    EXPECT_TRUE(told);
    EXPECT_EQ(all->events.names, (Names{"producer transportclose", "producer close", "dataproducer transportclose",
                                        "dataproducer close", "sending close", "consumer producerclose",
                                        "consumer close", "dataconsumer dataproducerclose", "dataconsumer close"}));
    EXPECT_FALSE(all->receiving->closed());
  });
}

TEST_F(ClosingTest, AReceivingTransportThatClosesLeavesTheProducersAlone) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto all = co_await everything(router);
    all->receiving->close();
    EXPECT_EQ(all->events.names, (Names{"consumer transportclose", "consumer close", "dataconsumer transportclose",
                                        "dataconsumer close", "receiving close"}));
    EXPECT_FALSE(all->producer->closed() || all->data_producer->closed());
    Result<json::value> dump = co_await router->dump();
    EXPECT_TRUE(must(dump).at("mapConsumerIdProducerId").as_array().empty());
  });
}

TEST_F(ClosingTest, AProducerThatClosesEndsItsConsumers) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto all = co_await everything(router);
    all->producer->close();
    all->data_producer->close();
    EXPECT_EQ(router->producer_by_id(all->producer->id()), nullptr);
    EXPECT_EQ(router->data_producer_by_id(all->data_producer->id()), nullptr);
    const bool told = co_await eventually([&] { return all->consumer->closed() && all->data_consumer->closed(); });
    EXPECT_TRUE(told);
    EXPECT_EQ(all->events.names, (Names{"producer close", "dataproducer close", "consumer producerclose",
                                        "consumer close", "dataconsumer dataproducerclose", "dataconsumer close"}));
    EXPECT_FALSE(all->sending->closed() || all->receiving->closed());
  });
}

TEST_F(ClosingTest, AConsumerThatClosesTellsNobodyElse) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto all = co_await everything(router);
    all->consumer->close();
    all->data_consumer->close();
    Result<json::value> dumped = co_await router->dump();
    const json::value dump = must(dumped);
    EXPECT_TRUE(dump.at("mapConsumerIdProducerId").as_array().empty());
    EXPECT_TRUE(dump.at("mapDataConsumerIdDataProducerId").as_array().empty());
    EXPECT_EQ(all->events.names, (Names{"consumer close", "dataconsumer close"}));
  });
}

TEST_F(ClosingTest, AWebRtcServerThatClosesEndsItsTransportsAndNoOthers) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto server = co_await webrtc_server(workers.back());
    EventLog events;
    events.watch(server->on_webrtc_transport_handled, "handled");
    events.watch(server->on_webrtc_transport_unhandled, "unhandled");
    events.watch(server->on_close, "server close");
    const auto shared = co_await webrtc_on(router, server);
    const auto own = co_await webrtc(router);
    EXPECT_EQ(server->transport_count(), 1U);
    Result<json::value> server_dump = co_await server->dump();
    EXPECT_EQ(must(server_dump).at("webRtcTransportIds"), (json::array{shared->id()}));
    const auto producer = co_await produce(shared, test::audio_producer());
    events.watch(producer->on_transport_close, "producer transportclose");
    events.watch(shared->on_listen_server_close, "listenserverclose");
    events.watch(shared->on_close, "close");
    server->close();
    EXPECT_EQ(events.names,
              (Names{"handled", "producer transportclose", "listenserverclose", "close", "unhandled", "server close"}));
    EXPECT_TRUE(shared->closed());
    EXPECT_FALSE(own->closed());
    EXPECT_EQ(router->transport_count(), 1U);
    EXPECT_EQ(router->producer_by_id(producer->id()), nullptr);
    Result<json::value> dump = co_await router->dump();
    EXPECT_EQ(must(dump).at("transportIds"), (json::array{own->id()}));
  });
}

TEST_F(ClosingTest, AWebRtcServerForgetsTransportsThatEndHoweverTheyEnd) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto server = co_await webrtc_server(workers.back());
    const auto one = co_await webrtc_on(router, server);
    const auto two = co_await webrtc_on(router, server);
    EventLog events;
    events.watch(server->on_webrtc_transport_unhandled, "unhandled");
    one->close();
    EXPECT_EQ(server->transport_count(), 1U);
    router->close();
    EXPECT_EQ(server->transport_count(), 0U);
    EXPECT_EQ(events.names, (Names{"unhandled", "unhandled"}));
    EXPECT_FALSE(server->closed());
  });
}

TEST_F(ClosingTest, ARouterClosedWhileATransportIsMadeRefusesIt) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    std::optional<Errc> refused;
    DirectTransportOptions options;
    asio::co_spawn(
        io, router->create_direct_transport(options),
        [&](std::exception_ptr, const Result<std::shared_ptr<DirectTransport>>& made) { refused = code_of(made); });
    asio::post(io, [router] { router->close(); });
    const bool ended = co_await eventually([&] { return refused.has_value(); });
    EXPECT_TRUE(ended);
    EXPECT_EQ(router->transport_count(), 0U);
  });
}

TEST_F(ClosingTest, ASlotMayCloseTheParentOfWhatTellsIt) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto all = co_await everything(router);
    const Subscription one = all->producer->on_close.connect([&] { all->sending->close(); });
    const Subscription two = all->sending->on_close.connect([&] { router->close(); });
    const Subscription three = router->on_close.connect([&] { workers.back()->close(); });
    all->producer->close();
    EXPECT_TRUE(workers.back()->closed());
    EXPECT_TRUE(all->all_closed());
  });
}

}  // namespace
}  // namespace carillon::mediasoup
