#include "mediasoup/ortc/rtp_parameters.hpp"

#include <array>
#include <utility>

namespace carillon::ortc {

namespace {

constexpr std::array<std::pair<HeaderExtensionUri, std::string_view>, 12> header_extension_uris{{
    {HeaderExtensionUri::mid, "urn:ietf:params:rtp-hdrext:sdes:mid"},
    {HeaderExtensionUri::rtp_stream_id, "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"},
    {HeaderExtensionUri::repaired_rtp_stream_id, "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"},
    {HeaderExtensionUri::abs_send_time, "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"},
    {HeaderExtensionUri::transport_wide_cc_01,
     "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"},
    {HeaderExtensionUri::ssrc_audio_level, "urn:ietf:params:rtp-hdrext:ssrc-audio-level"},
    {HeaderExtensionUri::dependency_descriptor,
     "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"},
    {HeaderExtensionUri::video_orientation, "urn:3gpp:video-orientation"},
    {HeaderExtensionUri::time_offset, "urn:ietf:params:rtp-hdrext:toffset"},
    {HeaderExtensionUri::abs_capture_time, "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time"},
    {HeaderExtensionUri::playout_delay, "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"},
    {HeaderExtensionUri::mediasoup_packet_id, "urn:mediasoup:params:rtp-hdrext:packet-id"},
}};

}  // namespace

std::string_view to_string(MediaKind kind) {
  switch (kind) {
    case MediaKind::audio: return "audio";
    case MediaKind::video: return "video";
  }
  return {};
}

std::string_view to_string(RtpHeaderExtensionDirection direction) {
  switch (direction) {
    case RtpHeaderExtensionDirection::sendrecv: return "sendrecv";
    case RtpHeaderExtensionDirection::sendonly: return "sendonly";
    case RtpHeaderExtensionDirection::recvonly: return "recvonly";
    case RtpHeaderExtensionDirection::inactive: return "inactive";
  }
  return {};
}

std::string_view to_string(HeaderExtensionUri uri) {
  for (const auto& [id, text] : header_extension_uris)
    if (id == uri) return text;
  return {};
}

std::optional<MediaKind> media_kind_from(std::string_view text) {
  for (const MediaKind kind : {MediaKind::audio, MediaKind::video})
    if (to_string(kind) == text) return kind;
  return std::nullopt;
}

std::optional<RtpHeaderExtensionDirection> direction_from(std::string_view text) {
  using enum RtpHeaderExtensionDirection;
  for (const RtpHeaderExtensionDirection direction : {sendrecv, sendonly, recvonly, inactive})
    if (to_string(direction) == text) return direction;
  return std::nullopt;
}

std::optional<HeaderExtensionUri> header_extension_uri_from(std::string_view uri) {
  for (const auto& [id, text] : header_extension_uris)
    if (text == uri) return id;
  return std::nullopt;
}

}  // namespace carillon::ortc
