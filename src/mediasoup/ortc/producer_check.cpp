// check_producer_rtp_parameters: what the worker's RtpParameters.cpp, Producer.cpp and RtpListener.cpp throw or abort
// on.
#include "mediasoup/ortc/codec_match.hpp"
#include "mediasoup/ortc/ortc.hpp"
#include "mediasoup/ortc/parameter_value.hpp"
#include "mediasoup/ortc/scalability_mode.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <utility>

namespace carillon::ortc {

namespace {

/// How the worker sorts codecs. Features (RTX, FEC, RED) repair a media codec, which their `apt` names.
enum class CodecClass { unknown, media, complementary, feature };

struct KnownCodec {
  std::string_view name;
  CodecClass codec_class;
};
constexpr std::array<KnownCodec, 19> known_codecs{{
    {"opus", CodecClass::media},       {"multiopus", CodecClass::media},
    {"pcma", CodecClass::media},       {"pcmu", CodecClass::media},
    {"isac", CodecClass::media},       {"g722", CodecClass::media},
    {"ilbc", CodecClass::media},       {"silk", CodecClass::media},
    {"vp8", CodecClass::media},        {"vp9", CodecClass::media},
    {"h264", CodecClass::media},       {"av1", CodecClass::media},
    {"cn", CodecClass::complementary}, {"telephone-event", CodecClass::complementary},
    {"rtx", CodecClass::feature},      {"ulpfec", CodecClass::feature},
    {"flexfec", CodecClass::feature},  {"x-ulpfecuc", CodecClass::feature},
    {"red", CodecClass::feature},
}};

std::string_view subtype_of(std::string_view mime_type) {
  const std::size_t slash = mime_type.find('/');
  return slash == std::string_view::npos ? std::string_view{} : mime_type.substr(slash + 1);
}

CodecClass class_of(const RtpCodecParameters& codec) {
  for (const KnownCodec& known : known_codecs)
    if (equals_ignoring_case(subtype_of(codec.mime_type), known.name)) return known.codec_class;
  return CodecClass::unknown;
}

bool is_named(const RtpCodecParameters& codec, std::string_view mime_type) {
  return equals_ignoring_case(codec.mime_type, mime_type);
}

/// The check of one producer. Each step returns the first thing wrong, "" if there is none.
class Check {
 public:
  Check(MediaKind kind, const RtpParameters& params, std::string_view path)
      : kind_{kind}, params_{params}, path_{path} {}

  [[nodiscard]] std::string run() const {
    for (const auto step : {&Check::strings, &Check::codecs, &Check::features, &Check::header_extensions,
                            &Check::encodings, &Check::simulcast, &Check::streams})
      if (std::string wrong = (this->*step)(); !wrong.empty()) return wrong;
    return {};
  }

 private:
  [[nodiscard]] std::string at(std::string_view list, std::size_t index, std::string_view what) const {
    return path_ + '.' + std::string{list} + '[' + std::to_string(index) + ']' + std::string{what};
  }

  [[nodiscard]] const RtpCodecParameters* codec_with(std::int32_t payload_type) const {
    for (const RtpCodecParameters& codec : params_.codecs)
      if (codec.payload_type == payload_type) return &codec;
    return nullptr;
  }

