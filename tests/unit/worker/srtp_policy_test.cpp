// worker/adapt/srtp.h: what a policy takes and refuses, and what becomes of its key.
#include "unit/worker/srtp_sessions.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <climits>
#include <new>
#include <string>

namespace carillon_srtp_test {
namespace {

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
}  // namespace carillon_srtp_test
