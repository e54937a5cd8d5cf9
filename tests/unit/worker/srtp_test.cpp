// worker/adapt/srtp.h against plain libsrtp2, in the three suites that mediasoup-worker negotiates with browsers.
#include <srtp.h>

#include <gtest/gtest.h>

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <functional>
#include <new>
#include <string>
#include <vector>

namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::uint32_t ssrc = 0x01020304;
constexpr unsigned long window_packets = 1024;  // what the worker asks for

struct Suite {
  const char* name;
  srtp_profile_t profile;
  std::size_t tag_bytes;  // RFC 3711 section 5.2 and RFC 7714 section 13

  friend void PrintTo(const Suite& suite, std::ostream* out) { *out << suite.name; }
};

constexpr std::array suites{
    Suite{"AES_CM_128_HMAC_SHA1_80", srtp_profile_aes128_cm_sha1_80, 10},
    Suite{"AEAD_AES_128_GCM", srtp_profile_aead_aes_128_gcm, 16},
    Suite{"AEAD_AES_256_GCM", srtp_profile_aead_aes_256_gcm, 16},
};

/// RFC 3711 section 3.4: E flag and index, which SRTCP sends along.
constexpr std::size_t srtcp_index_bytes = 4;

enum class Direction { send, receive };

Bytes master_key(srtp_profile_t profile, std::uint8_t seed) {
  Bytes key(srtp_profile_get_master_key_length(profile) + srtp_profile_get_master_salt_length(profile));
  for (std::size_t i = 0; i < key.size(); ++i) {
    key[i] = static_cast<std::uint8_t>(seed + 7 * i);
  }
  return key;
}

srtp_ssrc_t any_ssrc(Direction direction) {
  srtp_ssrc_t any{};
  any.type = direction == Direction::send ? ssrc_any_outbound : ssrc_any_inbound;
  return any;
}

/// Owns a session of either API, for both make the same `srtp_t`.
class Session {
 public:
  explicit Session(srtp_t session) : session_(session) {}
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() { srtp_dealloc(session_); }
  [[nodiscard]] srtp_t get() const { return session_; }

 private:
  srtp_t session_;
};

/// As mediasoup-worker makes one: through the adapter, step by step.
srtp_t adapted(const Suite& suite, Direction direction, std::uint8_t seed = 1, bool repeat = true) {
  const Bytes key = master_key(suite.profile, seed);
  const std::size_t key_length = srtp_profile_get_master_key_length(suite.profile);
  srtp_policy_t policy = nullptr;
  EXPECT_EQ(srtp_policy_create(&policy), srtp_err_status_ok);
  EXPECT_EQ(srtp_policy_set_ssrc(policy, any_ssrc(direction)), srtp_err_status_ok);
  EXPECT_EQ(srtp_policy_set_profile(policy, suite.profile), srtp_err_status_ok);
  EXPECT_EQ(
      srtp_policy_add_key(policy, key.data(), key_length, key.data() + key_length, key.size() - key_length, nullptr, 0),
      srtp_err_status_ok);
  EXPECT_EQ(srtp_policy_set_allow_repeat_tx(policy, repeat), srtp_err_status_ok);
  EXPECT_EQ(srtp_policy_set_window_size(policy, window_packets), srtp_err_status_ok);
  srtp_t session = nullptr;
  EXPECT_EQ(srtp_create(&session, policy), srtp_err_status_ok);
  srtp_policy_destroy(policy);
  return session;
}

/// The same with libsrtp2 alone.
srtp_t plain(const Suite& suite, Direction direction, std::uint8_t seed = 1) {
  Bytes key = master_key(suite.profile, seed);
  carillon_srtp2_policy_t policy{};
  policy.ssrc = any_ssrc(direction);
  srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, suite.profile);
  srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, suite.profile);
  policy.key = key.data();
  policy.allow_repeat_tx = 1;
  policy.window_size = window_packets;
  srtp_t session = nullptr;
  EXPECT_EQ(srtp_create(&session, &policy), srtp_err_status_ok);
  return session;
}

Bytes rtp_packet(std::uint16_t sequence, std::size_t payload_bytes) {
  Bytes packet{
      0x80, 96, static_cast<std::uint8_t>(sequence >> 8U), static_cast<std::uint8_t>(sequence), 0, 0, 0, 0, 1, 2, 3, 4};
  for (std::size_t i = 0; i < payload_bytes; ++i) {
    packet.push_back(static_cast<std::uint8_t>(sequence + 3 * i));
  }
  return packet;
}

