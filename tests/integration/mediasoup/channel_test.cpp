// Channel over a socket pair whose other end the test plays: splits, order, limits, deadlines, refusals.
#include "base/async.hpp"
#include "mediasoup/channel/messages.hpp"
#include "mediasoup/saved.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <thread>

using namespace std::chrono_literals;

namespace carillon::mediasoup {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Then = std::function<void(const Result<Response>&)>;

asio::awaitable<void> hand_over(asio::awaitable<Result<Response>> answer, Then then) {
  const Result<Response> response = co_await std::move(answer);
  then(response);
}

class ChannelTest : public ::testing::Test {
 protected:
  ChannelTest() {
    set_log_level(LogLevel::off);
    int fds[2];
    ::socketpair(AF_UNIX, SOCK_STREAM, 0, fds);
    const int write_end = fds[0];
    requests_ = fds[1];
    ::socketpair(AF_UNIX, SOCK_STREAM, 0, fds);
    const int read_end = fds[0];
    answers_ = fds[1];
    ::fcntl(requests_, F_SETFL, O_NONBLOCK);
    open(write_end, read_end);
  }
  ~ChannelTest() override {
    channel->close(fail(Errc::worker_died, "end of test"));
    channel.reset();
    hang_up();
    io.restart();
    io.poll();
    ::close(requests_);
  }

  static ChannelOptions channel_options() {
    ChannelOptions options;
    options.request_timeout = 2s;
    options.requests_max = 100;
    options.message_bytes_max = 1'000'000;
    return options;
  }
  void open(int write_end, int read_end) {
    channel = Channel::open(io.get_executor(), write_end, read_end, channel_options(), Logger{});
  }
  void hang_up() {
    if (answers_ >= 0) ::close(std::exchange(answers_, -1));
  }

