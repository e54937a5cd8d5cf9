// Stands in for the srtp.h of libsrtp 3, which mediasoup-worker is written for: the part of that API which it uses,
// on the libsrtp 2 of Debian. Names and meanings of functions are libsrtp 3's. What it is tested for, and against:
// tests/unit/worker/srtp_test.cpp.
//
// Two things differ between the versions and are bridged here. A policy is opaque and filled by setters in 3, a plain
// struct in 2. And 3 reads from one buffer and writes to another of a given size, where 2 works in place and trusts
// that there is room; so here the packet is copied to the output first, and no byte past its size is ever written.
#pragma once

#define srtp_policy_t carillon_srtp2_policy_t  // libsrtp 3 uses this name for something else, see below.
#include <srtp2/srtp.h>
#undef srtp_policy_t

#include <climits>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <vector>

// Results that libsrtp 2 has no name for, with libsrtp 3's values.
inline constexpr auto srtp_err_status_buffer_small = static_cast<srtp_err_status_t>(28);
inline constexpr auto srtp_err_status_cryptex_err = static_cast<srtp_err_status_t>(29);

namespace carillon_srtp {

/// One master key without MKI, which is all that the worker asks for.
struct Policy {
  carillon_srtp2_policy_t settings{};
  std::uint8_t key[SRTP_MAX_KEY_LEN]{};
  std::size_t key_length = 0;  // of key and salt together, in bytes

  Policy() { settings.key = key; }
  Policy(const Policy&) = delete;
  Policy& operator=(const Policy&) = delete;
  ~Policy() { explicit_bzero(key, sizeof(key)); }  // plain memset() could be optimised away
};

/// How many bytes protection adds to a packet, kept with the session (which has room for one pointer of its user).
struct Growth {
  std::size_t rtp;
  std::size_t rtcp;

  void keep_in(srtp_t session) const {
    srtp_set_user_data(session, reinterpret_cast<void*>(static_cast<std::uintptr_t>(rtcp << 16U | rtp)));
  }
  static Growth of(srtp_t session) {
    const auto packed = reinterpret_cast<std::uintptr_t>(srtp_get_user_data(session));
    return {packed & 0xffffU, packed >> 16U};
  }
};

/// libsrtp 2's protect and unprotect functions all look like this: in place, with the length in and out.
using InPlace = srtp_err_status_t (*)(srtp_t, void*, int*);

/// Runs `transform` on a copy of `in` within `out`. `growth` is what the result may be longer than `in`, `scratch` how
/// many bytes behind the packet libsrtp 2 claims for itself meanwhile. `in` and `out` are the same, or do not overlap.
/// If it fails, `*out_length` stays as it was and the content of `out` is unspecified.
inline srtp_err_status_t run(InPlace transform, srtp_t session, const std::uint8_t* in, std::size_t in_length,
                             std::uint8_t* out, std::size_t* out_length, std::size_t growth, std::size_t scratch) {
  if (in_length > INT_MAX - scratch || *out_length < in_length + growth) {
    return srtp_err_status_buffer_small;
  }

  auto length = static_cast<int>(in_length);
  if (*out_length >= in_length + scratch) {  // always so in the worker, whose buffer is far longer than a packet
    if (in != out) {
      std::memcpy(out, in, in_length);
    }
    const auto status = transform(session, out, &length);
    if (status == srtp_err_status_ok) {
      *out_length = static_cast<std::size_t>(length);
    }
    return status;
  }

  std::vector<std::uint8_t> roomy(in_length + scratch);
  std::memcpy(roomy.data(), in, in_length);
  const auto status = transform(session, roomy.data(), &length);
  if (status != srtp_err_status_ok) {
    return status;
  }
  if (static_cast<std::size_t>(length) > *out_length) {
    return srtp_err_status_buffer_small;
  }
  *out_length = static_cast<std::size_t>(length);
  std::memcpy(out, roomy.data(), *out_length);
  return status;
}

}  // namespace carillon_srtp

using srtp_policy_t = carillon_srtp::Policy*;

inline srtp_err_status_t srtp_policy_create(srtp_policy_t* policy) {
  *policy = new (std::nothrow) carillon_srtp::Policy();
  return *policy != nullptr ? srtp_err_status_ok : srtp_err_status_alloc_fail;
}

inline void srtp_policy_destroy(srtp_policy_t policy) { delete policy; }

inline srtp_err_status_t srtp_policy_set_ssrc(srtp_policy_t policy, srtp_ssrc_t ssrc) {
  policy->settings.ssrc = ssrc;
  return srtp_err_status_ok;
}

