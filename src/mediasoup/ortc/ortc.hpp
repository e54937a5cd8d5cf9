// Capability negotiation: for the same input the same output as mediasoup's node/lib/ortc.js, beside which a test puts
// it. Pure: random SSRCs come in as arguments, nothing is remembered between calls.
#pragma once

#include "base/result.hpp"
#include "mediasoup/ortc/rtp_parameters.hpp"
#include "mediasoup/ortc/sctp_parameters.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace carillon::ortc {

/// Refusals are Errc::bad_request where ortc.js throws a TypeError and Errc::unsupported for its UnsupportedError.

/// SSRCs are drawn from here, as mediasoup does: far from both ends, so that the next few numbers are valid too.
inline constexpr std::uint32_t ssrc_min = 100'000'000;
inline constexpr std::uint32_t ssrc_max = 999'999'998;

/// All that mediasoup can route: the menu from which a router's codecs are taken.
[[nodiscard]] const RtpCapabilities& supported_rtp_capabilities();

/// A router's capabilities from the codecs it is made with; video codecs get RTX, missing payload types are given.
[[nodiscard]] Result<RtpCapabilities> generate_router_rtp_capabilities(
    std::span<const RtpCodecCapability> media_codecs);

/// How the payload types and encodings of a producer become those of the router. H264 codecs in `params` get the
/// profile-level-id both can do. Encoding i gets the SSRC `first_mapped_ssrc` + i.
[[nodiscard]] Result<RtpMapping> get_producer_rtp_parameters_mapping(RtpParameters& params,
                                                                     const RtpCapabilities& router,
                                                                     std::uint32_t first_mapped_ssrc);

/// What consumers of that producer are made from.
[[nodiscard]] Result<RtpParameters> get_consumable_rtp_parameters(MediaKind kind, const RtpParameters& producer,
                                                                  const RtpCapabilities& router,
                                                                  const RtpMapping& mapping);

[[nodiscard]] bool can_consume(const RtpParameters& consumable, const RtpCapabilities& remote);

struct ConsumerOptions {
  bool pipe = false;           // keep all encodings instead of one
  bool enable_rtx = true;      // mediasoup: true for video, false for audio unless asked for
  std::uint32_t ssrc = 0;      // random; RTX gets the next one, with pipe encoding i gets ssrc + i
  std::uint32_t rtx_ssrc = 0;  // random; only with pipe: encoding i gets rtx_ssrc + i
};
[[nodiscard]] Result<RtpParameters> get_consumer_rtp_parameters(const RtpParameters& consumable,
                                                                const RtpCapabilities& remote,
                                                                const ConsumerOptions& options);

/// For a consumer on a PipeTransport: all encodings, no bandwidth estimation. `ssrc`, `rtx_ssrc` are random.
[[nodiscard]] RtpParameters get_pipe_consumer_rtp_parameters(const RtpParameters& consumable, bool enable_rtx,
                                                             std::uint32_t ssrc, std::uint32_t rtx_ssrc);

/// Makes a producer's parameters what the worker is sent: an encoding if there is none, the transport's `cname`, and no
/// `rid` beside an `ssrc`. A client may give both, and an RTP packet for each would then abort the worker.
void complete_producer_rtp_parameters(RtpParameters& params, std::string cname);

/// Whatever would make the worker refuse, or abort on, a producer with these parameters, said before it gets there.
/// Call it on completed parameters; it needs no router, so it may come before the mapping.
[[nodiscard]] Result<> check_producer_rtp_parameters(MediaKind kind, const RtpParameters& params,
                                                     std::string_view path = "rtpParameters");

[[nodiscard]] bool is_rtx_codec(std::string_view mime_type);

}  // namespace carillon::ortc
