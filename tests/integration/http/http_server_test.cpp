#include "integration/http/server_fixture.hpp"

#include <gmock/gmock.h>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace carillon::http {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

boost::asio::awaitable<Response> answer(Response response) { co_return response; }

boost::asio::awaitable<Response> answer_later(std::chrono::milliseconds delay) {
  boost::asio::steady_timer timer{co_await boost::asio::this_coro::executor, delay};
  co_await timer.async_wait(boost::asio::use_awaitable);
  co_return Response::text(200, "late");
}

boost::asio::awaitable<Response> fail_to_answer() {
  throw std::runtime_error("handler");
  co_return Response{};
}

class HttpServerTest : public ServerTest {
 protected:
  void serve(ServerConfig config = test_config()) {
    start(std::move(config), [](Server& server) {
      server.route("GET", "/hello", [](Request) { return answer(Response::text(200, "hello")); });
      server.route("POST", "/echo",
                   [](Request request) { return answer(Response::text(200, std::move(request.body))); });
      server.route("GET", "/v1/users/{user}/calls/{call}", [](Request request) {
        return answer(Response::text(
            200, request.params.get("user") + "|" + request.params.get("call") + "|" + request.query.get("q")));
      });
      server.route("GET", "/large",
                   [](Request) { return answer(Response::text(200, std::string(8 * 1024 * 1024, 'x'))); });
      server.route("GET", "/slow", [](Request) { return answer_later(200ms); });
      server.route("GET", "/stuck", [](Request) { return answer_later(1h); });
      server.route("GET", "/throws", [](Request) { return fail_to_answer(); });
    });
  }

  /// The status that one connection gets for these bytes.
  int status_of(std::string_view bytes) {
    RawClient client{port_};
    client.send(bytes);
    const auto response = client.read_response();
    return response ? response->status : 0;
  }
};

std::string get(std::string_view path, std::string_view fields = {}) {
  return "GET " + std::string{path} + " HTTP/1.1\r\nHost: h\r\n" + std::string{fields} + "\r\n";
}

TEST_F(HttpServerTest, AnswersARoute) {
  serve();
  RawClient client{port_};
  client.send(get("/hello"));
  const auto response = client.read_response();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "hello");
  EXPECT_EQ(response->header("content-type"), "text/plain; charset=utf-8");
  EXPECT_EQ(response->header("x-content-type-options"), "nosniff");
  EXPECT_EQ(response->header("cache-control"), "no-store");
  EXPECT_THAT(response->header("date"), HasSubstr("GMT"));
}

TEST_F(HttpServerTest, GivesPathPartsAndQueryDecoded) {
  serve();
  RawClient client{port_};
  client.send(get("/v1/users/a%2Fb/calls/%C3%A4?q=1+2%26"));
  EXPECT_EQ(client.read_response()->body, "a/b|\xc3\xa4|1 2&");
}

TEST_F(HttpServerTest, KeepsTheConnectionForMoreRequests) {
  serve();
  RawClient client{port_};
  for (int i = 0; i < 20; ++i) {
    client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\n" + std::to_string(100 + i));
    EXPECT_EQ(client.read_response()->body, std::to_string(100 + i));
  }
  EXPECT_EQ(counts().connections, 1u);
}

TEST_F(HttpServerTest, AnswersPipelinedRequestsInTheirOrder) {
  serve();
  RawClient client{port_};
  std::string all;
  for (int i = 0; i < 50; ++i) {
    if (i == 3) all += get("/slow");
    all += "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n" + std::to_string(100 + i) +
           "\r\n0\r\n\r\n";
  }
  client.send(all);
  for (int i = 0; i < 50; ++i) {
    if (i == 3) {
      EXPECT_EQ(client.read_response()->body, "late");
    }
    EXPECT_EQ(client.read_response()->body, std::to_string(100 + i));
  }
}

TEST_F(HttpServerTest, ClosesWhenTheClientAsks) {
  serve();
  RawClient client{port_};
  client.send(get("/hello", "Connection: close\r\n"));
  const auto response = client.read_response();
  EXPECT_EQ(response->header("connection"), "close");
  EXPECT_TRUE(client.is_closed_within(10s));
  RawClient old{port_};
  old.send("GET /hello HTTP/1.0\r\n\r\n");
  EXPECT_EQ(old.read_response()->body, "hello");
  EXPECT_TRUE(old.is_closed_within(10s));
}

TEST_F(HttpServerTest, AnswersHeadWithTheLengthAndNoBody) {
  serve();
  RawClient client{port_};
  client.send("HEAD /hello HTTP/1.1\r\nHost: h\r\n\r\n" + get("/hello"));
  EXPECT_EQ(client.read_response(true)->header("content-length"), "5");
  EXPECT_EQ(client.read_response()->body, "hello");
}

