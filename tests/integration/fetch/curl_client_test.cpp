// The client against a server on loopback that answers well, badly, slowly or never. TLS and HTTP/2 are in tests/e2e.
#include "fetch/curl_client.hpp"

#include "base/async.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace carillon::fetch {
namespace {

using namespace std::chrono_literals;
using asio::ip::tcp;

const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Test: yes\r\n\r\nok";

class CurlClientTest : public ::testing::Test {
 protected:
  CurlClientTest() { asio::co_spawn(io, accept(), report(Logger{}, "accept")); }

  asio::awaitable<void> accept() {
    for (;;) {
      boost::system::error_code error;
      auto socket = std::make_shared<tcp::socket>(
          co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error)));
      if (error) co_return;
      ++connections;
      sockets.push_back(socket);
      asio::co_spawn(io, serve(socket), report(Logger{}, "serve"));
    }
  }

  /// Answers each request with `answer`; an empty one leaves it waiting.
  asio::awaitable<void> serve(std::shared_ptr<tcp::socket> socket) {
    asio::streambuf buffer;
    for (;;) {
      boost::system::error_code error;
      const std::size_t size = co_await asio::async_read_until(*socket, buffer, "\r\n\r\n",
                                                               asio::redirect_error(asio::use_awaitable, error));
      if (error) co_return;
      heads.emplace_back(static_cast<const char*>(buffer.data().data()), size);
      buffer.consume(buffer.size());
      if (answer.empty()) continue;
      co_await asio::async_write(*socket, asio::buffer(answer), asio::redirect_error(asio::use_awaitable, error));
      if (closes) socket->close(error);
      if (error || closes) co_return;
    }
  }

  [[nodiscard]] Request request(const std::string& host = "127.0.0.1") const {
    Request request;
    request.url = "http://" + host + ":" + std::to_string(acceptor.local_endpoint().port()) + "/secret-path";
    request.reach = Reach::anywhere;
    request.https_only = false;
    request.timeout = 5s;
    return request;
  }

  /// The answer, waited for on the loop that serves it.
  Result<Response> fetch(Request wanted) {
    std::optional<Result<Response>> result;
    client.start(std::move(wanted), [&](Result<Response> response) {
      result = std::move(response);
      io.stop();
    });
    io.restart();
    io.run_for(20s);
    return result ? std::move(*result) : fail(Errc::internal, "never answered");
  }

  asio::io_context io;
  asio::executor_work_guard<asio::io_context::executor_type> work = asio::make_work_guard(io);
  tcp::acceptor acceptor{io, {asio::ip::address_v4::loopback(), 0}};
  CurlClient client{io.get_executor(), {}};
  std::string answer = ok;
  bool closes = false;
  int connections = 0;
  std::vector<std::string> heads;
  std::vector<std::shared_ptr<tcp::socket>> sockets;
};

TEST_F(CurlClientTest, BringsStatusFieldsAndBody) {
  const auto response = fetch(request());
  ASSERT_TRUE(response) << response.error().detail;
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "ok");
  EXPECT_EQ(find_header(response->headers, "x-test"), "yes");
}

TEST_F(CurlClientTest, SendsFieldsAndTheBodyThatIsMadeLate) {
  Request wanted = request();
  wanted.headers = {{"TTL", "30"}};
  wanted.body = [] { return Result<std::string>{"hello"}; };
  ASSERT_TRUE(fetch(std::move(wanted)));
  ASSERT_EQ(heads.size(), 1u);
  EXPECT_NE(heads[0].find("POST /secret-path HTTP/1.1"), std::string::npos);
  EXPECT_NE(heads[0].find("TTL: 30\r\n"), std::string::npos);
  EXPECT_NE(heads[0].find("Content-Length: 5\r\n"), std::string::npos);
  EXPECT_EQ(heads[0].find("Expect:"), std::string::npos);
}

TEST_F(CurlClientTest, ABodyThatCannotBeMadeIsTheAnswer) {
  Request wanted = request();
  wanted.body = []() -> Result<std::string> { return fail(Errc::too_large, "too large"); };
  EXPECT_EQ(fetch(std::move(wanted)).error(), fail(Errc::too_large, "too large"));
  EXPECT_EQ(connections, 0);
}

