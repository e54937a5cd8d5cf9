// Producer against the real worker: works, wrong argument, after close, parent closed.
#include "support/media_fixture.hpp"

namespace carillon::mediasoup {
namespace {

using test::audio_producer;
using test::code_of;
using test::EventLog;
using test::must;
using test::Names;
using test::video_producer;

class ProducerTest : public test::MediaFixture {};

TEST_F(ProducerTest, KeepsWhatItWasMadeWith) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto transport = co_await webrtc(router);
    auto options = audio_producer();
    options.app_data["who"] = "alice";
    const auto producer = co_await produce(transport, std::move(options));
    EXPECT_FALSE(producer->closed());
    EXPECT_FALSE(producer->paused());
    EXPECT_EQ(producer->kind(), ortc::MediaKind::audio);
    EXPECT_EQ(producer->type(), ProducerType::simple);
    EXPECT_EQ(producer->app_data.at("who"), "alice");
    EXPECT_EQ(producer->rtp_parameters().mid, "AUDIO");
    EXPECT_EQ(producer->consumable_rtp_parameters().encodings.size(), 1U);
    EXPECT_TRUE(producer->score().empty());
    EXPECT_EQ(router->producer_by_id(producer->id()), producer);
  });
}

TEST_F(ProducerTest, IsSimulcastWithSeveralEncodingsAndSvcWithSpatialLayersInOne) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto transport = co_await webrtc(router);
    const auto simulcast = co_await produce(transport, video_producer(3));
    EXPECT_EQ(simulcast->type(), ProducerType::simulcast);
    auto options = video_producer(1, 33333330);
    options.rtp_parameters.mid = "SVC";
    options.rtp_parameters.encodings.at(0).scalability_mode = "L3T3";
    const auto svc = co_await produce(transport, std::move(options));
    EXPECT_EQ(svc->type(), ProducerType::svc);
    const auto dumped = co_await svc->dump();
    EXPECT_EQ(must(dumped).at("type"), "svc");
  });
}

TEST_F(ProducerTest, GetsAnEncodingAndTheCnameOfTheFirstOneOfItsTransport) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto transport = co_await webrtc(router);
    auto options = audio_producer();
    options.rtp_parameters.encodings.clear();
    const auto first = co_await produce(transport, std::move(options));
    EXPECT_EQ(first->rtp_parameters().encodings.size(), 1U);
    auto other = video_producer();
    other.rtp_parameters.rtcp.cname = "bob";
    const auto second = co_await produce(transport, std::move(other));
    EXPECT_EQ(second->rtp_parameters().rtcp.cname, "alice");
    EXPECT_EQ(second->consumable_rtp_parameters().rtcp.cname, "alice");
  });
}

TEST_F(ProducerTest, IsRefusedWithWrongParameters) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto transport = co_await webrtc(router);
    auto no_codecs = audio_producer();
    no_codecs.rtp_parameters.codecs.clear();
    auto made = co_await transport->produce(std::move(no_codecs));
    EXPECT_EQ(code_of(made), Errc::bad_request);
    auto unknown_codec = audio_producer();
    unknown_codec.rtp_parameters.codecs.at(0).mime_type = "audio/ISAC";
    made = co_await transport->produce(std::move(unknown_codec));
    EXPECT_EQ(code_of(made), Errc::unsupported);
    auto nothing_to_tell_it_by = audio_producer();
    nothing_to_tell_it_by.rtp_parameters.mid.reset();
    nothing_to_tell_it_by.rtp_parameters.encodings.at(0).ssrc.reset();
    made = co_await transport->produce(std::move(nothing_to_tell_it_by));
    EXPECT_EQ(code_of(made), Errc::bad_request);
    auto with_id = audio_producer();
    with_id.id = "twice";
    const auto first = co_await produce(transport, with_id);
    made = co_await transport->produce(with_id);
    EXPECT_EQ(code_of(made), Errc::bad_request);
    auto same_ssrc = audio_producer();
    same_ssrc.rtp_parameters.mid = "OTHER";
    made = co_await transport->produce(std::move(same_ssrc));  // the worker's word
    EXPECT_FALSE(made);
    EXPECT_FALSE(transport->closed());
  });
}