/// A receiver report with `blocks` report blocks.
Bytes rtcp_packet(std::uint8_t blocks) {
  const std::size_t words = 1U + 6U * blocks;  // RFC 3550 section 6.4.2: length in words, minus one
  Bytes packet{static_cast<std::uint8_t>(0x80U | blocks), 201, 0, static_cast<std::uint8_t>(words), 1, 2, 3, 4};
  for (std::size_t i = packet.size(); i < (words + 1) * 4; ++i) {
    packet.push_back(static_cast<std::uint8_t>(5 * i));
  }
  return packet;
}

/// RTP and RTCP go through functions of one shape; a test that is the same for both takes this.
struct Flavour {
  const char* name;
  srtp_err_status_t (*protect)(srtp_t, const std::uint8_t*, std::size_t, std::uint8_t*, std::size_t*, std::size_t);
  srtp_err_status_t (*unprotect)(srtp_t, const std::uint8_t*, std::size_t, std::uint8_t*, std::size_t*);
  srtp_err_status_t (*plain_protect)(srtp_t, void*, int*);
  srtp_err_status_t (*plain_unprotect)(srtp_t, void*, int*);
  std::size_t extra_bytes;      // added beside the tag
  Bytes (*packet)(int number);  // a packet that may follow the one before
};

const std::array flavours{
    Flavour{"RTP", srtp_protect, srtp_unprotect, srtp_protect, srtp_unprotect, 0,
            [](int number) {
              return rtp_packet(static_cast<std::uint16_t>(65'000 + number), static_cast<std::size_t>(number % 1200));
            }},
    Flavour{"RTCP", srtp_protect_rtcp, srtp_unprotect_rtcp, srtp_protect_rtcp, srtp_unprotect_rtcp, srtcp_index_bytes,
            [](int number) { return rtcp_packet(static_cast<std::uint8_t>(number % 32)); }},
};

Bytes adapted_protect(const Flavour& flavour, const Session& session, const Bytes& packet) {
  Bytes out(packet.size() + 200);
  std::size_t length = out.size();
  EXPECT_EQ(flavour.protect(session.get(), packet.data(), packet.size(), out.data(), &length, 0), srtp_err_status_ok);
  out.resize(length);
  return out;
}

/// In place, as the worker does it. Empty if it was refused.
Bytes adapted_unprotect(const Flavour& flavour, const Session& session, Bytes packet) {
  std::size_t length = packet.size();
  const auto status = flavour.unprotect(session.get(), packet.data(), packet.size(), packet.data(), &length);
  packet.resize(status == srtp_err_status_ok ? length : 0);
  return packet;
}

Bytes plain_protect(const Flavour& flavour, const Session& session, Bytes packet) {
  auto length = static_cast<int>(packet.size());
  packet.resize(packet.size() + SRTP_MAX_TRAILER_LEN + srtcp_index_bytes);
  EXPECT_EQ(flavour.plain_protect(session.get(), packet.data(), &length), srtp_err_status_ok);
  packet.resize(static_cast<std::size_t>(length));
  return packet;
}

Bytes plain_unprotect(const Flavour& flavour, const Session& session, Bytes packet) {
  auto length = static_cast<int>(packet.size());
  const auto status = flavour.plain_unprotect(session.get(), packet.data(), &length);
  packet.resize(status == srtp_err_status_ok ? static_cast<std::size_t>(length) : 0);
  return packet;
}

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

class SrtpSuite : public testing::TestWithParam<Suite> {
 protected:
  const Suite suite = GetParam();
  const std::size_t key_length = srtp_profile_get_master_key_length(suite.profile);
  const std::size_t salt_length = srtp_profile_get_master_salt_length(suite.profile);
  const Bytes key = master_key(suite.profile, 1);

  [[nodiscard]] srtp_err_status_t create_with(std::size_t key_bytes, std::size_t salt_bytes) const {
    const Bytes long_enough(64, 1);
    srtp_policy_t policy = nullptr;
    srtp_policy_create(&policy);
    srtp_policy_set_ssrc(policy, any_ssrc(Direction::send));
    srtp_policy_set_profile(policy, suite.profile);
    auto status =
        srtp_policy_add_key(policy, long_enough.data(), key_bytes, long_enough.data(), salt_bytes, nullptr, 0);
    if (status == srtp_err_status_ok) {
      srtp_t session = nullptr;
      status = srtp_create(&session, policy);
      if (status == srtp_err_status_ok) {
        srtp_dealloc(session);
      }
    }
    srtp_policy_destroy(policy);
    return status;
  }
};

INSTANTIATE_TEST_SUITE_P(Suites, SrtpSuite, testing::ValuesIn(suites),
                         [](const auto& test) { return std::string(test.param.name); });

TEST_P(SrtpSuite, TheKeyMustHaveExactlyTheLengthOfTheSuite) {
  EXPECT_EQ(create_with(key_length, salt_length), srtp_err_status_ok);
  EXPECT_EQ(create_with(key_length, salt_length - 1), srtp_err_status_bad_param);
  EXPECT_EQ(create_with(key_length, salt_length + 1), srtp_err_status_bad_param);
  EXPECT_EQ(create_with(0, salt_length), srtp_err_status_bad_param);
}

TEST_P(SrtpSuite, AKeyThatWouldOverflowTheBufferIsRefused) {
  EXPECT_EQ(create_with(60, 5), srtp_err_status_bad_param);
  EXPECT_EQ(create_with(65, 0), srtp_err_status_bad_param);
  EXPECT_EQ(create_with(16, static_cast<std::size_t>(-1)), srtp_err_status_bad_param);
}

TEST_P(SrtpSuite, ASecondKeyOrAnMkiIsRefused) {
  srtp_policy_t policy = nullptr;
  srtp_policy_create(&policy);
  const std::uint8_t mki = 1;
  const auto add = [&](std::size_t mki_bytes) {
    return srtp_policy_add_key(policy, key.data(), key_length, key.data() + key_length, salt_length, &mki, mki_bytes);
  };
  EXPECT_EQ(add(1), srtp_err_status_bad_param);
  EXPECT_EQ(add(0), srtp_err_status_ok);
  EXPECT_EQ(add(0), srtp_err_status_bad_param);
  srtp_policy_destroy(policy);
}

TEST_P(SrtpSuite, ASessionWithoutAKeyIsNotMade) {
  srtp_policy_t policy = nullptr;
  srtp_policy_create(&policy);
  srtp_policy_set_profile(policy, suite.profile);
  srtp_t session = nullptr;
  EXPECT_EQ(srtp_create(&session, policy), srtp_err_status_bad_param);
  srtp_policy_destroy(policy);
}

TEST_P(SrtpSuite, TheKeyIsWipedFromMemoryWhenThePolicyIsDestroyed) {
  alignas(carillon_srtp::Policy) std::array<std::uint8_t, sizeof(carillon_srtp::Policy)> storage{};
  auto* policy = new (storage.data()) carillon_srtp::Policy();
  srtp_policy_add_key(policy, key.data(), key_length, key.data() + key_length, salt_length, nullptr, 0);
  const auto holds_key = [&] {
    return std::search(storage.begin(), storage.end(), key.begin(), key.begin() + 8) != storage.end();
  };
  ASSERT_TRUE(holds_key());
  policy->~Policy();
  EXPECT_FALSE(holds_key());
}

TEST_P(SrtpSuite, TheSamePacketMayBeSentAgainOnlyIfThePolicyAllowsIt) {
  const Bytes packet = rtp_packet(7, 100);
  const Session repeating(adapted(suite, Direction::send, 1, true));
  EXPECT_EQ(adapted_protect(flavours[0], repeating, packet), adapted_protect(flavours[0], repeating, packet));

  const Session strict(adapted(suite, Direction::send, 1, false));
  adapted_protect(flavours[0], strict, packet);
  Bytes out(packet.size() + 200);
  std::size_t length = out.size();
  EXPECT_EQ(srtp_protect(strict.get(), packet.data(), packet.size(), out.data(), &length, 0),
            srtp_err_status_replay_fail);
}

TEST_P(SrtpSuite, ARemovedStreamIsGoneAndStartsAnew) {
  const Session receiver(adapted(suite, Direction::receive));
  const Session sender(adapted(suite, Direction::send));
  const Bytes protected_packet = adapted_protect(flavours[0], sender, rtp_packet(7, 100));
  ASSERT_FALSE(adapted_unprotect(flavours[0], receiver, protected_packet).empty());
  EXPECT_EQ(srtp_stream_remove(receiver.get(), htonl(ssrc)), srtp_err_status_ok);
  EXPECT_EQ(srtp_stream_remove(receiver.get(), htonl(ssrc)), srtp_err_status_no_ctx);
  EXPECT_FALSE(adapted_unprotect(flavours[0], receiver, protected_packet).empty());
}

TEST(SrtpSizes, APacketLongerThanAnIntIsRefusedBeforeItIsRead) {
  const Session sender(adapted(suites[0], Direction::send));
  const std::uint8_t byte = 0;
  std::uint8_t out = 0;
  std::size_t length = static_cast<std::size_t>(-1);
  EXPECT_EQ(srtp_protect(sender.get(), &byte, std::size_t{INT_MAX}, &out, &length, 0), srtp_err_status_buffer_small);
}

}  // namespace
