#include "http/target.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace carillon::http {
namespace {

using testing::ElementsAre;

TEST(Target, SplitsThePathAndDecodesEachSegment) {
  const auto target = parse_target("/v1/calls/a%2Fb%20c?x=1+2&y=%26&z&x=3");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->raw_path, "/v1/calls/a%2Fb%20c");
  EXPECT_THAT(target->segments, ElementsAre("v1", "calls", "a/b c"));
  EXPECT_EQ(target->query.get("x"), "1 2");
  EXPECT_EQ(target->query.get("y"), "&");
  EXPECT_EQ(target->query.find("z"), "");
  EXPECT_EQ(target->query.find("w"), std::nullopt);
}

TEST(Target, ShowsASlashAtTheEndAsAnEmptySegment) {
  EXPECT_THAT(parse_target("/")->segments, ElementsAre(""));
  EXPECT_THAT(parse_target("/a/")->segments, ElementsAre("a", ""));
  EXPECT_THAT(parse_target("//a")->segments, ElementsAre("", "a"));
}

TEST(Target, KeepsAPlusInThePath) { EXPECT_THAT(parse_target("/a+b")->segments, ElementsAre("a+b")); }

TEST(Target, TakesTheAbsoluteFormOfProxies) {
  EXPECT_EQ(parse_target("http://example.com/a?b=c")->raw_path, "/a");
  EXPECT_EQ(parse_target("HTTPS://example.com")->raw_path, "/");
}

TEST(Target, RefusesWhatIsNoTarget) {
  for (const char* text : {"", "*", "a", "ftp://x/y", "http:///x", "http://x?y", "/%", "/%2", "/%zz", "/%00", "/a b",
                           "/a\tb", "/?a=%0", "/?%gg=1", "/\x7f"}) {
    EXPECT_FALSE(parse_target(text)) << text;
  }
}

}  // namespace
}  // namespace carillon::http
