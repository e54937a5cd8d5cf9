// Capabilities and parameters of a stranger's media, as JSON. What the parsers take can be written and read again, and
// negotiated; and what passes check_producer_rtp_parameters has all that the worker takes on trust.
#include "fuzz/fuzz.hpp"
#include "mediasoup/ortc/ortc.hpp"
#include "mediasoup/ortc/rtp_parameters_json.hpp"
#include "mediasoup/ortc/transport_parameters_json.hpp"

#include <boost/json/parse.hpp>

#include <set>

using namespace carillon;
using namespace carillon::ortc;

namespace {

using boost::json::value;

const RtpCapabilities& router() {
  static const RtpCapabilities capabilities = [] {
    std::vector<RtpCodecCapability> codecs;
    for (const RtpCodecCapability& codec : supported_rtp_capabilities().codecs) {
      const std::string& type = codec.mime_type;
      if (type == "audio/opus" || type == "video/VP8" || type == "video/VP9" || type == "video/H264" ||
          type == "video/AV1")
        codecs.push_back(codec);
    }
    return *generate_router_rtp_capabilities(codecs);
  }();
  return capabilities;
}

/// A camera in three layers with RTX, as Chromium sends it to the router above.
const RtpParameters& consumable() {
  static const RtpParameters made = [] {
    const value json = boost::json::parse(R"({"codecs":[
      {"mimeType":"video/VP8","payloadType":96,"clockRate":90000,"rtcpFeedback":[{"type":"nack"},{"type":"transport-cc"}]},
      {"mimeType":"video/rtx","payloadType":97,"clockRate":90000,"parameters":{"apt":96}}],
      "headerExtensions":[{"uri":"urn:ietf:params:rtp-hdrext:sdes:mid","id":1}],
      "encodings":[{"rid":"r0","scalabilityMode":"L1T3"},{"rid":"r1","scalabilityMode":"L1T3"}],
      "rtcp":{"cname":"fuzz"}})");
    RtpParameters params = *parse_rtp_parameters(json);
    const RtpMapping mapping = *get_producer_rtp_parameters_mapping(params, router(), ssrc_min);
    return *get_consumable_rtp_parameters(MediaKind::video, params, router(), mapping);
  }();
  return made;
}

template <class T>
const T* checked(const Result<T>& result) {
  if (result) return &*result;
  FUZZ_CHECK(result.error().code == Errc::bad_request && result.error().detail.find(": ") != std::string::npos);
  return nullptr;
}

void capabilities(const value& json) {
  const auto result = parse_rtp_capabilities(json, "it");
  const RtpCapabilities* remote = checked(result);
  if (remote == nullptr) return;
  const auto again = parse_rtp_capabilities(to_json(*remote));
  FUZZ_CHECK(again && *again == *remote);
  const auto consumer = get_consumer_rtp_parameters(consumable(), *remote, {.ssrc = ssrc_min, .rtx_ssrc = ssrc_max});
  FUZZ_CHECK(consumer.has_value() == can_consume(consumable(), *remote));
  if (consumer) FUZZ_CHECK(consumer->encodings.size() == 1 && !consumer->codecs.empty());
  (void)get_consumer_rtp_parameters(consumable(), *remote, {.pipe = true, .ssrc = ssrc_min, .rtx_ssrc = ssrc_max});
  (void)generate_router_rtp_capabilities(remote->codecs);
}

void produce(MediaKind kind, RtpParameters params) {
  complete_producer_rtp_parameters(params, "cname");
  if (!check_producer_rtp_parameters(kind, params)) return;
  FUZZ_CHECK(!params.codecs.empty() && !params.encodings.empty());
  std::set<unsigned> payload_types;
  for (const auto& codec : params.codecs)
    FUZZ_CHECK(codec.payload_type <= 127 && payload_types.insert(codec.payload_type).second);
  // An SSRC of 0 is none, here as in the worker.
  for (const auto& encoding : params.encodings)
    FUZZ_CHECK(encoding.ssrc.value_or(0) == 0 || encoding.rid.value_or("").empty());
  const auto mapping = get_producer_rtp_parameters_mapping(params, router(), ssrc_max);
  if (!mapping) return;
  FUZZ_CHECK(mapping->codecs.size() == params.codecs.size() && mapping->encodings.size() == params.encodings.size());
  (void)to_json(*mapping);
  const auto made = get_consumable_rtp_parameters(kind, params, router(), *mapping);
  FUZZ_CHECK(made.has_value());
  (void)can_consume(*made, router());
  (void)get_consumer_rtp_parameters(*made, router(), {.ssrc = ssrc_max, .rtx_ssrc = ssrc_min});
  (void)get_pipe_consumer_rtp_parameters(*made, true, ssrc_max, ssrc_min);
}

void parameters(const value& json) {
  const auto result = parse_rtp_parameters(json, "it");
  const RtpParameters* params = checked(result);
  if (params == nullptr) return;
  const auto again = parse_rtp_parameters(to_json(*params));
  FUZZ_CHECK(again && *again == *params);
  produce(MediaKind::audio, *params);
  produce(MediaKind::video, *params);
}

template <class Parse>
void transport(Parse parse, const value& json) {
  const auto result = parse(json, "it");
  const auto* read = checked(result);
  if (read == nullptr) return;
  if constexpr (requires { to_json(*read); }) FUZZ_CHECK(parse(to_json(*read), "again").has_value());
}

}  // namespace

FUZZ_TARGET(input) {
  fuzz::Bytes bytes{input};
  const std::size_t kind = bytes.below(7);
  boost::json::error_code failed;
  boost::json::parse_options options;
  options.max_depth = 16;
  const value json = boost::json::parse(bytes.rest(), failed, {}, options);
  if (failed) return;
  switch (kind) {
    case 0: return capabilities(json);
    case 1: return parameters(json);
    case 2: return transport(parse_dtls_parameters, json);
    case 3: return transport(parse_sctp_capabilities, json);
    case 4: return transport(parse_num_sctp_streams, json);
    case 5: return transport(parse_sctp_stream_parameters, json);
    default: return (void)checked(parse_rtp_codec_capability(json, "it"));
  }
}
