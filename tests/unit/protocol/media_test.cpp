// src/protocol/media.hpp: mediasoup-demo's methods.
#include "protocol/media.hpp"

#include <gtest/gtest.h>
#include <boost/json/parse.hpp>

namespace carillon::protocol {
namespace {

Result<MediaRequest> parse(std::string_view method, std::string_view data) {
  auto parsed = parse_media_request(method, json::parse({data.data(), data.size()}).as_object());
  if (!parsed) return fail(Errc::unsupported, "no media method");
  return *parsed;
}

std::string error_of(std::string_view method, std::string_view data) {
  const auto parsed = parse(method, data);
  return parsed ? "taken" : parsed.error().detail;
}

TEST(Media, TheCallMayBeLeftOut) {
  EXPECT_EQ(call_of(*parse("getRouterRtpCapabilities", R"({})")), std::nullopt);
  EXPECT_EQ(call_of(*parse("getRouterRtpCapabilities", R"({"callId":"c"})")), CallId{"c"});
  EXPECT_EQ(call_of(*parse("pauseProducer", R"({"callId":"c","producerId":"p"})")), CallId{"c"});
}

TEST(Media, BothFormsOfDirectionAreRead) {
  const auto classic = std::get<CreateWebRtcTransport>(*parse(
      "createWebRtcTransport", R"({"forceTcp":false,"producing":true,"consuming":false,"sctpCapabilities":{}})"));
  EXPECT_EQ(classic.producing, true);
  EXPECT_TRUE(classic.sctp_capabilities);
  const auto newer = std::get<CreateWebRtcTransport>(
      *parse("createWebRtcTransport", R"({"forceTcp":false,"appData":{"direction":"consumer"}})"));
  EXPECT_EQ(newer.app_data->direction, Direction::consumer);
  EXPECT_EQ(error_of("createWebRtcTransport", R"({"appData":{"direction":"both"}})"),
            "data.appData.direction: expected \"producer\" or \"consumer\"");
}

TEST(Media, SctpCapabilitiesAreAnObject) {
  EXPECT_EQ(error_of("createWebRtcTransport", R"({"sctpCapabilities":"yes"})"),
            "data.sctpCapabilities: expected object");
  EXPECT_EQ(error_of("join", R"({"sctpCapabilities":[]})"), "data.sctpCapabilities: expected object");
  EXPECT_EQ(error_of("createWebRtcTransport", R"({"sctpCapabilities":null})"), "taken");
}

TEST(Media, RtpAndDtlsParametersAreHandedOnAsTheyAre) {
  const auto produce = std::get<Produce>(*parse(
      "produce", R"({"transportId":"t","kind":"video","rtpParameters":{"codecs":[]},"appData":{"share":true}})"));
  EXPECT_EQ(produce.rtp_parameters, json::parse(R"({"codecs":[]})"));
  EXPECT_EQ(produce.kind, Kind::video);
  EXPECT_EQ(produce.app_data->at("share"), true);
}

TEST(Media, OneValueForEachActionOnAProducerOrConsumer) {
  EXPECT_EQ(std::get<OnProducer>(*parse("closeProducer", R"({"producerId":"p"})")).action, ProducerAction::close);
  EXPECT_EQ(std::get<OnProducer>(*parse("pauseProducer", R"({"producerId":"p"})")).action, ProducerAction::pause);
  EXPECT_EQ(std::get<OnProducer>(*parse("resumeProducer", R"({"producerId":"p"})")).action, ProducerAction::resume);
  EXPECT_EQ(std::get<OnConsumer>(*parse("pauseConsumer", R"({"consumerId":"c"})")).action, ConsumerAction::pause);
  EXPECT_EQ(std::get<OnConsumer>(*parse("resumeConsumer", R"({"consumerId":"c"})")).action, ConsumerAction::resume);
  EXPECT_EQ(std::get<OnConsumer>(*parse("requestConsumerKeyFrame", R"({"consumerId":"c"})")).action,
            ConsumerAction::request_key_frame);
}

TEST(Media, LayersAndPrioritiesAreBounded) {
  const auto layers = std::get<SetConsumerPreferredLayers>(
      *parse("setConsumerPreferredLayers", R"({"consumerId":"c","spatialLayer":2})"));
  EXPECT_EQ(layers.spatial_layer, 2);
  EXPECT_FALSE(layers.temporal_layer);
  EXPECT_EQ(error_of("setConsumerPreferredLayers", R"({"consumerId":"c","spatialLayer":-1})"),
            "data.spatialLayer: expected integer 0 to 7");
  EXPECT_EQ(error_of("setConsumerPriority", R"({"consumerId":"c","priority":0})"),
            "data.priority: expected integer 1 to 255");
}

TEST(Media, ErrorsNameThePlace) {
  EXPECT_EQ(error_of("connectWebRtcTransport", R"({"dtlsParameters":{}})"), "data.transportId: expected string");
  EXPECT_EQ(error_of("produce", R"({"transportId":"t","kind":"smell","rtpParameters":{}})"),
            "data.kind: expected \"audio\" or \"video\"");
  EXPECT_EQ(error_of("join", R"({"displayName":7})"), "data.displayName: expected string");
  EXPECT_EQ(error_of("getConsumerStats", R"({"consumerId":[]})"), "data.consumerId: expected string");
}

TEST(Media, EveryMethodOfTheProtocolIsKnownAndNoOther) {
  for (const char* method : {"getRouterRtpCapabilities",
                             "createWebRtcTransport",
                             "connectWebRtcTransport",
                             "restartIce",
                             "join",
                             "produce",
                             "produceData",
                             "closeProducer",
                             "pauseProducer",
                             "resumeProducer",
                             "pauseConsumer",
                             "resumeConsumer",
                             "setConsumerPreferredLayers",
                             "setConsumerPriority",
                             "requestConsumerKeyFrame",
                             "getTransportStats",
                             "getProducerStats",
                             "getConsumerStats",
                             "getDataProducerStats",
                             "getDataConsumerStats"}) {
    EXPECT_TRUE(parse_media_request(method, {})) << method;
  }
  EXPECT_FALSE(parse_media_request("start-call", {}));
  EXPECT_FALSE(parse_media_request("", {}));
}

TEST(Media, TheMutatingMethodsMayComeAsNotifications) {
  EXPECT_TRUE(may_be_notification("pauseProducer"));
  EXPECT_TRUE(may_be_notification("setConsumerPriority"));
  EXPECT_FALSE(may_be_notification("produce"));
}

}  // namespace
}  // namespace carillon::protocol
