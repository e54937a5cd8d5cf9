#include "protocol/media.hpp"

#include <algorithm>
#include <array>

namespace carillon::protocol {

namespace {

template <class T>
Result<MediaRequest> parse_as(const json::object& data) {
  Result<T> parsed = decode_data<T>(data);
  if (!parsed) return parsed.error();
  return MediaRequest{std::move(*parsed)};
}

template <class T, class Action>
Result<MediaRequest> parse_action(const json::object& data, Action action) {
  Result<T> parsed = decode_data<T>(data);
  if (!parsed) return parsed.error();
  parsed->action = action;
  return MediaRequest{std::move(*parsed)};
}

struct Method {
  std::string_view name;
  Result<MediaRequest> (*parse)(const json::object&);
};

constexpr std::array methods{
    Method{"getRouterRtpCapabilities", parse_as<GetRouterRtpCapabilities>},
    Method{"createWebRtcTransport", parse_as<CreateWebRtcTransport>},
    Method{"connectWebRtcTransport", parse_as<ConnectWebRtcTransport>},
    Method{"restartIce", parse_as<RestartIce>},
    Method{"join", parse_as<Join>},
    Method{"produce", parse_as<Produce>},
    Method{"produceData", parse_as<ProduceData>},
    Method{"closeProducer",
           [](const json::object& data) { return parse_action<OnProducer>(data, ProducerAction::close); }},
    Method{"pauseProducer",
           [](const json::object& data) { return parse_action<OnProducer>(data, ProducerAction::pause); }},
    Method{"resumeProducer",
           [](const json::object& data) { return parse_action<OnProducer>(data, ProducerAction::resume); }},
    Method{"pauseConsumer",
           [](const json::object& data) { return parse_action<OnConsumer>(data, ConsumerAction::pause); }},
    Method{"resumeConsumer",
           [](const json::object& data) { return parse_action<OnConsumer>(data, ConsumerAction::resume); }},
    Method{"requestConsumerKeyFrame",
           [](const json::object& data) { return parse_action<OnConsumer>(data, ConsumerAction::request_key_frame); }},
    Method{"setConsumerPreferredLayers", parse_as<SetConsumerPreferredLayers>},
    Method{"setConsumerPriority", parse_as<SetConsumerPriority>},
    Method{"getTransportStats", parse_as<GetTransportStats>},
    Method{"getProducerStats", parse_as<GetProducerStats>},
    Method{"getConsumerStats", parse_as<GetConsumerStats>},
    Method{"getDataProducerStats", parse_as<GetDataProducerStats>},
    Method{"getDataConsumerStats", parse_as<GetDataConsumerStats>},
};

constexpr std::array<std::string_view, 8> also_notifications{"closeProducer",       "pauseProducer",
                                                             "resumeProducer",      "pauseConsumer",
                                                             "resumeConsumer",      "setConsumerPreferredLayers",
                                                             "setConsumerPriority", "requestConsumerKeyFrame"};

}  // namespace

std::optional<Result<MediaRequest>> parse_media_request(std::string_view method, const json::object& data) {
  const auto found = std::ranges::find(methods, method, &Method::name);
  if (found == methods.end()) return std::nullopt;
  return found->parse(data);
}

OptionalCall call_of(const MediaRequest& request) {
  return std::visit([](const auto& r) { return r.call_id; }, request);
}

bool may_be_notification(std::string_view method) {
  return std::ranges::find(also_notifications, method) != also_notifications.end();
}

}  // namespace carillon::protocol
