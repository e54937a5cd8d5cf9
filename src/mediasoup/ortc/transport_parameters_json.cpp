#include "mediasoup/ortc/transport_parameters_json.hpp"

#include "mediasoup/ortc/json_reader.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace carillon::ortc {

namespace json = boost::json;

namespace {

/// One per algorithm and certificate is usual. The worker looks at the first only.
constexpr std::size_t fingerprints_max = 16;
/// The worker refuses 65535 (RFC 8832 section 6).
constexpr std::int64_t stream_id_max = 65'534;

struct Algorithm {
  FingerprintAlgorithm algorithm;
  std::string_view name;
  std::size_t bytes;
};
constexpr std::array<Algorithm, 5> algorithms{{
    {FingerprintAlgorithm::sha1, "sha-1", 20},
    {FingerprintAlgorithm::sha224, "sha-224", 28},
    {FingerprintAlgorithm::sha256, "sha-256", 32},
    {FingerprintAlgorithm::sha384, "sha-384", 48},
    {FingerprintAlgorithm::sha512, "sha-512", 64},
}};

/// Pairs of hex digits joined by ':' (RFC 8122 section 5).
bool is_fingerprint(std::string_view text, std::size_t bytes) {
  if (text.size() != bytes * 3 - 1) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool good = i % 3 == 2 ? text[i] == ':' : std::isxdigit(static_cast<unsigned char>(text[i])) != 0;
    if (!good) return false;
  }
  return true;
}

DtlsFingerprint read_fingerprint(const json::value& value, const Path& path, Faults& faults) {
  const ObjectReader fingerprint{value, path, faults};
  const std::string name = fingerprint.string("algorithm", 32);
  std::string text = fingerprint.string("value", 255);
  const auto known =
      std::find_if(algorithms.begin(), algorithms.end(), [&](const Algorithm& a) { return a.name == name; });
  if (known == algorithms.end()) {
    faults.add(Path{path, "algorithm"}, "expected sha-1, sha-224, sha-256, sha-384 or sha-512");
    return {};
  }
  if (!is_fingerprint(text, known->bytes))
    faults.add(Path{path, "value"}, "expected " + std::to_string(known->bytes) + " bytes in hex, joined by ':'");
  // The worker compares with its own upper-case text, letter by letter.
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return {known->algorithm, std::move(text)};
}

DtlsRole read_role(const ObjectReader& parameters) {
  const json::value* role = parameters.find("role");
  if (!role) return DtlsRole::automatic;
  const std::optional<DtlsRole> known = role->is_string() ? dtls_role_from(role->get_string()) : std::nullopt;
  if (!known) parameters.faults().add(Path{parameters.path(), "role"}, "expected auto, client or server");
  return known.value_or(DtlsRole::automatic);
}

NumSctpStreams read_num_sctp_streams(const json::value& value, const Path& path, Faults& faults) {
  const ObjectReader streams{value, path, faults};
  return {streams.integer<std::uint16_t>("OS", 1), streams.integer<std::uint16_t>("MIS", 1)};
}

}  // namespace

std::string_view to_string(DtlsRole role) {
  switch (role) {
    case DtlsRole::automatic: return "auto";
    case DtlsRole::client: return "client";
    case DtlsRole::server: return "server";
  }
  return {};
}

std::string_view to_string(FingerprintAlgorithm algorithm) {
  for (const Algorithm& known : algorithms)
    if (known.algorithm == algorithm) return known.name;
  return {};
}

std::string_view to_string(IceProtocol protocol) {
  switch (protocol) {
    case IceProtocol::udp: return "udp";
    case IceProtocol::tcp: return "tcp";
  }
  return {};
}

std::optional<DtlsRole> dtls_role_from(std::string_view text) {
  for (const DtlsRole role : {DtlsRole::automatic, DtlsRole::client, DtlsRole::server})
    if (to_string(role) == text) return role;
  return std::nullopt;
}

Result<DtlsParameters> parse_dtls_parameters(const json::value& value, std::string_view path) {
  Faults faults;
  const Path root{path};
  const ObjectReader parameters{value, root, faults};
  DtlsParameters result;
  result.role = read_role(parameters);
  parameters.array("fingerprints", fingerprints_max, [&](const json::value& fingerprint, const Path& at) {
    result.fingerprints.push_back(read_fingerprint(fingerprint, at, faults));
  });
  if (result.fingerprints.empty()) faults.add(Path{root, "fingerprints"}, "expected at least one");
  return std::move(faults).result(std::move(result));
}

