#include "mediasoup/saved.hpp"

#include "mediasoup/ortc/rtp_parameters_json.hpp"
#include "mediasoup/ortc/transport_parameters_json.hpp"

namespace carillon::mediasoup {

namespace json = boost::json;

namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

}  // namespace

const json::value& Saved::value(std::string_view name) const {
  const json::value* found = find(name);
  if (found == nullptr) throw BadSavedState{path(name) + ": missing"};
  return *found;
}

bool Saved::boolean(std::string_view name) const {
  const json::value& found = value(name);
  if (!found.is_bool()) throw BadSavedState{path(name) + ": expected boolean"};
  return found.get_bool();
}

std::string Saved::string(std::string_view name) const {
  const json::value& found = value(name);
  if (!found.is_string()) throw BadSavedState{path(name) + ": expected string"};
  return std::string{std::string_view{found.get_string()}};
}

std::optional<std::string> Saved::optional_string(std::string_view name) const {
  if (find(name) == nullptr) return std::nullopt;
  return string(name);
}

const json::array& Saved::array(std::string_view name) const {
  const json::value& found = value(name);
  if (!found.is_array()) throw BadSavedState{path(name) + ": expected array"};
  return found.get_array();
}

const json::object& Saved::json(std::string_view name) const {
  const json::value& found = value(name);
  if (!found.is_object()) throw BadSavedState{path(name) + ": expected object"};
  return found.get_object();
}

std::vector<std::string> Saved::strings(std::string_view name) const {
  std::vector<std::string> texts;
  for (const json::value& element : array(name)) {
    if (!element.is_string()) throw BadSavedState{path(name) + ": expected strings"};
    texts.emplace_back(std::string_view{element.get_string()});
  }
  return texts;
}

std::vector<std::uint8_t> Saved::bytes(std::string_view name) const {
  const std::string text = string(name);
  std::vector<std::uint8_t> bytes(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::size_t digit = hex_digits.find(text[i]);
    if (text.size() % 2 != 0 || digit == std::string_view::npos) throw BadSavedState{path(name) + ": expected hex"};
    bytes[i / 2] = static_cast<std::uint8_t>(bytes[i / 2] << 4U | digit);
  }
  return bytes;
}

std::string hex(std::span<const std::uint8_t> bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    text += hex_digits[byte >> 4U];
    text += hex_digits[byte & 15U];
  }
  return text;
}

ortc::RtpParameters restore_rtp_parameters(const Saved& saved, std::string_view name) {
  auto parameters = saved.parsed(
      name, [](const json::value& value, const std::string& path) { return ortc::parse_rtp_parameters(value, path); });
  const Saved as_saved = saved.object(name);
  std::size_t i = 0;
  as_saved.each("encodings", [&](const Saved& encoding) {
    if (encoding.find("dtx") == nullptr) parameters.encodings.at(i).dtx.reset();
    ++i;
  });
  parameters.rtcp.reduced_size = as_saved.object("rtcp").boolean("reducedSize");
  return parameters;
}

json::object save(const TransportTuple& tuple) {
  json::object object{{"localAddress", tuple.local_address},
                      {"localPort", tuple.local_port},
                      {"remotePort", tuple.remote_port},
                      {"protocol", to_string(tuple.protocol)}};
  put(object, "remoteIp", tuple.remote_ip);
  return object;
}

TransportTuple restore_tuple(const Saved& saved) {
  TransportTuple tuple;
  tuple.local_address = saved.string("localAddress");
  tuple.local_port = saved.integer<std::uint16_t>("localPort");
  tuple.remote_ip = saved.optional_string("remoteIp");
  tuple.remote_port = saved.integer<std::uint16_t>("remotePort");
  tuple.protocol = saved.one_of("protocol", {TransportProtocol::udp, TransportProtocol::tcp});
  return tuple;
}

std::optional<TransportTuple> restore_optional_tuple(const Saved& saved, std::string_view name) {
  if (saved.find(name) == nullptr) return std::nullopt;
  return restore_tuple(saved.object(name));
}

void save_sctp(json::object& object, const std::optional<ortc::SctpParameters>& parameters,
               const std::optional<SctpState>& state) {
  if (parameters) object["sctpParameters"] = ortc::to_json(*parameters);
  if (state) object["sctpState"] = to_string(*state);
}

std::optional<ortc::SctpParameters> restore_sctp_parameters(const Saved& saved) {
  if (saved.find("sctpParameters") == nullptr) return std::nullopt;
  const Saved sctp = saved.object("sctpParameters");
  ortc::SctpParameters parameters;
  parameters.port = sctp.integer<std::uint16_t>("port");
  parameters.max_send_message_size = sctp.integer<std::uint32_t>("maxSendMessageSize");
  parameters.max_receive_message_size = sctp.integer<std::uint32_t>("maxReceiveMessageSize");
  parameters.send_buffer_size = sctp.integer<std::uint32_t>("sendBufferSize");
  parameters.per_stream_send_queue_limit = sctp.integer<std::uint32_t>("perStreamSendQueueLimit");
  parameters.max_receiver_window_buffer_size = sctp.integer<std::uint32_t>("maxReceiverWindowBufferSize");
  parameters.is_data_channel = sctp.boolean("isDataChannel");
  return parameters;
}

std::optional<SctpState> restore_sctp_state(const Saved& saved) {
  if (saved.find("sctpState") == nullptr) return std::nullopt;
  return saved.one_of("sctpState", {SctpState::fresh, SctpState::connecting, SctpState::connected, SctpState::failed,
                                    SctpState::closed});
}

void save_sctp_stream(json::object& object, const std::optional<ortc::SctpStreamParameters>& stream) {
  if (stream) object["sctpStreamParameters"] = ortc::to_json(*stream);
}

std::optional<ortc::SctpStreamParameters> restore_sctp_stream(const Saved& saved) {
  if (saved.find("sctpStreamParameters") == nullptr) return std::nullopt;
  return saved.parsed("sctpStreamParameters", [](const json::value& value, const std::string& path) {
    return ortc::parse_sctp_stream_parameters(value, path);
  });
}

}  // namespace carillon::mediasoup
