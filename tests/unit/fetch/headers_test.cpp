#include "fetch/headers.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace carillon::fetch {
namespace {

using namespace std::chrono_literals;

/// Sun, 06 Nov 1994 08:49:37 GMT.
constexpr Time now{784'111'777s};

std::optional<Duration> asks(const std::string& value) { return retry_after({{"Retry-After", value}}, now); }

TEST(Headers, AreFoundWhateverTheirCase) {
  const Headers headers{{"Retry-After", "1"}, {"x", "first"}, {"X", "second"}};
  EXPECT_EQ(find_header(headers, "retry-after"), "1");
  EXPECT_EQ(find_header(headers, "X"), "first");
  EXPECT_EQ(find_header(headers, "y"), "");
}

TEST(RetryAfter, IsSecondsOrADate) {
  EXPECT_EQ(asks("0"), Duration{0});
  EXPECT_EQ(asks("120"), Duration{120s});
  EXPECT_EQ(asks("Sun, 06 Nov 1994 08:49:47 GMT"), Duration{10s});
  EXPECT_EQ(asks("Sun, 06 Nov 1994 08:49:27 GMT"), Duration{0});
}

TEST(RetryAfter, IsNeverLongerThanADay) {
  EXPECT_EQ(asks("99999999"), Duration{24h});
  EXPECT_EQ(asks("Tue, 06 Nov 2094 08:49:37 GMT"), Duration{24h});
}

TEST(RetryAfter, NonsenseIsNothing) {
  for (const char* value : {"", "soon", "-1", "1.5", "99999999999999", "Sun, 06 Nov 1994 08:49:37", "12 s"})
    EXPECT_EQ(asks(value), std::nullopt) << value;
  EXPECT_EQ(retry_after({}, now), std::nullopt);
}

}  // namespace
}  // namespace carillon::fetch
