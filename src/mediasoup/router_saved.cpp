// Router::save() and restore(): the router and all that was made in it.
#include "mediasoup/direct_transport.hpp"
#include "mediasoup/ortc/rtp_parameters_json.hpp"
#include "mediasoup/pipe_transport.hpp"
#include "mediasoup/plain_transport.hpp"
#include "mediasoup/router.hpp"
#include "mediasoup/saved.hpp"
#include "mediasoup/webrtc_transport.hpp"

namespace carillon::mediasoup {

namespace json = boost::json;

std::shared_ptr<RtpObserver> Router::rtp_observer_by_id(const std::string& observer_id) const {
  const auto found = rtp_observers_.find(observer_id);
  return found == rtp_observers_.end() ? nullptr : found->second;
}

Result<json::object> Router::save() const {
  json::array transports;
  for (const auto& [transport_id, transport] : transports_) {
    Result<json::object> saved = transport->save();
    if (!saved) return saved.error();
    transports.push_back(*std::move(saved));
  }
  json::array observers;
  for (const auto& [observer_id, observer] : rtp_observers_) observers.push_back(observer->save());
  return json::object{{"id", id()},
                      {"rtpCapabilities", ortc::to_json(context_.rtp_capabilities)},
                      {"transports", std::move(transports)},
                      {"rtpObservers", std::move(observers)},
                      {"appData", app_data}};
}

void Router::restore(const Saved& saved) {
  app_data = saved.json("appData");
  context_.rtp_capabilities = saved.parsed("rtpCapabilities", [](const json::value& value, const std::string& path) {
    return ortc::parse_rtp_capabilities(value, path);
  });
  saved.each("transports", [this](const Saved& one) {
    auto transport = restore_transport(one);
    transports_.emplace(transport->id(), std::move(transport));
  });
  saved.each("rtpObservers", [this](const Saved& one) {
    auto observer = restore_observer(one);
    observer->restore(one);
    rtp_observers_.emplace(observer->id(), std::move(observer));
  });
}

std::shared_ptr<Transport> Router::restore_transport(const Saved& saved) {
  TransportContext context = transport_context({});
  context.transport_id = saved.string("id");
  switch (saved.one_of("type", {TransportType::webrtc, TransportType::plain, TransportType::direct})) {
    case TransportType::webrtc: return WebRtcTransport::restore(std::move(context), saved);
    case TransportType::plain: return PlainTransport::restore(std::move(context), saved);
    case TransportType::direct: return DirectTransport::restore(std::move(context), saved);
    case TransportType::pipe: break;  // save() refuses it
  }
  throw BadSavedState{saved.path("type") + ": not a transport that can be carried over"};
}

std::shared_ptr<RtpObserver> Router::restore_observer(const Saved& saved) {
  RtpObserverContext context = observer_context(saved.json("appData"));
  context.rtp_observer_id = saved.string("id");
  switch (saved.one_of("type", {RtpObserverType::activespeaker, RtpObserverType::audiolevel})) {
    case RtpObserverType::activespeaker: return ActiveSpeakerObserver::make(std::move(context));
    case RtpObserverType::audiolevel: break;
  }
  return AudioLevelObserver::make(std::move(context));
}

}  // namespace carillon::mediasoup
