// Consumer against the real worker: works, wrong argument, after close, parent closed.
#include "support/media_fixture.hpp"

namespace carillon::mediasoup {
namespace {

using test::audio_producer;
using test::code_of;
using test::EventLog;
using test::must;
using test::Names;
using test::video_producer;

class ConsumerTest : public test::MediaFixture {};

TEST_F(ConsumerTest, TakesWhatTheRouterMadeOfTheProducer) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto sender = co_await webrtc(router);
    const auto receiver = co_await webrtc(router);
    const auto audio = co_await produce(sender, audio_producer());
    const auto video = co_await produce(sender, video_producer(3));
    const auto first = co_await consume(router, receiver, audio->id());
    const auto second = co_await consume(router, receiver, video->id());
    EXPECT_EQ(first->producer_id(), audio->id());
    EXPECT_EQ(first->kind(), ortc::MediaKind::audio);
    EXPECT_EQ(first->type(), ConsumerType::simple);
    EXPECT_EQ(first->rtp_parameters().mid, "0");
    EXPECT_EQ(first->rtp_parameters().encodings.size(), 1U);
    EXPECT_EQ(first->rtp_parameters().rtcp.cname, "alice");
    EXPECT_EQ(first->priority(), 1);
    EXPECT_EQ(second->type(), ConsumerType::simulcast);
    EXPECT_EQ(second->rtp_parameters().mid, "1");
    EXPECT_EQ(second->rtp_parameters().codecs.size(), 2U);  // VP8 and its RTX
    EXPECT_EQ(second->score().producer_scores.size(), 3U);
    EXPECT_FALSE(second->current_layers());
  });
}

TEST_F(ConsumerTest, HonoursItsOptions) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto sender = co_await webrtc(router);
    const auto receiver = co_await webrtc(router);
    const auto video = co_await produce(sender, video_producer(3));
    auto options = consumer_options(router, video->id());
    options.paused = true;
    options.mid = "VIDEO7";
    options.preferred_layers = ConsumerLayers{12, std::nullopt};
    options.enable_rtx = false;
    options.app_data["tile"] = 3;
    auto made = co_await receiver->consume(std::move(options));
    const auto consumer = must(std::move(made));
    EXPECT_TRUE(consumer->paused());
    EXPECT_EQ(consumer->rtp_parameters().mid, "VIDEO7");
    EXPECT_EQ(consumer->preferred_layers(), (ConsumerLayers{2, 2}));  // the highest there are
    EXPECT_FALSE(consumer->rtp_parameters().encodings.at(0).rtx);
    EXPECT_EQ(consumer->app_data.at("tile"), 3);
    auto piped = consumer_options(router, video->id());
    piped.pipe = true;
    made = co_await receiver->consume(std::move(piped));
    const auto pipe = must(std::move(made));
    EXPECT_EQ(pipe->type(), ConsumerType::pipe);
    EXPECT_EQ(pipe->rtp_parameters().encodings.size(), 3U);
    EXPECT_FALSE(pipe->rtp_parameters().mid);
  });
}

TEST_F(ConsumerTest, IsRefusedWithWrongParameters) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto transport = co_await webrtc(router);
    const auto producer = co_await produce(transport, audio_producer());
    auto made = co_await transport->consume(consumer_options(router, "nobody"));
    EXPECT_EQ(code_of(made), Errc::not_found);
    auto deaf = consumer_options(router, producer->id());
    deaf.rtp_capabilities.codecs.clear();
    made = co_await transport->consume(std::move(deaf));
    EXPECT_EQ(code_of(made), Errc::unsupported);
    auto empty_mid = consumer_options(router, producer->id());
    empty_mid.mid = "";
    made = co_await transport->consume(std::move(empty_mid));
    EXPECT_EQ(code_of(made), Errc::bad_request);
  });
}

TEST_F(ConsumerTest, PausesWithItselfAndWithItsProducer) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto transport = co_await webrtc(router);
    const auto producer = co_await produce(transport, audio_producer());
    const auto consumer = co_await consume(router, transport, producer->id());
    EventLog log;
    log.watch(consumer->on_pause, "pause");
    log.watch(consumer->on_resume, "resume");
    log.watch(consumer->on_producer_pause, "producerpause");
    log.watch(consumer->on_producer_resume, "producerresume");
    must(co_await consumer->pause());
    must(co_await consumer->pause());
    EXPECT_TRUE(consumer->paused());
    EXPECT_EQ(log.names, (Names{"pause"}));
    must(co_await producer->pause());
    EXPECT_TRUE(co_await eventually([&] { return consumer->producer_paused(); }));
    must(co_await consumer->resume());
    EXPECT_EQ(log.names, (Names{"pause", "producerpause"}));  // nothing flows: the producer still is paused
    must(co_await producer->resume());
    EXPECT_TRUE(co_await eventually([&] { return !consumer->producer_paused(); }));
    EXPECT_EQ(log.names, (Names{"pause", "producerpause", "producerresume", "resume"}));
    must(co_await producer->pause());
    EXPECT_TRUE(co_await eventually([&] { return consumer->producer_paused(); }));
    EXPECT_EQ(log.names.back(), "pause");
  });
}

