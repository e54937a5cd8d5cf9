// Upgrades, frames and ends of WebSockets, as a client sees them; what is sent, and queues, are in
// web_socket_sending_test.cpp.
#include "integration/http/hostile_frames.hpp"
#include "integration/http/web_socket_fixture.hpp"

#include <gmock/gmock.h>

namespace carillon::http {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

void echo(WebSocket& socket, std::string_view text) { socket.send(text); }

TEST_F(WebSocketTest, EchoesAMessage) {
  serve(test_config(), echo);
  auto client = open();
  client->send_text("hello");
  EXPECT_EQ(client->read_frame()->payload, "hello");
}

TEST_F(WebSocketTest, GivesTheHandlerPathQueryAndOffers) {
  serve();
  RawClient client{port_};
  const auto response = client.upgrade("/ws?token=abc", "Sec-WebSocket-Protocol: token.x.y, protoo\r\n");
  EXPECT_EQ(response->status, 101);
  EXPECT_EQ(response->header("sec-websocket-accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_EQ(response->header("sec-websocket-protocol"), "protoo");
  const std::lock_guard lock{mutex_};
  EXPECT_EQ(last_request_.query.get("token"), "abc");
  EXPECT_TRUE(last_request_.remote_address.starts_with("127.0.0.1:"));
  EXPECT_THAT(last_offer_, ElementsAre("token.x.y", "protoo"));
}

std::string ten_thousand_fields() {
  std::string out;
  for (int i = 0; i < 10'000; ++i) out += "X-Many: " + std::to_string(i) + "\r\n";
  return out;
}

TEST_F(WebSocketTest, AcceptsAndRefusesUpgradesByTheTable) {
  serve();
  const std::string fields =
      "Host: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  const auto without = [&](std::string_view line_start) {
    std::string out;
    for (std::size_t at = 0; at < fields.size();) {
      const std::size_t end = fields.find("\r\n", at) + 2;
      const std::string line = fields.substr(at, end - at);
      if (!line.starts_with(line_start)) out += line;
      at = end;
    }
    return out;
  };
  struct Case {
    std::string first_line;
    std::string fields;
    int status;
  };
  const std::vector<Case> cases = {
      {"GET /ws HTTP/1.1", fields, 101},
      {"GET /ws?x=y HTTP/1.1", fields, 101},
      {"GET /%77s HTTP/1.1", fields, 101},
      {"GET /ws HTTP/1.1", fields + "Origin: http://localhost\r\n", 101},
      {"GET /ws HTTP/1.1", fields + "Origin: https://localhost\r\n", 101},
      {"GET /ws HTTP/1.1", without("Upgrade") + "Upgrade: WebSocket\r\n", 101},
      {"GET /ws HTTP/1.1", without("Connection") + "Connection: keep-alive, upgrade\r\n", 101},
      {"GET /ws HTTP/1.1", fields + "Sec-WebSocket-Extensions: permessage-deflate\r\n", 101},
      {"GET /ws HTTP/1.1", fields + "Origin: null\r\n", 403},
      {"GET /ws HTTP/1.1", fields + "Origin: http://evil.example\r\n", 403},
      {"GET /ws HTTP/1.1", fields + "Origin: http://localhost:81\r\n", 403},
      {"GET /ws HTTP/1.1", fields + "Origin: http://localhost\r\nOrigin: http://localhost\r\n", 403},
      {"GET /ws HTTP/1.1", fields + "Origin:\r\n", 403},
      {"GET /ws HTTP/1.1", without("Upgrade"), 426},
      {"GET /ws HTTP/1.1", without("Upgrade") + "Upgrade: h2c\r\n", 426},
      {"GET /ws HTTP/1.1", without("Connection"), 400},
      {"GET /ws HTTP/1.1", without("Connection") + "Connection: close\r\n", 400},
      {"GET /ws HTTP/1.1", without("Sec-WebSocket-Version"), 426},
      {"GET /ws HTTP/1.1", without("Sec-WebSocket-Version") + "Sec-WebSocket-Version: 8\r\n", 426},
      {"GET /ws HTTP/1.1", fields + "Sec-WebSocket-Version: 13\r\n", 426},
      {"GET /ws HTTP/1.1", without("Sec-WebSocket-Key"), 400},
      {"GET /ws HTTP/1.1", without("Sec-WebSocket-Key") + "Sec-WebSocket-Key:\r\n", 400},
      {"GET /ws HTTP/1.1", without("Sec-WebSocket-Key") + "Sec-WebSocket-Key: short==\r\n", 400},
      {"GET /ws HTTP/1.1", without("Sec-WebSocket-Key") + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQAA\r\n", 400},
      {"GET /ws HTTP/1.1", fields + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", 400},
      {"GET /ws HTTP/1.1", fields + "Sec-WebSocket-Protocol: a b\r\n", 400},
      {"GET /ws HTTP/1.1", without("Host"), 400},
      {"GET /ws HTTP/1.0", fields, 400},
      {"POST /ws HTTP/1.1", fields + "Content-Length: 0\r\n", 405},
      {"HEAD /ws HTTP/1.1", fields, 405},
      {"GET /other HTTP/1.1", fields, 404},
      {"GET /ws/ HTTP/1.1", fields, 404},
      // What two readers could read differently, and what is too much.
      {"GET /ws HTTP/1.1", fields + "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", 400},
      {"GET /ws HTTP/1.1", fields + "Content-Length: 0\r\nContent-Length: 5\r\n", 400},
      {"GET /ws HTTP/1.1", fields + "X-Folded: a\r\n b\r\n", 400},
      {"GET /ws HTTP/1.1", fields + "X-Space : a\r\n", 400},
      {"GET /ws HTTP/1.1", fields + "X-Return: a\rb\r\n", 400},
      {"GET /ws HTTP/1.1", fields + "X-Line: a\nUpgrade: h2c\r\n", 400},
      {"GET /ws HTTP/1.1", fields + std::string{"X-Nul: a\0b\r\n", 12}, 400},
      {"GET /ws HTTP/1.1", fields + "Host: other\r\n", 400},
      {"GET  /ws HTTP/1.1", fields, 400},
      {"GET /ws HTTP/1.1 ", fields, 400},
      {"GET /ws HTTP/1.1", fields + "X-Large: " + std::string(20 * 1024, 'x') + "\r\n", 431},
      {"GET /ws HTTP/1.1", fields + ten_thousand_fields(), 431},
      {"GET /ws HTTP/1.1", fields + "Origin: http://localhost.evil.example\r\n", 403},
      {"GET /ws HTTP/1.1", fields + "Origin: http://evil.localhost\r\n", 403},
      {"GET /ws HTTP/1.1", fields + "Origin: ftp://localhost\r\n", 403},
      {"GET /refused HTTP/1.1", fields, 401},
      {"GET /throws HTTP/1.1", fields, 500},
  };
  for (const Case& one : cases) {
    RawClient client{port_};
    client.send(one.first_line + "\r\n" + one.fields + "\r\n");
    const auto response = client.read_response(one.first_line.starts_with("HEAD"));
    ASSERT_TRUE(response) << one.first_line << "\n" << one.fields;
    EXPECT_EQ(response->status, one.status) << one.first_line << "\n" << one.fields;
    EXPECT_EQ(response->header("sec-websocket-extensions"), "");
  }
}

TEST_F(WebSocketTest, KeepsTheConnectionAfterARefusal) {
  serve();
  RawClient client{port_};
  const auto refused = client.upgrade("/refused");
  EXPECT_EQ(refused->body, R"({"code":"token-expired"})");
  EXPECT_EQ(client.upgrade("/ws")->status, 101);
}

TEST_F(WebSocketTest, ReadsFramesThatCameTogetherWithTheRequest) {
  serve(test_config(), echo);
  RawClient client{port_};
  client.send(
      "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
      "\x81\x81"
      "abcd"
      "\x19");
  EXPECT_EQ(client.read_response()->status, 101);
  EXPECT_EQ(client.read_frame()->payload, "x");
}

TEST_F(WebSocketTest, ClosesWithTheRightCodeOnEachOfOverAHundredHostileFrames) {
  serve(test_config(), echo);
  auto bystander = open();
  const auto all = hostile_frames();
  EXPECT_GE(all.size(), 100u);
  for (const HostileFrame& hostile : all) {
    auto client = open();
    const auto its_handler = handler();
    client->send_text("before");
    ASSERT_EQ(client->read_frame()->payload, "before");
    client->send(hostile.bytes);
    const auto frame = client->read_frame();
    ASSERT_TRUE(frame) << hostile.what;
    EXPECT_EQ(frame->opcode, 8) << hostile.what;
    EXPECT_EQ(frame->close_code(), hostile.code) << hostile.what;
    EXPECT_TRUE(client->is_closed_within(10s)) << hostile.what;
    const auto closed = its_handler->wait_closed();
    ASSERT_TRUE(closed) << hostile.what;
    EXPECT_EQ(closed->code, hostile.code) << hostile.what;
    EXPECT_FALSE(closed->clean);
    EXPECT_EQ(its_handler->closed_count(), 1);
  }
  bystander->send_text("still here");
  EXPECT_EQ(bystander->read_frame()->payload, "still here");
}

TEST_F(WebSocketTest, AnswersThePeersCloseAndTellsItsCodeAtOnce) {
  serve();
  auto client = open();
  client->send_frame(0x88,
                     "\x0f\xa1"
                     "bye");
  const auto frame = client->read_frame();
  EXPECT_EQ(frame->opcode, 8);
  EXPECT_EQ(frame->close_code(), 4001);
  EXPECT_TRUE(client->is_closed_within(10s));
  const auto closed = handler()->wait_closed();
  EXPECT_EQ(closed->code, 4001);
  EXPECT_EQ(closed->reason, "bye");
  EXPECT_TRUE(closed->clean);
}

TEST_F(WebSocketTest, AnswersACloseWithoutCodeWithoutCode) {
  serve();
  auto client = open();
  client->send_frame(0x88, "");
  EXPECT_EQ(client->read_frame()->payload, "");
  EXPECT_EQ(handler()->wait_closed()->code, 1005);
}

TEST_F(WebSocketTest, TellsAnUncleanEnd) {
  serve();
  auto client = open();
  client->reset();
  const auto closed = handler()->wait_closed();
  EXPECT_EQ(closed->code, 1006);
  EXPECT_FALSE(closed->clean);
  EXPECT_TRUE(comes_down_to(0));
}

TEST_F(WebSocketTest, ClosesWithAHandshakeWhenAsked) {
  serve();
  auto client = open();
  const auto its_handler = handler();
  on_loop([&] {
    its_handler->socket()->send("last words");
    its_handler->socket()->close(4000, "go away");
    its_handler->socket()->send("never sent");
    EXPECT_FALSE(its_handler->socket()->is_open());
  });
  EXPECT_EQ(client->read_frame()->payload, "last words");
  const auto frame = client->read_frame();
  EXPECT_EQ(frame->close_code(), 4000);
  EXPECT_EQ(frame->payload.substr(2), "go away");
  client->send_text("too late");
  client->send_frame(0x88, "\x0f\xa0");
  EXPECT_TRUE(client->is_closed_within(10s));
  const auto closed = its_handler->wait_closed();
  EXPECT_EQ(closed->code, 4000);
  EXPECT_TRUE(closed->clean);
  EXPECT_THAT(its_handler->wait_messages(0), testing::IsEmpty());
}

TEST_F(WebSocketTest, DoesNotWaitForeverForThePeersClose) {
  ServerConfig config = test_config();
  config.web_socket.close_timeout = 100ms;
  serve(std::move(config));
  auto client = open();
  const auto its_handler = handler();
  on_loop([&] { its_handler->socket()->close(1001, {}); });
  EXPECT_EQ(client->read_frame()->close_code(), 1001);
  EXPECT_TRUE(client->is_closed_within(10s));
  const auto closed = its_handler->wait_closed();
  EXPECT_EQ(closed->code, 1001);
  EXPECT_FALSE(closed->clean);
}

TEST_F(WebSocketTest, DoesNotKeepAPeerThatNeverEndsItsHalf) {
  ServerConfig config = test_config();
  config.web_socket.close_timeout = 100ms;
  serve(std::move(config));
  auto client = open();
  client->send_frame(0x88, "\x03\xe8");
  EXPECT_TRUE(handler()->wait_closed()->clean);
  EXPECT_TRUE(comes_down_to(0));
}

TEST_F(WebSocketTest, AnswersPingsWithTheirPayloadAlsoInsideAFragmentedMessage) {
  serve(test_config(), echo);
  auto client = open();
  client->send_frame(0x89, "one");
  client->send_frame(0x01, "frag");
  client->send_frame(0x89, "two");
  client->send_frame(0x80, "ment");
  for (const auto& [opcode, payload] : {std::pair{10, "one"}, {10, "two"}, {1, "fragment"}}) {
    const auto frame = client->read_frame();
    EXPECT_EQ(frame->opcode, opcode);
    EXPECT_EQ(frame->payload, payload);
  }
}

TEST_F(WebSocketTest, APongTellsThatWhatWasSentBeforeWasRead) {
  serve(test_config());
  auto client = open();
  const auto its_handler = handler();
  on_loop([&] {
    its_handler->socket()->send("first");
    its_handler->socket()->ping("call-1");
  });
  EXPECT_EQ(client->read_frame()->payload, "first");
  const auto ping = client->read_frame();
  ASSERT_TRUE(ping);
  EXPECT_EQ(ping->opcode, 9);
  EXPECT_EQ(ping->payload, "call-1");
  EXPECT_TRUE(its_handler->pongs().empty());
  client->send_frame(0x8a, "");  // unasked, without payload: of no meaning
  client->send_frame(0x8a, ping->payload);
  client->send_text("after");
  its_handler->wait_messages(1);
  EXPECT_EQ(its_handler->pongs(), std::vector<std::string>{"call-1"});
}

TEST_F(WebSocketTest, PingsTheSilentAndClosesTheDead) {
  ServerConfig config = test_config();
  config.web_socket.ping_after = 300ms;
  config.web_socket.dead_after = 1500ms;
  serve(std::move(config));
  auto client = open();
  const auto its_handler = handler();
  for (int i = 0; i < 6; ++i) {  // 1800 ms, in which each ping is answered
    const auto ping = client->read_frame();
    ASSERT_TRUE(ping);
    EXPECT_EQ(ping->opcode, 9);
    client->send_frame(0x8a, ping->payload);
  }
  EXPECT_FALSE(its_handler->wait_closed(0ms));
  EXPECT_EQ(client->read_frame()->opcode, 9);
  const auto closed = its_handler->wait_closed();
  ASSERT_TRUE(closed);
  EXPECT_EQ(closed->code, 1006);
  EXPECT_TRUE(client->is_closed_within(10s));
}

TEST_F(WebSocketTest, DoesNotPingWhoTalks) {
  ServerConfig config = test_config();
  config.web_socket.ping_after = 1s;
  config.web_socket.dead_after = 3s;
  serve(std::move(config), echo);
  auto client = open();
  for (int i = 0; i < 30; ++i) {
    client->send_text("x");
    EXPECT_EQ(client->read_frame()->opcode, 1);
    std::this_thread::sleep_for(50ms);
  }
}

TEST_F(WebSocketTest, ClosesWith1011WhenItsHandlerThrows) {
  serve(test_config(), [](WebSocket&, std::string_view) { throw std::runtime_error("bug"); });
  auto client = open();
  client->send_text("x");
  EXPECT_EQ(client->read_frame()->close_code(), 1011);
}

TEST_F(WebSocketTest, TakesTheLargestMessageInManyFragments) {
  serve(test_config(), [](WebSocket& socket, std::string_view text) { socket.send(std::to_string(text.size())); });
  auto client = open();
  client->send_frame(0x01, "");
  for (int i = 0; i < 64; ++i) client->send_frame(0x00, std::string(1024, 'x'));
  client->send_frame(0x80, "");
  EXPECT_EQ(client->read_frame()->payload, "65536");
}

TEST_F(WebSocketTest, EndsAllSocketsWhenTheServerCloses) {
  serve();
  auto client = open();
  const auto its_handler = handler();
  on_loop([&] { server_->close(1001, "restart"); });
  EXPECT_EQ(client->read_frame()->close_code(), 1001);
  client->send_frame(0x88, "\x03\xe9");
  EXPECT_TRUE(its_handler->wait_closed()->clean);
  EXPECT_THROW(RawClient{port_}, std::runtime_error);
}

TEST_F(WebSocketTest, TellsEachHandlerWhenTheServerIsDestroyed) {
  serve();
  auto client = open();
  const auto its_handler = handler();
  on_loop([&] { server_.reset(); });
  EXPECT_EQ(its_handler->closed_count(), 1);
  EXPECT_TRUE(client->is_closed_within(10s));
}

TEST_F(WebSocketTest, LeavesNothingBehindAfterAThousandSockets) {
  serve(test_config(), echo);
  for (int i = 0; i < 1000; ++i) {
    auto client = open();
    if (i % 3 == 0) client->send_frame(0x88, "");
    if (i % 3 == 1) client->reset();
  }
  EXPECT_TRUE(comes_down_to(0));
}

}  // namespace
}  // namespace carillon::http
