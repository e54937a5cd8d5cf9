#include "mediasoup/ortc/rtp_parameters_json.hpp"

#include "mediasoup/ortc/json_reader.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value_from.hpp>

#include <algorithm>
#include <cctype>

namespace carillon::ortc {

namespace json = boost::json;

namespace {

/// A payload type has 7 bits, so there can be no more codecs than this.
constexpr std::size_t codecs_max = 128;
/// Two-byte ids end at 255 (RFC 8285 section 4.3); capabilities name audio and video apart.
constexpr std::size_t header_extensions_max = 255;
/// Browsers send 3, mediasoup-client at most 4. The worker stops at 99 (two digits in "L99T1").
constexpr std::size_t encodings_max = 16;
/// Codecs list 5 or 6 kinds of feedback.
constexpr std::size_t rtcp_feedback_max = 64;
/// The longest fmtp line we know has a dozen.
constexpr std::size_t parameters_max = 64;
/// The length field of an RTCP SDES item and of a two-byte header extension has 8 bits; the worker cuts CNAME there.
constexpr std::size_t short_string_max = 255;
/// URIs, values of parameters, "<stream id> <track id>". A few dozen bytes each in practice.
constexpr std::size_t long_string_max = 1024;
constexpr std::int64_t payload_type_max = 127;
/// As many bits as a number in JavaScript has.
constexpr std::int64_t bitrate_max_bps = 9'007'199'254'740'991;

std::string lower(std::string_view text) {
  std::string result{text};
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

/// RFC 6838 section 4.2: names of media types are visible ASCII.
std::string read_mime_type(const ObjectReader& codec) {
  std::string mime_type = codec.string("mimeType", short_string_max);
  const std::string start = lower(std::string_view{mime_type}.substr(0, 6));
  const bool visible = std::all_of(mime_type.begin(), mime_type.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (!visible || (start != "audio/" && start != "video/") || mime_type.size() == start.size()) {
    codec.faults().add(Path{codec.path(), "mimeType"}, "expected audio/<name> or video/<name>");
    return "audio/invalid";  // the parse has failed; what follows only needs some kind
  }
  return mime_type;
}

MediaKind kind_of(std::string_view mime_type) {
  return lower(mime_type.substr(0, 5)) == "audio" ? MediaKind::audio : MediaKind::video;
}

/// Audio without a number of channels has one; video has no channels.
std::optional<std::uint8_t> read_channels(const ObjectReader& codec, MediaKind kind) {
  if (kind == MediaKind::video) return std::nullopt;
  const json::value* channels = codec.find("channels");
  if (!channels || !channels->is_number()) return 1;
  return codec.integer<std::uint8_t>("channels");
}

ParameterValue number_parameter(const json::value& value) {
  const std::optional<std::int64_t> integer = integer_of(value);
  if (integer && *integer == static_cast<std::int32_t>(*integer)) return static_cast<std::int32_t>(*integer);
  return value.to_number<double>();
}

void add_parameter(Parameters& parameters, std::string_view name, const json::value& value, const Path& parent,
                   Faults& faults, bool of_codec) {
  const Path path{parent, name};
  if (name.size() > short_string_max) return faults.add(parent, "expected names of at most 255 bytes");
  if (value.is_number()) {
    parameters.emplace(name, number_parameter(value));
    return;
  }
  // The payload type that RTX repairs.
  if (of_codec && name == "apt") return faults.add(path, "expected number");
  if (!value.is_string()) return faults.add(path, "expected string or number");
  const json::string& text = value.get_string();
  if (text.size() > long_string_max) return faults.add(path, "expected at most 1024 bytes");
  parameters.emplace(name, std::string{text.begin(), text.end()});
}

/// Anything that has no fields, `[]` of some JSON writers too, is no parameters.
Parameters read_parameters(const ObjectReader& owner, bool of_codec) {
  Parameters parameters;
  const json::value* value = owner.find("parameters");
  if (!value) return parameters;
  const Path path{owner.path(), "parameters"};
  if (value->is_array() && !value->get_array().empty()) owner.faults().add(path, "expected object");
  if (!value->is_object()) return parameters;
  if (value->get_object().size() > parameters_max) owner.faults().add(path, "expected at most 64 parameters");
  for (const json::key_value_pair& parameter : value->get_object()) {
    if (owner.faults().any()) break;
    add_parameter(parameters, parameter.key(), parameter.value(), path, owner.faults(), of_codec);
  }
  return parameters;
}

/// Anything but an array is no feedback, as in mediasoup.
std::vector<RtcpFeedback> read_rtcp_feedback(const ObjectReader& codec) {
  std::vector<RtcpFeedback> list;
  const json::value* value = codec.find("rtcpFeedback");
  if (!value || !value->is_array()) return list;
  codec.array("rtcpFeedback", rtcp_feedback_max, [&](const json::value& element, const Path& path) {
    const ObjectReader feedback{element, path, codec.faults()};
    const json::value* parameter = feedback.find("parameter");
    list.push_back({feedback.string("type", short_string_max),
                    parameter && parameter->is_string()
                        ? feedback.optional_string("parameter", short_string_max).value_or("")
                        : ""});
  });
  return list;
}

RtpCodecCapability read_codec_capability(const json::value& value, const Path& path, Faults& faults) {
  const ObjectReader codec{value, path, faults};
  RtpCodecCapability result;
  result.mime_type = read_mime_type(codec);
  result.kind = kind_of(result.mime_type);
  result.preferred_payload_type = codec.optional_integer<std::uint8_t>("preferredPayloadType", 0, payload_type_max);
  result.clock_rate = codec.integer<std::uint32_t>("clockRate");
  result.channels = read_channels(codec, result.kind);
  result.parameters = read_parameters(codec, true);
  result.rtcp_feedback = read_rtcp_feedback(codec);
  return result;
}

/// What is falsy is false; what is neither falsy nor a boolean is an error.
bool read_flag(const ObjectReader& object, std::string_view name) {
  const json::value* value = object.find(name);
  if (is_falsy(value)) return false;
  if (!value->is_bool()) object.faults().add(Path{object.path(), name}, "expected boolean");
  return true;
}

RtpHeaderExtension read_header_extension(const json::value& value, const Path& path, Faults& faults) {
  const ObjectReader extension{value, path, faults};
  RtpHeaderExtension result;
  const std::optional<MediaKind> kind = media_kind_from(extension.string("kind", short_string_max));
  if (!kind) faults.add(Path{path, "kind"}, "expected audio or video");
  result.kind = kind.value_or(MediaKind::audio);
  result.uri = extension.string("uri", long_string_max);
  result.preferred_id = extension.integer<std::uint8_t>("preferredId");
  result.preferred_encrypt = read_flag(extension, "preferredEncrypt");
  const std::string direction = extension.optional_string("direction", short_string_max).value_or("");
  if (direction.empty()) return result;
  const std::optional<RtpHeaderExtensionDirection> known = direction_from(direction);
  if (!known) faults.add(Path{path, "direction"}, "expected sendrecv, sendonly, recvonly or inactive");
  result.direction = known.value_or(RtpHeaderExtensionDirection::sendrecv);
  return result;
}

RtpCodecParameters read_codec_parameters(const json::value& value, const Path& path, Faults& faults) {
  const ObjectReader codec{value, path, faults};
  RtpCodecParameters result;
  result.mime_type = read_mime_type(codec);
  result.payload_type = codec.integer<std::uint8_t>("payloadType", 0, payload_type_max);
  result.clock_rate = codec.integer<std::uint32_t>("clockRate");
  result.channels = read_channels(codec, kind_of(result.mime_type));
  result.parameters = read_parameters(codec, true);
  result.rtcp_feedback = read_rtcp_feedback(codec);
  return result;
}

RtpHeaderExtensionParameters read_header_extension_parameters(const json::value& value, const Path& path,
                                                              Faults& faults) {
  const ObjectReader extension{value, path, faults};
  RtpHeaderExtensionParameters result;
  result.uri = extension.string("uri", long_string_max);
  result.id = extension.integer<std::uint8_t>("id");
  result.encrypt = read_flag(extension, "encrypt");
  result.parameters = read_parameters(extension, false);
  return result;
}

RtpEncodingParameters read_encoding(const json::value& value, const Path& path, Faults& faults) {
  const ObjectReader encoding{value, path, faults};
  RtpEncodingParameters result;
  result.ssrc = encoding.optional_integer<std::uint32_t>("ssrc");
  result.rid = encoding.optional_string("rid", short_string_max);
  result.codec_payload_type = encoding.optional_integer<std::uint8_t>("codecPayloadType", 0, payload_type_max);
  if (const json::value* rtx = encoding.find("rtx"); !is_falsy(rtx)) {
    const Path rtx_path{path, "rtx"};
    result.rtx = RtxParameters{ObjectReader{*rtx, rtx_path, faults}.integer<std::uint32_t>("ssrc")};
  }
  const json::value* dtx = encoding.find("dtx");
  result.dtx = dtx && dtx->is_bool() && dtx->get_bool();
  result.scalability_mode = encoding.optional_string("scalabilityMode", short_string_max);
  result.max_bitrate = encoding.optional_integer<std::uint64_t>("maxBitrate", 0, bitrate_max_bps);
  return result;
}

json::object parameters_json(const Parameters& parameters) {
  json::object object;
  for (const auto& [name, value] : parameters)
    std::visit([&object, &key = name](const auto& v) { object[key] = json::value_from(v); }, value);
  return object;
}

json::array rtcp_feedback_json(const std::vector<RtcpFeedback>& list) {
  json::array array;
  for (const RtcpFeedback& feedback : list)
    array.push_back(json::object{{"type", feedback.type}, {"parameter", feedback.parameter}});
  return array;
}

template <class T>
void put(json::object& object, std::string_view name, const std::optional<T>& value) {
  if (value) object[name] = json::value_from(*value);
}

json::object codec_json(const RtpCodecParameters& codec) {
  json::object object{
      {"mimeType", codec.mime_type}, {"payloadType", codec.payload_type}, {"clockRate", codec.clock_rate}};
  put(object, "channels", codec.channels);
  object["parameters"] = parameters_json(codec.parameters);
  object["rtcpFeedback"] = rtcp_feedback_json(codec.rtcp_feedback);
  return object;
}

}  // namespace

Result<RtpCapabilities> parse_rtp_capabilities(const json::value& value, std::string_view path) {
  Faults faults;
  const Path root{path};
  const ObjectReader capabilities{value, root, faults};
  RtpCapabilities result;
  capabilities.optional_array("codecs", codecs_max, [&](const json::value& codec, const Path& at) {
    result.codecs.push_back(read_codec_capability(codec, at, faults));
  });
  capabilities.optional_array("headerExtensions", header_extensions_max,
                              [&](const json::value& extension, const Path& at) {
                                result.header_extensions.push_back(read_header_extension(extension, at, faults));
                              });
  return std::move(faults).result(std::move(result));
}

Result<RtpCodecCapability> parse_rtp_codec_capability(const json::value& value, std::string_view path) {
  Faults faults;
  RtpCodecCapability result = read_codec_capability(value, Path{path}, faults);
  return std::move(faults).result(std::move(result));
}

Result<RtpParameters> parse_rtp_parameters(const json::value& value, std::string_view path) {
  Faults faults;
  const Path root{path};
  const ObjectReader parameters{value, root, faults};
  RtpParameters result;
  result.mid = parameters.optional_string("mid", short_string_max);
  parameters.array("codecs", codecs_max, [&](const json::value& codec, const Path& at) {
    result.codecs.push_back(read_codec_parameters(codec, at, faults));
  });
  parameters.optional_array(
      "headerExtensions", header_extensions_max, [&](const json::value& extension, const Path& at) {
        result.header_extensions.push_back(read_header_extension_parameters(extension, at, faults));
      });
  parameters.optional_array("encodings", encodings_max, [&](const json::value& encoding, const Path& at) {
    result.encodings.push_back(read_encoding(encoding, at, faults));
  });
  // reducedSize comes out true whatever comes in: mediasoup sends no compound RTCP.
  if (const json::value* rtcp = parameters.find("rtcp"); !is_falsy(rtcp)) {
    const Path rtcp_path{root, "rtcp"};
    result.rtcp.cname = ObjectReader{*rtcp, rtcp_path, faults}.optional_string("cname", short_string_max);
  }
  result.msid = parameters.optional_string("msid", long_string_max);
  return std::move(faults).result(std::move(result));
}

json::value to_json(const RtpCodecCapability& codec) {
  json::object object{{"kind", to_string(codec.kind)}, {"mimeType", codec.mime_type}};
  put(object, "preferredPayloadType", codec.preferred_payload_type);
  object["clockRate"] = codec.clock_rate;
  put(object, "channels", codec.channels);
  object["parameters"] = parameters_json(codec.parameters);
  object["rtcpFeedback"] = rtcp_feedback_json(codec.rtcp_feedback);
  return object;
}

json::value to_json(const RtpCapabilities& capabilities) {
  json::array codecs;
  for (const RtpCodecCapability& codec : capabilities.codecs) codecs.push_back(to_json(codec));
  json::array extensions;
  for (const RtpHeaderExtension& extension : capabilities.header_extensions)
    extensions.push_back(json::object{{"kind", to_string(extension.kind)},
                                      {"uri", extension.uri},
                                      {"preferredId", extension.preferred_id},
                                      {"preferredEncrypt", extension.preferred_encrypt},
                                      {"direction", to_string(extension.direction)}});
  return json::object{{"codecs", std::move(codecs)}, {"headerExtensions", std::move(extensions)}};
}

json::value to_json(const RtpEncodingParameters& encoding) {
  json::object object;
  put(object, "ssrc", encoding.ssrc);
  put(object, "rid", encoding.rid);
  put(object, "codecPayloadType", encoding.codec_payload_type);
  if (encoding.rtx) object["rtx"] = json::object{{"ssrc", encoding.rtx->ssrc}};
  put(object, "dtx", encoding.dtx);
  put(object, "scalabilityMode", encoding.scalability_mode);
  put(object, "maxBitrate", encoding.max_bitrate);
  return object;
}

json::value to_json(const RtpParameters& parameters) {
  json::object object;
  put(object, "mid", parameters.mid);
  json::array& codecs = object["codecs"].emplace_array();
  for (const RtpCodecParameters& codec : parameters.codecs) codecs.push_back(codec_json(codec));
  json::array& extensions = object["headerExtensions"].emplace_array();
  for (const RtpHeaderExtensionParameters& extension : parameters.header_extensions)
    extensions.push_back(json::object{{"uri", extension.uri},
                                      {"id", extension.id},
                                      {"encrypt", extension.encrypt},
                                      {"parameters", parameters_json(extension.parameters)}});
  json::array& encodings = object["encodings"].emplace_array();
  for (const RtpEncodingParameters& encoding : parameters.encodings) encodings.push_back(to_json(encoding));
  json::object& rtcp = object["rtcp"].emplace_object();
  put(rtcp, "cname", parameters.rtcp.cname);
  rtcp["reducedSize"] = parameters.rtcp.reduced_size;
  put(object, "msid", parameters.msid);
  return object;
}

json::value to_json(const RtpMapping& mapping) {
  json::array codecs;
  for (const RtpMapping::Codec& codec : mapping.codecs)
    codecs.push_back(
        json::object{{"payloadType", codec.payload_type}, {"mappedPayloadType", codec.mapped_payload_type}});
  json::array encodings;
  for (const RtpMapping::Encoding& encoding : mapping.encodings) {
    json::object object;
    put(object, "rid", encoding.rid);
    put(object, "ssrc", encoding.ssrc);
    object["mappedSsrc"] = encoding.mapped_ssrc;
    encodings.push_back(std::move(object));
  }
  return json::object{{"codecs", std::move(codecs)}, {"encodings", std::move(encodings)}};
}

}  // namespace carillon::ortc