TEST_F(ProducerTest, PausesAndResumesOnceEach) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto transport = co_await webrtc(router);
    auto options = audio_producer();
    options.paused = true;
    const auto producer = co_await produce(transport, std::move(options));
    EXPECT_TRUE(producer->paused());
    EventLog log;
    log.watch(producer->on_pause, "pause");
    log.watch(producer->on_resume, "resume");
    must(co_await producer->resume());
    must(co_await producer->resume());
    EXPECT_FALSE(producer->paused());
    must(co_await producer->pause());
    must(co_await producer->pause());
    EXPECT_TRUE(producer->paused());
    EXPECT_EQ(log.names, (Names{"resume", "pause"}));
    const auto dumped = co_await producer->dump();
    EXPECT_EQ(must(dumped).at("paused"), true);
  });
}

TEST_F(ProducerTest, CountsTheRtpThatCameAndScoresIt) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto transport = co_await direct(router);
    const auto producer = co_await produce(transport, audio_producer());
    const auto before = co_await producer->get_stats();
    EXPECT_TRUE(must(before).as_array().empty());
    EventLog log;
    log.watch(producer->on_score, "score");
    for (std::uint16_t number = 1; number <= 10; ++number) must(producer->send(test::audio_packet(number)));
    EXPECT_TRUE(co_await eventually([&] { return !log.names.empty(); }));
    const auto after = co_await producer->get_stats();
    const auto stats = must(after);
    EXPECT_EQ(stats.as_array().size(), 1U);
    EXPECT_EQ(stats.at(0).at("type"), "inbound-rtp");
    EXPECT_EQ(stats.at(0).at("ssrc"), test::audio_ssrc);
    EXPECT_EQ(stats.at(0).at("packetCount"), 10);
    EXPECT_EQ(stats.at(0).at("byteCount"), 10 * 52);
    EXPECT_EQ(producer->score().size(), 1U);
    EXPECT_EQ(producer->score().at(0).ssrc, test::audio_ssrc);
    EXPECT_EQ(producer->score().at(0).score, 10);
  });
}

TEST_F(ProducerTest, TracesWhatItIsAskedTo) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto transport = co_await direct(router);
    const auto producer = co_await produce(transport, video_producer());
    const std::vector<ProducerTraceEventType> types{ProducerTraceEventType::keyframe, ProducerTraceEventType::rtp};
    must(co_await producer->enable_trace_event(types));
    std::vector<TraceEvent> traced;
    const auto subscription = producer->on_trace.connect([&](const TraceEvent& event) { traced.push_back(event); });
    must(producer->send(test::key_frame_packet(1, 22222220)));
    auto delta_frame = test::key_frame_packet(2, 22222220);
    delta_frame.at(13) |= 1;  // RFC 6386 section 9.1: the first bit is 0 in a key frame
    must(producer->send(delta_frame));
    EXPECT_TRUE(co_await eventually([&] { return traced.size() == 2; }));
    if (traced.size() != 2) co_return;
    EXPECT_EQ(traced.at(0).type, "keyframe");
    EXPECT_EQ(traced.at(0).direction, "in");
    EXPECT_EQ(traced.at(0).info.at_pointer("/rtpPacket/ssrc"), 22222220);
    EXPECT_EQ(traced.at(0).info.at_pointer("/rtpPacket/isKeyFrame"), true);
    EXPECT_EQ(traced.at(1).type, "rtp");
    EXPECT_EQ(traced.at(1).info.at_pointer("/rtpPacket/isKeyFrame"), false);
    must(co_await producer->enable_trace_event());
    const auto dumped = co_await producer->dump();
    EXPECT_TRUE(must(dumped).at("traceEventTypes").as_array().empty());
  });
}

