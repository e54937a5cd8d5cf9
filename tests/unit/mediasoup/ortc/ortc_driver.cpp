// Runs the C++ side of side_by_side.mjs: one request as a line of JSON in, one answer as a line of JSON out.
//   {"function": "canConsume", "arguments": [...]} -> {"value": ...} or {"refused": {"code": "...", "detail": "..."}}
#include "mediasoup/ortc/ortc.hpp"
#include "mediasoup/ortc/rtp_parameters_json.hpp"
#include "mediasoup/ortc/scalability_mode.hpp"
#include "mediasoup/ortc/transport_parameters_json.hpp"

#include <boost/json.hpp>

#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <vector>

namespace carillon::ortc {
namespace {

namespace json = boost::json;

/// What the random numbers of the JavaScript side are set to.
constexpr std::uint32_t first_ssrc = 111'111'111;
constexpr std::uint32_t second_ssrc = 222'222'222;

MediaKind kind_from(const json::value& value) { return media_kind_from(std::string_view{value.as_string()}).value(); }

RtpMapping mapping_from(const json::value& value) {
  RtpMapping mapping;
  for (const json::value& codec : value.at("codecs").as_array())
    mapping.codecs.push_back(
        {codec.at("payloadType").to_number<std::uint8_t>(), codec.at("mappedPayloadType").to_number<std::uint8_t>()});
  for (const json::value& encoding : value.at("encodings").as_array())
    mapping.encodings.push_back({std::nullopt, std::nullopt, encoding.at("mappedSsrc").to_number<std::uint32_t>()});
  return mapping;
}

template <class T>
Result<json::value> as_json(const Result<T>& result) {
  if (!result) return result.error();
  return to_json(*result);
}

Result<json::value> generate(const json::array& arguments) {
  if (!arguments[0].is_array()) return fail(Errc::bad_request, "mediaCodecs: expected array");
  std::vector<RtpCodecCapability> codecs;
  for (const json::value& value : arguments[0].get_array()) {
    const Result<RtpCodecCapability> codec = parse_rtp_codec_capability(value);
    if (!codec) return codec.error();
    codecs.push_back(*codec);
  }
  return as_json(generate_router_rtp_capabilities(codecs));
}

Result<json::value> map(const json::array& arguments) {
  Result<RtpParameters> params = parse_rtp_parameters(arguments[0]);
  if (!params) return params.error();
  const Result<RtpCapabilities> router = parse_rtp_capabilities(arguments[1]);
  if (!router) return router.error();
  const Result<RtpMapping> mapping = get_producer_rtp_parameters_mapping(*params, *router, first_ssrc);
  if (!mapping) return mapping.error();
  return json::value{{"mapping", to_json(*mapping)}, {"params", to_json(*params)}};
}

Result<json::value> consumable(const json::array& arguments) {
  const Result<RtpParameters> params = parse_rtp_parameters(arguments[1]);
  if (!params) return params.error();
  const Result<RtpCapabilities> router = parse_rtp_capabilities(arguments[2]);
  if (!router) return router.error();
  return as_json(get_consumable_rtp_parameters(kind_from(arguments[0]), *params, *router, mapping_from(arguments[3])));
}

Result<json::value> can(const json::array& arguments) {
  const Result<RtpParameters> consumable_params = parse_rtp_parameters(arguments[0]);
  if (!consumable_params) return consumable_params.error();
  const Result<RtpCapabilities> remote = parse_rtp_capabilities(arguments[1]);
  if (!remote) return remote.error();
  return json::value(can_consume(*consumable_params, *remote));
}

Result<json::value> consumer(const json::array& arguments) {
  const Result<RtpParameters> consumable_params = parse_rtp_parameters(arguments[0]);
  if (!consumable_params) return consumable_params.error();
  const Result<RtpCapabilities> remote = parse_rtp_capabilities(arguments[1]);
  if (!remote) return remote.error();
  const ConsumerOptions options{arguments[2].as_bool(), arguments[3].as_bool(), first_ssrc, second_ssrc};
  return as_json(get_consumer_rtp_parameters(*consumable_params, *remote, options));
}

Result<json::value> pipe_consumer(const json::array& arguments) {
  const Result<RtpParameters> consumable_params = parse_rtp_parameters(arguments[0]);
  if (!consumable_params) return consumable_params.error();
  return to_json(get_pipe_consumer_rtp_parameters(*consumable_params, arguments[1].as_bool(), first_ssrc, second_ssrc));
}

Result<json::value> scalability(const json::array& arguments) {
  const ScalabilityMode mode = parse_scalability_mode(std::string_view{arguments[0].as_string()});
  return json::value{
      {"spatialLayers", mode.spatial_layers}, {"temporalLayers", mode.temporal_layers}, {"ksvc", mode.ksvc}};
}

using Function = std::function<Result<json::value>(const json::array&)>;
const std::map<std::string, Function, std::less<>> functions{
    {"supportedRtpCapabilities",
     [](const json::array&) { return Result<json::value>{to_json(supported_rtp_capabilities())}; }},
    {"validateRtpCapabilities", [](const json::array& a) { return as_json(parse_rtp_capabilities(a[0])); }},
    {"validateRtpParameters", [](const json::array& a) { return as_json(parse_rtp_parameters(a[0])); }},
    {"validateSctpStreamParameters", [](const json::array& a) { return as_json(parse_sctp_stream_parameters(a[0])); }},
    {"generateRouterRtpCapabilities", generate},
    {"getProducerRtpParametersMapping", map},
    {"getConsumableRtpParameters", consumable},
    {"canConsume", can},
    {"getConsumerRtpParameters", consumer},
    {"getPipeConsumerRtpParameters", pipe_consumer},
    {"parseScalabilityMode", scalability},
};

json::value answer(std::string_view line) {
  const json::value request = json::parse(line);
  const auto function = functions.find(std::string_view{request.at("function").as_string()});
  const Result<json::value> result = function->second(request.at("arguments").as_array());
  if (result) return {{"value", *result}};
  return {{"refused", {{"code", to_string(result.error().code)}, {"detail", result.error().detail}}}};
}

}  // namespace
}  // namespace carillon::ortc

int main() {
  std::ios::sync_with_stdio(false);
  for (std::string line; std::getline(std::cin, line);) std::cout << carillon::ortc::answer(line) << '\n';
}
