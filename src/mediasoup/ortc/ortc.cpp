// The way of a producer's parameters to each of its consumers: mapping, consumable, consumer.
#include "mediasoup/ortc/ortc.hpp"

#include "mediasoup/ortc/codec_match.hpp"
#include "mediasoup/ortc/h264_profile.hpp"
#include "mediasoup/ortc/parameter_value.hpp"
#include "mediasoup/ortc/scalability_mode.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace carillon::ortc {

namespace {

/// The payload type of the media codec that an RTX codec repairs.
std::optional<std::int32_t> apt_of(const Parameters& parameters) {
  const ParameterValue* apt = find_parameter(parameters, "apt");
  const std::int32_t* number = apt ? std::get_if<std::int32_t>(apt) : nullptr;
  return number ? std::optional{*number} : std::nullopt;
}

template <class Range, class Predicate>
auto* find_if(Range& range, Predicate predicate) {
  const auto it = std::find_if(range.begin(), range.end(), predicate);
  return it == range.end() ? nullptr : &*it;
}

template <class Range, class Predicate>
bool any_of(const Range& range, Predicate predicate) {
  return std::any_of(range.begin(), range.end(), predicate);
}

const RtpCodecCapability* find_match(const RtpCapabilities& capabilities, const RtpCodecParameters& codec) {
  return find_if(capabilities.codecs,
                 [&](const RtpCodecCapability& other) { return codecs_match(codec, other, Strictness::strict); });
}

const RtpCodecCapability* find_rtx_for(const RtpCapabilities& capabilities, std::uint8_t payload_type) {
  return find_if(capabilities.codecs, [&](const RtpCodecCapability& codec) {
    return is_rtx_codec(codec.mime_type) && apt_of(codec.parameters) == std::int32_t{payload_type};
  });
}

const RtpCodecParameters* find_media_codec(const std::vector<RtpCodecParameters>& codecs,
                                           const RtpCodecParameters& rtx) {
  const std::optional<std::int32_t> apt = apt_of(rtx.parameters);
  return find_if(codecs, [&](const RtpCodecParameters& codec) { return apt == std::int32_t{codec.payload_type}; });
}

std::string name_of(const RtpCodecParameters& codec) {
  return codec.mime_type + " with payload type " + std::to_string(codec.payload_type);
}

/// Only the codecs that a router is made with may lack one; those that it has never do.
bool has_payload_types(const RtpCapabilities& router) {
  return !any_of(router.codecs, [](const RtpCodecCapability& codec) { return !codec.preferred_payload_type; });
}

Error no_payload_types() { return fail(Errc::bad_request, "expected a payload type for each codec of the router"); }

void answer_h264_profile(RtpCodecParameters& codec, const RtpCodecCapability& router_codec) {
  if (!equals_ignoring_case(codec.mime_type, "video/h264")) return;
  std::optional<std::string> answer = h264_profile_level_id_for_answer(codec.parameters, router_codec.parameters);
  if (answer)
    codec.parameters["profile-level-id"] = *std::move(answer);
  else
    codec.parameters.erase("profile-level-id");
}

bool is_feedback(const RtcpFeedback& feedback, std::string_view type, std::string_view parameter) {
  return feedback.type == type && feedback.parameter == parameter;
}

bool has_extension(const std::vector<RtpHeaderExtensionParameters>& extensions, HeaderExtensionUri uri) {
  return any_of(extensions,
                [&](const RtpHeaderExtensionParameters& extension) { return extension.uri == to_string(uri); });
}

RtpHeaderExtensionParameters negotiated(const RtpHeaderExtension& extension) {
  return {extension.uri, extension.preferred_id, extension.preferred_encrypt, {}};
}

/// What a consumer may be sent. abs-capture-time is only passed on, so it is only there if this producer sends it.
bool is_consumable(const RtpHeaderExtension& extension, MediaKind kind, const RtpParameters& producer) {
  using enum RtpHeaderExtensionDirection;
  if (extension.kind != kind || (extension.direction != sendrecv && extension.direction != sendonly)) return false;
  return extension.uri != to_string(HeaderExtensionUri::abs_capture_time) ||
         has_extension(producer.header_extensions, HeaderExtensionUri::abs_capture_time);
}

/// Takes RTX codecs whose media codec is not in the list out of it; true: some RTX stays.
bool keep_useful_rtx(std::vector<RtpCodecParameters>& codecs) {
  bool has_rtx = false;
  for (std::size_t i = codecs.size(); i-- > 0;) {
    if (!is_rtx_codec(codecs[i].mime_type)) continue;
    if (find_media_codec(codecs, codecs[i]))
      has_rtx = true;
    else
      codecs.erase(codecs.begin() + static_cast<std::ptrdiff_t>(i));
  }
  return has_rtx;
}

/// One way of estimating bandwidth: transport-cc if the extension is there, else REMB, else none.
void reduce_feedback(RtpParameters& consumer) {
  const bool use_transport_cc = has_extension(consumer.header_extensions, HeaderExtensionUri::transport_wide_cc_01);
  const bool use_remb =
      !use_transport_cc && has_extension(consumer.header_extensions, HeaderExtensionUri::abs_send_time);
  for (RtpCodecParameters& codec : consumer.codecs)
    std::erase_if(codec.rtcp_feedback, [&](const RtcpFeedback& feedback) {
      return (feedback.type == "transport-cc" && !use_transport_cc) || (feedback.type == "goog-remb" && !use_remb);
    });
}

/// All of a simulcast as one stream with as many spatial layers as it has encodings.
RtpEncodingParameters single_encoding(const std::vector<RtpEncodingParameters>& encodings, bool has_rtx,
                                      std::uint32_t ssrc) {
  RtpEncodingParameters result;
  result.ssrc = ssrc;
  if (has_rtx) result.rtx = RtxParameters{ssrc + 1};
  const RtpEncodingParameters* with_mode = find_if(
      encodings, [](const RtpEncodingParameters& encoding) { return !encoding.scalability_mode.value_or("").empty(); });
  if (with_mode) result.scalability_mode = with_mode->scalability_mode;
  if (encodings.size() > 1) {
    const ScalabilityMode mode = parse_scalability_mode(result.scalability_mode.value_or(""));
    result.scalability_mode = "L" + std::to_string(encodings.size()) + "T" + std::to_string(mode.temporal_layers);
  }
  std::uint64_t max_bitrate = 0;
  for (const RtpEncodingParameters& encoding : encodings)
    max_bitrate = std::max(max_bitrate, encoding.max_bitrate.value_or(0));
  if (max_bitrate > 0) result.max_bitrate = max_bitrate;
  return result;
}

std::vector<RtpEncodingParameters> all_encodings(std::vector<RtpEncodingParameters> encodings, bool has_rtx,
                                                 std::uint32_t ssrc, std::uint32_t rtx_ssrc) {
  for (RtpEncodingParameters& encoding : encodings) {
    encoding.ssrc = ssrc++;
    encoding.rtx = has_rtx ? std::optional{RtxParameters{rtx_ssrc++}} : std::nullopt;
  }
  return encodings;
}

}  // namespace

