// LineSplitter: what a worker prints becomes whole lines, of bounded length and number.
#include "mediasoup/line_splitter.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace carillon::mediasoup {
namespace {

using namespace std::chrono_literals;

const std::chrono::steady_clock::time_point t0{1000s};

struct Lines {
  LineSplitter splitter;
  std::vector<std::string> got;
  LineSplitter::Sink sink = [this](std::string_view line) { got.emplace_back(line); };
  void feed(std::string_view bytes, std::chrono::steady_clock::time_point now = t0) { splitter.feed(bytes, now, sink); }
};

TEST(LineSplitter, JoinsPiecesAndSkipsEmptyLines) {
  Lines lines;
  lines.feed("one\ntw");
  lines.feed("o\n\n\nthr");
  EXPECT_EQ(lines.got, (std::vector<std::string>{"one", "two"}));
  lines.feed("ee\n");
  EXPECT_EQ(lines.got.back(), "three");
}

TEST(LineSplitter, CutsALongLineAndLosesOnlyItsRest) {
  Lines lines;
  for (int i = 0; i < 100; ++i) lines.feed(std::string(1000, 'x'));
  lines.feed("\nnext\n");
  EXPECT_EQ(lines.got, (std::vector<std::string>{std::string(LineSplitter::line_bytes_max, 'x'), "next"}));
}

TEST(LineSplitter, LetsOnlySoManyLinesThroughInASecondAndSaysSo) {
  Lines lines;
  for (std::size_t i = 0; i < LineSplitter::lines_per_second_max + 7; ++i) lines.feed("line\n");
  EXPECT_EQ(lines.got.size(), LineSplitter::lines_per_second_max);
  lines.feed("later\n", t0 + 1s);
  ASSERT_EQ(lines.got.size(), LineSplitter::lines_per_second_max + 2);
  EXPECT_EQ(lines.got[LineSplitter::lines_per_second_max], "(7 more lines were dropped)");
  EXPECT_EQ(lines.got.back(), "later");
}

TEST(LineSplitter, TheLastLineNeedsNoLineBreak) {
  Lines lines;
  lines.feed("no break");
  EXPECT_TRUE(lines.got.empty());
  lines.splitter.finish(lines.sink);
  EXPECT_EQ(lines.got, std::vector<std::string>{"no break"});
}

}  // namespace
}  // namespace carillon::mediasoup
