// What a fake worker answers to each request, and what it says by itself.
#include "unit/signaling/simulation/fake_worker.hpp"

#include "mediasoup/channel/messages.hpp"

#include <iterator>
#include <utility>

namespace carillon::simulation {

using FBS::Request::Method;
using Event = FBS::Notification::Event;

namespace {

template <class Body>
constexpr std::uint8_t response_type() {
  return static_cast<std::uint8_t>(FBS::Response::BodyTraits<Body>::enum_value);
}

template <class Body>
constexpr std::uint8_t notification_type() {
  return static_cast<std::uint8_t>(FBS::Notification::BodyTraits<Body>::enum_value);
}

/// Requests that make something, or start something that may fail.
bool may_be_refused(Method method) {
  switch (method) {
    case Method::WORKER_CREATE_ROUTER:
    case Method::ROUTER_CREATE_WEBRTCTRANSPORT_WITH_SERVER:
    case Method::ROUTER_CREATE_AUDIOLEVELOBSERVER:
    case Method::TRANSPORT_PRODUCE:
    case Method::TRANSPORT_PRODUCE_DATA:
    case Method::TRANSPORT_CONSUME:
    case Method::TRANSPORT_CONSUME_DATA:
    case Method::TRANSPORT_SET_MAX_INCOMING_BITRATE:
    case Method::TRANSPORT_ENABLE_TRACE_EVENT:
    case Method::WEBRTCTRANSPORT_CONNECT:
    case Method::TRANSPORT_RESTART_ICE:
    case Method::PRODUCER_PAUSE:
    case Method::PRODUCER_RESUME:
    case Method::CONSUMER_PAUSE:
    case Method::CONSUMER_RESUME:
    case Method::RTPOBSERVER_ADD_PRODUCER: return true;
    default: return false;
  }
}

}  // namespace

void FakeWorker::handle(const std::vector<std::uint8_t>& message) {
  const auto* root = FBS::Message::GetSizePrefixedMessage(message.data());
  if (const auto* notification = root->data_as_Notification()) {
    if (notification->event() == Event::WORKER_CLOSE) die(0);
    return;
  }
  const auto* request = root->data_as_Request();
  if (request == nullptr) return world_.wrong("the host sends what only a worker says");
  world_.tell("worker {}: {} {}", pid_, FBS::Request::EnumNameMethod(request->method()), request->handler_id()->str());
  if (may_be_refused(request->method()) && world_.dice.percent(manners_.refuses))
    return refuse(request->id(), "no luck today");
  handle(*request);
}

bool FakeWorker::is_new(const std::string& id) {
  const bool fresh = ids_.insert(id).second;
  if (!fresh) world_.wrong("worker {} is given the id {} twice", pid_, id);
  return fresh;
}

FakeWorker::Router* FakeWorker::router_of_transport(const std::string& id) {
  for (auto& [router_id, router] : routers_) {
    if (router.transports.contains(id)) return &router;
  }
  return nullptr;
}

void FakeWorker::handle(const FBS::Request::Request& request) {
  const std::string handler = request.handler_id()->str();
  const auto unknown = [&] { refuse(request.id(), "Channel request handler with ID " + handler + " not found"); };
  const auto router = routers_.find(handler);
  Router* of_transport = router_of_transport(handler);
  switch (request.method()) {
    case Method::WORKER_GET_RESOURCE_USAGE: {
      Builder builder;
      const auto usage = FBS::Worker::CreateResourceUsageResponse(builder);
      return answer(builder, request.id(), response_type<FBS::Worker::ResourceUsageResponse>(), usage.o);
    }
    case Method::WORKER_CREATE_WEBRTCSERVER:
      servers_.insert(request.body_as_Worker_CreateWebRtcServerRequest()->web_rtc_server_id()->str());
      return accept(request.id());
    case Method::WORKER_CREATE_ROUTER: {
      const std::string id = request.body_as_Worker_CreateRouterRequest()->router_id()->str();
      if (is_new(id)) routers_[id];
      return accept(request.id());
    }
    case Method::WORKER_CLOSE_ROUTER: {
      const std::string id = request.body_as_Worker_CloseRouterRequest()->router_id()->str();
      return routers_.erase(id) > 0 ? accept(request.id()) : refuse(request.id(), "Router not found");
    }
    case Method::ROUTER_CREATE_WEBRTCTRANSPORT_WITH_SERVER:
      return router == routers_.end() ? unknown() : create_transport(request, router->second);
    case Method::ROUTER_CREATE_AUDIOLEVELOBSERVER: {
      if (router == routers_.end()) return unknown();
      const std::string id = request.body_as_Router_CreateAudioLevelObserverRequest()->rtp_observer_id()->str();
      if (is_new(id)) router->second.observers.insert(id);
      return accept(request.id());
    }
    case Method::ROUTER_CLOSE_TRANSPORT: {
      if (router == routers_.end()) return unknown();
      const std::string id = request.body_as_Router_CloseTransportRequest()->transport_id()->str();
      if (!router->second.transports.contains(id)) return refuse(request.id(), "Transport not found");
      close_transport(router->second, id);
      return accept(request.id());
    }
    case Method::TRANSPORT_PRODUCE: return of_transport ? produce(request, *of_transport) : unknown();
    case Method::TRANSPORT_CONSUME: return of_transport ? consume(request, *of_transport) : unknown();
    case Method::TRANSPORT_PRODUCE_DATA: return of_transport ? produce_data(request, *of_transport) : unknown();
    case Method::TRANSPORT_CONSUME_DATA: return of_transport ? consume_data(request, *of_transport) : unknown();
    case Method::TRANSPORT_CLOSE_PRODUCER: {
      if (!of_transport) return unknown();
      close_producer(*of_transport, request.body_as_Transport_CloseProducerRequest()->producer_id()->str());
      return accept(request.id());
    }
    case Method::TRANSPORT_CLOSE_DATAPRODUCER: {
      if (!of_transport) return unknown();
      close_data_producer(*of_transport,
                          request.body_as_Transport_CloseDataProducerRequest()->data_producer_id()->str());
      return accept(request.id());
    }
    case Method::TRANSPORT_CLOSE_CONSUMER: {
      if (!of_transport) return unknown();
      of_transport->consumers.erase(request.body_as_Transport_CloseConsumerRequest()->consumer_id()->str());
      return accept(request.id());
    }
    case Method::TRANSPORT_CLOSE_DATACONSUMER: {
      if (!of_transport) return unknown();
      of_transport->data_consumers.erase(
          request.body_as_Transport_CloseDataConsumerRequest()->data_consumer_id()->str());
      return accept(request.id());
    }
    case Method::TRANSPORT_SET_MAX_INCOMING_BITRATE:
    case Method::TRANSPORT_ENABLE_TRACE_EVENT: return of_transport ? accept(request.id()) : unknown();
    case Method::WEBRTCTRANSPORT_CONNECT: {
      if (!of_transport) return unknown();
      Builder builder;
      const auto body = FBS::WebRtcTransport::CreateConnectResponse(builder, FBS::WebRtcTransport::DtlsRole::CLIENT);
      return answer(builder, request.id(), response_type<FBS::WebRtcTransport::ConnectResponse>(), body.o);
    }
    case Method::TRANSPORT_RESTART_ICE: {
      if (!of_transport) return unknown();
      Builder builder;
      const auto body = FBS::Transport::CreateRestartIceResponseDirect(builder, "fragment", "password", true);
      return answer(builder, request.id(), response_type<FBS::Transport::RestartIceResponse>(), body.o);
    }
    case Method::PRODUCER_PAUSE: return pause(request, true);
    case Method::PRODUCER_RESUME: return pause(request, false);
    case Method::CONSUMER_PAUSE:
    case Method::CONSUMER_RESUME:
    case Method::CONSUMER_SET_PREFERRED_LAYERS:
    case Method::CONSUMER_REQUEST_KEY_FRAME: {
      for (const auto& [id, entry] : routers_) {
        if (entry.consumers.contains(handler)) return accept(request.id());
      }
      return unknown();
    }
    case Method::CONSUMER_SET_PRIORITY: {
      Builder builder;
      const auto body =
          FBS::Consumer::CreateSetPriorityResponse(builder, request.body_as_Consumer_SetPriorityRequest()->priority());
      return answer(builder, request.id(), response_type<FBS::Consumer::SetPriorityResponse>(), body.o);
    }
    case Method::RTPOBSERVER_ADD_PRODUCER:
    case Method::RTPOBSERVER_REMOVE_PRODUCER: {
      for (const auto& [id, entry] : routers_) {
        if (entry.observers.contains(handler)) return accept(request.id());
      }
      return unknown();
    }
    default: return refuse(request.id(), "method not supported");
  }
}

void FakeWorker::create_transport(const FBS::Request::Request& request, Router& router) {
  const auto* wanted = request.body_as_Router_CreateWebRtcTransportRequest();
  const std::string id = wanted->transport_id()->str();
  const auto* server = wanted->options()->listen_as_ListenServer();
  if (server == nullptr || !servers_.contains(server->web_rtc_server_id()->str()))
    return refuse(request.id(), "WebRtcServer not found");
  if (is_new(id)) router.transports.insert(id);
  namespace W = FBS::WebRtcTransport;
  namespace T = FBS::Transport;
  Builder builder;
  const std::vector<flatbuffers::Offset<flatbuffers::String>> none;
  const std::vector<flatbuffers::Offset<FBS::Common::Uint32String>> no_table;
  const std::vector<flatbuffers::Offset<FBS::Common::StringString>> no_texts;
  const auto extensions = T::CreateRecvRtpHeaderExtensions(builder);
  const auto listener = T::CreateRtpListenerDirect(builder, &no_table, &no_texts, &no_texts);
  flatbuffers::Offset<FBS::SctpParameters::SctpParameters> sctp;
  flatbuffers::Optional<FBS::SctpAssociation::SctpState> sctp_state;
  if (wanted->options()->base()->enable_sctp()) {
    sctp = FBS::SctpParameters::CreateSctpParameters(builder, 5000, 262144, 262144, 262144, 262144, 262144, true);
    sctp_state = FBS::SctpAssociation::SctpState::NEW;
  }
  const std::vector<T::TraceEventType> no_traces;
  const auto base = T::CreateDumpDirect(builder, id.c_str(), false, &none, &none, &no_table, &no_table, &none, &none,
                                        extensions, listener, 262144, 262144, sctp, sctp_state, 0, 0, &no_traces);
  const auto ice = W::CreateIceParametersDirect(builder, "fragment", "password", true);
  const std::vector<flatbuffers::Offset<W::IceCandidate>> candidates{
      W::CreateIceCandidateDirect(builder, "udpcandidate", 1076302079, "127.0.0.1", T::Protocol::UDP, 40000)};
  std::vector<flatbuffers::Offset<W::Fingerprint>> fingerprints{W::CreateFingerprintDirect(
      builder, W::FingerprintAlgorithm::SHA256,
      "82:5A:68:3D:36:C3:0A:DE:AF:E7:32:43:D2:88:83:57:AC:2D:65:E5:80:C4:B6:FB:AF:1A:A0:21:9F:6D:0C:AD")};
  const auto dtls = W::CreateDtlsParametersDirect(builder, &fingerprints, W::DtlsRole::AUTO);
  const auto dump = W::CreateDumpResponse(builder, base, W::IceRole::CONTROLLED, ice, builder.CreateVector(candidates),
                                          W::IceState::NEW, 0, dtls, W::DtlsState::NEW);
  answer(builder, request.id(), response_type<W::DumpResponse>(), dump.o);
}

void FakeWorker::produce(const FBS::Request::Request& request, Router& router) {
  const auto* wanted = request.body_as_Transport_ProduceRequest();
  const std::string id = wanted->producer_id()->str();
  if (is_new(id)) router.producers[id] = {request.handler_id()->str(), wanted->paused()};
  Builder builder;
  const auto body = FBS::Transport::CreateProduceResponse(builder, FBS::RtpParameters::Type::SIMPLE);
  answer(builder, request.id(), response_type<FBS::Transport::ProduceResponse>(), body.o);
}

void FakeWorker::consume(const FBS::Request::Request& request, Router& router) {
  const auto* wanted = request.body_as_Transport_ConsumeRequest();
  const std::string id = wanted->consumer_id()->str();
  const auto producer = router.producers.find(wanted->producer_id()->str());
  if (producer == router.producers.end()) return refuse(request.id(), "Producer not found");
  if (is_new(id)) router.consumers[id] = {request.handler_id()->str(), producer->first};
  Builder builder;
  const std::vector<std::uint8_t> scores{10};
  const auto score = FBS::Consumer::CreateConsumerScoreDirect(builder, 10, 10, &scores);
  const auto body = FBS::Transport::CreateConsumeResponse(builder, wanted->paused(), producer->second.paused, score);
  answer(builder, request.id(), response_type<FBS::Transport::ConsumeResponse>(), body.o);
}

void FakeWorker::produce_data(const FBS::Request::Request& request, Router& router) {
  const auto* wanted = request.body_as_Transport_ProduceDataRequest();
  const std::string id = wanted->data_producer_id()->str();
  if (is_new(id)) router.data_producers[id] = {request.handler_id()->str(), false};
  Builder builder;
  const auto* from = wanted->sctp_stream_parameters();
  const auto stream = FBS::SctpParameters::CreateSctpStreamParameters(builder, from->stream_id(), from->ordered());
  const auto body =
      FBS::DataProducer::CreateDumpResponseDirect(builder, id.c_str(), FBS::DataProducer::Type::SCTP, stream,
                                                  wanted->label()->c_str(), wanted->protocol()->c_str(), false);
  answer(builder, request.id(), response_type<FBS::DataProducer::DumpResponse>(), body.o);
}

void FakeWorker::consume_data(const FBS::Request::Request& request, Router& router) {
  const auto* wanted = request.body_as_Transport_ConsumeDataRequest();
  const std::string id = wanted->data_consumer_id()->str();
  const auto producer = router.data_producers.find(wanted->data_producer_id()->str());
  if (producer == router.data_producers.end()) return refuse(request.id(), "DataProducer not found");
  if (is_new(id)) router.data_consumers[id] = {request.handler_id()->str(), producer->first};
  Builder builder;
  const auto* from = wanted->sctp_stream_parameters();
  const auto stream = FBS::SctpParameters::CreateSctpStreamParameters(builder, from->stream_id(), from->ordered());
  const std::vector<std::uint16_t> no_subchannels;
  const auto body = FBS::DataConsumer::CreateDumpResponseDirect(
      builder, id.c_str(), producer->first.c_str(), FBS::DataConsumer::Type::SCTP, stream, wanted->label()->c_str(),
      wanted->protocol()->c_str(), 0, 0, wanted->paused(), false, &no_subchannels);
  answer(builder, request.id(), response_type<FBS::DataConsumer::DumpResponse>(), body.o);
}

void FakeWorker::pause(const FBS::Request::Request& request, bool paused) {
  const std::string id = request.handler_id()->str();
  for (auto& [router_id, router] : routers_) {
    const auto producer = router.producers.find(id);
    if (producer == router.producers.end()) continue;
    const Event event = paused ? Event::CONSUMER_PRODUCER_PAUSE : Event::CONSUMER_PRODUCER_RESUME;
    if (std::exchange(producer->second.paused, paused) != paused) {
      for (const auto& [consumer, entry] : router.consumers) {
        if (entry.producer == id) notify(consumer, static_cast<std::uint8_t>(event));
      }
    }
    return accept(request.id());
  }
  refuse(request.id(), "Channel request handler with ID " + id + " not found");
}

void FakeWorker::close_producer(Router& router, const std::string& id) {
  if (router.producers.erase(id) == 0) return;
  std::erase_if(router.consumers, [&](const auto& entry) {
    if (entry.second.producer != id) return false;
    notify(entry.first, static_cast<std::uint8_t>(Event::CONSUMER_PRODUCER_CLOSE));
    return true;
  });
}

void FakeWorker::close_data_producer(Router& router, const std::string& id) {
  if (router.data_producers.erase(id) == 0) return;
  std::erase_if(router.data_consumers, [&](const auto& entry) {
    if (entry.second.producer != id) return false;
    notify(entry.first, static_cast<std::uint8_t>(Event::DATACONSUMER_DATAPRODUCER_CLOSE));
    return true;
  });
}

void FakeWorker::close_transport(Router& router, const std::string& id) {
  const auto of_it = [&](const auto& entry) { return entry.second.transport == id; };
  std::erase_if(router.consumers, of_it);
  std::erase_if(router.data_consumers, of_it);
  std::vector<std::string> producers;
  for (const auto& [producer, entry] : router.producers) {
    if (entry.transport == id) producers.push_back(producer);
  }
  for (const std::string& producer : producers) close_producer(router, producer);
  producers.clear();
  for (const auto& [producer, entry] : router.data_producers) {
    if (entry.transport == id) producers.push_back(producer);
  }
  for (const std::string& producer : producers) close_data_producer(router, producer);
  router.transports.erase(id);
}

// ---- What it says by itself --------------------------------------------------------------------------------------

void FakeWorker::say_something() {
  if (!lives_ || hangs_ || routers_.empty()) return;
  auto router = routers_.begin();
  std::advance(router, static_cast<std::ptrdiff_t>(world_.dice.roll(routers_.size())));
  Builder builder;
  if (!router->second.consumers.empty() && world_.dice.percent(50)) {
    const std::vector<std::uint8_t> scores{static_cast<std::uint8_t>(world_.dice.roll(11))};
    const auto score = FBS::Consumer::CreateConsumerScoreDirect(builder, scores[0], scores[0], &scores);
    const auto body = FBS::Consumer::CreateScoreNotification(builder, score);
    return notify(builder, router->second.consumers.begin()->first, static_cast<std::uint8_t>(Event::CONSUMER_SCORE),
                  notification_type<FBS::Consumer::ScoreNotification>(), body.o);
  }
  if (!router->second.transports.empty() && world_.dice.percent(50)) {
    const auto info = FBS::Transport::CreateBweTraceInfo(builder, FBS::Transport::BweType::TRANSPORT_CC, 0, 0, 0, 0, 0,
                                                         0, 1000 * world_.dice.roll(3000));
    const auto body = FBS::Transport::CreateTraceNotification(builder, FBS::Transport::TraceEventType::BWE, 0,
                                                              FBS::Common::TraceDirection::DIRECTION_OUT,
                                                              FBS::Transport::TraceInfo::BweTraceInfo, info.Union());
    return notify(builder, *router->second.transports.begin(), static_cast<std::uint8_t>(Event::TRANSPORT_TRACE),
                  notification_type<FBS::Transport::TraceNotification>(), body.o);
  }
  if (!router->second.producers.empty() && !router->second.observers.empty()) {
    const std::string& producer = router->second.producers.rbegin()->first;
    const std::vector<flatbuffers::Offset<FBS::AudioLevelObserver::Volume>> volumes{
        FBS::AudioLevelObserver::CreateVolumeDirect(builder, producer.c_str(), -20)};
    const auto body = FBS::AudioLevelObserver::CreateVolumesNotificationDirect(builder, &volumes);
    return notify(builder, *router->second.observers.begin(),
                  static_cast<std::uint8_t>(Event::AUDIOLEVELOBSERVER_VOLUMES),
                  notification_type<FBS::AudioLevelObserver::VolumesNotification>(), body.o);
  }
  if (!router->second.observers.empty())
    notify(*router->second.observers.begin(), static_cast<std::uint8_t>(Event::AUDIOLEVELOBSERVER_SILENCE));
}

}  // namespace carillon::simulation
