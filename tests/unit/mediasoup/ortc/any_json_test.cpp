// Whatever JSON comes in, each parser gives a value or an error with the path first, and what it accepts can be
// negotiated.
#include "mediasoup/ortc/transport_parameters_json.hpp"
#include "unit/mediasoup/ortc/fixtures.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>

namespace carillon::ortc {
namespace {

using test::json::array;
using test::json::object;
using test::json::value;

constexpr std::array field_names{"codecs",
                                 "headerExtensions",
                                 "encodings",
                                 "rtcp",
                                 "mid",
                                 "msid",
                                 "mimeType",
                                 "kind",
                                 "payloadType",
                                 "preferredPayloadType",
                                 "clockRate",
                                 "channels",
                                 "parameters",
                                 "apt",
                                 "profile-level-id",
                                 "packetization-mode",
                                 "rtcpFeedback",
                                 "type",
                                 "parameter",
                                 "uri",
                                 "id",
                                 "preferredId",
                                 "encrypt",
                                 "direction",
                                 "ssrc",
                                 "rid",
                                 "rtx",
                                 "dtx",
                                 "scalabilityMode",
                                 "maxBitrate",
                                 "codecPayloadType",
                                 "cname",
                                 "streamId",
                                 "ordered",
                                 "maxPacketLifeTime",
                                 "maxRetransmits",
                                 "role",
                                 "fingerprints",
                                 "algorithm",
                                 "value",
                                 "numStreams",
                                 "OS",
                                 "MIS",
                                 "unknown"};
constexpr std::array texts{"",          "audio",  "video",    "audio/opus", "video/VP8", "video/H264",
                           "VIDEO/RTX", "/",      "42e01f",   "-bffe1",     "L3T3",      "L99T99_KEY",
                           "sha-256",   "client", "sendrecv", "nack",       "\x01",      "\xf0\x9f\x98\x80"};
constexpr std::array numbers{0.0,     1.0,     -1.0,         0.5,          96.0,         127.0,   128.0, 255.0, 256.0,
                             65535.0, 65536.0, 2147483648.0, 4294967295.0, 4294967296.0, 48000.0, 1e18,  1e300, -1e300};

/// Wild trees and broken recordings, the same ones each time.
class AnyJson : public ::testing::Test {
 protected:
  std::size_t below(std::size_t n) { return engine_() % n; }

  value leaf() {
    switch (below(6)) {
      case 0: return nullptr;
      case 1: return below(2) == 0;
      case 2: return numbers[below(numbers.size())];
      case 3: return static_cast<std::int64_t>(engine_());
      case 4: return static_cast<std::uint64_t>(engine_());
      default: return texts[below(texts.size())];
    }
  }

  value tree(int depth) {
    if (depth == 0 || below(4) == 0) return leaf();
    if (below(3) == 0) {
      array elements;
      for (std::size_t count = below(5); count > 0; --count) elements.push_back(tree(depth - 1));
      return elements;
    }
    object fields;
    for (std::size_t count = below(8); count > 0; --count)
      fields[field_names[below(field_names.size())]] = tree(depth - 1);
    return fields;
  }

  /// Puts something wild into a random place of `json`.
  void break_somewhere(value& json) {
    if (value* inner = random_child(json); inner && below(4) != 0) return break_somewhere(*inner);
    json = tree(2);
  }

  value* random_child(value& json) {
    if (array* elements = json.if_array(); elements && !elements->empty()) return &(*elements)[below(elements->size())];
    object* fields = json.if_object();
    if (!fields || fields->empty()) return nullptr;
    return &(fields->begin() + static_cast<std::ptrdiff_t>(below(fields->size())))->value();
  }

  template <class Parse>
  auto parsed(Parse parse, const value& json) {
    auto result = parse(json, "root");
    if (!result) {
      EXPECT_EQ(result.error().code, Errc::bad_request);
      EXPECT_THAT(result.error().detail, ::testing::StartsWith("root"));
      EXPECT_THAT(result.error().detail, ::testing::HasSubstr(": "));
    }
    return result;
  }

  void check(const value& json) {
    const Result<RtpCapabilities> capabilities = parsed(parse_rtp_capabilities, json);
    const Result<RtpParameters> params = parsed(parse_rtp_parameters, json);
    if (capabilities) {
      EXPECT_EQ(parse_rtp_capabilities(to_json(*capabilities)).value(), *capabilities);
      negotiate(*capabilities);
    }
    if (params) {
      EXPECT_EQ(parse_rtp_parameters(to_json(*params)).value(), *params);
      negotiate(*params);
    }
    accepted_ += (capabilities ? 1 : 0) + (params ? 1 : 0);
    static_cast<void>(parsed(parse_rtp_codec_capability, json));
    static_cast<void>(parsed(parse_dtls_parameters, json));
    static_cast<void>(parsed(parse_sctp_stream_parameters, json));
    static_cast<void>(parsed(parse_sctp_capabilities, json));
    static_cast<void>(parsed(parse_num_sctp_streams, json));
  }

  void negotiate(const RtpCapabilities& remote) {
    const Result<RtpParameters> consumer = get_consumer_rtp_parameters(consumable_, remote, {});
    EXPECT_EQ(consumer.has_value(), can_consume(consumable_, remote));
    static_cast<void>(generate_router_rtp_capabilities(remote.codecs));
  }

  void negotiate(RtpParameters params) {
    const bool was_fine = check_producer_rtp_parameters(MediaKind::video, params).has_value();
    const Result<RtpMapping> mapping = get_producer_rtp_parameters_mapping(params, test::router(), ssrc_max);
    if (!mapping) return;
    const Result<RtpParameters> consumable =
        get_consumable_rtp_parameters(MediaKind::video, params, test::router(), *mapping);
    EXPECT_TRUE(consumable || !was_fine);
    if (consumable) static_cast<void>(get_pipe_consumer_rtp_parameters(*consumable, true, ssrc_max, ssrc_min));
  }

  std::mt19937_64 engine_{20'261'122};
  RtpParameters consumable_ = test::consumable(MediaKind::video, test::producer("chromium", "h264"));
  int accepted_ = 0;
};

TEST_F(AnyJson, WildTreesAreParsedOrRefused) {
  for (int i = 0; i < 20'000; ++i) check(tree(5));
}

TEST_F(AnyJson, BrokenRecordingsAreParsedOrRefused) {
  std::vector<value> recordings;
  for (const char* browser : {"chromium", "firefox"}) {
    const value recorded = test::recording(browser);
    recordings.push_back(recorded.at("recvRtpCapabilities"));
    for (const value& produced : recorded.at("produced").as_array())
      if (produced.as_object().contains("rtpParameters")) recordings.push_back(produced.at("rtpParameters"));
  }
  for (int i = 0; i < 3'000; ++i) {
    value json = recordings[below(recordings.size())];
    for (std::size_t count = 1 + below(3); count > 0; --count) break_somewhere(json);
    check(json);
  }
  EXPECT_GT(accepted_, 100);
}

TEST_F(AnyJson, DeepNestingIsNoProblem) {
  value deep = nullptr;
  for (int i = 0; i < 500; ++i) deep = object{{"codecs", array{std::move(deep)}}};
  check(deep);
}

}  // namespace
}  // namespace carillon::ortc
