#include "mediasoup/ortc/ortc.hpp"

#include "mediasoup/ortc/scalability_mode.hpp"
#include "unit/mediasoup/ortc/fixtures.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace carillon::ortc {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::Not;

RtpCodecCapability vp8() { return {MediaKind::video, "video/VP8", std::nullopt, 90'000, std::nullopt, {}, {}}; }
RtpCodecCapability opus() { return {MediaKind::audio, "audio/opus", std::nullopt, 48'000, 2, {}, {}}; }

std::vector<std::string> names(const std::vector<RtpCodecParameters>& codecs) {
  std::vector<std::string> result;
  result.reserve(codecs.size());
  for (const RtpCodecParameters& codec : codecs) result.push_back(codec.mime_type);
  return result;
}

bool has_feedback(const RtpCodecParameters& codec, const RtcpFeedback& feedback) {
  return std::find(codec.rtcp_feedback.begin(), codec.rtcp_feedback.end(), feedback) != codec.rtcp_feedback.end();
}

TEST(Router, GivesPayloadTypesFrom100AndRtxToVideo) {
  const RtpCapabilities capabilities = generate_router_rtp_capabilities(std::vector{opus(), vp8()}).value();
  ASSERT_EQ(capabilities.codecs.size(), 3U);
  EXPECT_EQ(capabilities.codecs[0].preferred_payload_type, 100);
  EXPECT_EQ(capabilities.codecs[1].preferred_payload_type, 101);
  EXPECT_EQ(capabilities.codecs[2].mime_type, "video/rtx");
  EXPECT_EQ(capabilities.codecs[2].preferred_payload_type, 102);
  EXPECT_EQ(capabilities.codecs[2].parameters.at("apt"), ParameterValue{101});
}

TEST(Router, KeepsAWantedPayloadTypeAndGivesItToNobodyElse) {
  RtpCodecCapability wanted = vp8();
  wanted.preferred_payload_type = 100;
  const RtpCapabilities capabilities = generate_router_rtp_capabilities(std::vector{wanted, opus()}).value();
  EXPECT_EQ(capabilities.codecs[0].preferred_payload_type, 100);
  EXPECT_EQ(capabilities.codecs[1].preferred_payload_type, 101);  // RTX
  EXPECT_EQ(capabilities.codecs[2].preferred_payload_type, 102);
}

TEST(Router, RefusesACodecThatMediasoupCannotRoute) {
  RtpCodecCapability wanted = vp8();
  wanted.mime_type = "video/H265";
  EXPECT_EQ(generate_router_rtp_capabilities(std::vector{wanted}).error().code, Errc::unsupported);
}

TEST(Router, RefusesAPayloadTypeUsedTwice) {
  RtpCodecCapability a = opus();
  a.preferred_payload_type = 100;
  RtpCodecCapability b = vp8();
  b.preferred_payload_type = 100;
  EXPECT_EQ(generate_router_rtp_capabilities(std::vector{a, b}).error().detail, "two codecs have payload type 100");
}

TEST(Router, RefusesMoreCodecsThanThereArePayloadTypes) {
  const std::vector<RtpCodecCapability> sixteen_with_rtx(16, vp8());
  const std::vector<RtpCodecCapability> seventeen(17, vp8());
  EXPECT_TRUE(generate_router_rtp_capabilities(sixteen_with_rtx));
  EXPECT_EQ(generate_router_rtp_capabilities(seventeen).error().code, Errc::bad_request);
  std::vector<RtpCodecCapability> none_left_for_the_last_rtx = sixteen_with_rtx;
  none_left_for_the_last_rtx.insert(none_left_for_the_last_rtx.begin(), opus());
  EXPECT_EQ(generate_router_rtp_capabilities(none_left_for_the_last_rtx).error().code, Errc::bad_request);
}

TEST(ProducerMapping, TakesEachCodecToThatOfTheRouter) {
  RtpParameters params = test::producer("chromium", "vp8");
  const RtpMapping mapping = get_producer_rtp_parameters_mapping(params, test::router(), 500).value();
  const RtpCodecCapability& router_vp8 = test::router().codecs[4];
  ASSERT_EQ(router_vp8.mime_type, "video/VP8");
  EXPECT_THAT(mapping.codecs,
              Contains(RtpMapping::Codec{params.codecs[0].payload_type, *router_vp8.preferred_payload_type}));
  EXPECT_EQ(mapping.encodings[0].mapped_ssrc, 500U);
  EXPECT_EQ(mapping.encodings[0].ssrc, params.encodings[0].ssrc);
}

TEST(ProducerMapping, SimulcastHasOneSsrcForEachEncoding) {
  RtpParameters params = test::producer("firefox", "vp8-simulcast");
  const RtpMapping mapping = get_producer_rtp_parameters_mapping(params, test::router(), 500).value();
  ASSERT_EQ(mapping.encodings.size(), 3U);
  EXPECT_EQ(mapping.encodings[2].mapped_ssrc, 502U);
  EXPECT_EQ(mapping.encodings[2].rid, params.encodings[2].rid);
}

TEST(ProducerMapping, H264GetsTheLevelThatBothCanDo) {
  RtpParameters params = test::producer("chromium", "h264");
  params.codecs[0].parameters = {{"packetization-mode", 1}, {"profile-level-id", "42e034"}};  // level 5.2
  ASSERT_TRUE(get_producer_rtp_parameters_mapping(params, test::router(), 500));
  EXPECT_EQ(params.codecs[0].parameters.at("profile-level-id"), ParameterValue{"42e01f"});
  params.codecs[0].parameters = {
      {"packetization-mode", 1}, {"profile-level-id", "42e034"}, {"level-asymmetry-allowed", 1}};
  ASSERT_TRUE(get_producer_rtp_parameters_mapping(params, test::router(), 500));
  EXPECT_EQ(params.codecs[0].parameters.at("profile-level-id"), ParameterValue{"42e034"});
}

TEST(ProducerMapping, RefusesACodecTheRouterDoesNotHave) {
  RtpParameters params = test::producer("chromium", "av1-svc");
  const RtpCapabilities only_vp8 = generate_router_rtp_capabilities(std::vector{vp8()}).value();
  const Result<RtpMapping> mapping = get_producer_rtp_parameters_mapping(params, only_vp8, 500);
  EXPECT_EQ(mapping.error().code, Errc::unsupported);
}

TEST(ProducerMapping, RefusesRtxOfNothing) {
  RtpParameters params = test::producer("chromium", "vp8");
  params.codecs[1].parameters["apt"] = 1;
  EXPECT_EQ(get_producer_rtp_parameters_mapping(params, test::router(), 500).error().code, Errc::bad_request);
  params.codecs[1].parameters["apt"] = std::int32_t{params.codecs[1].payload_type};  // of itself
  EXPECT_EQ(get_producer_rtp_parameters_mapping(params, test::router(), 500).error().code, Errc::bad_request);
}

TEST(ProducerMapping, RefusesARouterWhoseCodecsHaveNoPayloadTypes) {
  RtpParameters params = test::producer("chromium", "vp8");
  RtpCapabilities router = test::router();
  router.codecs.back().preferred_payload_type.reset();
  const std::string wrong = "expected a payload type for each codec of the router";
  EXPECT_EQ(get_producer_rtp_parameters_mapping(params, router, 500).error().detail, wrong);
  EXPECT_EQ(get_consumable_rtp_parameters(MediaKind::video, params, router, {}).error().detail, wrong);
}

TEST(Consumable, HasTheRoutersNumbersAndTheProducersFormat) {
  const RtpParameters params = test::producer("chromium", "audio");
  const RtpParameters consumable = test::consumable(MediaKind::audio, params);
  EXPECT_EQ(consumable.codecs[0].payload_type, test::router().codecs[0].preferred_payload_type);
  EXPECT_EQ(consumable.codecs[0].parameters, params.codecs[0].parameters);
  EXPECT_EQ(consumable.encodings[0].ssrc, 100'000'000U);
  EXPECT_EQ(consumable.rtcp.cname, params.rtcp.cname);
}

TEST(Consumable, CaptureTimeIsOfferedOnlyIfTheProducerSendsIt) {
  const std::string uri{to_string(HeaderExtensionUri::abs_capture_time)};
  RtpParameters params = test::producer("chromium", "audio");
  std::erase_if(params.header_extensions, [&](const auto& extension) { return extension.uri == uri; });
  const auto with_uri = Contains(Field(&RtpHeaderExtensionParameters::uri, uri));
  EXPECT_THAT(test::consumable(MediaKind::audio, params).header_extensions, Not(with_uri));
  params.header_extensions.push_back({uri, 9, false, {}});
  EXPECT_THAT(test::consumable(MediaKind::audio, params).header_extensions, with_uri);
}

TEST(Consumer, BrowsersCanConsumeEachOther) {
  for (const char* sender : {"chromium", "firefox"})
    for (const char* receiver : {"chromium", "firefox"})
      for (const char* what : {"vp8", "vp8-simulcast", "av1-svc"})
        EXPECT_TRUE(
            can_consume(test::consumable(MediaKind::video, test::producer(sender, what)), test::receiver(receiver)))
            << sender << " to " << receiver << ": " << what;
}

TEST(Consumer, AProfileThatTheReceiverLacksCannotBeConsumed) {
  RtpParameters params = test::producer("chromium", "vp9-svc");
  ASSERT_EQ(params.codecs[0].parameters.at("profile-id"), ParameterValue{2});
  EXPECT_FALSE(can_consume(test::consumable(MediaKind::video, params), test::receiver("firefox")));
  params.codecs[0].parameters["profile-id"] = 0;
  EXPECT_TRUE(can_consume(test::consumable(MediaKind::video, params), test::receiver("firefox")));
}

TEST(Consumer, WithoutTheCodecNothingCanBeConsumed) {
  const RtpParameters consumable = test::consumable(MediaKind::video, test::producer("chromium", "vp8"));
  RtpCapabilities remote = test::receiver("firefox");
  std::erase_if(remote.codecs, [](const RtpCodecCapability& codec) { return codec.mime_type == "video/VP8"; });
  EXPECT_FALSE(can_consume(consumable, remote));
  EXPECT_EQ(get_consumer_rtp_parameters(consumable, remote, {}).error().code, Errc::unsupported);
}

TEST(Consumer, GetsOneStreamOfASimulcast) {
  const RtpParameters consumable = test::consumable(MediaKind::video, test::producer("chromium", "vp8-simulcast"));
  const RtpParameters consumer =
      get_consumer_rtp_parameters(consumable, test::receiver("firefox"), {.ssrc = 700}).value();
  RtpEncodingParameters expected;
  expected.ssrc = 700;
  expected.rtx = RtxParameters{701};
  expected.scalability_mode = "L3T3";
  expected.max_bitrate = 5'000'000;
  EXPECT_THAT(consumer.encodings, ElementsAre(expected));
  EXPECT_THAT(names(consumer.codecs), ElementsAre("video/VP8", "video/rtx"));
}

TEST(Consumer, WithoutRtxNothingAsksForPacketsAgain) {
  const RtpParameters consumable = test::consumable(MediaKind::video, test::producer("chromium", "vp8"));
  const RtpParameters consumer =
      get_consumer_rtp_parameters(consumable, test::receiver("chromium"), {.enable_rtx = false, .ssrc = 700}).value();
  EXPECT_THAT(names(consumer.codecs), ElementsAre("video/VP8"));
  EXPECT_FALSE(has_feedback(consumer.codecs[0], {"nack", ""}));
  EXPECT_TRUE(has_feedback(consumer.codecs[0], {"nack", "pli"}));
  EXPECT_EQ(consumer.encodings[0].rtx, std::nullopt);
}

TEST(Consumer, UsesOneWayOfEstimatingBandwidth) {
  const RtpParameters consumable = test::consumable(MediaKind::video, test::producer("chromium", "vp8"));
  RtpCapabilities remote = test::receiver("chromium");
  const auto feedback_with = [&](std::initializer_list<HeaderExtensionUri> missing) {
    RtpCapabilities reduced = remote;
    for (const HeaderExtensionUri uri : missing)
      std::erase_if(reduced.header_extensions, [&](const auto& extension) { return extension.uri == to_string(uri); });
    const RtpParameters consumer = get_consumer_rtp_parameters(consumable, reduced, {}).value();
    return std::pair{has_feedback(consumer.codecs[0], {"transport-cc", ""}),
                     has_feedback(consumer.codecs[0], {"goog-remb", ""})};
  };
  using Uri = HeaderExtensionUri;
  EXPECT_EQ(feedback_with({}), std::pair(true, false));
  EXPECT_EQ(feedback_with({Uri::transport_wide_cc_01}), std::pair(false, true));
  EXPECT_EQ(feedback_with({Uri::transport_wide_cc_01, Uri::abs_send_time}), std::pair(false, false));
}

TEST(Consumable, HasTheExtensionsThatTheRouterSends) {
  const auto consumable_with = [](RtpHeaderExtensionDirection direction) {
    RtpCapabilities router = test::router();
    const std::string mid{to_string(HeaderExtensionUri::mid)};
    for (RtpHeaderExtension& extension : router.header_extensions)
      if (extension.uri == mid) extension.direction = direction;
    RtpParameters producer = test::producer("chromium", "vp8");
    const RtpMapping mapping = get_producer_rtp_parameters_mapping(producer, router, 100'000'000).value();
    const RtpParameters params = get_consumable_rtp_parameters(MediaKind::video, producer, router, mapping).value();
    return std::ranges::count(params.header_extensions, mid, &RtpHeaderExtensionParameters::uri);
  };
  using enum RtpHeaderExtensionDirection;
  EXPECT_EQ(consumable_with(sendrecv), 1);
  EXPECT_EQ(consumable_with(sendonly), 1);
  EXPECT_EQ(consumable_with(recvonly), 0);
  EXPECT_EQ(consumable_with(inactive), 0);
}

TEST(Consumer, IsRefusedWhereRtxIsBeforeItsCodec) {
  RtpParameters consumable = test::consumable(MediaKind::video, test::producer("chromium", "vp8"));
  ASSERT_THAT(names(consumable.codecs), ElementsAre("video/VP8", "video/rtx"));
  std::swap(consumable.codecs[0], consumable.codecs[1]);
  const auto consumer = get_consumer_rtp_parameters(consumable, test::receiver("chromium"), {});
  EXPECT_EQ(consumer.error().code, Errc::unsupported);
}

TEST(PipeConsumer, KeepsAllEncodingsAndAddsTheDependencyDescriptor) {
  const RtpParameters consumable = test::consumable(MediaKind::video, test::producer("chromium", "vp8-simulcast"));
  const RtpParameters pipe = get_pipe_consumer_rtp_parameters(consumable, true, 700, 800);
  ASSERT_EQ(pipe.encodings.size(), 3U);
  EXPECT_EQ(pipe.encodings[2].ssrc, 702U);
  EXPECT_EQ(pipe.encodings[2].rtx, RtxParameters{802});
  const std::string descriptor{to_string(HeaderExtensionUri::dependency_descriptor)};
  EXPECT_THAT(pipe.header_extensions, Contains(Field(&RtpHeaderExtensionParameters::uri, descriptor)));
  EXPECT_TRUE(std::is_sorted(pipe.header_extensions.begin(), pipe.header_extensions.end(),
                             [](const auto& a, const auto& b) { return a.id < b.id; }));
}

TEST(PipeConsumer, WithoutRtxHasNeitherRtxNorNack) {
  const RtpParameters consumable = test::consumable(MediaKind::video, test::producer("firefox", "vp8"));
  const RtpParameters pipe = get_pipe_consumer_rtp_parameters(consumable, false, 700, 800);
  EXPECT_THAT(names(pipe.codecs), ElementsAre("video/VP8"));
  EXPECT_FALSE(has_feedback(pipe.codecs[0], {"nack", ""}));
  EXPECT_THAT(pipe.encodings, Each(Field(&RtpEncodingParameters::rtx, std::nullopt)));
}

TEST(ScalabilityMode, CountsLayers) {
  EXPECT_EQ(parse_scalability_mode("L3T2_KEY"), (ScalabilityMode{3, 2, true}));
  EXPECT_EQ(parse_scalability_mode("S2T1h"), (ScalabilityMode{2, 1, false}));
  EXPECT_EQ(parse_scalability_mode("L12T10"), (ScalabilityMode{12, 10, false}));
  EXPECT_EQ(parse_scalability_mode("L0T1"), ScalabilityMode{});
  EXPECT_EQ(parse_scalability_mode("L/T1"), ScalabilityMode{});
  EXPECT_EQ(parse_scalability_mode("nonsense"), ScalabilityMode{});
}

}  // namespace
}  // namespace carillon::ortc
