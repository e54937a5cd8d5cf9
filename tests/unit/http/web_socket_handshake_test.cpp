#include "http/web_socket_handshake.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace carillon::http {
namespace {

using testing::HasSubstr;
using testing::Not;

Request upgrade_request() {
  Request request;
  request.method = "GET";
  request.path = "/ws";
  request.headers = {{"Host", "example.com:8080"},
                     {"Upgrade", "websocket"},
                     {"Connection", "keep-alive, Upgrade"},
                     {"Sec-WebSocket-Version", "13"},
                     {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}};
  return request;
}

int status_of(const Request& request) {
  const auto refusal = check_handshake(request, true);
  return refusal ? refusal->status : 101;
}

int status_with(std::string name, std::string value) {
  Request request = upgrade_request();
  request.headers.set(std::move(name), std::move(value));
  return status_of(request);
}

TEST(Handshake, AnswersTheExampleOfTheRfc) {
  EXPECT_EQ(accept_key("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  const std::string out = switching_protocols("dGhlIHNhbXBsZSBub25jZQ==", "protoo");
  EXPECT_THAT(out, HasSubstr("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
  EXPECT_THAT(out, HasSubstr("\r\nSec-WebSocket-Protocol: protoo\r\n\r\n"));
  EXPECT_THAT(switching_protocols("dGhlIHNhbXBsZSBub25jZQ==", ""), Not(HasSubstr("Protocol:")));
}

TEST(Handshake, PassesAGoodRequest) { EXPECT_EQ(status_of(upgrade_request()), 101); }

TEST(Handshake, RefusesEachThingThatIsMissingOrWrong) {
  EXPECT_EQ(status_with("Upgrade", "h2c"), 426);
  EXPECT_EQ(status_with("Connection", "keep-alive"), 400);
  EXPECT_EQ(status_with("Sec-WebSocket-Version", "12"), 426);
  EXPECT_EQ(status_with("Sec-WebSocket-Version", "13, 8"), 426);
  EXPECT_EQ(status_with("Sec-WebSocket-Key", ""), 400);
  EXPECT_EQ(status_with("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ"), 400);
  EXPECT_EQ(status_with("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZ==="), 400);
  EXPECT_EQ(status_with("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25j!Q=="), 400);
  EXPECT_EQ(status_with("Sec-WebSocket-Protocol", "protoo, a b"), 400);

  Request request = upgrade_request();
  request.headers.add("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
  EXPECT_EQ(status_of(request), 400);
  request = upgrade_request();
  request.method = "POST";
  EXPECT_EQ(status_of(request), 405);
  request = upgrade_request();
  request.body = "x";
  EXPECT_EQ(status_of(request), 400);
  EXPECT_EQ(check_handshake(upgrade_request(), false)->status, 400);
}

TEST(Handshake, NamesItsVersionWhenItRefusesAnother) {
  Request request = upgrade_request();
  request.headers.set("Sec-WebSocket-Version", "8");
  EXPECT_EQ(check_handshake(request, true)->headers.get("Sec-WebSocket-Version"), "13");
}

bool allowed(std::string origin, std::vector<std::string> list = {}) {
  Request request = upgrade_request();
  request.headers.add("Origin", std::move(origin));
  return is_origin_allowed(request, list);
}

TEST(Origin, IsTheServersOwnUnlessOthersAreNamed) {
  EXPECT_TRUE(allowed("http://example.com:8080"));
  EXPECT_TRUE(allowed("https://EXAMPLE.com:8080"));
  EXPECT_FALSE(allowed("http://example.com"));
  EXPECT_FALSE(allowed("http://evil.com:8080"));
  EXPECT_FALSE(allowed("http://example.com:8080.evil.com"));
  EXPECT_FALSE(allowed("http://evil.com/example.com:8080"));
}

TEST(Origin, IsNeverNull) {
  EXPECT_FALSE(allowed("null"));
  EXPECT_FALSE(allowed("null", {"*"}));
  EXPECT_FALSE(allowed("null", {"null"}));
  EXPECT_FALSE(allowed("", {"*"}));
}

TEST(Origin, IsOneOfTheAllowed) {
  const std::vector<std::string> list = {"https://app.example/", "http://localhost:5173"};
  EXPECT_TRUE(allowed("https://app.example", list));
  EXPECT_TRUE(allowed("https://app.example:443", list));
  EXPECT_TRUE(allowed("http://localhost:5173", list));
  EXPECT_FALSE(allowed("http://app.example", list));
  EXPECT_FALSE(allowed("https://sub.app.example", list));
  EXPECT_FALSE(allowed("http://example.com:8080", list));
  EXPECT_TRUE(allowed("https://anyone.example", {"*"}));
}

TEST(Origin, MayBeAbsentForIsNoBrowserThen) {
  EXPECT_TRUE(is_origin_allowed(upgrade_request(), {"https://app.example"}));
}

TEST(Origin, IsOneOnly) {
  Request request = upgrade_request();
  request.headers.add("Origin", "http://example.com:8080");
  request.headers.add("Origin", "http://example.com:8080");
  EXPECT_FALSE(is_origin_allowed(request, {}));
}

}  // namespace
}  // namespace carillon::http