TEST_F(HttpServerTest, SaysWhatAPathCannot) {
  serve();
  RawClient client{port_};
  client.send(get("/nothing"));
  EXPECT_EQ(client.read_response()->status, 404);
  client.send("DELETE /hello HTTP/1.1\r\nHost: h\r\n\r\n");
  const auto response = client.read_response();
  EXPECT_EQ(response->status, 405);
  EXPECT_EQ(response->header("allow"), "GET, HEAD, OPTIONS");
  client.send("OPTIONS /echo HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(client.read_response()->header("allow"), "POST, OPTIONS");
  client.send(get("/throws"));
  EXPECT_EQ(client.read_response()->status, 500);
  client.send(get("/hello"));
  EXPECT_EQ(client.read_response()->status, 200);
}

TEST_F(HttpServerTest, RefusesWhatIsNotHttpAndCloses) {
  serve();
  struct Case {
    std::string bytes;
    int status;
  };
  const std::string long_field(9000, 'x');
  const std::vector<Case> cases = {
      {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400},
      {"hello\r\n\r\n", 400},
      {"GET /hello\r\n\r\n", 400},
      {"GET /hello HTTP/1.1\r\n\r\n", 400},
      {"GET /hello HTTP/3.0\r\nHost: h\r\n\r\n", 505},
      {"GET hello HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"GET /%zz HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"GET /../%00 HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"GET /hello HTTP/1.1\nHost: h\n\n", 400},
      {"GET /hello HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n", 400},
      {"GET /hello HTTP/1.1\r\nHost: h\r\nBad Name: x\r\n\r\n", 400},
      {"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400},
      {"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n", 400},
      {"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 65537\r\n\r\n", 413},
      {"POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n10001\r\n", 413},
      {"POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
      {"POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n", 501},
      {"POST /echo HTTP/1.1\r\nHost: h\r\nExpect: wonders\r\n\r\n", 417},
      {"GET /" + long_field + " HTTP/1.1\r\nHost: h\r\n\r\n", 431},
      {"GET /hello HTTP/1.1\r\nHost: h\r\nX: " + long_field + "\r\n\r\n", 431},
  };
  for (const Case& one : cases) {
    RawClient client{port_};
    client.send(one.bytes);
    const auto response = client.read_response();
    ASSERT_TRUE(response) << one.bytes.substr(0, 100);
    EXPECT_EQ(response->status, one.status) << one.bytes.substr(0, 100);
    EXPECT_EQ(response->header("connection"), "close");
    client.shutdown_send();
    EXPECT_TRUE(client.is_closed_within(10s)) << one.bytes.substr(0, 100);
  }
  EXPECT_EQ(status_of(get("/hello")), 200);
}

TEST_F(HttpServerTest, AnswersNothingBehindARefusedRequest) {
  serve();
  RawClient client{port_};
  client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" +
              get("/hello"));
  EXPECT_EQ(client.read_response()->status, 400);
  client.shutdown_send();
  EXPECT_EQ(client.read_to_end(), "");
}

TEST_F(HttpServerTest, TakesABodyUpToItsLimit) {
  serve();
  RawClient client{port_};
  const std::string body(65536, 'b');
  client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 65536\r\n\r\n" + body);
  EXPECT_EQ(client.read_response()->body, body);
}

TEST_F(HttpServerTest, SendsALargeBodyToASlowReader) {
  serve();
  RawClient client{port_, 4096};
  client.send(get("/large"));
  std::this_thread::sleep_for(50ms);
  EXPECT_EQ(client.read_response()->body.size(), 8u * 1024 * 1024);
}

TEST_F(HttpServerTest, SaysContinueToWhoWaitsForIt) {
  serve();
  RawClient client{port_};
  client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read_response()->status, 100);
  client.send("ok");
  EXPECT_EQ(client.read_response()->body, "ok");
}

TEST_F(HttpServerTest, ClosesWhoSendsItsHeaderTooSlowly) {
  ServerConfig config = test_config();
  config.header_timeout = 300ms;
  serve(std::move(config));
  RawClient drip{port_};
  RawClient silent{port_};
  const std::string request = get("/hello", "X: " + std::string(100, 'x') + "\r\n");
  for (int i = 0; i < 20; ++i) {
    drip.send(request.substr(static_cast<std::size_t>(i), 1));
    std::this_thread::sleep_for(20ms);
  }
  const auto response = drip.read_response();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 408);
  EXPECT_TRUE(drip.is_closed_within(10s));
  EXPECT_EQ(silent.read_to_end(), "");
  EXPECT_TRUE(comes_down_to(0));
}

TEST_F(HttpServerTest, ClosesWhoSendsItsBodyTooSlowly) {
  ServerConfig config = test_config();
  config.body_timeout = 200ms;
  serve(std::move(config));
  RawClient client{port_};
  client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nabc");
  EXPECT_EQ(client.read_response()->status, 408);
  EXPECT_TRUE(client.is_closed_within(10s));
}

TEST_F(HttpServerTest, EndsIdleConnectionsSilently) {
  ServerConfig config = test_config();
  config.keep_alive_timeout = 200ms;
  serve(std::move(config));
  RawClient client{port_};
  client.send(get("/hello"));
  EXPECT_EQ(client.read_response()->status, 200);
  EXPECT_EQ(client.read_to_end(), "");
}

TEST_F(HttpServerTest, AnswersForAHandlerThatIsTooSlow) {
  ServerConfig config = test_config();
  config.handler_timeout = 200ms;
  serve(std::move(config));
  EXPECT_EQ(status_of(get("/stuck")), 503);
}

TEST_F(HttpServerTest, ClosesWhoDoesNotReadItsResponse) {
  ServerConfig config = test_config();
  config.handler_timeout = 300ms;
  serve(std::move(config));
  RawClient client{port_, 4096};
  client.send(get("/large"));
  EXPECT_TRUE(comes_down_to(0));
}

TEST_F(HttpServerTest, AcceptsNobodyAboveItsLimitOfConnections) {
  ServerConfig config = test_config();
  config.connections_max = 3;
  serve(std::move(config));
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(std::make_unique<RawClient>(port_));
    clients.back()->send(get("/hello"));
    EXPECT_EQ(clients.back()->read_response()->status, 200);
  }
  RawClient fourth{port_};
  EXPECT_TRUE(fourth.is_closed_within(10s));
  clients.pop_back();
  EXPECT_TRUE(comes_down_to(2));
  EXPECT_EQ(status_of(get("/hello")), 200);
}

