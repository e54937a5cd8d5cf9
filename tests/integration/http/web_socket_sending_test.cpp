// What the server sends: in how many writes, and what becomes of it when nobody reads.
#include "integration/http/web_socket_fixture.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace carillon::http {
namespace {

using namespace std::chrono_literals;

TEST_F(WebSocketTest, ClosesAReaderThatDoesNotRead) {
  ServerConfig config = test_config();
  config.web_socket.send_queue_bytes_max = 64 * 1024;
  config.web_socket.ping_after = 1h;  // no ping in between, however slow the machine is
  config.web_socket.dead_after = 2h;
  serve(std::move(config));
  auto slow = open(4096);
  const auto its_handler = handler();
  auto other = open();
  const auto other_handler = handler();
  std::size_t sent = 0;
  std::size_t most_held = 0;
  const std::string chunk(16 * 1024, 'x');
  for (int round = 0; round < 2'000 && !its_handler->wait_closed(0ms); ++round) {
    on_loop([&] {
      const auto socket = its_handler->socket();
      if (!socket) return;
      socket->send(chunk);
      most_held = std::max(most_held, socket->buffered_bytes());
    });
    ++sent;
  }
  const auto closed = its_handler->wait_closed();
  ASSERT_TRUE(closed);
  EXPECT_EQ(closed->code, 1008);
  EXPECT_FALSE(closed->clean);
  EXPECT_LT(sent, 2'000u);
  EXPECT_LE(most_held, 64 * 1024u);
  EXPECT_GT(most_held, 32 * 1024u);
  on_loop([&] { other_handler->socket()->send("fine"); });
  EXPECT_EQ(other->read_frame()->payload, "fine");
}

TEST_F(WebSocketTest, ClosesAReaderThatDoesNotReadASmallQueueForLong) {
  ServerConfig config = test_config();
  config.web_socket.ping_after = 500ms;
  config.web_socket.dead_after = 1500ms;
  config.web_socket.send_queue_bytes_max = 64 * 1024 * 1024;
  serve(std::move(config));
  auto client = open(4096);
  const auto its_handler = handler();
  on_loop([&] { its_handler->socket()->send(std::string(16 * 1024 * 1024, 'x')); });
  for (int i = 0; i < 200 && !its_handler->wait_closed(50ms); ++i) client->send_frame(0x8a, "alive");
  const auto closed = its_handler->wait_closed();
  ASSERT_TRUE(closed);
  EXPECT_EQ(closed->code, 1008);
}

TEST_F(WebSocketTest, SendsALargeQueueToAReaderThatIsMerelySlow) {
  serve();
  auto client = open(4096);
  const auto its_handler = handler();
  on_loop([&] {
    for (int i = 0; i < 10; ++i) its_handler->socket()->send(std::string(90'000, static_cast<char>('a' + i)));
  });
  for (int i = 0; i < 10; ++i) {
    std::this_thread::sleep_for(5ms);
    EXPECT_EQ(client->read_frame()->payload, std::string(90'000, static_cast<char>('a' + i)));
  }
  EXPECT_EQ(on_loop([&] { return its_handler->socket()->buffered_bytes(); }), 0u);
}

TEST_F(WebSocketTest, SendsAllFramesOfOneTurnInOneWrite) {
  serve(test_config(), [](WebSocket& socket, std::string_view) {
    for (int i = 0; i < 8; ++i) socket.send("frame " + std::to_string(i));
  });
  auto client = open();
  const auto before = counts();
  client->send_text("go");
  for (int i = 0; i < 8; ++i) EXPECT_EQ(client->read_frame()->payload, "frame " + std::to_string(i));
  const auto after = counts();
  EXPECT_EQ(after.messages_out - before.messages_out, 8u);
  EXPECT_EQ(after.writes - before.writes, 1u);
}

TEST_F(WebSocketTest, LosesNoShortFrameOfATurnWithoutASpareBuffer) {
  serve(test_config(), [](WebSocket& socket, std::string_view text) {
    if (text.size() > 60000) return socket.send(text);  // too large a buffer to be kept as a spare one
    for (int i = 0; i < 8; ++i) socket.send(std::to_string(i));
  });
  auto client = open();
  client->send_text(std::string(64000, 'x'));
  EXPECT_EQ(client->read_frame()->payload.size(), 64000u);
  client->send_text("go");
  for (int i = 0; i < 8; ++i) EXPECT_EQ(client->read_frame()->payload, std::to_string(i));
}

TEST_F(WebSocketTest, SendsTheFirstFrameWithTheAnswerToTheUpgrade) {
  struct Greeter final : WebSocketHandler {
    void on_open(std::shared_ptr<WebSocket> socket) override { socket->send("welcome"); }
    void on_message(std::string_view) override {}
    void on_closed(const CloseInfo&) override {}
  };
  start(test_config(), [](Server& server) {
    server.on_upgrade("/ws",
                      [](UpgradeRequest) { return decide(UpgradeDecision::accept(std::make_shared<Greeter>(), "")); });
  });
  RawClient client{port_};
  EXPECT_EQ(client.upgrade("/ws")->status, 101);
  EXPECT_EQ(client.read_frame()->payload, "welcome");
  EXPECT_EQ(counts().writes, 1u);
}

}  // namespace
}  // namespace carillon::http
