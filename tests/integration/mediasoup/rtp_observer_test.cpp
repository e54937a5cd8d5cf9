// ActiveSpeakerObserver and AudioLevelObserver against the real mediasoup-worker, fed with RTP over DirectTransports.
#include "base/async.hpp"
#include "support/media_fixture.hpp"

namespace json = boost::json;

namespace carillon::mediasoup {
namespace {

using test::code_of;
using test::EventLog;
using test::must;
using test::Names;

/// Twenty milliseconds of sound with its level (RFC 6464) in a one-byte header extension (RFC 8285 section 4.2).
std::vector<std::uint8_t> packet_with_level(std::uint16_t sequence_number, std::uint32_t ssrc,
                                            std::uint8_t level_below_full) {
  std::vector<std::uint8_t> packet = test::audio_packet(sequence_number, ssrc);
  packet[0] |= 0x10;
  const std::vector<std::uint8_t> extension{
      0xBE, 0xDE, 0x00, 0x01, 12 << 4, static_cast<std::uint8_t>(0x80 | level_below_full), 0, 0};
  packet.insert(packet.begin() + 12, extension.begin(), extension.end());
  return packet;
}

class RtpObserverTest : public test::MediaFixture {
 protected:
  static asio::awaitable<std::shared_ptr<AudioLevelObserver>> level_observer(std::shared_ptr<mediasoup::Router> router,
                                                                             AudioLevelObserverOptions options) {
    auto made = co_await router->create_audio_level_observer(std::move(options));
    co_return must(std::move(made));
  }
  static asio::awaitable<std::shared_ptr<ActiveSpeakerObserver>> speaker_observer(
      std::shared_ptr<mediasoup::Router> router) {
    ActiveSpeakerObserverOptions options;
    options.interval = 100;
    auto made = co_await router->create_active_speaker_observer(std::move(options));
    co_return must(std::move(made));
  }
  /// Sends sound until `heard` holds; faster than real time, since an observer wants ten packets in its interval.
  static asio::awaitable<bool> speak(std::shared_ptr<Producer> producer, std::uint8_t level,
                                     std::function<bool()> heard) {
    const std::uint32_t ssrc = *producer->rtp_parameters().encodings.at(0).ssrc;
    for (std::uint16_t i = 0; i < 4000 && !heard(); ++i) {
      must(producer->send(packet_with_level(i, ssrc, level)));
      if (i % 5 == 4) co_await sleep_for(std::chrono::milliseconds{20});
    }
    co_return heard();
  }
};

TEST_F(RtpObserverTest, AudioLevelsOfTheLoudestThenSilence) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto transport = co_await direct(router);
    const auto loud = co_await produce(transport, test::audio_producer(1001));
    AudioLevelObserverOptions options;
    options.interval = 250;
    options.max_entries = 2;
    options.threshold = -70;
    options.app_data["a"] = 1;
    std::shared_ptr<RtpObserver> told;
    const Subscription made =
        router->on_new_rtp_observer.connect([&](const std::shared_ptr<RtpObserver>& one) { told = one; });
    const auto observer = co_await level_observer(router, options);
    EXPECT_EQ(told, observer);
    EXPECT_EQ(to_string(observer->type()), "audiolevel");
    EXPECT_EQ(observer->app_data.at("a").as_int64(), 1);
    EventLog events;
    events.watch(observer->on_add_producer, "addproducer");
    events.watch(observer->on_remove_producer, "removeproducer");
    const Result<> added = co_await observer->add_producer(loud->id());
    must(added);

    std::vector<AudioLevelVolume> heard;
    int silences = 0;
    const Subscription volumes =
        observer->on_volumes.connect([&](const std::vector<AudioLevelVolume>& now) { heard = now; });
    const Subscription silence = observer->on_silence.connect([&] { ++silences; });
    const bool spoke = co_await speak(loud, 30, [&] { return !heard.empty(); });
    EXPECT_TRUE(spoke);
    if (!heard.empty()) {
      EXPECT_EQ(heard[0].producer, loud);
      EXPECT_EQ(heard[0].volume, -30);
    }
    const bool silent = co_await eventually([&] { return silences > 0; });
    EXPECT_TRUE(silent);
    const Result<> removed = co_await observer->remove_producer(loud->id());
    must(removed);
    EXPECT_EQ(events.names, (Names{"addproducer", "removeproducer"}));
  });
}

