#include "mediasoup/ortc/rtp_parameters_json.hpp"

#include "unit/mediasoup/ortc/fixtures.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace carillon::ortc {
namespace {

using test::json::parse;
using test::json::value;
using ::testing::StartsWith;

std::string rejection(const value& json) {
  const Result<RtpParameters> result = parse_rtp_parameters(json);
  if (result) return "accepted";
  EXPECT_EQ(result.error().code, Errc::bad_request);
  return result.error().detail;
}

/// A producer that is fine, with `text` put in place of what `key` of `part` was.
value with(std::string_view part, std::string_view key, std::string_view text) {
  value params = parse(R"({
    "mid": "0",
    "codecs": [{"mimeType": "audio/opus", "payloadType": 111, "clockRate": 48000, "channels": 2,
                "parameters": {"minptime": 10}, "rtcpFeedback": [{"type": "transport-cc"}]}],
    "headerExtensions": [{"uri": "urn:ietf:params:rtp-hdrext:sdes:mid", "id": 4}],
    "encodings": [{"ssrc": 1234}],
    "rtcp": {"cname": "phone"}})");
  value& place = part.empty() ? params : params.at_pointer(part);
  place.as_object()[key] = parse(text);
  return params;
}

TEST(RtpParameters, FillsInWhatAClientMayLeaveOut) {
  const RtpParameters params =
      parse_rtp_parameters(parse(R"({"codecs": [{"mimeType": "audio/opus", "payloadType": 111, "clockRate": 48000}],
                                     "encodings": [{}]})"))
          .value();
  EXPECT_EQ(params.codecs[0].channels, 1);
  EXPECT_TRUE(params.codecs[0].parameters.empty());
  EXPECT_TRUE(params.header_extensions.empty());
  EXPECT_EQ(params.encodings[0].dtx, false);
  EXPECT_EQ(params.rtcp, (RtcpParameters{std::nullopt, true}));
}

TEST(RtpParameters, VideoHasNoChannels) {
  const RtpParameters params =
      parse_rtp_parameters(
          parse(R"({"codecs": [{"mimeType": "video/VP8", "payloadType": 96, "clockRate": 90000, "channels": 2}]})"))
          .value();
  EXPECT_EQ(params.codecs[0].channels, std::nullopt);
}

TEST(RtpParameters, UnknownFieldsAreDropped) {
  const RtpParameters params = parse_rtp_parameters(with("/encodings/0", "networkPriority", "\"high\"")).value();
  EXPECT_EQ(to_json(params.encodings[0]), parse(R"({"ssrc": 1234, "dtx": false})"));
}

TEST(RtpParameters, NumbersThatAreWholeAreIntegersHoweverTheyAreWritten) {
  const auto minptime = [](std::string_view text) {
    return parse_rtp_parameters(with("/codecs/0/parameters", "minptime", text))
        .value()
        .codecs[0]
        .parameters["minptime"];
  };
  EXPECT_EQ(minptime("10.0"), ParameterValue{10});
  EXPECT_EQ(minptime("1e1"), ParameterValue{10});
  EXPECT_EQ(minptime("10.5"), ParameterValue{10.5});
  EXPECT_EQ(minptime("3000000000"), ParameterValue{3e9});  // more than the worker's integers hold
  EXPECT_EQ(minptime("\"10\""), ParameterValue{"10"});
}

TEST(RtpParameters, ErrorsNameThePlaceAndWhatBelongsThere) {
  EXPECT_EQ(rejection(with("/codecs/0", "payloadType", "128")),
            "rtpParameters.codecs[0].payloadType: expected integer 0..127");
  EXPECT_EQ(rejection(with("/codecs/0", "payloadType", "\"111\"")),
            "rtpParameters.codecs[0].payloadType: expected integer 0..127");
  EXPECT_EQ(rejection(with("/codecs/0", "mimeType", "\"text/plain\"")),
            "rtpParameters.codecs[0].mimeType: expected audio/<name> or video/<name>");
  EXPECT_EQ(rejection(with("/codecs/0", "clockRate", "-1")),
            "rtpParameters.codecs[0].clockRate: expected integer 0..4294967295");
  EXPECT_EQ(rejection(with("/codecs/0", "rtcpFeedback", "[{}]")),
            "rtpParameters.codecs[0].rtcpFeedback[0].type: expected string that is not empty");
  EXPECT_EQ(rejection(with("/codecs/0/parameters", "apt", "\"111\"")),
            "rtpParameters.codecs[0].parameters.apt: expected number");
  EXPECT_EQ(rejection(with("/codecs/0/parameters", "minptime", "null")),
            "rtpParameters.codecs[0].parameters.minptime: expected string or number");
  EXPECT_EQ(rejection(with("/headerExtensions/0", "id", "256")),
            "rtpParameters.headerExtensions[0].id: expected integer 0..255");
  EXPECT_EQ(rejection(with("/headerExtensions/0", "encrypt", "1")),
            "rtpParameters.headerExtensions[0].encrypt: expected boolean");
  EXPECT_EQ(rejection(with("/encodings/0", "ssrc", "4294967296")),
            "rtpParameters.encodings[0].ssrc: expected integer 0..4294967295");
  EXPECT_EQ(rejection(with("/encodings/0", "rtx", "{}")),
            "rtpParameters.encodings[0].rtx.ssrc: expected integer 0..4294967295");
  EXPECT_EQ(rejection(with("/encodings/0", "maxBitrate", "1000.5")),
            "rtpParameters.encodings[0].maxBitrate: expected integer 0..9007199254740991");
  EXPECT_EQ(rejection(with("", "encodings", "{}")), "rtpParameters.encodings: expected array");
  EXPECT_EQ(rejection(with("", "codecs", "null")), "rtpParameters.codecs: expected array");
  EXPECT_EQ(rejection(with("", "mid", "1")), "rtpParameters.mid: expected string");
  EXPECT_EQ(rejection(parse("[]")), "rtpParameters: expected object");
}