  void send(const Bytes& bytes) {
    ASSERT_EQ(::write(answers_, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }

  static Bytes message(flatbuffers::FlatBufferBuilder& builder, FBS::Message::Body type,
                       flatbuffers::Offset<void> body) {
    builder.FinishSizePrefixed(FBS::Message::CreateMessage(builder, type, body));
    return {builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize()};
  }
  static Bytes accepted(std::uint32_t id) {
    flatbuffers::FlatBufferBuilder builder;
    return message(builder, FBS::Message::Body::Response, FBS::Response::CreateResponse(builder, id, true).Union());
  }
  static Bytes refused(std::uint32_t id, const char* error, const char* reason) {
    flatbuffers::FlatBufferBuilder builder;
    const auto made =
        FBS::Response::CreateResponseDirect(builder, id, false, FBS::Response::Body::NONE, 0, error, reason);
    return message(builder, FBS::Message::Body::Response, made.Union());
  }
  static Bytes notification(const char* handler, NotificationEvent event) {
    flatbuffers::FlatBufferBuilder builder;
    return message(builder, FBS::Message::Body::Notification,
                   FBS::Notification::CreateNotificationDirect(builder, handler, event).Union());
  }

  void await(asio::awaitable<Result<Response>> answer, Then then) {
    asio::co_spawn(io, hand_over(std::move(answer), std::move(then)), report(Logger{}, "test"));
  }
  /// Asks, and writes down how it ended.
  void ask(std::string name = "answer") {
    await(channel->request(Method::WORKER_DUMP, "handler"), [this, name](const Result<Response>& response) {
      events.push_back(response ? name : name + " " + std::string{to_string(response.error().code)});
      if (!response) errors.push_back(response.error().detail);
    });
    io.poll();
    io.restart();
  }
  void settle(std::chrono::milliseconds limit = 20ms) {
    io.run_for(limit);
    io.restart();
    io.poll();  // what is ready runs, also when a busy machine has used up the time
    io.restart();
  }
  /// The messages that were sent to the worker so far.
  std::vector<Bytes> sent() {
    std::vector<Bytes> frames;
    Bytes all(4'000'000);
    const ssize_t size = ::read(requests_, all.data(), all.size());
    std::size_t at = 0;
    while (size > 0 && at < static_cast<std::size_t>(size)) {
      std::uint32_t length = 0;
      std::memcpy(&length, all.data() + at, sizeof length);
      frames.emplace_back(all.begin() + static_cast<std::ptrdiff_t>(at),
                          all.begin() + static_cast<std::ptrdiff_t>(at + 4 + length));
      at += 4 + length;
    }
    return frames;
  }

  /// What more came to the worker.
  Bytes drain_bytes() {
    Bytes part(1'000'000);
    const ssize_t size = ::read(requests_, part.data(), part.size());
    part.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return part;
  }
  std::size_t drain() { return drain_bytes().size(); }

  /// Another object takes the place of this one, as after an execve.
  void carry_over() {
    const boost::json::object state = channel->save();
    channel->release();
    channel = Channel::restore(io.get_executor(), Saved{state, "channel"}, channel_options(), Logger{});
  }

  asio::io_context io;
  std::shared_ptr<Channel> channel;
  std::vector<std::string> events;
  std::vector<std::string> errors;

 private:
  int requests_ = -1;
  int answers_ = -1;
};

TEST_F(ChannelTest, ARequestIsWrittenAtOnceWithMethodHandlerAndBody) {
  auto answer = request(*channel, Method::WORKER_CREATE_ROUTER, "some handler", [](Builder& builder) {
    return FBS::Worker::CreateCreateRouterRequest(builder, builder.CreateString("router 1"));
  });
  settle();
  const std::vector<Bytes> frames = sent();
  ASSERT_EQ(frames.size(), 1U);
  flatbuffers::Verifier verifier{frames[0].data(), frames[0].size()};
  ASSERT_TRUE(FBS::Message::VerifySizePrefixedMessageBuffer(verifier));
  const auto* asked = FBS::Message::GetSizePrefixedMessage(frames[0].data())->data_as_Request();
  ASSERT_NE(asked, nullptr);
  EXPECT_EQ(asked->id(), 1U);
  EXPECT_EQ(asked->method(), Method::WORKER_CREATE_ROUTER);
  EXPECT_EQ(asked->handler_id()->str(), "some handler");
  EXPECT_EQ(asked->body_as_Worker_CreateRouterRequest()->router_id()->str(), "router 1");
}

TEST_F(ChannelTest, AnswersInAnyOrderReachWhoAsked) {
  ask("one");
  ask("two");
  ask("three");
  send(accepted(3));
  send(accepted(1));
  send(accepted(2));
  settle();
  EXPECT_EQ(events, (std::vector<std::string>{"three", "one", "two"}));
  EXPECT_EQ(channel->requests_in_flight(), 0U);
}

TEST_F(ChannelTest, AnAnswerCutAnywhereIsTheSameAnswer) {
  std::uint32_t id = 0;
  for (std::size_t cut = 0; cut <= accepted(1).size(); ++cut) {
    ask();
    const Bytes whole = accepted(++id);
    send({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(cut)});
    settle(1ms);
    send({whole.begin() + static_cast<std::ptrdiff_t>(cut), whole.end()});
    settle(1ms);
    ASSERT_EQ(events.size(), id) << cut;
  }
  EXPECT_FALSE(channel->closed());
}

TEST_F(ChannelTest, RefusalsKeepTheirKind) {
  ask("type");
  ask("missing");
  ask("other");
  send(refused(1, "TypeError", "wrong kind"));
  send(refused(2, "NotFoundError", "no such thing"));
  send(refused(3, "Error", "whatever"));
  settle();
  EXPECT_EQ(events, (std::vector<std::string>{"type bad-request", "missing not-found", "other internal"}));
  EXPECT_EQ(errors[1], "no such thing [WORKER_DUMP]");
  EXPECT_FALSE(channel->closed());
}

TEST_F(ChannelTest, ANotificationComesAfterWhoWaitedForTheAnswerBeforeIt) {
  ask("answer");
  const Channel::Listening listening =
      channel->listen("transport", [&](const Notification&) { events.push_back("notification"); });
  Bytes both = accepted(1);
  const Bytes second = notification("transport", NotificationEvent::WEBRTCTRANSPORT_ICE_STATE_CHANGE);
  both.insert(both.end(), second.begin(), second.end());
  send(both);
  settle();
  EXPECT_EQ(events, (std::vector<std::string>{"answer", "notification"}));
}

TEST_F(ChannelTest, WhoListensAfterTheAnswerStillGetsTheNotificationBehindIt) {
  Channel::Listening listening;
  await(channel->request(Method::WORKER_DUMP, ""), [&](const Result<Response>&) {
    listening = channel->listen("made by that answer", [&](const Notification&) { events.push_back("notification"); });
  });
  settle(1ms);
  Bytes both = accepted(1);
  const Bytes second = notification("made by that answer", NotificationEvent::PRODUCER_SCORE);
  both.insert(both.end(), second.begin(), second.end());
  send(both);
  settle();
  EXPECT_EQ(events, std::vector<std::string>{"notification"});
}

TEST_F(ChannelTest, NobodyListensAnyMoreIsNoError) {
  Channel::Listening listening = channel->listen("gone", [&](const Notification&) { events.push_back("no"); });
  listening.stop();
  send(notification("gone", NotificationEvent::PRODUCER_SCORE));
  settle();
  EXPECT_TRUE(events.empty());
  EXPECT_FALSE(channel->closed());
}

TEST_F(ChannelTest, AHandlerMayStopItself) {
  Channel::Listening listening = channel->listen("once", [&](const Notification&) {
    events.push_back("once");
    listening.stop();
  });
  send(notification("once", NotificationEvent::PRODUCER_SCORE));
  send(notification("once", NotificationEvent::PRODUCER_SCORE));
  settle();
  EXPECT_EQ(events, std::vector<std::string>{"once"});
}

TEST_F(ChannelTest, AnOldListeningDoesNotStopItsSuccessor) {
  Channel::Listening old = channel->listen("id", [&](const Notification&) { events.push_back("old"); });
  const Channel::Listening successor = channel->listen("id", [&](const Notification&) { events.push_back("new"); });
  old.stop();
  send(notification("id", NotificationEvent::PRODUCER_SCORE));
  settle();
  EXPECT_EQ(events, std::vector<std::string>{"new"});
}

TEST_F(ChannelTest, GarbageAfterAGoodAnswerDoesNotLoseTheAnswer) {
  ask("good");
  ask("waits");
  Bytes bytes = accepted(1);
  bytes.insert(bytes.end(), {0xff, 0xff, 0xff, 0xff});
  send(bytes);
  settle();
  EXPECT_EQ(events, (std::vector<std::string>{"good", "waits worker-died"}));
  EXPECT_TRUE(channel->closed());
}

TEST_F(ChannelTest, EveryFlippedByteIsEitherReadAsAMessageOrEndsTheChannel) {
  // The verifier stands between the worker and us: whatever comes, nothing is read outside of the message.
  const Bytes good = refused(1, "TypeError", "a reason of some length");
  for (std::size_t i = 4; i < good.size(); ++i) {
    int fds[2];
    ::socketpair(AF_UNIX, SOCK_STREAM, 0, fds);
    int more[2];
    ::socketpair(AF_UNIX, SOCK_STREAM, 0, more);
    const auto victim = Channel::open(io.get_executor(), fds[0], more[0], ChannelOptions{}, Logger{});
    bool ended = false;
    await(victim->request(Method::WORKER_DUMP, ""), [&](const Result<Response>&) { ended = true; });
    Bytes bad = good;
    bad[i] ^= 0xff;
    ASSERT_EQ(::write(more[1], bad.data(), bad.size()), static_cast<ssize_t>(bad.size()));
    ::close(more[1]);
    for (int waited = 0; waited < 100 && !(ended && victim->closed()); ++waited) settle(2ms);
    EXPECT_TRUE(ended) << i;
    EXPECT_TRUE(victim->closed());
    ::close(fds[1]);
  }
}

TEST_F(ChannelTest, EndOfFileFailsAllThatWaitsOnceAndSaysSo) {
  int broken = 0;
  const Subscription watching = channel->on_broken.connect([&](const Error&) { ++broken; });
  ask("one");
  ask("two");
  hang_up();
  settle();
  EXPECT_EQ(events, (std::vector<std::string>{"one worker-died", "two worker-died"}));
  EXPECT_NE(errors[0].find("the worker is dead: its channel closed"), std::string::npos) << errors[0];
  EXPECT_EQ(broken, 1);
  ask("late");
  EXPECT_EQ(events.back(), "late worker-died");
}

TEST_F(ChannelTest, SilenceFailsAllThatWaits) {
  const auto start = std::chrono::steady_clock::now();
  ask("one");
  ask("two");
  while (events.size() < 2 && std::chrono::steady_clock::now() - start < 10s) settle(50ms);
  EXPECT_EQ(events, (std::vector<std::string>{"one worker-died", "two worker-died"}));
  EXPECT_GE(std::chrono::steady_clock::now() - start, 2s);
  EXPECT_TRUE(channel->closed());
}

TEST_F(ChannelTest, AnAnswerThatLiesReadyIsTakenEvenWhenWeLookTooLate) {
  ask("late reader");
  send(accepted(1));
  std::this_thread::sleep_for(2200ms);  // as if this program had been held up past the deadline
  settle(200ms);
  EXPECT_EQ(events, std::vector<std::string>{"late reader"});
  EXPECT_FALSE(channel->closed());
}

TEST_F(ChannelTest, TheLimitOfRequestsInFlightIsKept) {
  for (int i = 0; i < 100; ++i) ask();
  ask("one too many");
  EXPECT_EQ(events, std::vector<std::string>{"one too many unavailable"});
  send(accepted(1));
  settle();
  ask("fits again");
  EXPECT_EQ(channel->requests_in_flight(), 100U);
}

TEST_F(ChannelTest, AMessageAboveTheLimitIsNotSent) {
  const Bytes large(2'000'000);
  const Result<> refusal = notify(*channel, NotificationEvent::PRODUCER_SEND, "id", [&](Builder& builder) {
    return FBS::Producer::CreateSendNotificationDirect(builder, &large);
  });
  ASSERT_FALSE(refusal);
  EXPECT_EQ(refusal.error().code, Errc::too_large);
  EXPECT_FALSE(channel->closed());
  EXPECT_TRUE(sent().empty());
}

TEST_F(ChannelTest, WhatWasWrittenBeforeCloseIsStillSent) {
  std::size_t told = 0;
  for (int i = 0; i < 5; ++i) {
    const Bytes bytes(100'000);
    const Result<> written = notify(*channel, NotificationEvent::PRODUCER_SEND, "id", [&](Builder& builder) {
      return FBS::Producer::CreateSendNotificationDirect(builder, &bytes);
    });
    told += written ? 1 : 0;
  }
  EXPECT_EQ(told, 5U);
  channel->close(fail(Errc::worker_died, "we are done"));
  std::size_t received = 0;
  for (int i = 0; i < 100 && received < 500'000; ++i) {
    settle(2ms);
    received += drain();
  }
  EXPECT_GT(received, 500'000U);
  ask("after");
  EXPECT_EQ(events, std::vector<std::string>{"after worker-died"});
  EXPECT_EQ(errors, std::vector<std::string>{"we are done"});
}

// --- carried over to other objects (Worker::save() and adopt())

TEST_F(ChannelTest, AMessageCutAnywhereByACarryingOverIsTheSameMessage) {
  const Bytes whole = notification("score", NotificationEvent::PRODUCER_SCORE);
  for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
    send(Bytes{whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(cut)});
    if (cut % 2 == 0) settle(1ms);  // read by the old channel; else it still lies in the pipe
    carry_over();
    const Channel::Listening listening =
        channel->listen("score", [this](const Notification&) { events.push_back("score"); });
    send(Bytes{whole.begin() + static_cast<std::ptrdiff_t>(cut), whole.end()});
    for (int waited = 0; waited < 1000 && events.size() <= cut; ++waited) settle(1ms);
    // Nobody listened to what the old channel had read whole.
    if (cut == whole.size() && cut % 2 == 0) break;
    ASSERT_EQ(events.size(), cut + 1) << cut;
  }
  EXPECT_FALSE(channel->closed());
}

TEST_F(ChannelTest, WhatIsNotYetWrittenIsWrittenOnceAndInOrder) {
  std::size_t told = 0;
  const auto tell_some = [&] {
    for (int i = 0; i < 10; ++i) {
      const Bytes bytes(20'000, static_cast<std::uint8_t>(told));
      const Result<> taken = notify(*channel, NotificationEvent::PRODUCER_SEND, "id", [&](Builder& builder) {
        return FBS::Producer::CreateSendNotificationDirect(builder, &bytes);
      });
      ASSERT_TRUE(taken);
      ++told;
    }
  };
  Bytes received;
  const auto take = [&] {
    const Bytes more = drain_bytes();
    received.insert(received.end(), more.begin(), more.end());
  };
  for (int round = 0; round < 5; ++round) {
    tell_some();
    carry_over();
    take();  // the pipe has room again, for a part
  }
  // Five times what the pipe holds; each message has its payload and some header.
  for (int waited = 0; waited < 2000 && received.size() < told * 20'000; ++waited) {
    settle(1ms);
    take();
  }
  std::size_t at = 0;
  for (std::size_t i = 0; i < told; ++i) {
    ASSERT_GE(received.size(), at + 4);
    std::uint32_t length = 0;
    std::memcpy(&length, received.data() + at, sizeof length);
    ASSERT_GE(received.size(), at + 4 + length);
    flatbuffers::Verifier verifier{received.data() + at, length + 4};
    ASSERT_TRUE(FBS::Message::VerifySizePrefixedMessageBuffer(verifier)) << i;
    const auto* body = FBS::Message::GetSizePrefixedMessage(received.data() + at)
                           ->data_as_Notification()
                           ->body_as_Producer_SendNotification();
    EXPECT_EQ(body->data()->Get(10'000), static_cast<std::uint8_t>(i));
    at += 4 + length;
  }
  EXPECT_EQ(at, received.size());
}

TEST_F(ChannelTest, RequestsGoOnCountingAndAnAnswerThatNobodySawIsNotQuiet) {
  ask("one");
  EXPECT_FALSE(channel->quiet());
  send(accepted(1));
  // The answer is read, and whoever waits for it has not run: this is no moment to save.
  while (channel->requests_in_flight() > 0) io.poll_one();
  EXPECT_TRUE(events.empty());
  EXPECT_FALSE(channel->quiet());
  settle();
  EXPECT_EQ(events, std::vector<std::string>{"one"});
  EXPECT_TRUE(channel->quiet());
  carry_over();
  ask("two");
  send(accepted(2));
  settle();
  EXPECT_EQ(events, (std::vector<std::string>{"one", "two"}));
}

TEST_F(ChannelTest, WhatWasReleasedIsClosedButItsFilesAreOpen) {
  ask("waits");
  channel->release();
  settle();
  EXPECT_TRUE(channel->closed());
  EXPECT_EQ(events, std::vector<std::string>{"waits worker-died"});
  EXPECT_EQ(sent().size(), 1U);
  // Our end is open: what is written to it stays there, for whoever takes it.
  send(accepted(1));
}

TEST_F(ChannelTest, WhoStopsWaitingDoesNotUpsetTheAnswer) {
  Result<Response> outcome = fail(Errc::internal, "");
  await(with_timeout(channel->request(Method::WORKER_DUMP, ""), 10ms),
        [&](const Result<Response>& result) { outcome = result; });
  settle(50ms);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Errc::timeout);
  send(accepted(1));
  settle();
  EXPECT_FALSE(channel->closed());
  EXPECT_EQ(channel->requests_in_flight(), 0U);
}

}  // namespace
}  // namespace carillon::mediasoup
