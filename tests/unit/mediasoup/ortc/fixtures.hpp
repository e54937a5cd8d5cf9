// What the tests of ortc share: JSON in the text, recorded browsers, and the router they are recorded with.
#pragma once

#include "mediasoup/ortc/ortc.hpp"
#include "mediasoup/ortc/rtp_parameters_json.hpp"

#include <boost/json.hpp>

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::ortc::test {

namespace json = boost::json;

inline json::value recording(const std::string& name) {
  const std::string path = CARILLON_SOURCE_DIR "/tests/unit/mediasoup/ortc/fixtures/" + name + ".json";
  std::ifstream file{path};
  if (!file) throw std::runtime_error{"cannot open " + path};
  return json::parse(std::string{std::istreambuf_iterator<char>{file}, {}});
}

inline const RtpCapabilities& router() {
  static const RtpCapabilities capabilities = [] {
    std::vector<RtpCodecCapability> codecs;
    const json::value file = recording("router");
    for (const json::value& codec : file.at("mediaCodecs").as_array())
      codecs.push_back(parse_rtp_codec_capability(codec).value());
    return generate_router_rtp_capabilities(codecs).value();
  }();
  return capabilities;
}

/// What `browser` sent for `name` ("audio", "vp8-simulcast", ...).
inline json::value recorded_producer(const json::value& browser, std::string_view name) {
  for (const json::value& produced : browser.at("produced").as_array())
    if (std::string_view{produced.at("name").as_string()} == name) return produced.at("rtpParameters");
  throw std::runtime_error{"not recorded"};
}

inline RtpParameters producer(const std::string& browser, std::string_view name) {
  return parse_rtp_parameters(recorded_producer(recording(browser), name)).value();
}

inline RtpCapabilities receiver(const std::string& browser) {
  return parse_rtp_capabilities(recording(browser).at("recvRtpCapabilities")).value();
}

/// The producer in the router, ready to be consumed.
inline RtpParameters consumable(MediaKind kind, RtpParameters params) {
  const RtpMapping mapping = get_producer_rtp_parameters_mapping(params, router(), 100'000'000).value();
  return get_consumable_rtp_parameters(kind, params, router(), mapping).value();
}

}  // namespace carillon::ortc::test
