// Deframer: every split of the stream gives the same frames; garbage is found, and costs nothing that came before it.
#include "mediasoup/channel/framing.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <vector>

namespace carillon::mediasoup {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t payload_max = 1000;

Bytes prefixed(const Bytes& payload) {
  Bytes frame(Deframer::prefix_bytes);
  const auto size = static_cast<std::uint32_t>(payload.size());
  std::memcpy(frame.data(), &size, sizeof size);
  frame.insert(frame.end(), payload.begin(), payload.end());
  return frame;
}

Bytes counting(std::size_t size, std::uint8_t first) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(first + i);
  return bytes;
}

Bytes joined(const std::vector<Bytes>& parts) {
  Bytes all;
  for (const Bytes& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

std::vector<Bytes> take_all(Deframer& deframer) {
  std::vector<Bytes> frames;
  while (const auto frame = deframer.next()) frames.emplace_back(frame->bytes().begin(), frame->bytes().end());
  return frames;
}

TEST(Deframer, HandsOutOneWholeFrameWithItsPrefix) {
  Deframer deframer{payload_max};
  const Bytes frame = prefixed({1, 2, 3});
  deframer.feed(frame);
  EXPECT_EQ(take_all(deframer), std::vector<Bytes>{frame});
  EXPECT_FALSE(deframer.partial());
  EXPECT_FALSE(deframer.broken());
}

TEST(Deframer, EverySplitIntoThreePiecesGivesTheSameFrames) {
  const std::vector<Bytes> frames{prefixed(counting(1, 7)), prefixed(counting(9, 1)), prefixed(counting(4, 100))};
  const Bytes stream = joined(frames);
  for (std::size_t first = 0; first <= stream.size(); ++first) {
    for (std::size_t second = first; second <= stream.size(); ++second) {
      Deframer deframer{payload_max};
      const std::span<const std::uint8_t> all{stream};
      deframer.feed(all.first(first));
      deframer.feed(all.subspan(first, second - first));
      deframer.feed(all.subspan(second));
      ASSERT_EQ(take_all(deframer), frames) << first << ", " << second;
      ASSERT_FALSE(deframer.partial());
    }
  }
}

TEST(Deframer, ByteByByteEachFrameComesWithItsLastByte) {
  const std::vector<Bytes> frames{prefixed(counting(3, 0)), prefixed(counting(300, 5))};
  Deframer deframer{payload_max};
  for (const Bytes& frame : frames) {
    for (std::size_t i = 0; i < frame.size(); ++i) {
      ASSERT_EQ(deframer.next(), nullptr);
      deframer.feed(std::span{frame}.subspan(i, 1));
      ASSERT_EQ(deframer.partial(), i + 1 < frame.size());
    }
    ASSERT_EQ(take_all(deframer), std::vector<Bytes>{frame});
  }
}

TEST(Deframer, RandomFramesInRandomPiecesAllComeOut) {
  std::mt19937 random{20261122};
  for (int round = 0; round < 300; ++round) {
    std::vector<Bytes> frames;
    for (int i = 0; i < 20; ++i)
      frames.push_back(prefixed(counting(1 + random() % payload_max, static_cast<std::uint8_t>(random()))));
    const Bytes stream = joined(frames);
    Deframer deframer{payload_max};
    std::vector<Bytes> got;
    for (std::size_t at = 0; at < stream.size();) {
      const std::size_t piece = std::min<std::size_t>(1 + random() % 700, stream.size() - at);
      deframer.feed(std::span{stream}.subspan(at, piece));
      at += piece;
      for (Bytes& frame : take_all(deframer)) got.push_back(std::move(frame));
    }
    ASSERT_EQ(got, frames);
  }
}

TEST(Deframer, TheLargestFrameFitsAndOneByteMoreIsGarbage) {
  Deframer fits{payload_max};
  const Bytes largest = prefixed(counting(payload_max, 0));
  fits.feed(largest);
  EXPECT_EQ(take_all(fits), std::vector<Bytes>{largest});

  Deframer breaks{payload_max};
  breaks.feed(prefixed(counting(payload_max + 1, 0)));
  EXPECT_TRUE(take_all(breaks).empty());
  EXPECT_TRUE(breaks.broken());
}

TEST(Deframer, AnEmptyMessageIsGarbage) {
  Deframer deframer{payload_max};
  deframer.feed(prefixed({}));
  EXPECT_TRUE(deframer.broken());
}

TEST(Deframer, GarbageCostsNothingThatCameBeforeItAndEndsTheStream) {
  const Bytes good = prefixed({1, 2, 3, 4});
  Deframer deframer{payload_max};
  deframer.feed(joined({good, good, {0xff, 0xff, 0xff, 0xff}, good}));
  EXPECT_TRUE(deframer.broken());
  EXPECT_EQ(take_all(deframer), (std::vector<Bytes>{good, good}));
  deframer.feed(good);
  EXPECT_EQ(deframer.next(), nullptr);
}

TEST(Deframer, FramesAreAlignedForEightByteFields) {
  Deframer deframer{payload_max};
  for (std::size_t size = 1; size < 40; ++size) deframer.feed(prefixed(counting(size, 0)));
  while (const auto frame = deframer.next()) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(frame->bytes().data()) % 8, 0U);
  }
}

}  // namespace
}  // namespace carillon::mediasoup