TEST(RtpParameters, SizesHaveLimits) {
  const std::string long_text = '"' + std::string(256, 'x') + '"';
  EXPECT_EQ(rejection(with("", "mid", long_text)), "rtpParameters.mid: expected at most 255 bytes");
  EXPECT_EQ(rejection(with("/encodings/0", "rid", long_text)),
            "rtpParameters.encodings[0].rid: expected at most 255 bytes");
  EXPECT_EQ(rejection(with("/rtcp", "cname", long_text)), "rtpParameters.rtcp.cname: expected at most 255 bytes");
  EXPECT_EQ(rejection(with("", "encodings", "[{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}]")),
            "rtpParameters.encodings: expected at most 16 elements");
}

TEST(RtpParameters, ParametersOfACodecHaveLimits) {
  value many(test::json::object{});
  for (int i = 0; i < 65; ++i) many.as_object()[std::to_string(i)] = i;
  EXPECT_EQ(rejection(with("/codecs/0", "parameters", serialize(many))),
            "rtpParameters.codecs[0].parameters: expected at most 64 parameters");
  EXPECT_EQ(rejection(with("/codecs/0", "parameters", "{\"" + std::string(256, 'x') + "\": 1}")),
            "rtpParameters.codecs[0].parameters: expected names of at most 255 bytes");
}

TEST(RtpParameters, AMimeTypeIsVisibleText) {
  EXPECT_EQ(rejection(with("/codecs/0", "mimeType", "\"audio/op\x7fus\"")),
            "rtpParameters.codecs[0].mimeType: expected audio/<name> or video/<name>");
}

TEST(RtpParameters, WhatIsFalsyIsNotGiven) {
  for (const std::string_view falsy : {"null", "false", "0", "\"\""}) {
    EXPECT_EQ(rejection(with("", "encodings", falsy)), "accepted") << falsy;
    EXPECT_EQ(rejection(with("", "rtcp", falsy)), "accepted") << falsy;
    EXPECT_EQ(rejection(with("/encodings/0", "rid", falsy)), "accepted") << falsy;
  }
  EXPECT_EQ(rejection(with("", "rtcp", "true")), "rtpParameters.rtcp: expected object");
}

TEST(RtpParameters, WhatBrowsersSendSurvivesTheRoundTrip) {
  for (const char* browser : {"chromium", "firefox"}) {
    const value recorded = test::recording(browser);
    int count = 0;
    for (const value& produced : recorded.at("produced").as_array()) {
      if (!produced.as_object().contains("rtpParameters")) continue;
      const RtpParameters params = parse_rtp_parameters(produced.at("rtpParameters")).value();
      EXPECT_EQ(parse_rtp_parameters(to_json(params)).value(), params);
      ++count;
    }
    EXPECT_GE(count, 6) << browser;
    const RtpCapabilities capabilities = parse_rtp_capabilities(recorded.at("recvRtpCapabilities")).value();
    EXPECT_FALSE(capabilities.codecs.empty());
    EXPECT_EQ(parse_rtp_capabilities(to_json(capabilities)).value(), capabilities);
  }
}

TEST(RtpCapabilities, AnEmptyObjectCanDoNothing) {
  EXPECT_EQ(parse_rtp_capabilities(parse("{}")).value(), RtpCapabilities{});
}

TEST(RtpCapabilities, ErrorsNameThePlace) {
  const auto rejected = [](std::string_view text) { return parse_rtp_capabilities(parse(text)).error().detail; };
  EXPECT_EQ(rejected("null"), "rtpCapabilities: expected object");
  EXPECT_EQ(rejected(R"({"codecs": [null]})"), "rtpCapabilities.codecs[0]: expected object");
  EXPECT_EQ(rejected(R"({"headerExtensions": [{"kind": "text"}]})"),
            "rtpCapabilities.headerExtensions[0].kind: expected audio or video");
  EXPECT_EQ(rejected(R"({"headerExtensions": [{"kind": "audio", "uri": "u", "preferredId": 1, "direction": "up"}]})"),
            "rtpCapabilities.headerExtensions[0].direction: expected sendrecv, sendonly, recvonly or inactive");
  EXPECT_THAT(parse_rtp_capabilities(parse("1"), "data.rtpCapabilities").error().detail,
              StartsWith("data.rtpCapabilities: "));
}

TEST(HeaderExtensionUri, EveryUriIsKnownByItsText) {
  for (int id = 0; id < 12; ++id) {
    const auto uri = static_cast<HeaderExtensionUri>(id);
    EXPECT_EQ(header_extension_uri_from(to_string(uri)), uri);
  }
  EXPECT_EQ(header_extension_uri_from("urn:nobody:knows:this"), std::nullopt);
}

TEST(RtpParameters, NumbersOfABrokenWorkerHaveNoName) {
  EXPECT_EQ(to_string(static_cast<HeaderExtensionUri>(99)), "");
  EXPECT_EQ(to_string(static_cast<MediaKind>(2)), "");
  EXPECT_EQ(to_string(static_cast<RtpHeaderExtensionDirection>(4)), "");
}

}  // namespace
}  // namespace carillon::ortc
