#include "http/request_parser.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace carillon::http {
namespace {

using State = RequestParser::State;

constexpr std::string_view get = "GET /a/b?c=d HTTP/1.1\r\nHost: example\r\nX-One: 1\r\n\r\n";

/// Feeds all bytes at once and says what came of it: 200 for complete, 0 for more is needed, else the status.
int outcome(std::string_view bytes, RequestLimits limits = {}) {
  RequestParser parser{limits};
  (void)parser.feed(bytes);
  if (parser.state() == State::complete) return 200;
  return parser.state() == State::failed ? parser.error_status() : 0;
}

std::string with_fields(std::string_view fields, std::string_view body = {}) {
  return "POST / HTTP/1.1\r\nHost: h\r\n" + std::string{fields} + "\r\n" + std::string{body};
}

TEST(RequestParser, ReadsAGet) {
  RequestParser parser{{}};
  EXPECT_EQ(parser.feed(get), get.size());
  ASSERT_EQ(parser.state(), State::complete);
  EXPECT_EQ(parser.request().method, "GET");
  EXPECT_EQ(parser.request().path, "/a/b");
  EXPECT_EQ(parser.request().query.get("c"), "d");
  EXPECT_EQ(parser.request().headers.get("x-one"), "1");
  EXPECT_TRUE(parser.keep_alive());
}

TEST(RequestParser, ReadsTheSameHoweverTheBytesAreSplit) {
  for (const std::string& bytes :
       {with_fields("Content-Length: 5\r\n", "hello"),
        with_fields("Transfer-Encoding: chunked\r\n", "2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nTrailer: t\r\n\r\n")}) {
    for (std::size_t step = 1; step <= bytes.size(); ++step) {
      RequestParser parser{{}};
      std::string buffer;
      for (std::size_t at = 0; at < bytes.size(); at += step) {
        buffer += bytes.substr(at, step);
        buffer.erase(0, parser.feed(buffer));
      }
      ASSERT_EQ(parser.state(), State::complete) << step << parser.error_text();
      EXPECT_EQ(parser.request().body, "hello");
      EXPECT_EQ(parser.request().headers.get("Trailer"), "");
      EXPECT_TRUE(buffer.empty());
    }
  }
}

/// The same, with the bytes in pieces of `step`.
int outcome_in_pieces(std::string_view bytes, std::size_t step, RequestLimits limits) {
  RequestParser parser{limits};
  std::string buffer;
  for (std::size_t at = 0; at < bytes.size() && parser.state() != State::failed; at += step) {
    buffer += bytes.substr(at, step);
    buffer.erase(0, parser.feed(buffer));
  }
  if (parser.state() == State::complete) return 200;
  return parser.state() == State::failed ? parser.error_status() : 0;
}

TEST(RequestParser, AnswersTheSameHoweverTheBytesAreSplit) {
  const RequestLimits limits{128, 100};
  const std::string long_name(128, 'a');
  const std::string_view chunked = "Transfer-Encoding: chunked\r\n";
  const std::vector<std::pair<std::string, int>> cases = {
      // The line comes first, whatever is wrong behind it.
      {"GET / HTTP/2.1\r\nHost: h\r\n\r\n", 505},
      {"GET / HTTP/0.1\r\nHost: h\r\n x\r\n\r\n", 505},
      {"OPTIONS * HTTP/2.1\r\nHost: a\r\x06\r\n =x\r\n\r\n", 505},
      {"GET / HTTP/2.1\r\n" + long_name + "\r\n\r\n", 505},
      {"GET / HTTP/1.2\r\nHost: h\r\n\r\n", 200},
      {"GET /%zz HTTP/1.9\r\nHost: h\r\n\r\n", 400},
      // No request line: it does not end in CR LF.
      {"GET / HTTP/0.1\r\x0eHost: h\r\n\r\n", 400},
      {"GET / HTTP/2.1\nHost: h\n\n", 400},
      {"GET / HTTP/2.10\r\nHost: h\r\n\r\n", 400},
      {"GET / HTTP/1.1x\r\nHost: h\r\n\r\n", 400},
      {"G\x01T / HTTP/2.1\r\nHost: h\r\n\r\n", 400},
      // Of the fields, too, what comes first.
      {with_fields("Expect: miracles\r\nX: a\r\n b\r\n"), 400},
      {with_fields("X: a\x01\r\nTransfer-Encoding: gzip\r\n"), 400},
      {with_fields("X: a\nb\r\nY: " + long_name + "\r\n"), 400},
      {with_fields("X: a\r\n\tb: " + long_name + "\r\n"), 400},
      {with_fields("Y: " + long_name + "\r\nX: a\nb\r\n"), 431},
      {with_fields("Transfer-Encoding: gzip\r\n"), 501},
      {with_fields("Content-Length: 101\r\n"), 413},
      {with_fields("X: " + std::string(128 - with_fields("X: \r\n").size(), 'a') + "\r\n"), 200},
      {with_fields("X: " + std::string(129 - with_fields("X: \r\n").size(), 'a') + "\r\n"), 431},
      // A chunk's head, and the last one with its trailers, may be as long as a header.
      {with_fields(chunked, "1;" + std::string(124, 'x') + "\r\ny\r\n0\r\n\r\n"), 200},
      {with_fields(chunked, "1;" + std::string(125, 'x') + "\r\ny\r\n0\r\n\r\n"), 400},
      {with_fields(chunked, "fff;" + long_name + "\r\n"), 400},
      {with_fields(chunked, "fff;" + std::string(122, 'x') + "\r\n"), 413},
      // A quoted string ends in its line.
      {with_fields(chunked, "5;a=\"\r\nhello\r\n0\r\n\r\n"), 400},
      {with_fields(chunked, "1;a=\"b\"\r\ny\r\n60;a=\"" + std::string(30, 'x') + "\r\n\"\r\n"), 400},
      {with_fields(chunked, "0;a=\"\r\n\"\r\n\r\n"), 400},
      {with_fields(chunked, "0\r\nT: " + std::string(118, 'x') + "\r\n\r\n"), 200},
      {with_fields(chunked, "0\r\nT: " + std::string(119, 'x') + "\r\n\r\n"), 400},
      {"GET /" + long_name + " HTTP/2.1\r\n\r\n", 431},
      {"\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", 200},
      {"\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
  };
  for (const auto& [bytes, status] : cases) {
    for (std::size_t step = 1; step <= bytes.size(); ++step) {
      EXPECT_EQ(outcome_in_pieces(bytes, step, limits), status) << bytes << "in pieces of " << step;
    }
  }
}

TEST(RequestParser, ReadsABodyOfNoChunksHoweverTheBytesAreSplit) {
  for (const char* body : {"0\r\n\r\n", "000\r\n\r\n", "0;x\r\nTrailer: t\r\n\r\n"}) {
    const std::string bytes = with_fields("Transfer-Encoding: chunked\r\n", body);
    for (std::size_t step = 1; step <= bytes.size(); ++step) EXPECT_EQ(outcome_in_pieces(bytes, step, {}), 200) << body;
  }
}

// RFC 9110 section 2.5.
TEST(RequestParser, TakesALaterHttp1AsHttp11) {
  for (const char* version : {"1.2", "1.3", "1.9"}) {
    const std::string bytes = "GET /a HTTP/" + std::string{version} + "\r\nHost: h\r\n\r\n";
    RequestParser parser{{}};
    EXPECT_EQ(parser.feed(bytes), bytes.size());
    ASSERT_EQ(parser.state(), RequestParser::State::complete) << version;
    EXPECT_EQ(parser.request().path, "/a");
    EXPECT_TRUE(parser.is_http_11());
    EXPECT_TRUE(parser.keep_alive());
  }
  EXPECT_EQ(outcome("GET / HTTP/1.2\r\n\r\n"), 400) << "no Host";
}

TEST(RequestParser, RefusesAsSoonAsTheLineOrAByteCannotBe) {
  EXPECT_EQ(outcome("GET / HTTP/3.0\r\n"), 505);
  EXPECT_EQ(outcome("hello\r\n"), 400);
  EXPECT_EQ(outcome("GET / HTTP/1.1\n"), 400);
  EXPECT_EQ(outcome("\x16\x03\x01\x02"), 400) << "a hello of TLS";
  EXPECT_EQ(outcome("GET / HTTP/1.1\r\nHost: h\r\n "), 400);
}

TEST(RequestParser, HasStartedOnceAByteOfTheRequestIsThere) {
  RequestParser parser{{}};
  EXPECT_EQ(parser.feed("\r"), 0u);
  EXPECT_FALSE(parser.started());
  EXPECT_EQ(parser.feed("\r\n"), 2u);
  EXPECT_FALSE(parser.started());
  (void)parser.feed("G");
  EXPECT_TRUE(parser.started());
}

TEST(RequestParser, LeavesTheNextRequestAlone) {
  RequestParser parser{{}};
  const std::string two = with_fields("Content-Length: 2\r\n", "hi") + std::string{get};
  EXPECT_EQ(parser.feed(two), two.size() - get.size());
  EXPECT_EQ(parser.request().body, "hi");
  EXPECT_EQ(parser.feed(get), 0u);
}

TEST(RequestParser, IgnoresOneEmptyLineBefore) {
  EXPECT_EQ(outcome("\r\n" + std::string{get}), 200);
  EXPECT_EQ(outcome("\r\n\r\n" + std::string{get}), 400);
}

TEST(RequestParser, SaysWhetherTheConnectionMayStay) {
  const auto keeps = [](std::string_view bytes) {
    RequestParser parser{{}};
    (void)parser.feed(bytes);
    EXPECT_EQ(parser.state(), State::complete);
    return parser.keep_alive();
  };
  EXPECT_TRUE(keeps("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_TRUE(keeps("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
}

TEST(RequestParser, RefusesWhatTwoReadersCouldReadDifferently) {
  const std::vector<std::string> fields = {
      "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
      "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
      "Content-Length: 5\r\nContent-Length: 6\r\n",
      "Content-Length: 5\r\nContent-Length: 5\r\n",
      "Content-Length: 5, 5\r\n",
      "Content-Length: +5\r\n",
      "Content-Length: -5\r\n",
      "Content-Length: 0x5\r\n",
      "Content-Length: 5 5\r\n",
      "Content-Length:\r\n",
      "Content-Length: 99999999999999999999999\r\n",
      "Content-Length : 5\r\n",
      " Content-Length: 5\r\n",
      "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
      "Transfer-Encoding : chunked\r\n",
      "Host: other\r\n",
      "X: a\rb\r\n",
      "X: a\nb\r\n",
      "X: a\n",
      "No colon\r\n",
      ": empty name\r\n",
      "X\x01: y\r\n",
      "X: a\x01\r\n",
  };
  for (const std::string& one : fields) EXPECT_EQ(outcome(with_fields(one, "hello")), 400) << one;
  EXPECT_EQ(outcome(with_fields(std::string{"X: a\0b\r\n", 8}, "hello")), 400);
}

TEST(RequestParser, RefusesOtherTransferCodings) {
  EXPECT_NE(outcome(with_fields("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n")), 200);
  EXPECT_NE(outcome(with_fields("Transfer-Encoding: identity\r\n")), 200);
  EXPECT_NE(outcome(with_fields("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n")), 200);
  EXPECT_NE(outcome(with_fields("Transfer-Encoding: \x0b"
                                "chunked\r\n",
                                "0\r\n\r\n")),
            200);
  EXPECT_EQ(outcome("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400);
}

TEST(RequestParser, RefusesBadChunks) {
  for (const char* body : {"x\r\n", "5\nhello\r\n0\r\n\r\n", "5 \r\nhello\r\n0\r\n\r\n", "-1\r\n\r\n",
                           "5\r\nhelloX\r\n0\r\n\r\n", "0x5\r\nhello\r\n0\r\n\r\n", "fffffffffffffffff\r\n"}) {
    const int got = outcome(with_fields("Transfer-Encoding: chunked\r\n", body));
    EXPECT_TRUE(got == 400 || got == 413) << body << " gave " << got;
  }
}

TEST(RequestParser, RefusesBadRequestLines) {
  for (const char* line : {"GET", "GET /", "GET  / HTTP/1.1", "GET / HTTP/1.1 ", "G ET / HTTP/1.1", "/ HTTP/1.1",
                           "GET / http/1.1", "GET / HTTP/1", "GET / HTTP/11", "\x16\x03\x01\x02", "GET /%zz HTTP/1.1",
                           "GET /%00 HTTP/1.1", "GET x HTTP/1.1", "GE\tT / HTTP/1.1"}) {
    EXPECT_EQ(outcome(std::string{line} + "\r\nHost: h\r\n\r\n"), 400) << line;
  }
  EXPECT_EQ(outcome("GET / HTTP/2.0\r\nHost: h\r\n\r\n"), 505);
  EXPECT_EQ(outcome("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505);
}

TEST(RequestParser, NeedsOneHost) {
  EXPECT_EQ(outcome("GET / HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(outcome("GET / HTTP/1.0\r\n\r\n"), 200);
}

TEST(RequestParser, BoundsTheHeader) {
  const RequestLimits limits{1024, 100};
  EXPECT_EQ(outcome("GET /" + std::string(2000, 'a'), limits), 431);
  EXPECT_EQ(outcome("GET /" + std::string(2000, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n", limits), 431);
  EXPECT_EQ(outcome(with_fields("X: " + std::string(2000, 'a')), limits), 431);
  std::string many;
  for (int i = 0; i < 200; ++i) many += "X: y\r\n";
  EXPECT_EQ(outcome(with_fields(many), limits), 431);
  EXPECT_EQ(outcome(with_fields("X: " + std::string(900, 'a') + "\r\n"), limits), 200);
}

TEST(RequestParser, BoundsManySmallFieldsThatComeOneByOne) {
  RequestParser parser{{1024, 100}};
  std::string buffer = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 300 && parser.state() == State::header; ++i) {
    buffer.erase(0, parser.feed(buffer));
    buffer += "A: b\r\n";
  }
  EXPECT_EQ(parser.error_status(), 431);
}

TEST(RequestParser, BoundsTheBody) {
  const RequestLimits limits{1024, 10};
  EXPECT_EQ(outcome(with_fields("Content-Length: 10\r\n", "0123456789"), limits), 200);
  EXPECT_EQ(outcome(with_fields("Content-Length: 11\r\n"), limits), 413);
  EXPECT_EQ(outcome(with_fields("Transfer-Encoding: chunked\r\n", "6\r\n123456\r\n6\r\n123456\r\n0\r\n\r\n"), limits),
            413);
}

TEST(RequestParser, BoundsChunkHeads) {
  const RequestLimits limits{1024, 100};
  EXPECT_EQ(outcome(with_fields("Transfer-Encoding: chunked\r\n", "1;" + std::string(5000, 'x')), limits), 400);
  EXPECT_EQ(outcome(with_fields("Transfer-Encoding: chunked\r\n", "0\r\nT: " + std::string(5000, 'x')), limits), 400);
}

TEST(RequestParser, KnowsExpectContinue) {
  RequestParser parser{{}};
  (void)parser.feed(with_fields("Expect: 100-continue\r\nContent-Length: 1\r\n"));
  EXPECT_EQ(parser.state(), State::body);
  EXPECT_TRUE(parser.expects_continue());
  EXPECT_EQ(outcome(with_fields("Expect: miracles\r\n")), 417);
}

TEST(RequestParser, SurvivesMutatedRequests) {
  std::mt19937 random{20260102};
  const std::string original = with_fields("Transfer-Encoding: chunked\r\nX: y\r\n", "2\r\nhe\r\n0\r\n\r\n");
  for (int round = 0; round < 5'000; ++round) {
    std::string bytes = original;
    for (int i = 0; i < 3; ++i) bytes[random() % bytes.size()] = static_cast<char>(random());
    RequestParser parser{{}};
    std::string buffer;
    const std::size_t step = 1 + random() % 20;
    for (std::size_t at = 0; at < bytes.size() && parser.state() != State::failed; at += step) {
      buffer += bytes.substr(at, step);
      buffer.erase(0, parser.feed(buffer));
    }
    if (parser.state() == State::failed) {
      EXPECT_GE(parser.error_status(), 400);
    }
  }
}

}  // namespace
}  // namespace carillon::http
