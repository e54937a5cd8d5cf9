#include "mediasoup/fbs/rtp_parameters.hpp"

#include "round_trip.hpp"

#include <limits>
#include <random>

namespace carillon::mediasoup {
namespace {

ortc::RtpParameters full() {
  ortc::RtpParameters parameters;
  parameters.mid = "0";
  parameters.msid = "stream track";
  ortc::RtpCodecParameters opus;
  opus.mime_type = "audio/opus";
  opus.payload_type = 111;
  opus.clock_rate = 48000;
  opus.channels = 2;
  opus.parameters = {{"useinbandfec", std::int32_t{1}},
                     {"negative", std::int32_t{-7}},
                     {"ratio", 0.5},
                     {"on", true},
                     {"off", false},
                     {"empty", std::string{}},
                     {"text", std::string{"a;b=c \xC5\xBE"}},
                     {"channel_mapping", std::vector<std::int32_t>{0, 4, 1, 2, -3, 5}},
                     {"nothing", std::vector<std::int32_t>{}}};
  opus.rtcp_feedback = {{"transport-cc", ""}, {"nack", "pli"}};
  ortc::RtpCodecParameters bare;
  bare.mime_type = "video/VP8";
  bare.payload_type = 127;
  bare.clock_rate = std::numeric_limits<std::uint32_t>::max();
  parameters.codecs = {opus, bare};
  for (std::uint8_t i = 0; i < 12; ++i) {
    ortc::RtpHeaderExtensionParameters extension;
    extension.uri = ortc::to_string(static_cast<ortc::HeaderExtensionUri>(i));
    extension.id = static_cast<std::uint8_t>(i + 1);
    extension.encrypt = i % 2 == 1;
    if (i == 5) extension.parameters = {{"vad", true}};
    parameters.header_extensions.push_back(extension);
  }
  ortc::RtpEncodingParameters encoding;
  encoding.ssrc = 4'294'967'295U;
  encoding.rid = "hi";
  encoding.codec_payload_type = 111;
  encoding.rtx = ortc::RtxParameters{1234};
  encoding.dtx = true;
  encoding.scalability_mode = "L3T3_KEY";
  encoding.max_bitrate = 5'000'000'000U;
  ortc::RtpEncodingParameters nothing;
  nothing.dtx = false;
  parameters.encodings = {encoding, nothing};
  parameters.rtcp.cname = "alice";
  parameters.rtcp.reduced_size = false;
  return parameters;
}

ortc::RtpParameters there_and_back(const ortc::RtpParameters& parameters) {
  const Written<FBS::RtpParameters::RtpParameters> written{
      [&](Builder& builder) { return fbs::write(builder, parameters); }};
  return fbs::read_rtp_parameters(*written);
}

TEST(FbsRtpParameters, ComeBackAsTheyWere) { EXPECT_EQ(there_and_back(full()), full()); }

TEST(FbsRtpParameters, MayBeAlmostEmpty) {
  ortc::RtpParameters parameters;
  EXPECT_EQ(there_and_back(parameters), parameters);
}

TEST(FbsRtpParameters, LeaveOutAHeaderExtensionThatTheWorkerDoesNotKnow) {
  auto parameters = full();
  parameters.header_extensions.insert(parameters.header_extensions.begin(), {"urn:example:unknown", 14, false, {}});
  EXPECT_EQ(there_and_back(parameters), full());
}

TEST(FbsRtpParameters, TreatAMissingDtxAsOff) {
  ortc::RtpParameters parameters;
  parameters.encodings.emplace_back();
  EXPECT_EQ(there_and_back(parameters).encodings.at(0).dtx, false);
}

TEST(FbsRtpParameters, ComeBackAsTheyWereForAThousandRandomOnes) {
  std::mt19937 random{7};
  const auto up_to = [&](int limit) { return static_cast<int>(random() % static_cast<unsigned>(limit + 1)); };
  const auto text = [&] {
    return std::string(static_cast<std::size_t>(1 + up_to(20)), static_cast<char>('a' + up_to(25)));
  };
  for (int round = 0; round < 1000; ++round) {
    ortc::RtpParameters parameters;
    if (up_to(1) == 1) parameters.mid = text();
    if (up_to(1) == 1) parameters.rtcp.cname = text();
    for (int i = up_to(5); i > 0; --i) {
      ortc::RtpCodecParameters codec;
      codec.mime_type = text();
      codec.payload_type = static_cast<std::uint8_t>(up_to(127));
      codec.clock_rate = static_cast<std::uint32_t>(random());
      if (up_to(1) == 1) codec.channels = static_cast<std::uint8_t>(up_to(255));
      for (int p = up_to(4); p > 0; --p) codec.parameters[text()] = static_cast<std::int32_t>(random());
      for (int f = up_to(3); f > 0; --f) codec.rtcp_feedback.push_back({text(), up_to(1) == 1 ? text() : ""});
      parameters.codecs.push_back(std::move(codec));
    }
    for (int i = up_to(4); i > 0; --i) {
      ortc::RtpEncodingParameters encoding;
      if (up_to(1) == 1) encoding.ssrc = static_cast<std::uint32_t>(random());
      if (up_to(1) == 1) encoding.rid = text();
      if (up_to(1) == 1) encoding.max_bitrate = random();
      encoding.dtx = up_to(1) == 1;
      parameters.encodings.push_back(std::move(encoding));
    }
    ASSERT_EQ(there_and_back(parameters), parameters) << "round " << round;
  }
}

TEST(FbsRtpMapping, ComesBackAsItWas) {
  ortc::RtpMapping mapping;
  mapping.codecs = {{111, 100}, {112, 101}};
  mapping.encodings = {{"lo", 11111111U, 22222222U}, {std::nullopt, std::nullopt, 33333333U}};
  const Written<FBS::RtpParameters::RtpMapping> written{[&](Builder& builder) { return fbs::write(builder, mapping); }};
  EXPECT_EQ(fbs::read_mapping(*written), mapping);
}

TEST(FbsMediaKind, ComesBackAsItWas) {
  for (const auto kind : {ortc::MediaKind::audio, ortc::MediaKind::video})
    EXPECT_EQ(fbs::read_kind(fbs::write_kind(kind)), kind);
}

}  // namespace
}  // namespace carillon::mediasoup