TEST_F(RtpObserverTest, TheOneWhoSpeaksIsDominant) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto transport = co_await direct(router);
    const auto alice = co_await produce(transport, test::audio_producer(1001));
    const auto observer = co_await speaker_observer(router);
    EXPECT_EQ(to_string(observer->type()), "activespeaker");
    const Result<> added = co_await observer->add_producer(alice->id());
    must(added);
    std::shared_ptr<Producer> dominant;
    const Subscription speaking =
        observer->on_dominant_speaker.connect([&](const std::shared_ptr<Producer>& one) { dominant = one; });
    const bool spoke = co_await speak(alice, 10, [&] { return dominant != nullptr; });
    EXPECT_TRUE(spoke);
    EXPECT_EQ(dominant, alice);
  });
}

TEST_F(RtpObserverTest, PausesAndResumes) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto observer = co_await speaker_observer(router);
    EventLog events;
    events.watch(observer->on_pause, "pause");
    events.watch(observer->on_resume, "resume");
    for (int i = 0; i < 2; ++i) {
      const Result<> paused = co_await observer->pause();
      must(paused);
    }
    EXPECT_TRUE(observer->paused());
    const Result<> resumed = co_await observer->resume();
    must(resumed);
    EXPECT_FALSE(observer->paused());
    EXPECT_EQ(events.names, (Names{"pause", "resume"}));
  });
}

TEST_F(RtpObserverTest, WrongArgumentsAreRefused) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto observer = co_await speaker_observer(router);
    const Result<> nobody = co_await observer->add_producer("nobody");
    EXPECT_EQ(code_of(nobody), Errc::not_found);
    const Result<> nobody_out = co_await observer->remove_producer("nobody");
    EXPECT_EQ(code_of(nobody_out), Errc::not_found);
    const auto transport = co_await direct(router);
    const auto video = co_await produce(transport, test::video_producer());
    const Result<> picture = co_await observer->add_producer(video->id());
    EXPECT_FALSE(picture);  // the worker looks at audio only
    AudioLevelObserverOptions none;
    none.max_entries = 0;
    const auto no_entries = co_await router->create_audio_level_observer(none);
    EXPECT_EQ(code_of(no_entries), Errc::bad_request);
    AudioLevelObserverOptions loud;
    loud.threshold = 1;
    const auto too_loud = co_await router->create_audio_level_observer(loud);
    EXPECT_EQ(code_of(too_loud), Errc::bad_request);
    loud.threshold = -128;
    const auto too_quiet = co_await router->create_audio_level_observer(loud);
    EXPECT_EQ(code_of(too_quiet), Errc::bad_request);
  });
}

TEST_F(RtpObserverTest, AfterCloseEverythingIsRefused) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto observer = co_await speaker_observer(router);
    EventLog events;
    events.watch(observer->on_close, "close");
    events.watch(observer->on_router_close, "routerclose");
    observer->close();
    observer->close();
    EXPECT_EQ(events.names, Names{"close"});
    const Result<> paused = co_await observer->pause();
    EXPECT_EQ(code_of(paused), Errc::conflict);
    const Result<> resumed = co_await observer->resume();
    EXPECT_EQ(code_of(resumed), Errc::conflict);
    const Result<> added = co_await observer->add_producer("any");
    EXPECT_EQ(code_of(added), Errc::conflict);
    const Result<> removed = co_await observer->remove_producer("any");
    EXPECT_EQ(code_of(removed), Errc::conflict);
    Result<json::value> dump = co_await router->dump();
    EXPECT_TRUE(must(dump).at("rtpObserverIds").as_array().empty());
  });
}

TEST_F(RtpObserverTest, EndsWithItsRouterAndWithTheWorker) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto first = co_await speaker_observer(router);
    EventLog events;
    events.watch(first->on_router_close, "routerclose");
    events.watch(first->on_close, "close");
    router->close();
    EXPECT_TRUE(first->closed());
    EXPECT_EQ(events.names, (Names{"routerclose", "close"}));

    const auto other = co_await new_router();
    const AudioLevelObserverOptions options;
    const auto second = co_await level_observer(other, options);
    EventLog more;
    more.watch(second->on_router_close, "routerclose");
    more.watch(second->on_close, "close");
    workers.back()->close();
    EXPECT_TRUE(second->closed());
    EXPECT_EQ(more.names, (Names{"routerclose", "close"}));
    const Result<> late = co_await second->pause();
    EXPECT_EQ(code_of(late), Errc::worker_died);
  });
}

}  // namespace
}  // namespace carillon::mediasoup