Result<NumSctpStreams> parse_num_sctp_streams(const json::value& value, std::string_view path) {
  Faults faults;
  const NumSctpStreams result = read_num_sctp_streams(value, Path{path}, faults);
  return std::move(faults).result(result);
}

Result<SctpCapabilities> parse_sctp_capabilities(const json::value& value, std::string_view path) {
  Faults faults;
  const Path root{path};
  const ObjectReader capabilities{value, root, faults};
  SctpCapabilities result;
  const Path streams_path{root, "numStreams"};
  const json::value* streams = capabilities.find("numStreams");
  if (streams)
    result.num_streams = read_num_sctp_streams(*streams, streams_path, faults);
  else
    faults.add(streams_path, "expected object");
  return std::move(faults).result(result);
}

Result<SctpStreamParameters> parse_sctp_stream_parameters(const json::value& value, std::string_view path) {
  Faults faults;
  const Path root{path};
  const ObjectReader parameters{value, root, faults};
  SctpStreamParameters result;
  result.stream_id = parameters.integer<std::uint16_t>("streamId", 0, stream_id_max);
  result.max_packet_life_time = parameters.optional_integer<std::uint16_t>("maxPacketLifeTime");
  result.max_retransmits = parameters.optional_integer<std::uint16_t>("maxRetransmits");
  // 0 is the same as not given, here and in the worker.
  const bool has_life_time = result.max_packet_life_time.value_or(0) != 0;
  const bool has_retransmits = result.max_retransmits.value_or(0) != 0;
  if (has_life_time && has_retransmits) faults.add(root, "expected only one of maxPacketLifeTime and maxRetransmits");
  const json::value* ordered = parameters.find("ordered");
  const bool is_given = ordered && ordered->is_bool();
  result.ordered = is_given ? ordered->get_bool() : !(has_life_time || has_retransmits);
  if (result.ordered && (has_life_time || has_retransmits))
    faults.add(Path{root, "ordered"}, "expected false with maxPacketLifeTime or maxRetransmits");
  return std::move(faults).result(result);
}

json::value to_json(const DtlsParameters& parameters) {
  json::array fingerprints;
  for (const DtlsFingerprint& fingerprint : parameters.fingerprints)
    fingerprints.push_back(json::object{{"algorithm", to_string(fingerprint.algorithm)}, {"value", fingerprint.value}});
  return json::object{{"fingerprints", std::move(fingerprints)}, {"role", to_string(parameters.role)}};
}

json::value to_json(const IceParameters& parameters) {
  return json::object{{"usernameFragment", parameters.username_fragment},
                      {"password", parameters.password},
                      {"iceLite", parameters.ice_lite}};
}

json::value to_json(const IceCandidate& candidate) {
  json::object object{{"foundation", candidate.foundation},
                      {"priority", candidate.priority},
                      {"ip", candidate.address},
                      {"address", candidate.address},
                      {"protocol", to_string(candidate.protocol)},
                      {"port", candidate.port},
                      {"type", "host"}};
  if (candidate.protocol == IceProtocol::tcp) object["tcpType"] = "passive";
  return object;
}

json::value to_json(std::span<const IceCandidate> candidates) {
  json::array array;
  for (const IceCandidate& candidate : candidates) array.push_back(to_json(candidate));
  return array;
}

json::value to_json(const SctpCapabilities& capabilities) {
  const NumSctpStreams& streams = capabilities.num_streams;
  return json::object{{"numStreams", json::object{{"OS", streams.os}, {"MIS", streams.mis}}}};
}

json::value to_json(const SctpParameters& parameters) {
  constexpr int streams_for_older_clients = 65'535;
  return json::object{{"port", parameters.port},
                      {"maxSendMessageSize", parameters.max_send_message_size},
                      {"maxReceiveMessageSize", parameters.max_receive_message_size},
                      {"sendBufferSize", parameters.send_buffer_size},
                      {"perStreamSendQueueLimit", parameters.per_stream_send_queue_limit},
                      {"maxReceiverWindowBufferSize", parameters.max_receiver_window_buffer_size},
                      {"isDataChannel", parameters.is_data_channel},
                      {"OS", streams_for_older_clients},
                      {"MIS", streams_for_older_clients},
                      {"maxMessageSize", parameters.max_receive_message_size}};
}

json::value to_json(const SctpStreamParameters& parameters) {
  json::object object{{"streamId", parameters.stream_id}, {"ordered", parameters.ordered}};
  if (parameters.max_packet_life_time) object["maxPacketLifeTime"] = *parameters.max_packet_life_time;
  if (parameters.max_retransmits) object["maxRetransmits"] = *parameters.max_retransmits;
  return object;
}

}  // namespace carillon::ortc
