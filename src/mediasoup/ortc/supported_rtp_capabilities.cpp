// The menu of mediasoup's supportedRtpCapabilities.js, which a test compares with this.
#include "mediasoup/ortc/ortc.hpp"

#include <array>
#include <string>
#include <vector>

namespace carillon::ortc {

namespace {

using Feedback = std::vector<RtcpFeedback>;

Feedback audio_feedback() { return {{"transport-cc", ""}}; }

Feedback video_feedback() {
  return {{"nack", ""}, {"nack", "pli"}, {"ccm", "fir"}, {"goog-remb", ""}, {"transport-cc", ""}};
}

RtpCodecCapability audio(std::string name, std::uint32_t clock_rate, Feedback feedback,
                         std::optional<std::uint8_t> payload_type = std::nullopt) {
  return {MediaKind::audio, "audio/" + std::move(name), payload_type, clock_rate, 1, {}, std::move(feedback)};
}

RtpCodecCapability opus() {
  return {MediaKind::audio, "audio/opus", std::nullopt, 48'000, 2, {}, {{"nack", ""}, {"transport-cc", ""}}};
}

RtpCodecCapability multiopus(std::uint8_t channels, std::string mapping, int streams, int coupled) {
  return {MediaKind::audio,
          "audio/multiopus",
          std::nullopt,
          48'000,
          channels,
          {{"channel_mapping", std::move(mapping)}, {"num_streams", streams}, {"coupled_streams", coupled}},
          {{"nack", ""}, {"transport-cc", ""}}};
}

RtpCodecCapability video(std::string name, Parameters parameters = {}) {
  return {MediaKind::video, "video/" + std::move(name), std::nullopt,    90'000,
          std::nullopt,     std::move(parameters),      video_feedback()};
}

std::vector<RtpCodecCapability> supported_codecs() {
  return {
      opus(),
      multiopus(4, "0,1,2,3", 2, 2),
      multiopus(6, "0,4,1,2,3,5", 4, 2),
      multiopus(8, "0,6,1,2,3,4,5,7", 5, 3),
      audio("PCMU", 8'000, audio_feedback(), 0),
      audio("PCMA", 8'000, audio_feedback(), 8),
      audio("ISAC", 32'000, audio_feedback()),
      audio("ISAC", 16'000, audio_feedback()),
      audio("G722", 8'000, audio_feedback(), 9),
      audio("iLBC", 8'000, audio_feedback()),
      audio("SILK", 24'000, audio_feedback()),
      audio("SILK", 16'000, audio_feedback()),
      audio("SILK", 12'000, audio_feedback()),
      audio("SILK", 8'000, audio_feedback()),
      audio("CN", 32'000, {}, 13),
      audio("CN", 16'000, {}, 13),
      audio("CN", 8'000, {}, 13),
      audio("telephone-event", 48'000, {}),
      audio("telephone-event", 32'000, {}),
      audio("telephone-event", 16'000, {}),
      audio("telephone-event", 8'000, {}),
      video("VP8"),
      video("VP9"),
      video("H264", {{"level-asymmetry-allowed", 1}}),
      video("AV1"),
  };
}

std::vector<RtpHeaderExtension> supported_header_extensions() {
  using enum RtpHeaderExtensionDirection;
  using Uri = HeaderExtensionUri;
  constexpr MediaKind a = MediaKind::audio;
  constexpr MediaKind v = MediaKind::video;
  const auto extension = [](MediaKind kind, Uri uri, std::uint8_t id, RtpHeaderExtensionDirection direction) {
    return RtpHeaderExtension{kind, std::string{to_string(uri)}, id, false, direction};
  };
  return {
      extension(a, Uri::mid, 1, sendrecv),
      extension(v, Uri::mid, 1, sendrecv),
      extension(v, Uri::rtp_stream_id, 2, recvonly),
      extension(v, Uri::repaired_rtp_stream_id, 3, recvonly),
      extension(a, Uri::abs_send_time, 4, sendrecv),
      extension(v, Uri::abs_send_time, 4, sendrecv),
      extension(a, Uri::transport_wide_cc_01, 5, recvonly),
      extension(v, Uri::transport_wide_cc_01, 5, sendrecv),
      extension(a, Uri::ssrc_audio_level, 6, sendrecv),
      extension(v, Uri::dependency_descriptor, 7, recvonly),
      extension(v, Uri::video_orientation, 8, sendrecv),
      extension(v, Uri::time_offset, 9, sendrecv),
      extension(a, Uri::abs_capture_time, 10, sendrecv),
      extension(v, Uri::abs_capture_time, 10, sendrecv),
      extension(a, Uri::playout_delay, 11, sendrecv),
      extension(v, Uri::playout_delay, 11, sendrecv),
      extension(a, Uri::mediasoup_packet_id, 12, sendrecv),
      extension(v, Uri::mediasoup_packet_id, 12, sendrecv),
  };
}

}  // namespace

const RtpCapabilities& supported_rtp_capabilities() {
  static const RtpCapabilities capabilities{supported_codecs(), supported_header_extensions()};
  return capabilities;
}

}  // namespace carillon::ortc