  /// They end up in RTP header extensions, RTCP and logs, where a control character has no business.
  [[nodiscard]] std::string strings() const {
    const auto is_bad = [](const std::optional<std::string>& text) {
      return text && std::any_of(text->begin(), text->end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
    };
    constexpr std::string_view wrong = ": expected no control characters";
    if (is_bad(params_.mid)) return path_ + ".mid" + std::string{wrong};
    if (is_bad(params_.msid)) return path_ + ".msid" + std::string{wrong};
    if (is_bad(params_.rtcp.cname)) return path_ + ".rtcp.cname" + std::string{wrong};
    for (std::size_t i = 0; i < params_.encodings.size(); ++i)
      if (is_bad(params_.encodings[i].rid)) return at("encodings", i, ".rid: expected no control characters");
    // RFC 3550 section 6.5.1; the worker has no clock to share between streams without it.
    if (params_.rtcp.cname.value_or("").empty()) return path_ + ".rtcp.cname: expected string that is not empty";
    return {};
  }

  [[nodiscard]] std::string codecs() const {
    std::set<std::uint8_t> payload_types;
    bool has_media = false;
    for (std::size_t i = 0; i < params_.codecs.size(); ++i) {
      const RtpCodecParameters& codec = params_.codecs[i];
      const CodecClass codec_class = class_of(codec);
      if (codec_class == CodecClass::unknown) return at("codecs", i, ".mimeType: unknown codec ") + codec.mime_type;
      if (!equals_ignoring_case(std::string_view{codec.mime_type}.substr(0, 5), to_string(kind_)))
        return at("codecs", i, ".mimeType: expected a codec of kind ") + std::string{to_string(kind_)};
      if (codec.payload_type > 127) return at("codecs", i, ".payloadType: expected integer 0..127");
      if (!payload_types.insert(codec.payload_type).second) return at("codecs", i, ".payloadType: used twice");
      // The worker divides by it.
      if (codec.clock_rate == 0) return at("codecs", i, ".clockRate: expected a number above 0");
      has_media = has_media || codec_class == CodecClass::media;
    }
    return has_media ? "" : path_ + ".codecs: expected a media codec";
  }

  /// The worker aborts on a feature codec without an integer `apt`.
  [[nodiscard]] std::string features() const {
    for (std::size_t i = 0; i < params_.codecs.size(); ++i) {
      const RtpCodecParameters& codec = params_.codecs[i];
      if (class_of(codec) != CodecClass::feature) continue;
      const ParameterValue* apt = find_parameter(codec.parameters, "apt");
      const std::int32_t* payload_type = apt ? std::get_if<std::int32_t>(apt) : nullptr;
      const RtpCodecParameters* repaired = payload_type ? codec_with(*payload_type) : nullptr;
      if (!repaired || class_of(*repaired) == CodecClass::feature)
        return at("codecs", i, ".parameters.apt: expected the payload type of a media codec");
    }
    return {};
  }

  [[nodiscard]] std::string header_extensions() const {
    std::set<std::uint8_t> ids;
    for (std::size_t i = 0; i < params_.header_extensions.size(); ++i) {
      const RtpHeaderExtensionParameters& extension = params_.header_extensions[i];
      if (!header_extension_uri_from(extension.uri)) return at("headerExtensions", i, ".uri: unknown header extension");
      // 0 is padding (RFC 8285 section 4.2); 15 has no meaning in one-byte headers, but is an id in two-byte ones.
      if (extension.id == 0) return at("headerExtensions", i, ".id: expected integer 1..255");
      if (!ids.insert(extension.id).second) return at("headerExtensions", i, ".id: used twice");
    }
    return {};
  }

  [[nodiscard]] std::string encodings() const {
    if (params_.encodings.empty()) return path_ + ".encodings: expected at least one";
    const bool is_single = params_.encodings.size() == 1;
    const bool has_mid = !params_.mid.value_or("").empty();
    for (std::size_t i = 0; i < params_.encodings.size(); ++i) {
      const RtpEncodingParameters& encoding = params_.encodings[i];
      const bool has_rid = !encoding.rid.value_or("").empty();
      const bool has_ssrc = encoding.ssrc.value_or(0) != 0;
      if (!has_rid && !has_ssrc && !(is_single && has_mid))
        return at("encodings", i, is_single ? ": expected ssrc or rid, or a mid" : ": expected ssrc or rid");
      // One stream found by its rid and then another by the ssrc would be the same encoding twice: the worker aborts.
      if (has_rid && has_ssrc) return at("encodings", i, ": expected only one of ssrc and rid");
      if (!encoding.codec_payload_type) continue;
      const RtpCodecParameters* codec = codec_with(*encoding.codec_payload_type);
      if (!codec || class_of(*codec) != CodecClass::media)
        return at("encodings", i, ".codecPayloadType: expected the payload type of a media codec");
    }
    return {};
  }

  /// Only some codecs have layers, and layers within simulcast are temporal only.
  [[nodiscard]] std::string simulcast() const {
    const bool is_simulcast = params_.encodings.size() > 1;
    for (std::size_t i = 0; i < params_.encodings.size(); ++i) {
      const RtpEncodingParameters& encoding = params_.encodings[i];
      const ScalabilityMode mode = parse_scalability_mode(encoding.scalability_mode.value_or(""));
      if (is_simulcast && mode.spatial_layers > 1)
        return at("encodings", i, ".scalabilityMode: expected one spatial layer in each encoding of a simulcast");
      const bool is_svc = !is_simulcast && (mode.spatial_layers > 1 || mode.temporal_layers > 1);
      if (!is_simulcast && !is_svc) continue;
      // codecs() and encodings() have seen that they are there.
      const RtpCodecParameters& codec =
          encoding.codec_payload_type ? *codec_with(*encoding.codec_payload_type) : first_media_codec();
      const bool can_simulcast = is_named(codec, "video/vp8") || is_named(codec, "video/h264");
      const bool can_svc = can_simulcast || is_named(codec, "video/vp9") || is_named(codec, "video/av1");
      if (is_simulcast ? !can_simulcast : !can_svc)
        return at("encodings", i, is_simulcast ? ": no simulcast with " : ".scalabilityMode: no layers with ") +
               codec.mime_type;
    }
    return {};
  }

  [[nodiscard]] const RtpCodecParameters& first_media_codec() const {
    return *std::find_if(params_.codecs.begin(), params_.codecs.end(),
                         [](const RtpCodecParameters& codec) { return class_of(codec) == CodecClass::media; });
  }

  /// A packet must belong to one encoding only.
  [[nodiscard]] std::string streams() const {
    std::set<std::uint32_t> ssrcs;
    std::set<std::string> rids;
    for (std::size_t i = 0; i < params_.encodings.size(); ++i) {
      const RtpEncodingParameters& encoding = params_.encodings[i];
      if (encoding.ssrc.value_or(0) != 0 && !ssrcs.insert(*encoding.ssrc).second)
        return at("encodings", i, ".ssrc: used twice");
      if (encoding.rtx && encoding.rtx->ssrc != 0 && !ssrcs.insert(encoding.rtx->ssrc).second)
        return at("encodings", i, ".rtx.ssrc: used twice");
      if (!encoding.rid.value_or("").empty() && !rids.insert(*encoding.rid).second)
        return at("encodings", i, ".rid: used twice");
    }
    return {};
  }

  MediaKind kind_;
  const RtpParameters& params_;
  std::string path_;
};

}  // namespace

void complete_producer_rtp_parameters(RtpParameters& params, std::string cname) {
  if (params.encodings.empty()) params.encodings.emplace_back();
  params.rtcp.cname = std::move(cname);
  for (RtpEncodingParameters& encoding : params.encodings)
    if (encoding.ssrc.value_or(0) != 0) encoding.rid.reset();
}

Result<> check_producer_rtp_parameters(MediaKind kind, const RtpParameters& params, std::string_view path) {
  std::string wrong = Check{kind, params, path}.run();
  if (!wrong.empty()) return fail(Errc::bad_request, std::move(wrong));
  return {};
}

}  // namespace carillon::ortc
