// Worker::save(), release() and adopt(): everything goes on as before, while a real worker forwards.
#include "adoption_fixture.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace carillon::mediasoup {
namespace {

using test::EventLog;
using test::Names;

TEST_F(AdoptionTest, EverythingIsThereAgainAsItWas) {
  run([this]() -> asio::awaitable<void> {
    House house = co_await build();
    const std::string before = co_await save(house.worker);
    const auto old_router = house.worker->router_by_id(house.router);
    const ortc::RtpCapabilities capabilities = old_router->rtp_capabilities();
    const auto old_webrtc = transport<WebRtcTransport>(old_router, house.webrtc);
    const ortc::RtpParameters consumed = old_webrtc->consumer_by_id(house.video_consumer)->rtp_parameters();
    const ortc::RtpParameters consumable = old_router->producer_by_id(house.video)->consumable_rtp_parameters();
    let_go(house.worker);
    const auto worker = adopt(before);
    const std::string after = co_await save(worker);
    EXPECT_EQ(before, after);

    EXPECT_EQ(worker->app_data.at("name"), "one");
    EXPECT_EQ(worker->router_by_id("nothing"), nullptr);
    EXPECT_EQ(worker->webrtc_server_by_id("nothing"), nullptr);
    const auto server = worker->webrtc_server_by_id(house.server);
    EXPECT_EQ(server->transport_count(), 1U);
    EXPECT_EQ(server->app_data.at("slot"), 3);
    const auto router = worker->router_by_id(house.router);
    EXPECT_EQ(router->rtp_capabilities(), capabilities);
    EXPECT_EQ(router->app_data.at("room"), "kitchen");
    EXPECT_EQ(router->transport_count(), 4U);
    const auto webrtc = transport<WebRtcTransport>(router, house.webrtc);
    EXPECT_EQ(webrtc->ice_parameters(), old_webrtc->ice_parameters());
    EXPECT_EQ(webrtc->ice_candidates(), old_webrtc->ice_candidates());
    EXPECT_EQ(webrtc->dtls_parameters(), old_webrtc->dtls_parameters());
    EXPECT_EQ(webrtc->sctp_parameters(), old_webrtc->sctp_parameters());
    EXPECT_EQ(webrtc->app_data.at("peer"), "alice");
    const auto video = router->producer_by_id(house.video);
    EXPECT_TRUE(video->paused());
    EXPECT_EQ(video->type(), ProducerType::simulcast);
    EXPECT_EQ(video->consumable_rtp_parameters(), consumable);
    const auto consumer = webrtc->consumer_by_id(house.video_consumer);
    EXPECT_TRUE(consumer->paused());
    EXPECT_TRUE(consumer->producer_paused());
    EXPECT_EQ(consumer->priority(), 7);
    EXPECT_EQ(consumer->preferred_layers(), (ConsumerLayers{1, 2}));
    EXPECT_EQ(consumer->rtp_parameters(), consumed);
    EXPECT_EQ(consumer->app_data.at("device"), "phone");
    EXPECT_EQ(webrtc->data_consumer_by_id(house.notes_consumer)->subchannels(), std::vector<std::uint16_t>{4});
    EXPECT_EQ(router->data_producer_by_id(house.notes)->label(), "notes");
    EXPECT_FALSE(router->rtp_observer_by_id(house.levels)->paused());
    EXPECT_TRUE(router->rtp_observer_by_id(house.speakers)->paused());
  });
}

TEST_F(AdoptionTest, EveryOperationWorksAsBefore) {
  run([this]() -> asio::awaitable<void> {
    const House house = co_await build();
    const auto worker = co_await hand_over(house.worker);
    const auto router = worker->router_by_id(house.router);
    const auto webrtc = transport<WebRtcTransport>(router, house.webrtc);
    const auto receiver = transport<PlainTransport>(router, house.receiver);
    const auto sender = transport<PlainTransport>(router, house.sender);

    must(co_await worker->dump());
    must(co_await router->dump());
    must(co_await webrtc->get_stats());
    must(co_await worker->webrtc_server_by_id(house.server)->dump());
    const auto restarted = must(co_await webrtc->restart_ice());
    EXPECT_EQ(webrtc->ice_parameters(), restarted);
    const auto again = co_await webrtc->connect(dtls_parameters());
    EXPECT_EQ(code_of(again), Errc::conflict);  // it knows that it was connected

    const auto video = router->producer_by_id(house.video);
    must(co_await video->resume());
    EXPECT_FALSE(video->paused());
    must(co_await video->get_stats());
    const auto video_consumer = webrtc->consumer_by_id(house.video_consumer);
    must(co_await video_consumer->resume());
    const auto dump = must(co_await video_consumer->dump());
    EXPECT_EQ(dump.at("paused"), false);
    must(co_await video_consumer->get_stats());

    // A consumer of an adopted producer takes the next mid, and a data consumer a stream that is free.
    const auto second = co_await consume(router, webrtc, house.audio);
    EXPECT_EQ(video_consumer->rtp_parameters().mid, "0");
    EXPECT_EQ(second->rtp_parameters().mid, "1");
    const auto more_notes = co_await consume_data(webrtc, house.notes);
    EXPECT_NE(more_notes->sctp_stream_parameters()->stream_id,
              webrtc->data_consumer_by_id(house.notes_consumer)->sctp_stream_parameters()->stream_id);
    must(co_await webrtc->data_consumer_by_id(house.notes_consumer)->add_subchannel(6));
    auto other_sound = audio_producer(77777777);
    other_sound.rtp_parameters.mid = "MORE";
    other_sound.rtp_parameters.rtcp.cname.reset();
    const auto third = co_await produce(sender, std::move(other_sound));
    EXPECT_EQ(third->rtp_parameters().rtcp.cname, router->producer_by_id(house.audio)->rtp_parameters().rtcp.cname);
    const auto observer = router->rtp_observer_by_id(house.speakers);
    must(co_await observer->resume());
    must(co_await observer->add_producer(third->id()));
    const auto fresh = co_await MediaFixture::webrtc(router);
    must(co_await fresh->dump());
    RouterOptions options;
    options.media_codecs = test::media_codecs();
    must(co_await worker->create_router(std::move(options)));
    EXPECT_EQ(worker->router_count(), 2U);
  });
}

TEST_F(AdoptionTest, WhatClosesTellsAsBefore) {
  run([this]() -> asio::awaitable<void> {
    const House house = co_await build();
    const auto worker = co_await hand_over(house.worker);
    const auto router = worker->router_by_id(house.router);
    const auto webrtc = transport<WebRtcTransport>(router, house.webrtc);
    const auto receiver = transport<PlainTransport>(router, house.receiver);
    const auto direct = transport<DirectTransport>(router, house.direct);
    EventLog log;
    log.watch(receiver->consumer_by_id(house.audio_consumer)->on_producer_close, "consumer producerclose");
    log.watch(direct->data_consumer_by_id(house.chat_consumer)->on_data_producer_close, "data producerclose");
    log.watch(webrtc->on_listen_server_close, "listenserverclose");
    router->producer_by_id(house.audio)->close();
    EXPECT_EQ(router->producer_by_id(house.audio), nullptr);
    EXPECT_TRUE(co_await eventually([&] { return log.names.size() == 1; }));
    EXPECT_EQ(receiver->consumer_by_id(house.audio_consumer), nullptr);
    // Ends the transport that uses it, its data producer, and that one's consumer on another transport.
    worker->webrtc_server_by_id(house.server)->close();
    EXPECT_TRUE(co_await eventually([&] { return log.names.size() == 3; }));
    EXPECT_EQ(log.names, (Names{"consumer producerclose", "listenserverclose", "data producerclose"}));
    EXPECT_EQ(router->data_producer_by_id(house.chat), nullptr);
    EXPECT_EQ(router->transport_by_id(house.webrtc), nullptr);
    EXPECT_EQ(worker->webrtc_server_by_id(house.server), nullptr);
    direct->close();
    router->rtp_observer_by_id(house.levels)->close();
    const auto dump = must(co_await router->dump());
    EXPECT_EQ(dump.at("transportIds").as_array().size(), 2U);
    EXPECT_EQ(dump.at("rtpObserverIds").as_array().size(), 1U);
    router->close();
    EXPECT_EQ(worker->router_by_id(house.router), nullptr);
    const auto left = must(co_await worker->dump());
    EXPECT_TRUE(left.at("routerIds").as_array().empty());
    EXPECT_TRUE(left.at("webRtcServerIds").as_array().empty());
  });
}

TEST_F(AdoptionTest, MediaFlowsOnWhileNobodyListensAndNothingIsLost) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    auto worker = workers.back();
    const auto sender = co_await comedia(router);
    const auto receiver = co_await plain(router, plain_options());
    auto from = new_socket();
    auto into = new_socket();
    must(co_await receiver->connect(to(into)));
    const auto producer = co_await produce(sender, audio_producer());
    const auto consumer = co_await consume(router, receiver, producer->id());
    const udp::endpoint port = endpoint_of(sender->tuple());
    std::uint16_t number = 0;
    const auto send = [&](int count) {
      for (int i = 0; i < count; ++i) from.send_to(asio::buffer(test::audio_packet(++number)), port);
    };
    std::vector<std::uint16_t> got;
    const auto take = [&] {
      const auto more = sequence_numbers(into);
      got.insert(got.end(), more.begin(), more.end());
      return got.size();
    };
    send(20);
    EXPECT_TRUE(co_await eventually([&] { return take() == 20; }));
    for (std::size_t round = 1; round <= 5; ++round) {
      const std::string text = co_await save(worker);
      let_go(worker);
      send(50);
      // The event loop stands still here; the worker does not.
      for (int waited = 0; waited < 1000 && take() < 20 + 100 * round - 50; ++waited) ::usleep(1000);
      EXPECT_EQ(got.size(), 20 + 100 * round - 50);
      worker = adopt(text);
      send(50);
      EXPECT_TRUE(co_await eventually([&] { return take() == 20 + 100 * round; }));
    }
    for (std::size_t i = 1; i < got.size(); ++i) EXPECT_EQ(got[i], static_cast<std::uint16_t>(got[i - 1] + 1)) << i;
    const auto stats = must(co_await worker->router_by_id(router->id())->producer_by_id(producer->id())->get_stats());
    EXPECT_EQ(stats.at(0).at("packetCount").to_number<int>(), 520);
    EXPECT_EQ(stats.at(0).at("packetsLost").to_number<int>(), 0);
  });
}

