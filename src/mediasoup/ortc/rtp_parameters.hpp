// RTP capabilities and parameters as typed values, under mediasoup's names. Only data: the JSON side is in
// rtp_parameters_json.hpp, negotiation in ortc.hpp.
// https://mediasoup.org/documentation/v3/mediasoup/rtp-parameters-and-capabilities/
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace carillon::ortc {

enum class MediaKind { audio, video };

enum class RtpHeaderExtensionDirection { sendrecv, sendonly, recvonly, inactive };

/// One value of a codec's or header extension's `parameters`, as the union in the worker's schema. A number without
/// a fraction that fits is always the integer, so that 1 and 1.0 are equal, as they are in JavaScript.
using ParameterValue = std::variant<bool, std::int32_t, double, std::string, std::vector<std::int32_t>>;

/// By name; the order in which they came does not matter to anybody.
using Parameters = std::map<std::string, ParameterValue, std::less<>>;

struct RtcpFeedback {
  std::string type;
  std::string parameter;  // "" when there is none
  friend bool operator==(const RtcpFeedback&, const RtcpFeedback&) = default;
};

struct RtpCodecCapability {
  MediaKind kind = MediaKind::audio;
  std::string mime_type;                               // "audio/opus": the case is kept, comparison ignores it
  std::optional<std::uint8_t> preferred_payload_type;  // may be missing only in the codecs a router is made with
  std::uint32_t clock_rate = 0;                        // Hz
  std::optional<std::uint8_t> channels;                // audio always has it, video never
  Parameters parameters;
  std::vector<RtcpFeedback> rtcp_feedback;
  friend bool operator==(const RtpCodecCapability&, const RtpCodecCapability&) = default;
};

struct RtpHeaderExtension {
  MediaKind kind = MediaKind::audio;
  std::string uri;
  std::uint8_t preferred_id = 0;
  bool preferred_encrypt = false;
  RtpHeaderExtensionDirection direction = RtpHeaderExtensionDirection::sendrecv;
  friend bool operator==(const RtpHeaderExtension&, const RtpHeaderExtension&) = default;
};

struct RtpCapabilities {
  std::vector<RtpCodecCapability> codecs;
  std::vector<RtpHeaderExtension> header_extensions;
  friend bool operator==(const RtpCapabilities&, const RtpCapabilities&) = default;
};

struct RtpCodecParameters {
  std::string mime_type;
  std::uint8_t payload_type = 0;         // 0..127
  std::uint32_t clock_rate = 0;          // Hz
  std::optional<std::uint8_t> channels;  // audio only
  Parameters parameters;
  std::vector<RtcpFeedback> rtcp_feedback;
  friend bool operator==(const RtpCodecParameters&, const RtpCodecParameters&) = default;
};

struct RtpHeaderExtensionParameters {
  std::string uri;
  std::uint8_t id = 0;
  bool encrypt = false;
  Parameters parameters;
  friend bool operator==(const RtpHeaderExtensionParameters&, const RtpHeaderExtensionParameters&) = default;
};

struct RtxParameters {
  std::uint32_t ssrc = 0;
  friend bool operator==(const RtxParameters&, const RtxParameters&) = default;
};

struct RtpEncodingParameters {
  std::optional<std::uint32_t> ssrc;
  std::optional<std::string> rid;
  std::optional<std::uint8_t> codec_payload_type;  // missing: the first media codec
  std::optional<RtxParameters> rtx;
  std::optional<bool> dtx;                      // always there once parsed; missing in what a consumer is given
  std::optional<std::string> scalability_mode;  // "L1T3"
  std::optional<std::uint64_t> max_bitrate;     // bits per second
  friend bool operator==(const RtpEncodingParameters&, const RtpEncodingParameters&) = default;
};

struct RtcpParameters {
  std::optional<std::string> cname;
  bool reduced_size = true;
  friend bool operator==(const RtcpParameters&, const RtcpParameters&) = default;
};

struct RtpParameters {
  std::optional<std::string> mid;
  std::vector<RtpCodecParameters> codecs;
  std::vector<RtpHeaderExtensionParameters> header_extensions;
  std::vector<RtpEncodingParameters> encodings;
  RtcpParameters rtcp;
  std::optional<std::string> msid;
  friend bool operator==(const RtpParameters&, const RtpParameters&) = default;
};

/// What the worker needs to turn a producer's payload types and SSRCs into those of its router.
struct RtpMapping {
  struct Codec {
    std::uint8_t payload_type = 0;
    std::uint8_t mapped_payload_type = 0;
    friend bool operator==(const Codec&, const Codec&) = default;
  };
  struct Encoding {
    std::optional<std::string> rid;
    std::optional<std::uint32_t> ssrc;
    std::uint32_t mapped_ssrc = 0;
    friend bool operator==(const Encoding&, const Encoding&) = default;
  };
  std::vector<Codec> codecs;
  std::vector<Encoding> encodings;
  friend bool operator==(const RtpMapping&, const RtpMapping&) = default;
};

/// The twelve header extensions the worker knows, in the order of its schema's enum RtpHeaderExtensionUri.
enum class HeaderExtensionUri : std::uint8_t {
  mid,
  rtp_stream_id,
  repaired_rtp_stream_id,
  abs_send_time,
  transport_wide_cc_01,
  ssrc_audio_level,
  dependency_descriptor,
  video_orientation,
  time_offset,
  abs_capture_time,
  playout_delay,
  mediasoup_packet_id,
};

[[nodiscard]] std::string_view to_string(MediaKind);                    // "audio", "video"
[[nodiscard]] std::string_view to_string(RtpHeaderExtensionDirection);  // "sendrecv", ...
[[nodiscard]] std::string_view to_string(HeaderExtensionUri);           // the whole URI; "" for a number that has none
[[nodiscard]] std::optional<MediaKind> media_kind_from(std::string_view);
[[nodiscard]] std::optional<RtpHeaderExtensionDirection> direction_from(std::string_view);
/// nullopt: the worker does not know this extension, and cannot be told of it.
[[nodiscard]] std::optional<HeaderExtensionUri> header_extension_uri_from(std::string_view uri);

}  // namespace carillon::ortc
