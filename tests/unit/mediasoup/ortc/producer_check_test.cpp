// check_producer_rtp_parameters: each thing that the worker throws or aborts on is named before it gets there.
#include "unit/mediasoup/ortc/fixtures.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace carillon::ortc {
namespace {

std::string check(MediaKind kind, const RtpParameters& params) {
  const Result<> result = check_producer_rtp_parameters(kind, params);
  return result ? "fine" : result.error().detail;
}

/// A VP8 producer of Chromium, completed as a transport does it, after `change`.
std::string check_vp8(const std::function<void(RtpParameters&)>& change) {
  RtpParameters params = test::producer("chromium", "vp8");
  complete_producer_rtp_parameters(params, "cname");
  change(params);
  return check(MediaKind::video, params);
}

TEST(ProducerCheck, EverythingThatBrowsersSendIsFine) {
  for (const char* browser : {"chromium", "firefox"}) {
    const test::json::value recorded = test::recording(browser);
    for (const test::json::value& produced : recorded.at("produced").as_array()) {
      if (!produced.as_object().contains("rtpParameters")) continue;
      RtpParameters params = parse_rtp_parameters(produced.at("rtpParameters")).value();
      complete_producer_rtp_parameters(params, "cname");
      const MediaKind kind = media_kind_from(std::string_view{produced.at("kind").as_string()}).value();
      EXPECT_EQ(check(kind, params), "fine") << browser << ' ' << produced.at("name");
    }
  }
}

TEST(ProducerCheck, CompletingGivesAnEncodingAndTheCname) {
  RtpParameters params = test::producer("chromium", "vp8");
  params.encodings.clear();
  complete_producer_rtp_parameters(params, "of the transport");
  EXPECT_EQ(params.encodings, std::vector<RtpEncodingParameters>(1));
  EXPECT_EQ(params.rtcp.cname, "of the transport");
  EXPECT_EQ(check(MediaKind::video, params), "fine");  // found by its mid
}

TEST(ProducerCheck, CompletingLeavesSsrcOrRidButNotBoth) {
  RtpParameters params = test::producer("chromium", "vp8");
  params.encodings[0].rid = "r0";
  complete_producer_rtp_parameters(params, "cname");
  EXPECT_EQ(params.encodings[0].rid, std::nullopt);
  params.encodings[0].rid = "r0";
  EXPECT_EQ(check(MediaKind::video, params), "rtpParameters.encodings[0]: expected only one of ssrc and rid");
}

TEST(ProducerCheck, CodecsAreKnownAndOfTheKind) {
  EXPECT_EQ(check_vp8([](RtpParameters& p) { p.codecs[0].mime_type = "video/H265"; }),
            "rtpParameters.codecs[0].mimeType: unknown codec video/H265");
  EXPECT_EQ(check_vp8([](RtpParameters& p) { p.codecs[0].mime_type = "audio/VP8"; }),
            "rtpParameters.codecs[0].mimeType: expected a codec of kind video");
  EXPECT_EQ(check_vp8([](RtpParameters& p) { p.codecs[1].payload_type = p.codecs[0].payload_type; }),
            "rtpParameters.codecs[1].payloadType: used twice");
  EXPECT_EQ(check_vp8([](RtpParameters& p) { p.codecs[0].clock_rate = 0; }),
            "rtpParameters.codecs[0].clockRate: expected a number above 0");
  EXPECT_EQ(check_vp8([](RtpParameters& p) { p.codecs.clear(); }), "rtpParameters.codecs: expected a media codec");
}

TEST(ProducerCheck, FeatureCodecsPointToAMediaCodec) {
  const std::string wrong = "rtpParameters.codecs[1].parameters.apt: expected the payload type of a media codec";
  EXPECT_EQ(check_vp8([](RtpParameters& p) { p.codecs[1].parameters.clear(); }), wrong);
  EXPECT_EQ(check_vp8([](RtpParameters& p) { p.codecs[1].parameters["apt"] = "96"; }), wrong);
  EXPECT_EQ(check_vp8([](RtpParameters& p) { p.codecs[1].parameters["apt"] = p.codecs[1].payload_type; }), wrong);
  EXPECT_EQ(check_vp8([](RtpParameters& p) {
              p.codecs[1].mime_type = "video/red";  // the worker aborts on one without apt
              p.codecs[1].parameters.clear();
            }),
            wrong);
}

TEST(ProducerCheck, HeaderExtensionsAreKnownAndApart) {
  EXPECT_EQ(check_vp8([](RtpParameters& p) { p.header_extensions[0].uri = "urn:unknown"; }),
            "rtpParameters.headerExtensions[0].uri: unknown header extension");
  EXPECT_EQ(check_vp8([](RtpParameters& p) { p.header_extensions[0].id = 0; }),
            "rtpParameters.headerExtensions[0].id: expected integer 1..255");
  EXPECT_EQ(check_vp8([](RtpParameters& p) { p.header_extensions[1].id = p.header_extensions[0].id; }),
            "rtpParameters.headerExtensions[1].id: used twice");
}

TEST(ProducerCheck, StreamsCanBeToldApart) {
  EXPECT_EQ(check_vp8([](RtpParameters& p) { p.encodings[0].rtx = RtxParameters{*p.encodings[0].ssrc}; }),
            "rtpParameters.encodings[0].rtx.ssrc: used twice");
  EXPECT_EQ(check_vp8([](RtpParameters& p) { p.encodings.push_back(p.encodings[0]); }),
            "rtpParameters.encodings[1].ssrc: used twice");
  EXPECT_EQ(check_vp8([](RtpParameters& p) {
              p.encodings.assign(2, {});
              p.encodings[0].rid = p.encodings[1].rid = "same";
            }),
            "rtpParameters.encodings[1].rid: used twice");
  EXPECT_EQ(check_vp8([](RtpParameters& p) { p.encodings.assign(2, {}); }),
            "rtpParameters.encodings[0]: expected ssrc or rid");
  EXPECT_EQ(check_vp8([](RtpParameters& p) {
              p.encodings.assign(1, {});
              p.mid.reset();
            }),
            "rtpParameters.encodings[0]: expected ssrc or rid, or a mid");
  EXPECT_EQ(check_vp8([](RtpParameters& p) { p.encodings.clear(); }), "rtpParameters.encodings: expected at least one");
}

TEST(ProducerCheck, AnEncodingUsesAMediaCodec) {
  const std::string wrong = "rtpParameters.encodings[0].codecPayloadType: expected the payload type of a media codec";
  EXPECT_EQ(check_vp8([](RtpParameters& p) { p.encodings[0].codec_payload_type = p.codecs[1].payload_type; }), wrong);
  EXPECT_EQ(check_vp8([](RtpParameters& p) { p.encodings[0].codec_payload_type = 1; }), wrong);
  EXPECT_EQ(check_vp8([](RtpParameters& p) { p.encodings[0].codec_payload_type = p.codecs[0].payload_type; }), "fine");
}

TEST(ProducerCheck, LayersFitTheCodec) {
  RtpParameters vp9 = test::producer("chromium", "vp9-svc");
  complete_producer_rtp_parameters(vp9, "cname");
  vp9.encodings.push_back({});
  vp9.encodings[0] = {};
  vp9.encodings[0].rid = "a";
  vp9.encodings[1].rid = "b";
  EXPECT_EQ(check(MediaKind::video, vp9), "rtpParameters.encodings[0]: no simulcast with video/VP9");
  vp9.encodings[1].scalability_mode = "L3T3";
  vp9.codecs[0].mime_type = "video/VP8";
  EXPECT_EQ(check(MediaKind::video, vp9),
            "rtpParameters.encodings[1].scalabilityMode: expected one spatial layer in each encoding of a simulcast");
  RtpParameters audio = test::producer("chromium", "audio");
  complete_producer_rtp_parameters(audio, "cname");
  audio.encodings[0].scalability_mode = "L1T2";
  EXPECT_EQ(check(MediaKind::audio, audio), "rtpParameters.encodings[0].scalabilityMode: no layers with audio/opus");
}

TEST(ProducerCheck, LayersOfTheFirstMediaCodecWhateverIsBeforeIt) {
  RtpParameters audio = test::producer("chromium", "audio");
  complete_producer_rtp_parameters(audio, "cname");
  audio.codecs.insert(audio.codecs.begin(), {"audio/CN", 13, 8'000, 1, {}, {}});
  EXPECT_EQ(check(MediaKind::audio, audio), "fine");
  audio.encodings[0].scalability_mode = "L1T2";
  EXPECT_EQ(check(MediaKind::audio, audio), "rtpParameters.encodings[0].scalabilityMode: no layers with audio/opus");
}

TEST(ProducerCheck, LayersOfTheCodecThatTheEncodingNames) {
  EXPECT_EQ(check_vp8([](RtpParameters& p) {
              p.encodings[0].codec_payload_type = p.codecs[0].payload_type;
              p.encodings[0].scalability_mode = "L1T3";
            }),
            "fine");
}

TEST(ProducerCheck, ACodecHasAWholeMimeTypeAndAPayloadTypeOfSevenBits) {
  EXPECT_EQ(check_vp8([](RtpParameters& p) { p.codecs[0].mime_type = "VP8"; }),
            "rtpParameters.codecs[0].mimeType: unknown codec VP8");
  EXPECT_EQ(check_vp8([](RtpParameters& p) { p.codecs[0].payload_type = 128; }),
            "rtpParameters.codecs[0].payloadType: expected integer 0..127");
}

TEST(ProducerCheck, AnRtxWithoutAnSsrcIsFoundLater) {
  EXPECT_EQ(check_vp8([](RtpParameters& p) { p.encodings[0].rtx = RtxParameters{0}; }), "fine");
}

TEST(ProducerCheck, TextsAreClean) {
  using namespace std::string_literals;
  EXPECT_EQ(check_vp8([](RtpParameters& p) { p.msid = "a\x7f"; }),
            "rtpParameters.msid: expected no control characters");
  EXPECT_EQ(check_vp8([](RtpParameters& p) { p.encodings[0].rid = "\t"; }),
            "rtpParameters.encodings[0].rid: expected no control characters");
  EXPECT_EQ(check_vp8([](RtpParameters& p) { p.mid = "a\0b"s; }), "rtpParameters.mid: expected no control characters");
  EXPECT_EQ(check_vp8([](RtpParameters& p) { p.rtcp.cname = "\n"; }),
            "rtpParameters.rtcp.cname: expected no control characters");
  EXPECT_EQ(check_vp8([](RtpParameters& p) { p.rtcp.cname.reset(); }),
            "rtpParameters.rtcp.cname: expected string that is not empty");
}

}  // namespace
}  // namespace carillon::ortc