TEST_F(AdoptionTest, WhatTheWorkerSaysMeanwhileIsHeardByWhoListensAfterwards) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    auto worker = workers.back();
    const auto sender = co_await comedia(router);
    const auto direct = co_await MediaFixture::direct(router);
    const auto producer = co_await produce(direct, audio_producer());
    const auto consumer = co_await consume(router, direct, producer->id());
    const std::string text = co_await save(worker);
    let_go(worker);
    // The worker learns the address, and says so to nobody.
    auto from = new_socket();
    from.send_to(asio::buffer(test::audio_packet(1)), endpoint_of(sender->tuple()));
    worker = adopt(text);
    const auto adopted = worker->router_by_id(router->id());
    const auto heard = transport<PlainTransport>(adopted, sender->id());
    const auto loop = transport<DirectTransport>(adopted, direct->id());
    const auto adopted_consumer = loop->consumer_by_id(consumer->id());
    EventLog log;
    log.watch(heard->on_tuple, "tuple");
    log.watch(adopted_consumer->on_producer_pause, "producerpause");
    log.watch(adopted_consumer->on_producer_close, "producerclose");
    EXPECT_TRUE(co_await eventually([&] { return log.names.size() == 1; }));
    EXPECT_EQ(heard->tuple().remote_port, from.local_endpoint().port());
    // And what follows, RTP of the worker to this program too.
    std::size_t packets = 0;
    const Subscription counting = adopted_consumer->on_rtp.connect([&](std::span<const std::uint8_t>) { ++packets; });
    const auto adopted_producer = adopted->producer_by_id(producer->id());
    for (std::uint16_t i = 1; i <= 10; ++i) must(adopted_producer->send(test::audio_packet(i)));
    EXPECT_TRUE(co_await eventually([&] { return packets == 10; }));
    must(co_await adopted_producer->pause());
    EXPECT_TRUE(co_await eventually([&] { return log.names.size() == 2; }));
    adopted_producer->close();
    EXPECT_TRUE(co_await eventually([&] { return log.names.size() == 3; }));
    EXPECT_EQ(log.names, (Names{"tuple", "producerpause", "producerclose"}));
  });
}