Result<RtpMapping> get_producer_rtp_parameters_mapping(RtpParameters& params, const RtpCapabilities& router,
                                                       std::uint32_t first_mapped_ssrc) {
  RtpMapping mapping;
  const auto map = [&](const RtpCodecParameters& codec, const RtpCodecCapability& router_codec) {
    mapping.codecs.push_back({codec.payload_type, *router_codec.preferred_payload_type});
  };
  if (!has_payload_types(router)) return no_payload_types();
  // By index in params.codecs: what each codec is in the router.
  std::vector<const RtpCodecCapability*> matches(params.codecs.size(), nullptr);
  for (std::size_t i = 0; i < params.codecs.size(); ++i) {
    RtpCodecParameters& codec = params.codecs[i];
    if (is_rtx_codec(codec.mime_type)) continue;
    matches[i] = find_match(router, codec);
    if (!matches[i]) return fail(Errc::unsupported, "unsupported codec: " + name_of(codec));
    answer_h264_profile(codec, *matches[i]);
    map(codec, *matches[i]);
  }
  for (std::size_t i = 0; i < params.codecs.size(); ++i) {
    const RtpCodecParameters& codec = params.codecs[i];
    if (!is_rtx_codec(codec.mime_type)) continue;
    const RtpCodecParameters* media_codec = find_media_codec(params.codecs, codec);
    const RtpCodecCapability* match =
        media_codec ? matches[static_cast<std::size_t>(media_codec - params.codecs.data())] : nullptr;
    if (!match) return fail(Errc::bad_request, "no media codec for " + name_of(codec));
    matches[i] = find_rtx_for(router, *match->preferred_payload_type);
    if (!matches[i]) return fail(Errc::unsupported, "the router has no RTX for " + name_of(*media_codec));
    map(codec, *matches[i]);
  }
  for (const RtpEncodingParameters& encoding : params.encodings)
    mapping.encodings.push_back({encoding.rid, encoding.ssrc, first_mapped_ssrc++});
  return mapping;
}

