#include "http/response_writer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace carillon::http {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(HttpDate, IsOfTheFormOfTheRfc) { EXPECT_EQ(http_date(from_ms(784111777000)), "Sun, 06 Nov 1994 08:49:37 GMT"); }

TEST(WriteHeader, NamesLengthTypeAndDate) {
  const std::string out = write_header(Response::json(200, "{}"), {});
  EXPECT_THAT(out, StartsWith("HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"));
  EXPECT_THAT(out, HasSubstr("\r\nContent-Type: application/json\r\n"));
  EXPECT_THAT(out, HasSubstr("\r\nContent-Length: 2\r\n"));
  EXPECT_TRUE(out.ends_with("\r\n\r\n"));
}

TEST(WriteHeader, GivesHeadTheLengthOfTheBodyItLeavesOut) {
  ResponseFraming framing;
  framing.head_only = true;
  const Response response = Response::text(200, "12345");
  EXPECT_THAT(write_header(response, framing), HasSubstr("Content-Length: 5"));
  EXPECT_FALSE(has_body(response, framing));
}

TEST(WriteHeader, GivesNoLengthToStatusesWithoutBody) {
  for (const int status : {204, 304}) {
    EXPECT_THAT(write_header(Response::empty(status), {}), Not(HasSubstr("Content-Length"))) << status;
  }
  EXPECT_THAT(write_header(Response::empty(200), {}), HasSubstr("Content-Length: 0"));
}

TEST(WriteHeader, SaysWhenTheConnectionEnds) {
  ResponseFraming framing;
  EXPECT_THAT(write_header(Response::empty(200), framing), Not(HasSubstr("Connection")));
  framing.is_http_11 = false;
  EXPECT_THAT(write_header(Response::empty(200), framing), HasSubstr("Connection: keep-alive"));
  framing.keep_alive = false;
  EXPECT_THAT(write_header(Response::empty(200), framing), HasSubstr("Connection: close"));
}

TEST(WriteHeader, LeavesOutFieldsThatWouldBreakOutOfTheirLine) {
  Response response = Response::empty(200);
  response.headers.add("X-Good", "fine\tvalue");
  response.headers.add("X-Bad", "a\r\nSet-Cookie: b");
  response.headers.add("X\nBad", "a");
  const std::string out = write_header(response, {});
  EXPECT_THAT(out, HasSubstr("X-Good: fine\tvalue\r\n"));
  EXPECT_THAT(out, Not(HasSubstr("Bad")));
  EXPECT_THAT(out, Not(HasSubstr("Cookie")));
}

}  // namespace
}  // namespace carillon::http