TEST_F(ConsumerTest, StartsWithItsProducerPaused) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto transport = co_await webrtc(router);
    auto options = audio_producer();
    options.paused = true;
    const auto producer = co_await produce(transport, std::move(options));
    const auto consumer = co_await consume(router, transport, producer->id());
    EXPECT_FALSE(consumer->paused());
    EXPECT_TRUE(consumer->producer_paused());
  });
}

TEST_F(ConsumerTest, SetsLayersAndPriority) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto transport = co_await webrtc(router);
    const auto audio = co_await produce(transport, audio_producer());
    const auto video = co_await produce(transport, video_producer(3));
    const auto simple = co_await consume(router, transport, audio->id());
    const auto simulcast = co_await consume(router, transport, video->id());
    ConsumerLayers layers;
    layers.spatial_layer = 1;
    layers.temporal_layer = 0;
    must(co_await simulcast->set_preferred_layers(layers));
    EXPECT_EQ(simulcast->preferred_layers(), layers);
    layers.spatial_layer = 9;
    layers.temporal_layer = 9;
    must(co_await simulcast->set_preferred_layers(layers));
    EXPECT_EQ(simulcast->preferred_layers(), (ConsumerLayers{2, 2}));
    must(co_await simple->set_preferred_layers(layers));
    EXPECT_FALSE(simple->preferred_layers());
    must(co_await simulcast->set_priority(7));
    EXPECT_EQ(simulcast->priority(), 7);
    const auto zero = co_await simulcast->set_priority(0);
    EXPECT_EQ(code_of(zero), Errc::bad_request);
    must(co_await simulcast->unset_priority());
    EXPECT_EQ(simulcast->priority(), 1);
    must(co_await simulcast->request_key_frame());
  });
}

TEST_F(ConsumerTest, ForwardsASimulcastStreamAndSaysWhichLayer) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto sender = co_await direct(router);
    const auto receiver = co_await direct(router);
    const auto producer = co_await produce(sender, video_producer(3));
    const auto consumer = co_await consume(router, receiver, producer->id());
    EventLog log;
    log.watch(consumer->on_layers_change, "layerschange");
    log.watch(consumer->on_score, "score");
    std::vector<std::vector<std::uint8_t>> packets;
    const auto rtp = consumer->on_rtp.connect(
        [&](std::span<const std::uint8_t> packet) { packets.emplace_back(packet.begin(), packet.end()); });
    std::uint16_t number = 0;
    for (int round = 0; round < 40 && packets.empty(); ++round) {
      ++number;
      for (const std::uint32_t ssrc : {22222220U, 22222222U, 22222224U})
        must(producer->send(test::key_frame_packet(number, ssrc)));
      (void)co_await eventually([&] { return !packets.empty(); }, std::chrono::milliseconds{25});
    }
    EXPECT_FALSE(packets.empty());
    if (packets.empty()) co_return;
    EXPECT_EQ(test::ssrc_of(packets.at(0)), consumer->rtp_parameters().encodings.at(0).ssrc);
    EXPECT_TRUE(consumer->current_layers().has_value());
    EXPECT_NE(std::find(log.names.begin(), log.names.end(), "layerschange"), log.names.end());
    EXPECT_TRUE(
        co_await eventually([&] { return std::find(log.names.begin(), log.names.end(), "score") != log.names.end(); }));
  });
}

TEST_F(ConsumerTest, CountsTheRtpThatItSent) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto sender = co_await direct(router);
    const auto receiver = co_await direct(router);
    const auto producer = co_await produce(sender, audio_producer());
    const auto consumer = co_await consume(router, receiver, producer->id());
    const std::vector<ConsumerTraceEventType> types{ConsumerTraceEventType::rtp};
    must(co_await consumer->enable_trace_event(types));
    std::vector<TraceEvent> traced;
    const auto trace = consumer->on_trace.connect([&](const TraceEvent& event) { traced.push_back(event); });
    for (std::uint16_t number = 1; number <= 5; ++number) must(producer->send(test::audio_packet(number)));
    EXPECT_TRUE(co_await eventually([&] { return traced.size() == 5; }));
    EXPECT_EQ(traced.at(0).type, "rtp");
    EXPECT_EQ(traced.at(0).direction, "out");
    const auto answered = co_await consumer->get_stats();
    const auto stats = must(answered);
    EXPECT_EQ(stats.as_array().size(), 2U);
    EXPECT_EQ(stats.at(0).at("type"), "outbound-rtp");
    EXPECT_EQ(stats.at(0).at("packetCount"), 5);
    EXPECT_EQ(stats.at(1).at("type"), "inbound-rtp");
    EXPECT_EQ(stats.at(1).at("packetCount"), 5);
  });
}

