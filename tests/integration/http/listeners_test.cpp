// Listening sockets that outlive their server: what an upgrade in place needs of http.
#include "http/listeners.hpp"
#include "integration/http/server_fixture.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

namespace carillon::http {
namespace {

using namespace std::chrono_literals;

boost::asio::awaitable<Response> answer(std::string text) { co_return Response::text(200, std::move(text)); }

boost::asio::awaitable<UpgradeDecision> accept_with(std::shared_ptr<WebSocketHandler> handler) {
  co_return UpgradeDecision::accept(std::move(handler), "");
}

class ListenersTest : public ServerTest {
 protected:
  void serve() {
    start(test_config(), [this](Server& server) {
      server.route("GET", "/who", [](Request) { return answer("first"); });
      server.on_upgrade("/ws", [this](UpgradeRequest) { return accept_with(handler_); });
    });
  }

  /// Copies of its descriptors, as they stand after an execve.
  std::vector<int> inherit() {
    return on_loop([&] {
      std::vector<int> copies;
      for (const int descriptor : server_->listening_descriptors()) copies.push_back(::dup(descriptor));
      return copies;
    });
  }

  /// A second server in the place of the first.
  Result<> succeed(ServerConfig config, std::vector<int> inherited) {
    return on_loop([&, config, inherited]() -> Result<> {
      server_ = std::make_unique<Server>(io_, config, Logger{});
      server_->route("GET", "/who", [](Request) { return answer("second"); });
      return server_->start(inherited);
    });
  }

  static bool is_open(int descriptor) { return ::fcntl(descriptor, F_GETFD) >= 0; }

