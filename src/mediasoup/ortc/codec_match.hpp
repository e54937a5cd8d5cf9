// Whether two codecs are the same codec, whatever payload type each side gives it. Inner header.
#pragma once

#include "mediasoup/ortc/rtp_parameters.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace carillon::ortc {

/// What capabilities and parameters of a codec have in common. It must not outlive the codec.
struct CodecView {
  std::string_view mime_type;
  std::uint32_t clock_rate;
  std::optional<std::uint8_t> channels;
  const Parameters& parameters;

  CodecView(const RtpCodecCapability& codec)  // implicit: both kinds of codec are such a view
      : CodecView{codec.mime_type, codec.clock_rate, codec.channels, codec.parameters} {}
  CodecView(const RtpCodecParameters& codec)
      : CodecView{codec.mime_type, codec.clock_rate, codec.channels, codec.parameters} {}

 private:
  CodecView(std::string_view mime_type_, std::uint32_t clock_rate_, std::optional<std::uint8_t> channels_,
            const Parameters& parameters_)
      : mime_type{mime_type_}, clock_rate{clock_rate_}, channels{channels_}, parameters{parameters_} {}
};

enum class Strictness {
  loose,   // H264 and VP9 of any profile
  strict,  // the profile too
};

[[nodiscard]] bool codecs_match(const CodecView& a, const CodecView& b, Strictness strictness);

/// Media types are compared without regard to case (RFC 6838 section 4.2).
[[nodiscard]] bool equals_ignoring_case(std::string_view a, std::string_view b);

}  // namespace carillon::ortc
