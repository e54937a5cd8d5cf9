// H264's profile-level-id (RFC 6184 section 8.1), as far as negotiation needs it, with the results of the npm package
// h264-profile-level-id that mediasoup uses.
#pragma once

#include "mediasoup/ortc/rtp_parameters.hpp"

#include <optional>
#include <string>

namespace carillon::ortc {

/// A missing profile-level-id is Constrained Baseline 3.1, as in WebRTC; a bad one is the same as nothing.
[[nodiscard]] bool is_same_h264_profile(const Parameters& a, const Parameters& b);

/// The profile-level-id that `local` answers to an offer of `remote`. Both have the same profile.
/// nullopt: it must be left out, since both left it out or the level cannot be written for this profile.
[[nodiscard]] std::optional<std::string> h264_profile_level_id_for_answer(const Parameters& local,
                                                                          const Parameters& remote);

}  // namespace carillon::ortc
