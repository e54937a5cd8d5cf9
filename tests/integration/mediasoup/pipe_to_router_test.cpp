// Router::pipe_to_router() between two workers and within one, with media that really passes.
#include "base/async.hpp"
#include "mediasoup/data_consumer.hpp"
#include "support/media_fixture.hpp"

#include <boost/asio/co_spawn.hpp>

#include <signal.h>

namespace json = boost::json;

namespace carillon::mediasoup {
namespace {

using test::code_of;
using test::must;

class PipeToRouterTest : public test::MediaFixture {
 protected:
  using RouterPtr = std::shared_ptr<mediasoup::Router>;

  static asio::awaitable<RouterPtr> second_router_of(std::shared_ptr<Worker> worker) {
    RouterOptions options;
    options.media_codecs = test::media_codecs();
    auto made = co_await worker->create_router(std::move(options));
    co_return must(std::move(made));
  }
  static PipeToRouterOptions to(RouterPtr router, const std::shared_ptr<Producer>& producer) {
    PipeToRouterOptions options;
    options.router = std::move(router);
    options.producer_id = producer->id();
    return options;
  }
  static PipeToRouterOptions to(RouterPtr router, const std::shared_ptr<DataProducer>& data_producer) {
    PipeToRouterOptions options;
    options.router = std::move(router);
    options.data_producer_id = data_producer->id();
    return options;
  }
  static asio::awaitable<PipeToRouterResult> pipe_it(RouterPtr from, PipeToRouterOptions options) {
    auto piped = co_await from->pipe_to_router(std::move(options));
    co_return must(std::move(piped));
  }
};

TEST_F(PipeToRouterTest, MediaOfOneWorkerIsConsumedOnAnother) {
  run([this]() -> asio::awaitable<void> {
    const auto here = co_await new_router();
    const auto there = co_await new_router();
    const auto sending = co_await direct(here);
    const auto producer = co_await produce(sending, test::audio_producer());
    const auto options = to(there, producer);
    const auto piped = co_await pipe_it(here, options);
    EXPECT_EQ(piped.pipe_producer->id(), producer->id());
    EXPECT_EQ(piped.pipe_producer->kind(), ortc::MediaKind::audio);
    EXPECT_EQ(to_string(piped.pipe_consumer->type()), "pipe");
    EXPECT_EQ(there->producer_by_id(producer->id()), piped.pipe_producer);
    EXPECT_FALSE(piped.pipe_data_consumer || piped.pipe_data_producer);

    const auto receiving = co_await direct(there);
    const auto consumer = co_await consume(there, receiving, producer->id());
    std::size_t packets = 0;
    const Subscription heard = consumer->on_rtp.connect([&](std::span<const std::uint8_t>) { ++packets; });
    for (std::uint16_t i = 0; i < 250 && packets < 10; ++i) {
      must(producer->send(test::audio_packet(i)));
      co_await sleep_for(std::chrono::milliseconds{20});
    }
    EXPECT_GE(packets, 10U);
  });
}

TEST_F(PipeToRouterTest, WithSrtpAndRtxToo) {
  run([this]() -> asio::awaitable<void> {
    const auto here = co_await new_router();
    const auto there = co_await new_router();
    const auto sending = co_await direct(here);
    const auto producer = co_await produce(sending, test::video_producer(3));
    auto options = to(there, producer);
    options.enable_srtp = true;
    options.enable_rtx = true;
    const auto piped = co_await pipe_it(here, options);
    EXPECT_EQ(piped.pipe_consumer->rtp_parameters().encodings.size(), 3U);
    bool srtp = false;
    Result<json::value> dump = co_await there->dump();
    const json::value dumped = must(dump);
    for (const json::value& id : dumped.at("transportIds").as_array()) {
      const auto transport =
          std::dynamic_pointer_cast<PipeTransport>(there->transport_by_id(std::string{id.as_string()}));
      srtp = srtp || (transport && transport->srtp_parameters().has_value());
    }
    EXPECT_TRUE(srtp);
  });
}

TEST_F(PipeToRouterTest, DataProducersArePipedToo) {
  run([this]() -> asio::awaitable<void> {
    const auto here = co_await new_router();
    const auto there = co_await new_router();
    const auto sending = co_await direct(here);
    DataProducerOptions chat;
    chat.label = "chat";
    const auto data_producer = co_await produce_data(sending, chat);
    const auto options = to(there, data_producer);
    const auto piped = co_await pipe_it(here, options);
    EXPECT_EQ(piped.pipe_data_producer->id(), data_producer->id());
    EXPECT_EQ(piped.pipe_data_producer->label(), "chat");
    EXPECT_FALSE(piped.pipe_consumer || piped.pipe_producer);
    data_producer->close();
    const bool ended =
        co_await eventually([&] { return piped.pipe_data_consumer->closed() && piped.pipe_data_producer->closed(); });
    EXPECT_TRUE(ended);
    EXPECT_EQ(there->data_producer_by_id(data_producer->id()), nullptr);
  });
}

TEST_F(PipeToRouterTest, OnePairOfTransportsServesAllProducersAlsoWhenAskedAtOnce) {
  run([this]() -> asio::awaitable<void> {
    const auto here = co_await new_router();
    const auto there = co_await new_router();
    const auto sending = co_await direct(here);
    const auto audio = co_await produce(sending, test::audio_producer());
    const auto video = co_await produce(sending, test::video_producer());
    const auto back = co_await direct(there);
    const auto answer = co_await produce(back, test::audio_producer(777));
    int done = 0;
    for (const auto& [from, options] :
         {std::pair{here, to(there, audio)}, std::pair{here, to(there, video)}, std::pair{there, to(here, answer)}}) {
      asio::co_spawn(io, from->pipe_to_router(options),
                     [&](std::exception_ptr, const Result<PipeToRouterResult>& piped) {
                       EXPECT_TRUE(piped) << (piped ? "" : piped.error().detail);
                       ++done;
                     });
    }
    const bool all = co_await eventually([&] { return done == 3; }, std::chrono::seconds{20});
    EXPECT_TRUE(all);
    EXPECT_EQ(here->transport_count(), 2U);
    EXPECT_EQ(there->transport_count(), 2U);
    EXPECT_NE(there->producer_by_id(audio->id()), nullptr);
    EXPECT_NE(there->producer_by_id(video->id()), nullptr);
    EXPECT_NE(here->producer_by_id(answer->id()), nullptr);
  });
}

TEST_F(PipeToRouterTest, WithinOneWorkerOnlyWithANewId) {
  run([this]() -> asio::awaitable<void> {
    const auto here = co_await new_router();
    const auto there = co_await second_router_of(workers.back());
    const auto sending = co_await direct(here);
    const auto producer = co_await produce(sending, test::audio_producer());
    auto options = to(there, producer);
    const auto same_id = co_await here->pipe_to_router(options);
    EXPECT_EQ(code_of(same_id), Errc::bad_request);
    EXPECT_EQ(there->transport_count(), 0U);
    options.keep_id = false;
    const auto piped = co_await pipe_it(here, options);
    EXPECT_NE(piped.pipe_producer->id(), producer->id());
    EXPECT_EQ(there->producer_by_id(piped.pipe_producer->id()), piped.pipe_producer);
  });
}

TEST_F(PipeToRouterTest, PauseResumeAndCloseFollow) {
  run([this]() -> asio::awaitable<void> {
    const auto here = co_await new_router();
    const auto there = co_await new_router();
    const auto sending = co_await direct(here);
    auto paused_at_first = test::audio_producer();
    paused_at_first.paused = true;
    const auto producer = co_await produce(sending, paused_at_first);
    const auto options = to(there, producer);
    const auto piped = co_await pipe_it(here, options);
    EXPECT_TRUE(piped.pipe_producer->paused());
    const Result<> resumed = co_await producer->resume();
    must(resumed);
    bool followed = co_await eventually([&] { return !piped.pipe_producer->paused(); });
    EXPECT_TRUE(followed);
    const Result<> paused = co_await producer->pause();
    must(paused);
    followed = co_await eventually([&] { return piped.pipe_producer->paused(); });
    EXPECT_TRUE(followed);
    producer->close();
    followed = co_await eventually([&] { return piped.pipe_producer->closed() && piped.pipe_consumer->closed(); });
    EXPECT_TRUE(followed);
    EXPECT_EQ(there->producer_by_id(producer->id()), nullptr);
    EXPECT_EQ(there->transport_count(), 1U);  // the pair stays for the next producer
  });
}

TEST_F(PipeToRouterTest, ThePipedProducersEndEndsThePipeConsumer) {
  run([this]() -> asio::awaitable<void> {
    const auto here = co_await new_router();
    const auto there = co_await new_router();
    const auto sending = co_await direct(here);
    const auto producer = co_await produce(sending, test::audio_producer());
    const auto options = to(there, producer);
    const auto piped = co_await pipe_it(here, options);
    piped.pipe_producer->close();
    EXPECT_TRUE(piped.pipe_consumer->closed());
    EXPECT_FALSE(producer->closed());
    const auto again = co_await pipe_it(here, options);
    EXPECT_FALSE(again.pipe_producer->closed());
    EXPECT_EQ(here->transport_count(), 2U);
  });
}

TEST_F(PipeToRouterTest, WhenOneRouterEndsTheOtherLosesItsHalfAndMayPipeAgain) {
  run([this]() -> asio::awaitable<void> {
    const auto here = co_await new_router();
    const auto there = co_await new_router();
    const auto sending = co_await direct(here);
    const auto producer = co_await produce(sending, test::audio_producer());
    const auto options = to(there, producer);
    const auto piped = co_await pipe_it(here, options);
    there->close();
    EXPECT_EQ(here->transport_count(), 1U);
    EXPECT_TRUE(piped.pipe_consumer->closed());
    EXPECT_FALSE(producer->closed());
    const auto closed = co_await here->pipe_to_router(options);
    EXPECT_EQ(code_of(closed), Errc::conflict);
    const auto elsewhere = co_await new_router();
    const auto more = to(elsewhere, producer);
    const auto again = co_await pipe_it(here, more);
    EXPECT_EQ(again.pipe_producer->id(), producer->id());
  });
}

TEST_F(PipeToRouterTest, WhenTheOtherWorkerDiesThisOneGoesOn) {
  run([this]() -> asio::awaitable<void> {
    const auto here = co_await new_router();
    const auto there = co_await new_router();
    const auto sending = co_await direct(here);
    const auto producer = co_await produce(sending, test::audio_producer());
    const auto options = to(there, producer);
    const auto piped = co_await pipe_it(here, options);
    ::kill(workers.back()->pid(), SIGKILL);
    const bool ended = co_await eventually([&] { return piped.pipe_consumer->closed(); });
    EXPECT_TRUE(ended);
    EXPECT_EQ(here->transport_count(), 1U);
    EXPECT_FALSE(producer->closed());
    const auto dead = co_await here->pipe_to_router(options);
    EXPECT_EQ(code_of(dead), Errc::worker_died);
    Result<json::value> dump = co_await here->dump();
    must(dump);
  });
}

TEST_F(PipeToRouterTest, AWorkerThatHangsWhileThePipeIsMadeFailsAllWhoWaitForIt) {
  run([this]() -> asio::awaitable<void> {
    const auto here = co_await new_router();
    WorkerSettings impatient = settings();
    impatient.channel.request_timeout = std::chrono::seconds{2};
    auto made = co_await Worker::create(impatient);
    workers.push_back(must(std::move(made)));
    const auto there = co_await second_router_of(workers.back());
    const auto sending = co_await direct(here);
    const auto audio = co_await produce(sending, test::audio_producer());
    const auto video = co_await produce(sending, test::video_producer());
    ::kill(workers.back()->pid(), SIGSTOP);
    std::vector<Errc> failed;
    for (const auto& producer : {audio, video}) {
      asio::co_spawn(
          io, here->pipe_to_router(to(there, producer)),
          [&](std::exception_ptr, const Result<PipeToRouterResult>& piped) { failed.push_back(code_of(piped)); });
    }
    const bool all = co_await eventually([&] { return failed.size() == 2; }, std::chrono::seconds{20});
    EXPECT_TRUE(all);
    EXPECT_EQ(failed, (std::vector<Errc>{Errc::worker_died, Errc::worker_died}));
    EXPECT_EQ(here->transport_count(), 1U);
  });
}

TEST_F(PipeToRouterTest, WrongArgumentsAreRefused) {
  run([this]() -> asio::awaitable<void> {
    const auto here = co_await new_router();
    const auto there = co_await new_router();
    const auto sending = co_await direct(here);
    const auto producer = co_await produce(sending, test::audio_producer());
    const auto good = to(there, producer);
    auto options = good;
    options.producer_id.clear();
    const auto neither = co_await here->pipe_to_router(options);
    EXPECT_EQ(code_of(neither), Errc::bad_request);
    options = good;
    options.data_producer_id = "also";
    const auto both = co_await here->pipe_to_router(options);
    EXPECT_EQ(code_of(both), Errc::bad_request);
    options = good;
    options.router = nullptr;
    const auto nowhere = co_await here->pipe_to_router(options);
    EXPECT_EQ(code_of(nowhere), Errc::bad_request);
    options.router = here;
    const auto itself = co_await here->pipe_to_router(options);
    EXPECT_EQ(code_of(itself), Errc::bad_request);
    options = good;
    options.producer_id = "nobody";
    const auto nobody = co_await here->pipe_to_router(options);
    EXPECT_EQ(code_of(nobody), Errc::not_found);
    options = good;
    options.listen_info.ip = "192.0.2.1";  // RFC 5737: nobody has it
    const auto not_ours = co_await here->pipe_to_router(options);
    EXPECT_FALSE(not_ours);
    EXPECT_EQ(here->transport_count(), 1U);
    EXPECT_EQ(there->transport_count(), 0U);
    const auto after_failure = co_await pipe_it(here, good);
    EXPECT_FALSE(after_failure.pipe_producer->closed());
    here->close();
    const auto closed = co_await here->pipe_to_router(good);
    EXPECT_EQ(code_of(closed), Errc::conflict);
  });
}

}  // namespace
}  // namespace carillon::mediasoup
