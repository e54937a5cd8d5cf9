#include "mediasoup/data_message.hpp"

#include <gtest/gtest.h>

namespace carillon::mediasoup {
namespace {

using Bytes = std::vector<std::uint8_t>;

TEST(DataMessage, TextAndBytesSayWhatTheyAre) {
  EXPECT_EQ(DataMessage::text("hi").ppid, ppid::string);
  EXPECT_EQ(DataMessage::text("hi").bytes, (Bytes{'h', 'i'}));
  EXPECT_EQ(DataMessage::binary(Bytes{0, 255}).ppid, ppid::binary);
  EXPECT_EQ(DataMessage::binary(Bytes{0, 255}).bytes, (Bytes{0, 255}));
}

TEST(DataMessage, AnEmptyOneIsOneByteWithItsOwnPpid) {
  EXPECT_EQ(DataMessage::text("").ppid, ppid::string_empty);
  EXPECT_EQ(DataMessage::text("").bytes, Bytes{' '});
  EXPECT_EQ(DataMessage::binary({}).ppid, ppid::binary_empty);
  EXPECT_EQ(DataMessage::binary({}).bytes, Bytes{0});
  const Bytes some{1, 2, 3};
  EXPECT_EQ(DataMessage::with_ppid(some, ppid::string_empty).bytes, Bytes{' '});
  EXPECT_EQ(DataMessage::with_ppid(some, ppid::binary_empty).bytes, Bytes{0});
  EXPECT_EQ(DataMessage::with_ppid(some, 1234).ppid, 1234U);
  EXPECT_EQ(DataMessage::with_ppid(some, 1234).bytes, some);
}

}  // namespace
}  // namespace carillon::mediasoup
