#include "mediasoup/fbs/rtp_parameters.hpp"

#include "mediasoup/fbs/json.hpp"
#include "mediasoup/ortc/rtp_parameters_json.hpp"

namespace carillon::mediasoup::fbs {

namespace {

namespace Rtp = FBS::RtpParameters;

using WrittenParameters = flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<Rtp::Parameter>>>;
using ParameterVector = flatbuffers::Vector<flatbuffers::Offset<Rtp::Parameter>>;

/// Writes one value of a codec parameter; what it is decides which table of the union.
struct WriteValue {
  Builder& builder;
  Rtp::Value type = Rtp::Value::NONE;

  flatbuffers::Offset<void> operator()(bool value) {
    type = Rtp::Value::Boolean;
    return Rtp::CreateBoolean(builder, value ? 1 : 0).Union();
  }
  flatbuffers::Offset<void> operator()(std::int32_t value) {
    type = Rtp::Value::Integer32;
    return Rtp::CreateInteger32(builder, value).Union();
  }
  flatbuffers::Offset<void> operator()(double value) {
    type = Rtp::Value::Double;
    return Rtp::CreateDouble(builder, value).Union();
  }
  flatbuffers::Offset<void> operator()(const std::string& value) {
    type = Rtp::Value::String;
    return Rtp::CreateStringDirect(builder, value.c_str()).Union();
  }
  flatbuffers::Offset<void> operator()(const std::vector<std::int32_t>& value) {
    type = Rtp::Value::Integer32Array;
    return Rtp::CreateInteger32ArrayDirect(builder, &value).Union();
  }
};

WrittenParameters write_parameters(Builder& builder, const ortc::Parameters& parameters) {
  std::vector<flatbuffers::Offset<Rtp::Parameter>> offsets;
  offsets.reserve(parameters.size());
  for (const auto& [name, value] : parameters) {
    WriteValue write_value{builder};
    const auto written = std::visit(write_value, value);
    offsets.push_back(Rtp::CreateParameterDirect(builder, name.c_str(), write_value.type, written));
  }
  return builder.CreateVector(offsets);
}

std::optional<ortc::ParameterValue> read_value(const Rtp::Parameter& parameter) {
  switch (parameter.value_type()) {
    case Rtp::Value::Boolean: return parameter.value_as_Boolean()->value() != 0;
    case Rtp::Value::Integer32: return parameter.value_as_Integer32()->value();
    case Rtp::Value::Double: return parameter.value_as_Double()->value();
    case Rtp::Value::String: return text(parameter.value_as_String()->value());
    case Rtp::Value::Integer32Array: {
      std::vector<std::int32_t> numbers;
      if (const auto* values = parameter.value_as_Integer32Array()->value())
        numbers.assign(values->begin(), values->end());
      return numbers;
    }
    case Rtp::Value::NONE: return std::nullopt;
  }
  return std::nullopt;
}

ortc::Parameters read_parameters(const ParameterVector* parameters) {
  ortc::Parameters result;
  if (parameters == nullptr) return result;
  for (const auto* parameter : *parameters) {
    if (auto value = read_value(*parameter)) result[text(parameter->name())] = std::move(*value);
  }
  return result;
}

flatbuffers::Offset<Rtp::RtpCodecParameters> write_codec(Builder& builder, const ortc::RtpCodecParameters& codec) {
  std::vector<flatbuffers::Offset<Rtp::RtcpFeedback>> feedback;
  for (const auto& one : codec.rtcp_feedback) {
    feedback.push_back(Rtp::CreateRtcpFeedbackDirect(builder, one.type.c_str(), one.parameter.c_str()));
  }
  const auto mime_type = builder.CreateString(codec.mime_type);
  const auto parameters = write_parameters(builder, codec.parameters);
  const auto feedback_offset = builder.CreateVector(feedback);
  flatbuffers::Optional<std::uint8_t> channels;
  if (codec.channels) channels = *codec.channels;
  return Rtp::CreateRtpCodecParameters(builder, mime_type, codec.payload_type, codec.clock_rate, channels, parameters,
                                       feedback_offset);
}

ortc::RtpCodecParameters read_codec(const Rtp::RtpCodecParameters& codec) {
  ortc::RtpCodecParameters result;
  result.mime_type = text(codec.mime_type());
  result.payload_type = codec.payload_type();
  result.clock_rate = codec.clock_rate();
  if (codec.channels().has_value()) result.channels = *codec.channels();
  result.parameters = read_parameters(codec.parameters());
  if (codec.rtcp_feedback() != nullptr) {
    for (const auto* one : *codec.rtcp_feedback())
      result.rtcp_feedback.push_back({text(one->type()), text(one->parameter())});
  }
  return result;
}

flatbuffers::Offset<Rtp::RtpEncodingParameters> write_encoding(Builder& builder,
                                                               const ortc::RtpEncodingParameters& encoding) {
  flatbuffers::Offset<flatbuffers::String> rid;
  flatbuffers::Offset<flatbuffers::String> scalability_mode;
  flatbuffers::Offset<Rtp::Rtx> rtx;
  if (encoding.rid) rid = builder.CreateString(*encoding.rid);
  if (encoding.scalability_mode) scalability_mode = builder.CreateString(*encoding.scalability_mode);
  if (encoding.rtx) rtx = Rtp::CreateRtx(builder, encoding.rtx->ssrc);
  Rtp::RtpEncodingParametersBuilder table{builder};
  if (encoding.ssrc) table.add_ssrc(*encoding.ssrc);
  if (!rid.IsNull()) table.add_rid(rid);
  if (encoding.codec_payload_type) table.add_codec_payload_type(*encoding.codec_payload_type);
  if (!rtx.IsNull()) table.add_rtx(rtx);
  table.add_dtx(encoding.dtx.value_or(false));
  if (!scalability_mode.IsNull()) table.add_scalability_mode(scalability_mode);
  if (encoding.max_bitrate) table.add_max_bitrate(*encoding.max_bitrate);
  return table.Finish();
}

}  // namespace

Rtp::MediaKind write_kind(ortc::MediaKind kind) {
  return kind == ortc::MediaKind::audio ? Rtp::MediaKind::AUDIO : Rtp::MediaKind::VIDEO;
}

ortc::MediaKind read_kind(Rtp::MediaKind kind) {
  return kind == Rtp::MediaKind::AUDIO ? ortc::MediaKind::audio : ortc::MediaKind::video;
}

WrittenEncodings write(Builder& builder, const std::vector<ortc::RtpEncodingParameters>& encodings) {
  std::vector<flatbuffers::Offset<Rtp::RtpEncodingParameters>> offsets;
  offsets.reserve(encodings.size());
  for (const auto& encoding : encodings) offsets.push_back(write_encoding(builder, encoding));
  return builder.CreateVector(offsets);
}

flatbuffers::Offset<Rtp::RtpParameters> write(Builder& builder, const ortc::RtpParameters& parameters) {
  std::vector<flatbuffers::Offset<Rtp::RtpCodecParameters>> codecs;
  for (const auto& codec : parameters.codecs) codecs.push_back(write_codec(builder, codec));
  std::vector<flatbuffers::Offset<Rtp::RtpHeaderExtensionParameters>> extensions;
  for (const auto& extension : parameters.header_extensions) {
    const auto uri = ortc::header_extension_uri_from(extension.uri);
    if (!uri) continue;
    const auto written = write_parameters(builder, extension.parameters);
    extensions.push_back(Rtp::CreateRtpHeaderExtensionParameters(
        builder, static_cast<Rtp::RtpHeaderExtensionUri>(static_cast<std::uint8_t>(*uri)), extension.id,
        extension.encrypt, written));
  }
  const char* cname = parameters.rtcp.cname ? parameters.rtcp.cname->c_str() : nullptr;
  const auto rtcp = Rtp::CreateRtcpParametersDirect(builder, cname, parameters.rtcp.reduced_size);
  const auto codecs_offset = builder.CreateVector(codecs);
  const auto extensions_offset = builder.CreateVector(extensions);
  const auto encodings = write(builder, parameters.encodings);
  flatbuffers::Offset<flatbuffers::String> mid;
  flatbuffers::Offset<flatbuffers::String> msid;
  if (parameters.mid) mid = builder.CreateString(*parameters.mid);
  if (parameters.msid) msid = builder.CreateString(*parameters.msid);
  return Rtp::CreateRtpParameters(builder, mid, codecs_offset, extensions_offset, encodings, rtcp, msid);
}

flatbuffers::Offset<Rtp::RtpMapping> write(Builder& builder, const ortc::RtpMapping& mapping) {
  std::vector<flatbuffers::Offset<Rtp::CodecMapping>> codecs;
  for (const auto& codec : mapping.codecs) {
    codecs.push_back(Rtp::CreateCodecMapping(builder, codec.payload_type, codec.mapped_payload_type));
  }
  std::vector<flatbuffers::Offset<Rtp::EncodingMapping>> encodings;
  for (const auto& encoding : mapping.encodings) {
    flatbuffers::Optional<std::uint32_t> ssrc;
    if (encoding.ssrc) ssrc = *encoding.ssrc;
    const char* rid = encoding.rid ? encoding.rid->c_str() : nullptr;
    encodings.push_back(Rtp::CreateEncodingMappingDirect(builder, rid, ssrc, encoding.mapped_ssrc));
  }
  return Rtp::CreateRtpMappingDirect(builder, &codecs, &encodings);
}

ortc::RtpEncodingParameters read_encoding(const Rtp::RtpEncodingParameters& encoding) {
  ortc::RtpEncodingParameters result;
  if (encoding.ssrc().has_value()) result.ssrc = *encoding.ssrc();
  if (encoding.rid() != nullptr && encoding.rid()->size() > 0) result.rid = encoding.rid()->str();
  if (encoding.codec_payload_type().has_value()) result.codec_payload_type = *encoding.codec_payload_type();
  if (encoding.rtx() != nullptr) result.rtx = ortc::RtxParameters{encoding.rtx()->ssrc()};
  result.dtx = encoding.dtx();
  if (encoding.scalability_mode() != nullptr && encoding.scalability_mode()->size() > 0) {
    result.scalability_mode = encoding.scalability_mode()->str();
  }
  if (encoding.max_bitrate().has_value()) result.max_bitrate = *encoding.max_bitrate();
  return result;
}

ortc::RtpParameters read_rtp_parameters(const Rtp::RtpParameters& parameters) {
  ortc::RtpParameters result;
  if (parameters.mid() != nullptr && parameters.mid()->size() > 0) result.mid = parameters.mid()->str();
  for (const auto* codec : *parameters.codecs()) result.codecs.push_back(read_codec(*codec));
  for (const auto* extension : *parameters.header_extensions()) {
    ortc::RtpHeaderExtensionParameters read;
    read.uri = ortc::to_string(static_cast<ortc::HeaderExtensionUri>(static_cast<std::uint8_t>(extension->uri())));
    read.id = extension->id();
    read.encrypt = extension->encrypt();
    read.parameters = read_parameters(extension->parameters());
    result.header_extensions.push_back(std::move(read));
  }
  for (const auto* encoding : *parameters.encodings()) result.encodings.push_back(read_encoding(*encoding));
  const auto* rtcp = parameters.rtcp();
  if (rtcp->cname() != nullptr && rtcp->cname()->size() > 0) result.rtcp.cname = rtcp->cname()->str();
  result.rtcp.reduced_size = rtcp->reduced_size();
  if (parameters.msid() != nullptr && parameters.msid()->size() > 0) result.msid = parameters.msid()->str();
  return result;
}

json::value rtp_parameters_dump(const Rtp::RtpParameters& parameters) {
  json::value dump = ortc::to_json(read_rtp_parameters(parameters));
  for (auto& codec : dump.at("codecs").as_array()) {
    for (auto& feedback : codec.at("rtcpFeedback").as_array()) {
      auto& fields = feedback.as_object();
      if (fields.at("parameter").as_string().empty()) fields.erase("parameter");
    }
  }
  return dump;
}

ortc::RtpMapping read_mapping(const Rtp::RtpMapping& mapping) {
  ortc::RtpMapping result;
  for (const auto* codec : *mapping.codecs())
    result.codecs.push_back({codec->payload_type(), codec->mapped_payload_type()});
  for (const auto* encoding : *mapping.encodings()) {
    ortc::RtpMapping::Encoding read;
    if (encoding->rid() != nullptr) read.rid = encoding->rid()->str();
    if (encoding->ssrc().has_value()) read.ssrc = *encoding->ssrc();
    read.mapped_ssrc = encoding->mapped_ssrc();
    result.encodings.push_back(std::move(read));
  }
  return result;
}

}  // namespace carillon::mediasoup::fbs
