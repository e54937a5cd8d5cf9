// worker/adapt/srtp.h against plain libsrtp2, in the three suites that mediasoup-worker negotiates with browsers.
#include "unit/worker/srtp_sessions.hpp"

#include <algorithm>
#include <string>
#include <tuple>

namespace carillon_srtp_test {
namespace {

/// A buffer whose neighbours on both sides would tell if they were written to.
class Guarded {
 public:
  explicit Guarded(std::size_t size) : bytes_(size + 2 * guard_bytes, guard), size_(size) {}
  [[nodiscard]] std::uint8_t* data() { return bytes_.data() + guard_bytes; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool guards_whole() const {
    const auto is_guard = [](std::uint8_t byte) { return byte == guard; };
    return std::all_of(bytes_.begin(), bytes_.begin() + guard_bytes, is_guard) &&
           std::all_of(bytes_.end() - guard_bytes, bytes_.end(), is_guard);
  }
  [[nodiscard]] bool untouched() const {
    return std::all_of(bytes_.begin(), bytes_.end(), [](std::uint8_t byte) { return byte == guard; });
  }
  [[nodiscard]] Bytes first(std::size_t count) const {
    return {bytes_.begin() + guard_bytes, bytes_.begin() + guard_bytes + static_cast<std::ptrdiff_t>(count)};
  }

 private:
  static constexpr std::uint8_t guard = 0xa5;
  static constexpr std::ptrdiff_t guard_bytes = 256;
  Bytes bytes_;
  std::size_t size_;
};

class Library : public testing::Environment {
 public:
  void SetUp() override { ASSERT_EQ(srtp_init(), srtp_err_status_ok); }
  void TearDown() override { srtp_shutdown(); }
};
[[maybe_unused]] const auto* const library = testing::AddGlobalTestEnvironment(new Library);

class Srtp : public testing::TestWithParam<std::tuple<Suite, std::size_t>> {
 protected:
  const Suite suite = std::get<0>(GetParam());
  const Flavour& flavour = flavours.at(std::get<1>(GetParam()));
};

INSTANTIATE_TEST_SUITE_P(Suites, Srtp,
                         testing::Combine(testing::ValuesIn(suites), testing::Values(std::size_t{0}, std::size_t{1})),
                         [](const auto& test) {
                           return std::string(std::get<0>(test.param).name) + "_" +
                                  flavours.at(std::get<1>(test.param)).name;
                         });

// 2,000 packets: for RTP they go through the wrap of the 16-bit sequence number, 536 packets after the first.
constexpr int many = 2000;

TEST_P(Srtp, PlainLibsrtpReadsWhatTheAdapterProtects) {
  const Session sender(adapted(suite, Direction::send));
  const Session receiver(plain(suite, Direction::receive));
  for (int number = 0; number < many; ++number) {
    const Bytes packet = flavour.packet(number);
    ASSERT_EQ(plain_unprotect(flavour, receiver, adapted_protect(flavour, sender, packet)), packet) << number;
  }
}

TEST_P(Srtp, TheAdapterReadsWhatPlainLibsrtpProtects) {
  const Session sender(plain(suite, Direction::send));
  const Session receiver(adapted(suite, Direction::receive));
  for (int number = 0; number < many; ++number) {
    const Bytes packet = flavour.packet(number);
    ASSERT_EQ(adapted_unprotect(flavour, receiver, plain_protect(flavour, sender, packet)), packet) << number;
  }
}

TEST_P(Srtp, BothProtectToTheSameBytesLongerByTagAndIndex) {
  const Session ours(adapted(suite, Direction::send));
  const Session theirs(plain(suite, Direction::send));
  for (int number = 0; number < 100; ++number) {
    const Bytes packet = flavour.packet(number);
    const Bytes expected = plain_protect(flavour, theirs, packet);
    ASSERT_EQ(adapted_protect(flavour, ours, packet), expected) << number;
    ASSERT_EQ(expected.size(), packet.size() + suite.tag_bytes + flavour.extra_bytes);
  }
}

TEST_P(Srtp, ProtectLeavesItsInputAsItWas) {
  const Session sender(adapted(suite, Direction::send));
  const Bytes packet = flavour.packet(20);
  const Bytes copy = packet;
  adapted_protect(flavour, sender, packet);
  EXPECT_EQ(packet, copy);
}

TEST_P(Srtp, APacketWithAnyOneByteChangedIsRefusedAndTheTrueOneStillTaken) {
  const Session sender(adapted(suite, Direction::send));
  const Session receiver(adapted(suite, Direction::receive));
  const Bytes packet = flavour.packet(20);
  const Bytes protected_packet = adapted_protect(flavour, sender, packet);
  for (std::size_t at = 0; at < protected_packet.size(); ++at) {
    Bytes tampered = protected_packet;
    tampered[at] ^= 0x01U;
    ASSERT_TRUE(adapted_unprotect(flavour, receiver, tampered).empty()) << "byte " << at;
  }
  EXPECT_EQ(adapted_unprotect(flavour, receiver, protected_packet), packet);
}

TEST_P(Srtp, APacketCutShortAnywhereIsRefused) {
  const Session sender(adapted(suite, Direction::send));
  const Session receiver(adapted(suite, Direction::receive));
  const Bytes protected_packet = adapted_protect(flavour, sender, flavour.packet(20));
  for (std::size_t length = 1; length < protected_packet.size(); ++length) {
    Bytes cut(protected_packet.begin(), protected_packet.begin() + static_cast<std::ptrdiff_t>(length));
    ASSERT_TRUE(adapted_unprotect(flavour, receiver, cut).empty()) << length << " bytes";
  }
}

TEST_P(Srtp, AReplayedPacketIsRefused) {
  const Session sender(adapted(suite, Direction::send));
  const Session receiver(adapted(suite, Direction::receive));
  Bytes protected_packet = adapted_protect(flavour, sender, flavour.packet(20));
  ASSERT_FALSE(adapted_unprotect(flavour, receiver, protected_packet).empty());

  std::size_t length = protected_packet.size();
  EXPECT_EQ(flavour.unprotect(receiver.get(), protected_packet.data(), protected_packet.size(), protected_packet.data(),
                              &length),
            srtp_err_status_replay_fail);
}

TEST_P(Srtp, APacketOlderThanTheReplayWindowIsRefused) {
  const Session sender(adapted(suite, Direction::send));
  const Session receiver(adapted(suite, Direction::receive));
  // Past both windows: the one asked for, and the 128 packets that libsrtp2 always has for RTCP.
  Bytes late = adapted_protect(flavour, sender, flavour.packet(0));
  for (int number = 1; number < many; ++number) {
    ASSERT_FALSE(
        adapted_unprotect(flavour, receiver, adapted_protect(flavour, sender, flavour.packet(number))).empty());
  }
  std::size_t length = late.size();
  EXPECT_EQ(flavour.unprotect(receiver.get(), late.data(), late.size(), late.data(), &length),
            srtp_err_status_replay_old);
}

TEST_P(Srtp, AnotherKeyDoesNotOpenIt) {
  const Session sender(adapted(suite, Direction::send, 1));
  const Session receiver(adapted(suite, Direction::receive, 2));
  EXPECT_TRUE(adapted_unprotect(flavour, receiver, adapted_protect(flavour, sender, flavour.packet(20))).empty());
}

TEST_P(Srtp, ProtectFillsABufferThatJustFitsAndNoByteMore) {
  for (const int number : {0, 1, 3, 20, 31}) {
    const Session ours(adapted(suite, Direction::send));
    const Session theirs(plain(suite, Direction::send));
    const Bytes packet = flavour.packet(number);
    Guarded out(packet.size() + suite.tag_bytes + flavour.extra_bytes);
    std::size_t length = out.size();
    ASSERT_EQ(flavour.protect(ours.get(), packet.data(), packet.size(), out.data(), &length, 0), srtp_err_status_ok);
    EXPECT_EQ(length, out.size());
    EXPECT_EQ(out.first(length), plain_protect(flavour, theirs, packet));
    EXPECT_TRUE(out.guards_whole());
  }
}

TEST_P(Srtp, ProtectKeepsToEverySizeOfBufferBetweenFittingAndRoomy) {
  const Bytes packet = flavour.packet(20);
  const std::size_t fitting = packet.size() + suite.tag_bytes + flavour.extra_bytes;
  for (std::size_t size = fitting; size < packet.size() + 200; ++size) {
    const Session sender(adapted(suite, Direction::send));
    Guarded out(size);
    std::size_t length = size;
    ASSERT_EQ(flavour.protect(sender.get(), packet.data(), packet.size(), out.data(), &length, 0), srtp_err_status_ok);
    ASSERT_EQ(length, fitting);
    ASSERT_TRUE(out.guards_whole()) << size;
  }
}

TEST_P(Srtp, ProtectRefusesABufferOneByteShortAndWritesNothing) {
  const Session sender(adapted(suite, Direction::send));
  const Bytes packet = flavour.packet(20);
  Guarded out(packet.size() + suite.tag_bytes + flavour.extra_bytes - 1);
  std::size_t length = out.size();
  EXPECT_EQ(flavour.protect(sender.get(), packet.data(), packet.size(), out.data(), &length, 0),
            srtp_err_status_buffer_small);
  EXPECT_EQ(length, out.size());
  EXPECT_TRUE(out.untouched());
}

TEST_P(Srtp, UnprotectTakesABufferAsLongAsThePacketAndWritesNoByteMore) {
  const Session sender(adapted(suite, Direction::send));
  const Session receiver(adapted(suite, Direction::receive));
  const Bytes packet = flavour.packet(20);
  const Bytes protected_packet = adapted_protect(flavour, sender, packet);
  Guarded out(protected_packet.size());
  std::size_t length = out.size();
  ASSERT_EQ(flavour.unprotect(receiver.get(), protected_packet.data(), protected_packet.size(), out.data(), &length),
            srtp_err_status_ok);
  EXPECT_EQ(out.first(length), packet);
  EXPECT_TRUE(out.guards_whole());
}

TEST_P(Srtp, UnprotectRefusesABufferOneByteShorterThanThePacketAndWritesNothing) {
  const Session sender(adapted(suite, Direction::send));
  const Session receiver(adapted(suite, Direction::receive));
  const Bytes protected_packet = adapted_protect(flavour, sender, flavour.packet(20));
  Guarded out(protected_packet.size() - 1);
  std::size_t length = out.size();
  EXPECT_EQ(flavour.unprotect(receiver.get(), protected_packet.data(), protected_packet.size(), out.data(), &length),
            srtp_err_status_buffer_small);
  EXPECT_EQ(length, out.size());
  EXPECT_TRUE(out.untouched());
}

TEST_P(Srtp, ARefusedPacketDoesNotTouchTheGuardsNorTheLength) {
  const Session sender(adapted(suite, Direction::send));
  const Session receiver(adapted(suite, Direction::receive));
  Bytes tampered = adapted_protect(flavour, sender, flavour.packet(20));
  tampered.back() ^= 1U;
  Guarded out(tampered.size());
  std::size_t length = out.size();
  EXPECT_NE(flavour.unprotect(receiver.get(), tampered.data(), tampered.size(), out.data(), &length),
            srtp_err_status_ok);
  EXPECT_EQ(length, out.size());
  EXPECT_TRUE(out.guards_whole());
}

TEST_P(Srtp, AnMkiIsNotPretendedToBeUsed) {
  const Session sender(adapted(suite, Direction::send));
  const Bytes packet = flavour.packet(20);
  Guarded out(packet.size() + 200);
  std::size_t length = out.size();
  EXPECT_EQ(flavour.protect(sender.get(), packet.data(), packet.size(), out.data(), &length, 1),
            srtp_err_status_bad_mki);
  EXPECT_TRUE(out.untouched());
}

}  // namespace
}  // namespace carillon_srtp_test
