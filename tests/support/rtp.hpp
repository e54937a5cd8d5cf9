// Producers as a browser would ask for them, and RTP packets as bytes, for tests with a real worker.
#pragma once

#include "mediasoup/producer.hpp"

#include <cstdint>
#include <vector>

namespace carillon::test {

inline constexpr std::uint32_t audio_ssrc = 11111111;
inline constexpr std::uint8_t audio_payload_type = 111;
inline constexpr std::uint8_t video_payload_type = 112;

inline ortc::RtpHeaderExtensionParameters header_extension(ortc::HeaderExtensionUri uri, std::uint8_t id) {
  ortc::RtpHeaderExtensionParameters made;
  made.uri = ortc::to_string(uri);
  made.id = id;
  return made;
}

/// Opus with one SSRC.
inline mediasoup::ProducerOptions audio_producer(std::uint32_t ssrc = audio_ssrc) {
  ortc::RtpCodecParameters opus;
  opus.mime_type = "audio/opus";
  opus.payload_type = audio_payload_type;
  opus.clock_rate = 48000;
  opus.channels = 2;
  opus.parameters = {{"useinbandfec", std::int32_t{1}}, {"foo", std::string{"bar"}}};
  ortc::RtpEncodingParameters encoding;
  encoding.ssrc = ssrc;
  mediasoup::ProducerOptions options;
  options.kind = ortc::MediaKind::audio;
  options.rtp_parameters.mid = "AUDIO";
  options.rtp_parameters.codecs = {opus};
  options.rtp_parameters.header_extensions = {header_extension(ortc::HeaderExtensionUri::mid, 10),
                                              header_extension(ortc::HeaderExtensionUri::ssrc_audio_level, 12)};
  options.rtp_parameters.encodings = {encoding};
  options.rtp_parameters.rtcp.cname = "alice";
  return options;
}

/// VP8 with RTX; `encodings` above one make it simulcast. Encoding i has the SSRCs 22222220 + 2i and the next.
inline mediasoup::ProducerOptions video_producer(std::uint32_t encodings = 1, std::uint32_t first_ssrc = 22222220) {
  ortc::RtpCodecParameters vp8;
  vp8.mime_type = "video/VP8";
  vp8.payload_type = video_payload_type;
  vp8.clock_rate = 90000;
  vp8.rtcp_feedback = {{"nack", ""}, {"nack", "pli"}, {"goog-remb", ""}};
  ortc::RtpCodecParameters rtx;
  rtx.mime_type = "video/rtx";
  rtx.payload_type = 113;
  rtx.clock_rate = 90000;
  rtx.parameters = {{"apt", std::int32_t{video_payload_type}}};
  mediasoup::ProducerOptions options;
  options.kind = ortc::MediaKind::video;
  options.rtp_parameters.mid = "VIDEO";
  options.rtp_parameters.codecs = {vp8, rtx};
  options.rtp_parameters.header_extensions = {header_extension(ortc::HeaderExtensionUri::mid, 10),
                                              header_extension(ortc::HeaderExtensionUri::video_orientation, 13)};
  for (std::uint32_t i = 0; i < encodings; ++i) {
    ortc::RtpEncodingParameters encoding;
    encoding.ssrc = first_ssrc + 2 * i;
    encoding.rtx = ortc::RtxParameters{first_ssrc + 2 * i + 1};
    if (encodings > 1) encoding.scalability_mode = "L1T3";
    options.rtp_parameters.encodings.push_back(encoding);
  }
  options.rtp_parameters.rtcp.cname = "alice";
  return options;
}

/// RFC 3550 section 5.1, without extensions.
inline std::vector<std::uint8_t> rtp_packet(std::uint8_t payload_type, std::uint16_t sequence_number,
                                            std::uint32_t timestamp, std::uint32_t ssrc,
                                            const std::vector<std::uint8_t>& payload) {
  std::vector<std::uint8_t> packet{0x80,
                                   payload_type,
                                   static_cast<std::uint8_t>(sequence_number >> 8),
                                   static_cast<std::uint8_t>(sequence_number),
                                   static_cast<std::uint8_t>(timestamp >> 24),
                                   static_cast<std::uint8_t>(timestamp >> 16),
                                   static_cast<std::uint8_t>(timestamp >> 8),
                                   static_cast<std::uint8_t>(timestamp),
                                   static_cast<std::uint8_t>(ssrc >> 24),
                                   static_cast<std::uint8_t>(ssrc >> 16),
                                   static_cast<std::uint8_t>(ssrc >> 8),
                                   static_cast<std::uint8_t>(ssrc)};
  packet.insert(packet.end(), payload.begin(), payload.end());
  return packet;
}

/// Twenty milliseconds of sound, number `sequence_number` of a sender.
inline std::vector<std::uint8_t> audio_packet(std::uint16_t sequence_number, std::uint32_t ssrc = audio_ssrc) {
  return rtp_packet(audio_payload_type, sequence_number, 960U * sequence_number, ssrc,
                    std::vector<std::uint8_t>(40, 0x5A));
}

/// The start of a VP8 key frame of 16 x 16 (RFC 7741 section 4, RFC 6386 section 9.1).
inline std::vector<std::uint8_t> key_frame_packet(std::uint16_t sequence_number, std::uint32_t ssrc) {
  std::vector<std::uint8_t> payload{0x10, 0x10, 0x02, 0x00, 0x9D, 0x01, 0x2A, 0x10, 0x00, 0x10, 0x00};
  payload.resize(200, 0x11);
  return rtp_packet(video_payload_type, sequence_number, 3000U * sequence_number, ssrc, payload);
}

/// The SSRC in the header of a packet.
inline std::uint32_t ssrc_of(const std::vector<std::uint8_t>& packet) {
  return static_cast<std::uint32_t>(packet[8]) << 24 | static_cast<std::uint32_t>(packet[9]) << 16 |
         static_cast<std::uint32_t>(packet[10]) << 8 | packet[11];
}

}  // namespace carillon::test