Result<RtpParameters> get_consumable_rtp_parameters(MediaKind kind, const RtpParameters& producer,
                                                    const RtpCapabilities& router, const RtpMapping& mapping) {
  if (!has_payload_types(router)) return no_payload_types();
  RtpParameters consumable;
  for (const RtpCodecParameters& codec : producer.codecs) {
    if (is_rtx_codec(codec.mime_type)) continue;
    const auto* mapped = find_if(
        mapping.codecs, [&](const RtpMapping::Codec& entry) { return entry.payload_type == codec.payload_type; });
    if (!mapped) return fail(Errc::bad_request, "the mapping lacks " + name_of(codec));
    const auto* router_codec = find_if(router.codecs, [&](const RtpCodecCapability& other) {
      return other.preferred_payload_type == mapped->mapped_payload_type;
    });
    if (!router_codec) return fail(Errc::bad_request, "the router lacks " + name_of(codec));
    // The producer's parameters, the router's everything else.
    consumable.codecs.push_back({router_codec->mime_type, *router_codec->preferred_payload_type,
                                 router_codec->clock_rate, router_codec->channels, codec.parameters,
                                 router_codec->rtcp_feedback});
    if (const RtpCodecCapability* rtx = find_rtx_for(router, *router_codec->preferred_payload_type))
      consumable.codecs.push_back({rtx->mime_type, *rtx->preferred_payload_type, rtx->clock_rate, std::nullopt,
                                   rtx->parameters, rtx->rtcp_feedback});
  }
  for (const RtpHeaderExtension& extension : router.header_extensions)
    if (is_consumable(extension, kind, producer)) consumable.header_extensions.push_back(negotiated(extension));
  if (mapping.encodings.size() < producer.encodings.size())
    return fail(Errc::bad_request, "the mapping lacks encodings");
  for (std::size_t i = 0; i < producer.encodings.size(); ++i) {
    RtpEncodingParameters encoding = producer.encodings[i];
    encoding.rid.reset();
    encoding.rtx.reset();
    encoding.codec_payload_type.reset();
    encoding.ssrc = mapping.encodings[i].mapped_ssrc;
    consumable.encodings.push_back(std::move(encoding));
  }
  consumable.rtcp.cname = producer.rtcp.cname;
  consumable.msid = producer.msid;
  return consumable;
}

bool can_consume(const RtpParameters& consumable, const RtpCapabilities& remote) {
  const auto* first =
      find_if(consumable.codecs, [&](const RtpCodecParameters& codec) { return find_match(remote, codec); });
  return first && !is_rtx_codec(first->mime_type);
}