TEST_F(HttpServerTest, FinishesARunningRequestWhenItStopsAccepting) {
  serve();
  RawClient idle{port_};
  idle.send(get("/hello"));
  EXPECT_EQ(idle.read_response()->status, 200);
  RawClient running{port_};
  running.send(get("/slow"));
  std::this_thread::sleep_for(50ms);
  on_loop([&] { server_->stop_accepting(); });
  EXPECT_THROW(RawClient{port_}, std::runtime_error);
  EXPECT_TRUE(idle.is_closed_within(10s));
  const auto response = running.read_response();
  EXPECT_EQ(response->body, "late");
  EXPECT_EQ(response->header("connection"), "close");
  EXPECT_TRUE(comes_down_to(0));
}

TEST_F(HttpServerTest, ListensOnSeveralAddressesAndTellsTheirPorts) {
  ServerConfig config = test_config();
  config.listen = {{"127.0.0.1", 0}, {"localhost", 0}, {"*", 0}};
  serve(std::move(config));
  ASSERT_EQ(server_->ports().size(), 3u);
  for (const std::uint16_t port : server_->ports()) {
    RawClient client{port};
    client.send(get("/hello"));
    EXPECT_EQ(client.read_response()->body, "hello");
  }
}

TEST_F(HttpServerTest, RefusesToStartOnAnAddressThatIsTaken) {
  serve();
  boost::asio::io_context io;
  ServerConfig config;
  config.listen = {{"127.0.0.1", 0}, {"127.0.0.1", port_}};
  Server second{io, config, Logger{}};
  const auto started = second.start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, Errc::conflict);
  EXPECT_THAT(started.error().detail, HasSubstr("127.0.0.1:" + std::to_string(port_)));
}

TEST(ListenAddress, IsHostAndPort) {
  EXPECT_EQ(*parse_listen_address("127.0.0.1:8080"), (ListenAddress{"127.0.0.1", 8080}));
  EXPECT_EQ(*parse_listen_address("[::1]:80"), (ListenAddress{"::1", 80}));
  EXPECT_EQ(*parse_listen_address(":0"), (ListenAddress{"", 0}));
  EXPECT_EQ(*parse_listen_address("*:1"), (ListenAddress{"*", 1}));
  for (const char* text :
       {"", "8080", "host", "host:", "host:x", "host:65536", "host:-1", "::1:80", "[::1]80", "[::1:80"}) {
    EXPECT_FALSE(parse_listen_address(text)) << text;
  }
}

}  // namespace
}  // namespace carillon::http