TEST_F(ConsumerTest, IsGoneAfterClose) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto transport = co_await webrtc(router);
    const auto producer = co_await produce(transport, audio_producer());
    const auto consumer = co_await consume(router, transport, producer->id());
    EventLog log;
    log.watch(consumer->on_close, "close");
    log.watch(consumer->on_transport_close, "transportclose");
    log.watch(consumer->on_producer_close, "producerclose");
    consumer->close();
    consumer->close();
    EXPECT_EQ(log.names, (Names{"close"}));
    ConsumerLayers layers;
    const auto dumped = co_await consumer->dump();
    EXPECT_EQ(code_of(dumped), Errc::conflict);
    const auto stats = co_await consumer->get_stats();
    EXPECT_EQ(code_of(stats), Errc::conflict);
    const auto paused = co_await consumer->pause();
    EXPECT_EQ(code_of(paused), Errc::conflict);
    const auto resumed = co_await consumer->resume();
    EXPECT_EQ(code_of(resumed), Errc::conflict);
    const auto layered = co_await consumer->set_preferred_layers(layers);
    EXPECT_EQ(code_of(layered), Errc::conflict);
    const auto priority = co_await consumer->set_priority(2);
    EXPECT_EQ(code_of(priority), Errc::conflict);
    const auto key_frame = co_await consumer->request_key_frame();
    EXPECT_EQ(code_of(key_frame), Errc::conflict);
    const auto traced = co_await consumer->enable_trace_event();
    EXPECT_EQ(code_of(traced), Errc::conflict);
    const auto transport_dump = co_await transport->dump();
    EXPECT_TRUE(must(transport_dump).at("consumerIds").as_array().empty());
    producer->close();
    EXPECT_EQ(log.names, (Names{"close"}));
  });
}

TEST_F(ConsumerTest, EndsWithItsProducer) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto sender = co_await webrtc(router);
    const auto receiver = co_await webrtc(router);
    for (const bool with_transport : {false, true}) {
      const auto producer = co_await produce(sender, audio_producer());
      const auto consumer = co_await consume(router, receiver, producer->id());
      EventLog log;
      log.watch(consumer->on_producer_close, "producerclose");
      log.watch(consumer->on_transport_close, "transportclose");
      log.watch(consumer->on_close, "close");
      if (with_transport) {
        sender->close();
      } else {
        producer->close();
      }
      EXPECT_TRUE(co_await eventually([&] { return consumer->closed(); }));
      EXPECT_EQ(log.names, (Names{"producerclose", "close"}));
      const auto paused = co_await consumer->pause();
      EXPECT_EQ(code_of(paused), Errc::conflict);
    }
    EXPECT_FALSE(receiver->closed());
  });
}

TEST_F(ConsumerTest, EndsWithItsTransportItsRouterAndItsWorker) {
  run([this]() -> asio::awaitable<void> {
    for (const std::string parent : {"transport", "router", "worker"}) {
      const auto router = co_await new_router();
      const auto sender = co_await webrtc(router);
      const auto receiver = co_await webrtc(router);
      const auto producer = co_await produce(sender, audio_producer());
      const auto consumer = co_await consume(router, receiver, producer->id());
      EventLog log;
      log.watch(consumer->on_producer_close, "producerclose");
      log.watch(consumer->on_transport_close, "transportclose");
      log.watch(consumer->on_close, "close");
      if (parent == "transport") receiver->close();
      if (parent == "router") router->close();
      if (parent == "worker") workers.back()->close();
      EXPECT_TRUE(consumer->closed()) << parent;
      EXPECT_EQ(log.names, (Names{"transportclose", "close"})) << parent;
      EXPECT_EQ(producer->closed(), parent != "transport") << parent;
    }
  });
}

TEST_F(ConsumerTest, MayBeDroppedByItsOwnEvents) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto sender = co_await webrtc(router);
    const auto receiver = co_await webrtc(router);
    const auto producer = co_await produce(sender, audio_producer());
    auto consumer = co_await consume(router, receiver, producer->id());
    const std::weak_ptr<Consumer> weak = consumer;
    const auto subscription = consumer->on_producer_close.connect([&] {
      consumer.reset();
      receiver->close();
    });
    producer->close();
    EXPECT_TRUE(co_await eventually([&] { return receiver->closed() && weak.expired(); }));
  });
}

}  // namespace
}  // namespace carillon::mediasoup
