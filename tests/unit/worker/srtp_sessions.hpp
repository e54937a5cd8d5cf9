// Sessions and packets for the tests of worker/adapt/srtp.h: as the adapter makes them, and as plain libsrtp2 does.
#pragma once

#include <srtp.h>

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <vector>

namespace carillon_srtp_test {

using Bytes = std::vector<std::uint8_t>;

inline constexpr std::uint32_t ssrc = 0x01020304;
inline constexpr unsigned long window_packets = 1024;  // what the worker asks for

struct Suite {
  const char* name;
  srtp_profile_t profile;
  std::size_t tag_bytes;  // RFC 3711 section 5.2 and RFC 7714 section 13

  friend void PrintTo(const Suite& suite, std::ostream* out) { *out << suite.name; }
};

inline constexpr std::array suites{
    Suite{"AES_CM_128_HMAC_SHA1_80", srtp_profile_aes128_cm_sha1_80, 10},
    Suite{"AEAD_AES_128_GCM", srtp_profile_aead_aes_128_gcm, 16},
    Suite{"AEAD_AES_256_GCM", srtp_profile_aead_aes_256_gcm, 16},
};

/// RFC 3711 section 3.4: E flag and index, which SRTCP sends along.
inline constexpr std::size_t srtcp_index_bytes = 4;

enum class Direction { send, receive };

inline Bytes master_key(srtp_profile_t profile, std::uint8_t seed) {
  Bytes key(srtp_profile_get_master_key_length(profile) + srtp_profile_get_master_salt_length(profile));
  for (std::size_t i = 0; i < key.size(); ++i) {
    key[i] = static_cast<std::uint8_t>(seed + 7 * i);
  }
  return key;
}

inline srtp_ssrc_t any_ssrc(Direction direction) {
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
inline srtp_t adapted(const Suite& suite, Direction direction, std::uint8_t seed = 1, bool repeat = true) {
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
inline srtp_t plain(const Suite& suite, Direction direction, std::uint8_t seed = 1) {
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

inline Bytes rtp_packet(std::uint16_t sequence, std::size_t payload_bytes) {
  Bytes packet{
      0x80, 96, static_cast<std::uint8_t>(sequence >> 8U), static_cast<std::uint8_t>(sequence), 0, 0, 0, 0, 1, 2, 3, 4};
  for (std::size_t i = 0; i < payload_bytes; ++i) {
    packet.push_back(static_cast<std::uint8_t>(sequence + 3 * i));
  }
  return packet;
}

/// A receiver report with `blocks` report blocks.
inline Bytes rtcp_packet(std::uint8_t blocks) {
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

inline const std::array flavours{
    Flavour{"RTP", srtp_protect, srtp_unprotect, srtp_protect, srtp_unprotect, 0,
            [](int number) {
              return rtp_packet(static_cast<std::uint16_t>(65'000 + number), static_cast<std::size_t>(number % 1200));
            }},
    Flavour{"RTCP", srtp_protect_rtcp, srtp_unprotect_rtcp, srtp_protect_rtcp, srtp_unprotect_rtcp, srtcp_index_bytes,
            [](int number) { return rtcp_packet(static_cast<std::uint8_t>(number % 32)); }},
};

inline Bytes adapted_protect(const Flavour& flavour, const Session& session, const Bytes& packet) {
  Bytes out(packet.size() + 200);
  std::size_t length = out.size();
  EXPECT_EQ(flavour.protect(session.get(), packet.data(), packet.size(), out.data(), &length, 0), srtp_err_status_ok);
  out.resize(length);
  return out;
}

/// In place, as the worker does it. Empty if it was refused.
inline Bytes adapted_unprotect(const Flavour& flavour, const Session& session, Bytes packet) {
  std::size_t length = packet.size();
  const auto status = flavour.unprotect(session.get(), packet.data(), packet.size(), packet.data(), &length);
  packet.resize(status == srtp_err_status_ok ? length : 0);
  return packet;
}

inline Bytes plain_protect(const Flavour& flavour, const Session& session, Bytes packet) {
  auto length = static_cast<int>(packet.size());
  packet.resize(packet.size() + SRTP_MAX_TRAILER_LEN + srtcp_index_bytes);
  EXPECT_EQ(flavour.plain_protect(session.get(), packet.data(), &length), srtp_err_status_ok);
  packet.resize(static_cast<std::size_t>(length));
  return packet;
}

inline Bytes plain_unprotect(const Flavour& flavour, const Session& session, Bytes packet) {
  auto length = static_cast<int>(packet.size());
  const auto status = flavour.plain_unprotect(session.get(), packet.data(), &length);
  packet.resize(status == srtp_err_status_ok ? static_cast<std::size_t>(length) : 0);
  return packet;
}

}  // namespace carillon_srtp_test
