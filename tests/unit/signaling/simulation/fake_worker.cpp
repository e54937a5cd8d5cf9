#include "unit/signaling/simulation/fake_worker.hpp"

#include "base/async.hpp"
#include "mediasoup/channel/messages.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>

namespace carillon::simulation {

using FBS::Request::Method;
using Event = FBS::Notification::Event;

namespace {

std::pair<mediasoup::Fd, mediasoup::Fd> socket_pair() {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) throw std::runtime_error(std::strerror(errno));
  return {mediasoup::Fd{fds[0]}, mediasoup::Fd{fds[1]}};
}

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

FakeWorker::FakeWorker(World& world, boost::asio::any_io_executor executor, pid_t pid, const WorkerManners& manners)
    : world_{world},
      pid_{pid},
      manners_{manners},
      exited_{std::make_unique<Timer>(std::move(executor), Timer::time_point::max())},
      free_at_{world.now()} {
  std::tie(write_end_, from_host_) = socket_pair();
  std::tie(read_end_, to_host_) = socket_pair();
}

FakeWorker::~FakeWorker() = default;

void FakeWorker::start() {
  const bool fails = world_.dice.percent(manners_.start_fails);
  world_.soon(world_.dice.up_to(50ms), [weak = weak_from_this(), fails] {
    const auto self = weak.lock();
    if (!self || !self->lives_) return;
    if (fails) return self->die(7 << 8);
    self->notify(std::to_string(self->pid_), static_cast<std::uint8_t>(Event::WORKER_RUNNING));
  });
}

void FakeWorker::arrive(boost::asio::any_io_executor executor) {
  exited_ = std::make_unique<Timer>(std::move(executor), Timer::time_point::max());
}

// ---- Its end -----------------------------------------------------------------------------------------------------

void FakeWorker::kill(int signal) { die(signal); }

void FakeWorker::die(int status) {
  if (!lives_) return;
  world_.tell("worker {} ends: {}", pid_, status);
  lives_ = false;
  routers_.clear();
  servers_.clear();
  from_host_ = mediasoup::Fd{};
  to_host_ = mediasoup::Fd{};
  world_.soon(world_.dice.up_to(5ms), [weak = weak_from_this(), status] {
    const auto self = weak.lock();
    if (!self) return;
    self->exit_status_ = status;
    if (self->exited_) self->exited_->cancel();
    self->on_exit.emit(status);
  });
}

boost::asio::awaitable<void> FakeWorker::wait_exit() {
  const auto self = shared_from_this();
  while (!exit_status_) {
    boost::system::error_code cancelled;
    co_await exited_->async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, cancelled));
    const auto state = co_await boost::asio::this_coro::cancellation_state;
    if (state.cancelled() != boost::asio::cancellation_type::none) co_return;
  }
}

/// When it does not hang, an answer is on its way: it is as if it waited for a processor.
std::optional<mediasoup::ProcessStat> FakeWorker::stat() const {
  if (!lives_) return std::nullopt;
  return mediasoup::ProcessStat{hangs_ ? 'T' : 'R', Duration{0}};
}

void FakeWorker::wake() {
  if (!std::exchange(hangs_, false)) return;
  for (const auto& message : std::exchange(unhandled_, {})) {
    if (lives_) handle(message);
  }
}

// ---- The line to the host ----------------------------------------------------------------------------------------

bool FakeWorker::read() {
  if (!lives_) return false;
  std::uint8_t buffer[16384];
  bool any = false;
  for (;;) {
    const ssize_t size = ::recv(from_host_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
    if (size < 0) break;
    any = true;
    if (size == 0) {  // the host is gone: so is the real one
      die(0);
      return true;
    }
    unread_.insert(unread_.end(), buffer, buffer + size);
    if (static_cast<std::size_t>(size) < sizeof buffer) break;
  }
  std::size_t at = 0;
  while (lives_ && unread_.size() - at >= 4) {
    std::uint32_t length = 0;
    std::memcpy(&length, unread_.data() + at, sizeof length);
    if (unread_.size() - at < 4 + length) break;
    const auto begin = unread_.begin() + static_cast<std::ptrdiff_t>(at);
    const std::vector<std::uint8_t> message(begin, begin + 4 + length);
    at += 4 + length;
    if (hangs_) {
      unhandled_.push_back(message);
    } else {
      handle(message);
    }
  }
  unread_.erase(unread_.begin(), unread_.begin() + static_cast<std::ptrdiff_t>(at));
  return any;
}

void FakeWorker::send(Builder& builder, std::uint8_t type, std::uint32_t body) {
  builder.FinishSizePrefixed(
      FBS::Message::CreateMessage(builder, static_cast<FBS::Message::Body>(type), flatbuffers::Offset<void>{body}));
  const std::uint8_t* begin = builder.GetBufferPointer();
  schedule_write({begin, begin + builder.GetSize()});
}

/// In order, each some time after the one before.
void FakeWorker::schedule_write(std::vector<std::uint8_t> bytes) {
  const Duration slow = manners_.slowness > 0ms ? world_.dice.up_to(manners_.slowness) : 0ms;
  free_at_ = std::max(free_at_, world_.now()) + slow;
  if (free_at_ == world_.now()) return write(bytes);
  world_.soon(free_at_ - world_.now(), [weak = weak_from_this(), bytes = std::move(bytes)] {
    if (const auto self = weak.lock()) self->write(bytes);
  });
}

void FakeWorker::write(const std::vector<std::uint8_t>& bytes) {
  if (!lives_) return;
  if (::send(to_host_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT) !=
      static_cast<ssize_t>(bytes.size()))
    die(SIGPIPE);
}

void FakeWorker::send_garbage() {
  std::vector<std::uint8_t> garbage(64, 0xfe);
  const std::uint32_t length = world_.dice.percent(50) ? 60 : 0xffffffff;
  std::memcpy(garbage.data(), &length, sizeof length);
  write(garbage);
}

void FakeWorker::answer(Builder& builder, std::uint32_t id, std::uint8_t type, std::uint32_t body) {
  const auto response = FBS::Response::CreateResponse(builder, id, true, static_cast<FBS::Response::Body>(type),
                                                      flatbuffers::Offset<void>{body});
  send(builder, static_cast<std::uint8_t>(FBS::Message::Body::Response), response.o);
}

void FakeWorker::accept(std::uint32_t id) {
  Builder builder;
  answer(builder, id, 0, 0);
}

void FakeWorker::refuse(std::uint32_t id, const std::string& reason, const char* error) {
  Builder builder;
  const auto response =
      FBS::Response::CreateResponseDirect(builder, id, false, FBS::Response::Body::NONE, 0, error, reason.c_str());
  send(builder, static_cast<std::uint8_t>(FBS::Message::Body::Response), response.o);
}

void FakeWorker::notify(const std::string& handler, std::uint8_t event) {
  Builder builder;
  notify(builder, handler, event, 0, 0);
}

void FakeWorker::notify(Builder& builder, const std::string& handler, std::uint8_t event, std::uint8_t type,
                        std::uint32_t body) {
  const auto notification = FBS::Notification::CreateNotification(
      builder, builder.CreateString(handler), static_cast<Event>(event), static_cast<FBS::Notification::Body>(type),
      flatbuffers::Offset<void>{body});
  send(builder, static_cast<std::uint8_t>(FBS::Message::Body::Notification), notification.o);
}

// ---- What it is asked --------------------------------------------------------------------------------------------

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