TEST_F(CurlClientTest, NeverConnectsToAnAddressInsideForAStranger) {
  for (const char* host :
       {"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "127.1", "2130706433", "0x7f000001", "0177.1"}) {
    Request wanted = request(host);
    wanted.reach = Reach::internet;
    const auto response = fetch(std::move(wanted));
    ASSERT_FALSE(response) << host;
    EXPECT_EQ(response.error().code, Errc::forbidden) << host;
  }
  EXPECT_EQ(connections, 0);
  EXPECT_EQ(client.counts().connections, 0u);
}

TEST_F(CurlClientTest, PlainHttpOnlyWhereItIsAllowed) {
  Request wanted = request();
  wanted.https_only = true;
  EXPECT_EQ(fetch(std::move(wanted)).error().code, Errc::unavailable);
  EXPECT_EQ(connections, 0);
}

TEST_F(CurlClientTest, FollowsNoRedirect) {
  answer = "HTTP/1.1 302 Found\r\nLocation: " + request().url + "\r\nContent-Length: 0\r\n\r\n";
  EXPECT_EQ(fetch(request())->status, 302);
  EXPECT_EQ(heads.size(), 1u);
}

TEST_F(CurlClientTest, ReadsNoMoreOfABodyThanItMay) {
  answer = "HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n" + std::string(10'000'000, 'x');
  Request wanted = request();
  wanted.answer_bytes_max = 1000;
  const auto response = fetch(std::move(wanted));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body.size(), 1000u);
}

TEST_F(CurlClientTest, FieldsWithoutEndAreNotRead) {
  answer = "HTTP/1.1 200 OK\r\nX: " + std::string(60'000, 'x') + "\r\n\r\n";
  const auto response = fetch(request());
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_TRUE(response->headers.empty());
}

TEST_F(CurlClientTest, HalfABodyIsAnAnswerSinceTheStatusHasSaidEnough) {
  answer = "HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\nhalf";
  closes = true;
  const auto response = fetch(request());
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 201);
  EXPECT_EQ(response->body, "half");
}

TEST_F(CurlClientTest, ABodyThatStopsIsAnAnswerToo) {
  answer = "HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\nhalf";
  Request wanted = request();
  wanted.timeout = 200ms;
  EXPECT_EQ(fetch(std::move(wanted))->status, 201);
}

TEST_F(CurlClientTest, HalfOfItsFieldsIsNoAnswer) {
  closes = true;
  for (const char* half : {"HTTP/1.1 20", "HTTP/1.1 100 Continue\r\n\r\n"}) {
    answer = half;
    const auto response = fetch(request());
    ASSERT_FALSE(response) << half;
    EXPECT_EQ(response.error().code, Errc::unavailable) << half;
  }
}

TEST_F(CurlClientTest, NoAnswerInTimeIsATimeout) {
  answer.clear();
  Request wanted = request();
  wanted.timeout = 100ms;
  EXPECT_EQ(fetch(std::move(wanted)).error(), fail(Errc::timeout, "no answer in time"));
}

TEST_F(CurlClientTest, NobodyThereIsUnavailableAndNamesNoAddress) {
  const Request wanted = request();
  acceptor.close();
  const auto response = fetch(wanted);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Errc::unavailable);
  EXPECT_EQ(response.error().detail.find("secret-path"), std::string::npos);
  EXPECT_EQ(response.error().detail.find("127.0.0.1"), std::string::npos);
}

TEST_F(CurlClientTest, UsesAConnectionAgain) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(fetch(request()));
  EXPECT_EQ(connections, 1);
  EXPECT_EQ(client.counts().connections, 1u);
  EXPECT_EQ(client.counts().requests, 5u);
}

TEST_F(CurlClientTest, ManyAtOnceShareAFewConnections) {
  int answered = 0;
  for (int i = 0; i < 200; ++i) {
    client.start(request(), [&](const Result<Response>& response) {
      EXPECT_TRUE(response);
      if (++answered == 200) io.stop();
    });
  }
  io.run_for(20s);
  EXPECT_EQ(answered, 200);
  EXPECT_LE(connections, ClientConfig{}.connections_per_host_max);
}

TEST_F(CurlClientTest, WhatIsAbandonedIsNeverAnswered) {
  answer.clear();
  const Client::Id id = client.start(request(), [](const Result<Response>&) { FAIL() << "answered"; });
  for (int i = 0; i < 1000 && heads.empty(); ++i) io.run_for(10ms);
  ASSERT_EQ(heads.size(), 1u);
  client.abandon(id);
  client.abandon(id);
  answer = ok;
  EXPECT_TRUE(fetch(request()));  // and others go on
}

TEST_F(CurlClientTest, WhatIsAbandonedBeforeItBeganIsNeverAnswered) {
  client.abandon(client.start(request(), [](const Result<Response>&) { FAIL() << "answered"; }));
  EXPECT_TRUE(fetch(request()));
}

TEST_F(CurlClientTest, AnswersNobodyAfterItIsGone) {
  answer.clear();
  {
    CurlClient other{io.get_executor(), {}};
    other.start(request(), [](const Result<Response>&) { FAIL() << "answered"; });
  }
  io.restart();
  io.poll();
}

}  // namespace
}  // namespace carillon::fetch