Result<RtpParameters> get_consumer_rtp_parameters(const RtpParameters& consumable, const RtpCapabilities& remote,
                                                  const ConsumerOptions& options) {
  RtpParameters consumer;
  consumer.rtcp = consumable.rtcp;
  consumer.msid = consumable.msid;
  for (RtpCodecParameters codec : consumable.codecs) {
    if (!options.enable_rtx && is_rtx_codec(codec.mime_type)) continue;
    const RtpCodecCapability* match = find_match(remote, codec);
    if (!match) continue;
    codec.rtcp_feedback = match->rtcp_feedback;
    if (!options.enable_rtx)
      std::erase_if(codec.rtcp_feedback,
                    [](const RtcpFeedback& feedback) { return is_feedback(feedback, "nack", ""); });
    consumer.codecs.push_back(std::move(codec));
  }
  const bool has_rtx = keep_useful_rtx(consumer.codecs);
  if (consumer.codecs.empty() || is_rtx_codec(consumer.codecs[0].mime_type))
    return fail(Errc::unsupported, "no compatible media codecs");
  for (const RtpHeaderExtensionParameters& extension : consumable.header_extensions)
    if (any_of(remote.header_extensions, [&](const RtpHeaderExtension& other) {
          return other.preferred_id == extension.id && other.uri == extension.uri;
        }))
      consumer.header_extensions.push_back(extension);
  reduce_feedback(consumer);
  if (options.pipe)
    consumer.encodings = all_encodings(consumable.encodings, has_rtx, options.ssrc, options.rtx_ssrc);
  else
    consumer.encodings.push_back(single_encoding(consumable.encodings, has_rtx, options.ssrc));
  return consumer;
}

RtpParameters get_pipe_consumer_rtp_parameters(const RtpParameters& consumable, bool enable_rtx, std::uint32_t ssrc,
                                               std::uint32_t rtx_ssrc) {
  RtpParameters consumer;
  consumer.rtcp = consumable.rtcp;
  consumer.msid = consumable.msid;
  for (RtpCodecParameters codec : consumable.codecs) {
    if (!enable_rtx && is_rtx_codec(codec.mime_type)) continue;
    std::erase_if(codec.rtcp_feedback, [&](const RtcpFeedback& feedback) {
      return !is_feedback(feedback, "nack", "pli") && !is_feedback(feedback, "ccm", "fir") &&
             !(enable_rtx && is_feedback(feedback, "nack", ""));
    });
    consumer.codecs.push_back(std::move(codec));
  }
  // The pipe has no MID, and needs no bandwidth estimation.
  for (const RtpHeaderExtensionParameters& extension : consumable.header_extensions) {
    const std::optional<HeaderExtensionUri> uri = header_extension_uri_from(extension.uri);
    if (uri != HeaderExtensionUri::mid && uri != HeaderExtensionUri::abs_send_time &&
        uri != HeaderExtensionUri::transport_wide_cc_01)
      consumer.header_extensions.push_back(extension);
  }
  // Routers only take the dependency descriptor in, so it is not consumable, but the router behind the pipe needs it.
  const auto* descriptor =
      find_if(supported_rtp_capabilities().header_extensions, [](const RtpHeaderExtension& extension) {
        return extension.uri == to_string(HeaderExtensionUri::dependency_descriptor);
      });
  if (descriptor && descriptor->direction != RtpHeaderExtensionDirection::sendrecv) {
    consumer.header_extensions.push_back(negotiated(*descriptor));
    std::stable_sort(consumer.header_extensions.begin(), consumer.header_extensions.end(),
                     [](const auto& a, const auto& b) { return a.id < b.id; });
  }
  consumer.encodings = all_encodings(consumable.encodings, enable_rtx, ssrc, rtx_ssrc);
  return consumer;
}

}  // namespace carillon::ortc
