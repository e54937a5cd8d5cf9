#include "http/message.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace carillon::http {
namespace {

using testing::ElementsAre;

TEST(Headers, FindNamesWithoutRegardToCase) {
  Headers headers{{"Content-Type", "text/plain"}, {"X-A", "1"}, {"x-a", "2"}};
  EXPECT_EQ(headers.get("content-type"), "text/plain");
  EXPECT_EQ(headers.get("X-a"), "1");
  EXPECT_EQ(headers.count("X-A"), 2u);
  EXPECT_EQ(headers.get("absent"), "");
  EXPECT_FALSE(headers.contains("absent"));
}

TEST(Headers, SetReplacesAllFieldsOfTheName) {
  Headers headers{{"A", "1"}, {"a", "2"}};
  headers.set("A", "3");
  EXPECT_EQ(headers.count("a"), 1u);
  EXPECT_EQ(headers.get("a"), "3");
}

TEST(Headers, ListTokensOverAllFields) {
  Headers headers{{"Connection", "keep-alive , Upgrade,,"}, {"connection", "\t x "}};
  EXPECT_THAT(headers.tokens("Connection"), ElementsAre("keep-alive", "Upgrade", "x"));
  EXPECT_TRUE(headers.has_token("Connection", "upgrade"));
  EXPECT_FALSE(headers.has_token("Connection", "up"));
}

TEST(Request, ReadsTheBearerToken) {
  Request request;
  EXPECT_EQ(request.bearer_token(), std::nullopt);
  request.headers.add("Authorization", "Basic abc");
  EXPECT_EQ(request.bearer_token(), std::nullopt);
  request.headers.set("Authorization", "bearer  abc.def ");
  EXPECT_EQ(request.bearer_token(), "abc.def");
  request.headers.set("Authorization", "Bearer ");
  EXPECT_EQ(request.bearer_token(), std::nullopt);
}

}  // namespace
}  // namespace carillon::http