  std::shared_ptr<RecordingHandler> handler_ = std::make_shared<RecordingHandler>();
};

constexpr std::string_view who = "GET /who HTTP/1.1\r\nHost: h\r\n\r\n";

TEST_F(ListenersTest, ASuccessorAnswersWhoConnectedInBetween) {
  serve();
  const std::vector<int> inherited = inherit();
  ASSERT_EQ(inherited.size(), 1u);
  on_loop([&] { server_->pause_accepting(); });
  RawClient waiting{port_};
  waiting.send(who);
  on_loop([&] { server_.reset(); });
  RawClient later{port_};
  later.send(who);
  ServerConfig config = test_config();
  config.listen = {{"127.0.0.1", port_}};
  ASSERT_TRUE(succeed(config, inherited));
  EXPECT_EQ(on_loop([&] { return server_->listening_descriptors(); }), inherited);
  EXPECT_EQ(on_loop([&] { return server_->ports(); }), std::vector<std::uint16_t>{port_});
  EXPECT_EQ(waiting.read_response()->body, "second");
  EXPECT_EQ(later.read_response()->body, "second");
}

TEST_F(ListenersTest, AnyPortOfTheAddressWillDoWhenNoneIsAskedFor) {
  serve();
  const std::vector<int> inherited = inherit();
  on_loop([&] { server_.reset(); });
  ASSERT_TRUE(succeed(test_config(), inherited));
  EXPECT_EQ(on_loop([&] { return server_->ports(); }), std::vector<std::uint16_t>{port_});
}

TEST_F(ListenersTest, WhoCannotOpenAllLeavesWhatItInheritedToTheNext) {
  serve();
  const std::vector<int> inherited = inherit();
  on_loop([&] { server_.reset(); });
  boost::asio::ip::tcp::acceptor other{io_, {boost::asio::ip::make_address("127.0.0.1"), 0}};
  ServerConfig config = test_config();
  config.listen = {{"127.0.0.1", port_}, {"127.0.0.1", other.local_endpoint().port()}};
  EXPECT_FALSE(succeed(config, inherited));
  EXPECT_TRUE(is_open(inherited.front()));
  RawClient waiting{port_};
  waiting.send(who);
  config.listen = {{"127.0.0.1", port_}};
  ASSERT_TRUE(succeed(config, inherited));
  EXPECT_EQ(waiting.read_response()->body, "second");
}

/// The ports that are foreseen; none: it cannot listen.
std::vector<std::uint16_t> foreseen(const std::vector<ListenAddress>& addresses,
                                    const std::vector<ListenAddress>& theirs) {
  boost::asio::io_context io;
  const auto ports = Listeners{io}.try_open(addresses, theirs);
  return ports ? *ports : std::vector<std::uint16_t>{};
}

TEST_F(ListenersTest, ItIsForeseenWhatASuccessorCanOpen) {
  using Addresses = std::vector<ListenAddress>;
  using testing::ElementsAre;
  using testing::IsEmpty;
  serve();
  boost::asio::ip::tcp::acceptor other{io_, {boost::asio::ip::make_address("127.0.0.1"), 0}};
  const std::uint16_t taken = other.local_endpoint().port();
  const auto can = [&](const Addresses& addresses) { return foreseen(addresses, {{"127.0.0.1", port_}}); };
  EXPECT_THAT(can({{"127.0.0.1", port_}}), ElementsAre(port_));
  EXPECT_THAT(can({{"127.0.0.1", 0}}), ElementsAre(port_)) << "any port, so ours";
  EXPECT_THAT(can({{"localhost", port_}}), ElementsAre(port_));
  EXPECT_THAT(can({{"127.0.0.2", port_}, {"127.0.0.1", port_}}), ElementsAre(port_, port_)) << "ours, and a free one";
  EXPECT_THAT(can({{"127.0.0.1", port_}, {"127.0.0.1", taken}}), IsEmpty());
  EXPECT_THAT(can({{"127.0.0.1", port_}, {"127.0.0.1", port_}}), IsEmpty()) << "it is ours once";
  EXPECT_THAT(can({{"*", port_}}), IsEmpty()) << "we listen at a part of it";
  EXPECT_THAT(can({{"192.0.2.1", port_}}), IsEmpty()) << "none of this machine's";
  RawClient still{port_};
  still.send(who);
  EXPECT_EQ(still.read_response()->body, "first");
}

TEST_F(ListenersTest, WhatListensEverywhereIsForeseenAsItWillBe) {
  ServerConfig config = test_config();
  config.listen = {{"*", 0}};
  start(config, [](Server&) {});
  const std::vector<ListenAddress> theirs{{"*", port_}};
  EXPECT_THAT(foreseen({{"", 0}}, theirs), testing::ElementsAre(port_));
  EXPECT_THAT(foreseen({{"0.0.0.0", port_}}, theirs), testing::IsEmpty()) << "ours has both families";
  const std::vector<int> inherited = inherit();
  on_loop([&] { server_.reset(); });
  config.listen = {{"0.0.0.0", port_}};
  EXPECT_FALSE(succeed(config, inherited));
  config.listen = {{"", 0}};
  ASSERT_TRUE(succeed(config, inherited));
  EXPECT_EQ(on_loop([&] { return server_->ports(); }), std::vector<std::uint16_t>{port_});
}

TEST_F(ListenersTest, WhatListensElsewhereOrNotAtAllIsClosed) {
  serve();
  std::vector<int> inherited = inherit();
  const int old = inherited.front();
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  inherited.push_back(ends[0]);
  inherited.push_back(-1);
  on_loop([&] { server_.reset(); });
  ServerConfig config = test_config();
  config.listen = {{"127.0.0.2", 0}};
  ASSERT_TRUE(succeed(config, inherited));
  EXPECT_FALSE(is_open(ends[0]));
  EXPECT_THAT(on_loop([&] { return server_->listening_descriptors(); }), testing::Not(testing::Contains(old)));
  EXPECT_THROW(RawClient{port_}, std::runtime_error);
  ::close(ends[1]);
}

TEST_F(ListenersTest, BothFamiliesAreInheritedInOneSocket) {
  ServerConfig config = test_config();
  config.listen = {{"*", 0}};
  start(config, [](Server&) {});
  const std::vector<int> inherited = inherit();
  on_loop([&] { server_.reset(); });
  config.listen = {{"", port_}};
  ASSERT_TRUE(succeed(config, inherited));
  EXPECT_EQ(on_loop([&] { return server_->listening_descriptors(); }), inherited);
  RawClient client{port_};
  client.send(who);
  EXPECT_EQ(client.read_response()->body, "second");
}

TEST_F(ListenersTest, AcceptsAgainWhenItIsNotReplacedAfterAll) {
  serve();
  RawClient kept{port_};
  kept.send(who);
  EXPECT_EQ(kept.read_response()->body, "first");
  on_loop([&] { server_->pause_accepting(); });
  std::vector<std::unique_ptr<RawClient>> waiting;
  for (int i = 0; i < 3; ++i) {
    waiting.push_back(std::make_unique<RawClient>(port_));
    waiting.back()->send(who);
  }
  kept.send(who);
  EXPECT_EQ(kept.read_response()->body, "first");  // who is in stays in
  EXPECT_EQ(counts().connections, 1u);
  on_loop([&] {
    server_->resume_accepting();
    server_->pause_accepting();
    server_->resume_accepting();
  });
  for (const auto& client : waiting) EXPECT_EQ(client->read_response()->body, "first");
  EXPECT_EQ(counts().connections, 4u);
}

/// How much wakes when a server pauses that was told so often to resume.
std::size_t woken_by_pause(int resumes) {
  boost::asio::io_context io;
  ServerConfig config;
  config.listen = {{"127.0.0.1", 0}};
  Server server{io, config, Logger{}};
  EXPECT_TRUE(server.start());
  io.poll();
  for (int i = 0; i < resumes; ++i) server.resume_accepting();
  io.poll();
  server.pause_accepting();
  return io.poll();
}

TEST(Listeners, WhoDoesNotPauseHasNothingToResume) {
  EXPECT_GT(woken_by_pause(0), 0u);
  EXPECT_EQ(woken_by_pause(3), woken_by_pause(0));
}

TEST_F(ListenersTest, SendsItsWebSocketsAwayAndGoesOnListening) {
  serve();
  RawClient client{port_};
  ASSERT_EQ(client.upgrade("/ws")->status, 101);
  on_loop([&] { server_->close_web_sockets(close_code::service_restart, "upgrade"); });
  const auto frame = client.read_frame();
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->close_code(), 1012);
  client.send_frame(0x88, "\x03\xf4");
  EXPECT_EQ(handler_->wait_closed()->code, 1012);
  RawClient other{port_};
  other.send(who);
  EXPECT_EQ(other.read_response()->body, "first");
}

}  // namespace
}  // namespace carillon::http
