// generate_router_rtp_capabilities: what a router with these codecs offers to everybody.
#include "mediasoup/ortc/codec_match.hpp"
#include "mediasoup/ortc/ortc.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace carillon::ortc {

namespace {

/// The dynamic payload types of RFC 3551 section 6 in the order in which they are given out: 100..127, then 96..99.
class DynamicPayloadTypes {
 public:
  [[nodiscard]] std::optional<std::uint8_t> take() {
    const auto it = std::find_if(order_.begin(), order_.end(), [](std::uint8_t type) { return type != taken; });
    if (it == order_.end()) return std::nullopt;
    return std::exchange(*it, taken);
  }
  void reserve(std::uint8_t type) { std::replace(order_.begin(), order_.end(), type, taken); }

 private:
  static constexpr std::uint8_t taken = 0;

  std::array<std::uint8_t, 32> order_{100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114, 115,
                                      116, 117, 118, 119, 120, 121, 122, 123, 124, 125, 126, 127, 96,  97,  98,  99};
};

Error no_payload_type_left() { return fail(Errc::bad_request, "no dynamic payload type is left for another codec"); }

const RtpCodecCapability* find_supported(RtpCodecCapability wanted) {
  // A codec written by hand in the configuration may lack what a parsed one has.
  if (wanted.kind == MediaKind::audio)
    wanted.channels = wanted.channels.value_or(1);
  else
    wanted.channels.reset();
  for (const RtpCodecCapability& codec : supported_rtp_capabilities().codecs)
    if (codecs_match(wanted, codec, Strictness::loose)) return &codec;
  return nullptr;
}

Result<RtpCodecCapability> router_codec(const RtpCodecCapability& wanted, DynamicPayloadTypes& payload_types) {
  const RtpCodecCapability* supported = find_supported(wanted);
  if (!supported) return fail(Errc::unsupported, "media codec not supported: " + wanted.mime_type);
  RtpCodecCapability codec = *supported;
  if (wanted.preferred_payload_type) {
    codec.preferred_payload_type = wanted.preferred_payload_type;
    payload_types.reserve(*wanted.preferred_payload_type);
  }
  if (!codec.preferred_payload_type) codec.preferred_payload_type = payload_types.take();
  if (!codec.preferred_payload_type) return no_payload_type_left();
  for (const auto& [name, value] : wanted.parameters) codec.parameters[name] = value;
  return codec;
}

RtpCodecCapability rtx_for(const RtpCodecCapability& codec, std::uint8_t payload_type) {
  return {codec.kind,
          std::string{to_string(codec.kind)} + "/rtx",
          payload_type,
          codec.clock_rate,
          std::nullopt,
          {{"apt", std::int32_t{*codec.preferred_payload_type}}},
          {}};
}

}  // namespace

Result<RtpCapabilities> generate_router_rtp_capabilities(std::span<const RtpCodecCapability> media_codecs) {
  RtpCapabilities capabilities{{}, supported_rtp_capabilities().header_extensions};
  DynamicPayloadTypes payload_types;
  for (const RtpCodecCapability& wanted : media_codecs) {
    Result<RtpCodecCapability> codec = router_codec(wanted, payload_types);
    if (!codec) return codec.error();
    const bool is_taken = std::any_of(
        capabilities.codecs.begin(), capabilities.codecs.end(),
        [&](const RtpCodecCapability& other) { return other.preferred_payload_type == codec->preferred_payload_type; });
    if (is_taken)
      return fail(Errc::bad_request, "two codecs have payload type " + std::to_string(*codec->preferred_payload_type));
    capabilities.codecs.push_back(*codec);
    if (codec->kind == MediaKind::audio) continue;
    const std::optional<std::uint8_t> rtx_payload_type = payload_types.take();
    if (!rtx_payload_type) return no_payload_type_left();
    capabilities.codecs.push_back(rtx_for(*codec, *rtx_payload_type));
  }
  return capabilities;
}

}  // namespace carillon::ortc