TEST_F(ProducerTest, TellsHowTheCameraIsHeld) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto transport = co_await direct(router);
    const auto producer = co_await produce(transport, video_producer());
    std::optional<ProducerVideoOrientation> orientation;
    const auto subscription = producer->on_video_orientation_change.connect(
        [&](const ProducerVideoOrientation& changed) { orientation = changed; });
    auto packet = test::key_frame_packet(1, 22222220);
    packet[0] |= 0x10;  // with a one-byte header extension (RFC 8285): id 13, camera at the back, 90 degrees
    const std::vector<std::uint8_t> extension{0xBE, 0xDE, 0x00, 0x01, 13 << 4, 0b1001, 0x00, 0x00};
    packet.insert(packet.begin() + 12, extension.begin(), extension.end());
    must(producer->send(packet));
    EXPECT_TRUE(co_await eventually([&] { return orientation.has_value(); }));
    EXPECT_EQ(orientation, (ProducerVideoOrientation{true, false, 90}));
  });
}

TEST_F(ProducerTest, IsGoneAfterClose) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto transport = co_await webrtc(router);
    const auto producer = co_await produce(transport, audio_producer());
    EventLog log;
    log.watch(producer->on_close, "close");
    log.watch(producer->on_transport_close, "transportclose");
    producer->close();
    producer->close();
    EXPECT_TRUE(producer->closed());
    EXPECT_EQ(log.names, (Names{"close"}));
    EXPECT_EQ(router->producer_by_id(producer->id()), nullptr);
    const auto dumped = co_await producer->dump();
    EXPECT_EQ(code_of(dumped), Errc::conflict);
    const auto stats = co_await producer->get_stats();
    EXPECT_EQ(code_of(stats), Errc::conflict);
    const auto paused = co_await producer->pause();
    EXPECT_EQ(code_of(paused), Errc::conflict);
    const auto resumed = co_await producer->resume();
    EXPECT_EQ(code_of(resumed), Errc::conflict);
    const auto traced = co_await producer->enable_trace_event();
    EXPECT_EQ(code_of(traced), Errc::conflict);
    EXPECT_EQ(code_of(producer->send(test::audio_packet(1))), Errc::conflict);
    const auto transport_dump = co_await transport->dump();
    EXPECT_TRUE(must(transport_dump).at("producerIds").as_array().empty());
  });
}

TEST_F(ProducerTest, EndsWithItsTransportItsRouterAndItsWorker) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    for (const char* parent : {"transport", "router", "worker"}) {
      const auto own_router = co_await new_router();
      const auto transport = co_await webrtc(own_router);
      const auto producer = co_await produce(transport, audio_producer());
      EventLog log;
      log.watch(producer->on_transport_close, "transportclose");
      log.watch(producer->on_close, "close");
      if (parent == std::string{"transport"}) transport->close();
      if (parent == std::string{"router"}) own_router->close();
      if (parent == std::string{"worker"}) workers.back()->close();
      EXPECT_TRUE(producer->closed()) << parent;
      EXPECT_EQ(log.names, (Names{"transportclose", "close"})) << parent;
      EXPECT_EQ(own_router->producer_by_id(producer->id()), nullptr) << parent;
      const auto paused = co_await producer->pause();
      EXPECT_EQ(code_of(paused), parent == std::string{"worker"} ? Errc::worker_died : Errc::conflict);
      producer->close();
      EXPECT_EQ(log.names.size(), 2U);
    }
    EXPECT_FALSE(router->closed());
  });
}

TEST_F(ProducerTest, IsNotKeptWhenItsTransportClosedMeanwhile) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto transport = co_await webrtc(router);
    EventLog log;
    log.watch(transport->on_new_producer, "newproducer");
    // Closes while the worker's answer is on its way.
    asio::post(io, [transport] { transport->close(); });
    const auto made = co_await transport->produce(audio_producer());
    EXPECT_EQ(code_of(made), Errc::conflict);
    EXPECT_TRUE(log.names.empty());
    const auto dumped = co_await router->dump();
    EXPECT_TRUE(must(dumped).at("mapProducerIdConsumerIds").as_array().empty());
  });
}

}  // namespace
}  // namespace carillon::mediasoup