// --- death

TEST_F(AdoptionTest, DeathIsNoticedAsBefore) {
  run([this]() -> asio::awaitable<void> {
    const House house = co_await build();
    const auto worker = co_await hand_over(house.worker);
    const auto producer = worker->router_by_id(house.router)->producer_by_id(house.audio);
    EventLog log;
    log.watch(producer->on_transport_close, "transportclose");
    log.watch(worker->on_died, "died");
    log.watch(worker->on_subprocess_close, "subprocessclose");
    ::kill(worker->pid(), SIGKILL);
    co_await worker->wait_subprocess_closed();
    EXPECT_TRUE(co_await eventually([&] { return log.names.size() == 3; }));
    EXPECT_EQ(log.names, (Names{"transportclose", "died", "subprocessclose"}));
    const Result<json::value> late = co_await worker->dump();
    EXPECT_EQ(code_of(late), Errc::worker_died);
  });
}

TEST_F(AdoptionTest, DeathBetweenSaveAndAdoptIsNoticedSoonAfter) {
  run([this]() -> asio::awaitable<void> {
    House house = co_await build();
    const pid_t pid = house.worker->pid();
    const std::string text = co_await save(house.worker);
    let_go(house.worker);
    ::kill(pid, SIGKILL);
    siginfo_t info{};
    EXPECT_EQ(::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT), 0);  // dead, not reaped
    const auto worker = adopt(text);
    EXPECT_FALSE(worker->closed());
    int deaths = 0;
    const Subscription died = worker->on_died.connect([&](const Error&) { ++deaths; });
    EXPECT_TRUE(co_await eventually([&] { return deaths == 1 && worker->subprocess_closed(); }));
    EXPECT_EQ(::kill(pid, 0), -1);
  });
}

TEST_F(AdoptionTest, AnAdoptedWorkerEndsWhenItIsClosed) {
  run([this]() -> asio::awaitable<void> {
    const auto made = co_await new_worker();
    const auto worker = co_await hand_over(made);
    const pid_t pid = worker->pid();
    for (const int fd : worker->descriptors()) EXPECT_EQ(::fcntl(fd, F_GETFD), FD_CLOEXEC);
    EXPECT_EQ(worker->descriptors().size(), 4U);
    int deaths = 0;
    const Subscription died = worker->on_died.connect([&](const Error&) { ++deaths; });
    worker->close();
    co_await worker->wait_subprocess_closed();
    EXPECT_TRUE(worker->subprocess_closed());
    EXPECT_EQ(deaths, 0);
    EXPECT_EQ(::kill(pid, 0), -1);
  });
}

}  // namespace
}  // namespace carillon::mediasoup
