#include "http/router.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace carillon::http {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

RouteTable<int> example() {
  RouteTable<int> table;
  table.add("GET", "/", 1);
  table.add("GET", "/v1/calls/{callId}", 2);
  table.add("POST", "/v1/calls/{callId}", 3);
  table.add("GET", "/v1/calls/all", 4);
  table.add("GET", "/v1/{a}/x/{b}", 5);
  return table;
}

TEST(RouteTable, FindsLiteralPaths) {
  const auto table = example();
  EXPECT_EQ(*table.find("GET", {""}).value, 1);
  EXPECT_EQ(table.find("GET", {"v1"}).value, nullptr);
  EXPECT_THAT(table.find("GET", {"v1"}).allowed, IsEmpty());
}

TEST(RouteTable, GivesTheSegmentsInBraces) {
  const auto table = example();
  const auto match = table.find("POST", {"v1", "calls", "c/1"});
  ASSERT_TRUE(match.value);
  EXPECT_EQ(*match.value, 3);
  EXPECT_EQ(match.params.get("callId"), "c/1");
  EXPECT_EQ(table.find("GET", {"v1", "u", "x", "w"}).params.get("b"), "w");
}

TEST(RouteTable, PrefersTheLiteralPathWhereverItStands) {
  const auto table = example();
  EXPECT_EQ(*table.find("GET", {"v1", "calls", "all"}).value, 4);
  EXPECT_EQ(*table.find("GET", {"v1", "calls", "any"}).value, 2);
}

TEST(RouteTable, TellsTheMethodsOfAPath) {
  const auto match = example().find("DELETE", {"v1", "calls", "c1"});
  EXPECT_EQ(match.value, nullptr);
  EXPECT_THAT(match.allowed, ElementsAre("GET", "POST"));
}

TEST(RouteTable, TakesNoEmptySegmentForABrace) {
  EXPECT_THAT(example().find("GET", {"v1", "calls", ""}).allowed, IsEmpty());
}

}  // namespace
}  // namespace carillon::http