inline srtp_err_status_t srtp_policy_set_profile(srtp_policy_t policy, srtp_profile_t profile) {
  // RFC 5764 section 4.1.2: with AES_CM_128_HMAC_SHA1_32, RTCP still has a tag of 80 bits. libsrtp 2 knows.
  const auto status = srtp_crypto_policy_set_from_profile_for_rtp(&policy->settings.rtp, profile);
  return status != srtp_err_status_ok ? status
                                      : srtp_crypto_policy_set_from_profile_for_rtcp(&policy->settings.rtcp, profile);
}

inline srtp_err_status_t srtp_policy_add_key(srtp_policy_t policy, const std::uint8_t* key, std::size_t key_length,
                                             const std::uint8_t* salt, std::size_t salt_length,
                                             const std::uint8_t* /*mki*/, std::size_t mki_length) {
  const bool fits = key_length <= sizeof(policy->key) && salt_length <= sizeof(policy->key) - key_length;
  if (mki_length != 0 || policy->key_length != 0 || key_length == 0 || !fits) {
    return srtp_err_status_bad_param;
  }
  std::memcpy(policy->key, key, key_length);
  std::memcpy(policy->key + key_length, salt, salt_length);
  policy->key_length = key_length + salt_length;
  return srtp_err_status_ok;
}

inline srtp_err_status_t srtp_policy_set_allow_repeat_tx(srtp_policy_t policy, bool allow) {
  policy->settings.allow_repeat_tx = allow ? 1 : 0;
  return srtp_err_status_ok;
}

inline srtp_err_status_t srtp_policy_set_window_size(srtp_policy_t policy, std::size_t packets) {
  policy->settings.window_size = packets;
  return srtp_err_status_ok;
}

/// The policy may be destroyed afterwards: libsrtp 2 copies the key.
inline srtp_err_status_t srtp_create(srtp_t* session, srtp_policy_t policy) {
  // libsrtp 2 reads as much key as the profile needs; a shorter one would be filled up with zeros in silence.
  if (policy->key_length != static_cast<std::size_t>(policy->settings.rtp.cipher_key_len)) {
    return srtp_err_status_bad_param;
  }
  const auto status = srtp_create(session, &policy->settings);
  if (status == srtp_err_status_ok) {
    const auto rtp_tag = static_cast<std::size_t>(policy->settings.rtp.auth_tag_len);
    const auto rtcp_tag = static_cast<std::size_t>(policy->settings.rtcp.auth_tag_len);
    // RFC 3711 section 3.4: RTCP also carries an index of 4 bytes.
    carillon_srtp::Growth{rtp_tag, rtcp_tag + 4}.keep_in(*session);
  }
  return status;
}

/// `ssrc` is in network byte order, in both versions.
inline srtp_err_status_t srtp_stream_remove(srtp_t session, std::uint32_t ssrc) {
  return srtp_remove_stream(session, ssrc);
}

inline srtp_err_status_t srtp_protect(srtp_t session, const std::uint8_t* rtp, std::size_t rtp_length,
                                      std::uint8_t* srtp, std::size_t* srtp_length, std::size_t mki_index) {
  if (mki_index != 0) {
    return srtp_err_status_bad_mki;
  }
  return carillon_srtp::run(&srtp_protect, session, rtp, rtp_length, srtp, srtp_length,
                            carillon_srtp::Growth::of(session).rtp, SRTP_MAX_TRAILER_LEN);
}

/// `*rtp_length` must be at least `srtp_length`, as it is wherever both buffers are one: decryption works in place.
inline srtp_err_status_t srtp_unprotect(srtp_t session, const std::uint8_t* srtp, std::size_t srtp_length,
                                        std::uint8_t* rtp, std::size_t* rtp_length) {
  return carillon_srtp::run(&srtp_unprotect, session, srtp, srtp_length, rtp, rtp_length, 0, 0);
}

inline srtp_err_status_t srtp_protect_rtcp(srtp_t session, const std::uint8_t* rtcp, std::size_t rtcp_length,
                                           std::uint8_t* srtcp, std::size_t* srtcp_length, std::size_t mki_index) {
  if (mki_index != 0) {
    return srtp_err_status_bad_mki;
  }
  return carillon_srtp::run(&srtp_protect_rtcp, session, rtcp, rtcp_length, srtcp, srtcp_length,
                            carillon_srtp::Growth::of(session).rtcp, SRTP_MAX_TRAILER_LEN + 4);
}

/// Room as for srtp_unprotect().
inline srtp_err_status_t srtp_unprotect_rtcp(srtp_t session, const std::uint8_t* srtcp, std::size_t srtcp_length,
                                             std::uint8_t* rtcp, std::size_t* rtcp_length) {
  return carillon_srtp::run(&srtp_unprotect_rtcp, session, srtcp, srtcp_length, rtcp, rtcp_length, 0, 0);
}
