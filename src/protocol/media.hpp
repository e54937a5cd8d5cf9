// The media methods of clients, as typed values: mediasoup-demo's names and payloads, with `callId` beside them.
// RTP, DTLS and SCTP parameters stay JSON here; src/mediasoup/ortc parses and checks them. docs/protocol.md, "Media".
#pragma once

#include "base/id.hpp"
#include "base/result.hpp"
#include "protocol/decode.hpp"

#include <boost/describe.hpp>

#include <optional>
#include <string>
#include <variant>

namespace carillon::protocol {

enum class Kind { audio, video };
BOOST_DESCRIBE_ENUM(Kind, audio, video)

enum class Direction { producer, consumer };
BOOST_DESCRIBE_ENUM(Direction, producer, consumer)

/// Which call a media method is about; may be left out while the device is in one call.
using OptionalCall = std::optional<CallId>;
/// Ids of transports, producers and consumers are the server's own: UUIDs.
using ObjectId = Text<64>;

struct GetRouterRtpCapabilities {
  OptionalCall call_id;
};
BOOST_DESCRIBE_STRUCT(GetRouterRtpCapabilities, (), (call_id))

struct TransportAppData {
  std::optional<Direction> direction;
};
BOOST_DESCRIBE_STRUCT(TransportAppData, (), (direction))

struct CreateWebRtcTransport {
  OptionalCall call_id;
  std::optional<bool> force_tcp;
  std::optional<bool> producing;
  std::optional<bool> consuming;
  std::optional<json::object> sctp_capabilities;
  std::optional<TransportAppData> app_data;
};
BOOST_DESCRIBE_STRUCT(CreateWebRtcTransport, (),
                      (call_id, force_tcp, producing, consuming, sctp_capabilities, app_data))

struct ConnectWebRtcTransport {
  OptionalCall call_id;
  ObjectId transport_id;
  json::value dtls_parameters;
};
BOOST_DESCRIBE_STRUCT(ConnectWebRtcTransport, (), (call_id, transport_id, dtls_parameters))

struct RestartIce {
  OptionalCall call_id;
  ObjectId transport_id;
};
BOOST_DESCRIBE_STRUCT(RestartIce, (), (call_id, transport_id))

struct Join {
  OptionalCall call_id;
  std::optional<Text<256>> display_name;
  std::optional<json::object> device;  ///< The app's own words for it: `{flag, name, version}`.
  std::optional<json::value> rtp_capabilities;
  std::optional<json::object> sctp_capabilities;
};
BOOST_DESCRIBE_STRUCT(Join, (), (call_id, display_name, device, rtp_capabilities, sctp_capabilities))

struct Produce {
  OptionalCall call_id;
  ObjectId transport_id;
  Kind kind = Kind::audio;
  json::value rtp_parameters;
  std::optional<bool> paused;
  std::optional<json::object> app_data;
};
BOOST_DESCRIBE_STRUCT(Produce, (), (call_id, transport_id, kind, rtp_parameters, paused, app_data))

struct ProduceData {
  OptionalCall call_id;
  ObjectId transport_id;
  json::value sctp_stream_parameters;
  std::optional<std::string> label;
  std::optional<std::string> protocol;
  std::optional<json::object> app_data;
};
BOOST_DESCRIBE_STRUCT(ProduceData, (), (call_id, transport_id, sctp_stream_parameters, label, protocol, app_data))

/// What is done to one producer, consumer, transport, data producer or data consumer of the peer.
enum class ProducerAction { close, pause, resume };
struct OnProducer {
  OptionalCall call_id;
  ObjectId producer_id;
  ProducerAction action = ProducerAction::close;
};
BOOST_DESCRIBE_STRUCT(OnProducer, (), (call_id, producer_id))

enum class ConsumerAction { pause, resume, request_key_frame };
struct OnConsumer {
  OptionalCall call_id;
  ObjectId consumer_id;
  ConsumerAction action = ConsumerAction::pause;
};
BOOST_DESCRIBE_STRUCT(OnConsumer, (), (call_id, consumer_id))

struct SetConsumerPreferredLayers {
  OptionalCall call_id;
  ObjectId consumer_id;
  Bounded<int, 0, 7> spatial_layer;
  std::optional<Bounded<int, 0, 7>> temporal_layer;
};
BOOST_DESCRIBE_STRUCT(SetConsumerPreferredLayers, (), (call_id, consumer_id, spatial_layer, temporal_layer))

struct SetConsumerPriority {
  OptionalCall call_id;
  ObjectId consumer_id;
  Bounded<int, 1, 255> priority;
};
BOOST_DESCRIBE_STRUCT(SetConsumerPriority, (), (call_id, consumer_id, priority))

struct GetTransportStats {
  OptionalCall call_id;
  ObjectId transport_id;
};
BOOST_DESCRIBE_STRUCT(GetTransportStats, (), (call_id, transport_id))

struct GetProducerStats {
  OptionalCall call_id;
  ObjectId producer_id;
};
BOOST_DESCRIBE_STRUCT(GetProducerStats, (), (call_id, producer_id))

struct GetConsumerStats {
  OptionalCall call_id;
  ObjectId consumer_id;
};
BOOST_DESCRIBE_STRUCT(GetConsumerStats, (), (call_id, consumer_id))

struct GetDataProducerStats {
  OptionalCall call_id;
  ObjectId data_producer_id;
};
BOOST_DESCRIBE_STRUCT(GetDataProducerStats, (), (call_id, data_producer_id))

struct GetDataConsumerStats {
  OptionalCall call_id;
  ObjectId data_consumer_id;
};
BOOST_DESCRIBE_STRUCT(GetDataConsumerStats, (), (call_id, data_consumer_id))

using MediaRequest =
    std::variant<GetRouterRtpCapabilities, CreateWebRtcTransport, ConnectWebRtcTransport, RestartIce, Join, Produce,
                 ProduceData, OnProducer, OnConsumer, SetConsumerPreferredLayers, SetConsumerPriority,
                 GetTransportStats, GetProducerStats, GetConsumerStats, GetDataProducerStats, GetDataConsumerStats>;

/// nullopt: the method is no media method.
[[nodiscard]] std::optional<Result<MediaRequest>> parse_media_request(std::string_view method,
                                                                      const json::object& data);

/// The call that a media request names; nullopt: the one the device is in.
[[nodiscard]] OptionalCall call_of(const MediaRequest& request);

/// Methods that mediasoup-demo's newer clients send as notifications; we take both.
[[nodiscard]] bool may_be_notification(std::string_view method);

}  // namespace carillon::protocol
