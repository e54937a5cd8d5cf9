// The mediasoup objects of one call's room. room::Room decides who gets what; this performs it.
#pragma once

#include "base/log.hpp"
#include "base/timer.hpp"
#include "mediasoup/audio_level_observer.hpp"
#include "mediasoup/ortc/rtp_parameters.hpp"
#include "mediasoup/router.hpp"
#include "protocol/media.hpp"
#include "room/bitrate.hpp"
#include "room/rooms.hpp"
#include "signaling/devices.hpp"
#include "signaling/worker_pool.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace carillon::mediasoup {
class Consumer;
class DataConsumer;
class DataProducer;
class Producer;
class Saved;
class WebRtcTransport;
}  // namespace carillon::mediasoup

namespace carillon::signaling {

/// The codecs of every router: what browsers can do, the best known first.
[[nodiscard]] const std::vector<ortc::RtpCodecCapability>& media_codecs();
/// The capabilities of every router, known before any call.
[[nodiscard]] const json::value& server_rtp_capabilities();

class MediaRoom : public std::enable_shared_from_this<MediaRoom> {
 public:
  using Answer = std::function<void(Result<json::value>)>;

  /// What all rooms share. Must outlive them.
  struct Shared {
    boost::asio::io_context& io;
    const Clock& clock;
    Devices& devices;
    room::Rooms& rooms;
    WorkerPool& workers;
    const MediaConfig& config;
    Logger log;
    /// The device still has its seat in the call: asked again after every wait.
    std::function<bool(const DeviceId&, const CallId&)> has_seat;
  };

  MediaRoom(Shared& shared, CallId call, RoomId room);
  ~MediaRoom();
  MediaRoom(const MediaRoom&) = delete;
  MediaRoom& operator=(const MediaRoom&) = delete;

  [[nodiscard]] const CallId& call() const { return call_; }
  [[nodiscard]] const RoomId& room() const { return room_; }

  /// Makes router and observer. An error closes the room.
  boost::asio::awaitable<Result<>> open(room::WorkerId worker);
  /// For the program that takes the place of this one, while the worker is quiet. It holds what clients said of
  /// themselves. nullopt: the room is not open, and is to be made anew.
  [[nodiscard]] std::optional<json::object> save() const;
  /// In the place of open(): on the worker that has the router already. After an error the router is closed, and this
  /// room is to be thrown away.
  [[nodiscard]] Result<> restore(const json::object& saved);
  /// Of a saved room that nobody wants any more: closes its router.
  static void close_saved(const WorkerPool& workers, const json::object& saved);
  /// `why` answers whoever still asks.
  void close(Error why = fail(Errc::conflict, "the call has ended"));
  void drop_peer(const DeviceId& peer);

  /// One media request of a device that has a seat. Answers first; what follows from it (new consumers) comes after.
  boost::asio::awaitable<void> handle(DevicePtr device, protocol::MediaRequest request, Answer answer);

  /// Beside a call in `welcome.calls`: what this device has here, so that a client can mend what it missed.
  [[nodiscard]] std::optional<json::object> snapshot(const DeviceId& device);

 private:
  friend class Inspector;  // of the simulator, like Node's

  /// What a client told us of itself.
  struct Peer {
    DevicePtr device;
    std::string display_name;
    json::object device_info;
    std::optional<ortc::RtpCapabilities> rtp_capabilities;
  };

  // media_room.cpp
  boost::asio::awaitable<bool> ready();
  /// The book-keeping of this room; nullptr once it is closed. Not to be kept over a wait.
  [[nodiscard]] room::Room* book();
  /// The same for a device that has its seat; else what to answer it.
  [[nodiscard]] Result<room::Room*> book_for(const Device& device);
  [[nodiscard]] json::object peer_json(const DeviceId& peer) const;
  [[nodiscard]] json::object with_call(json::object data) const;
  void notify(const DeviceId& to, std::string_view method, json::object data);
  void perform(const room::Actions& actions);
  void perform(const room::NewPeer& action);
  void perform(const room::PeerClosed& action);
  void perform(const room::Consume& action);
  void perform(const room::ConsumerClosed& action);
  void perform(const room::CloseTransport& action);
  void watch_speakers();
  void tell_speaker(const DeviceId& peer, std::optional<int> volume);

  // media_room_saved.cpp
  void take_objects(const mediasoup::Router& router, const room::Room::Saved& book);
  void take_peer(const mediasoup::Saved& saved);
  void watch_again();

  // media_requests.cpp: one for each method
  boost::asio::awaitable<void> on(DevicePtr device, protocol::GetRouterRtpCapabilities request, Answer answer);
  boost::asio::awaitable<void> on(DevicePtr device, protocol::CreateWebRtcTransport request, Answer answer);
  boost::asio::awaitable<void> on(DevicePtr device, protocol::ConnectWebRtcTransport request, Answer answer);
  boost::asio::awaitable<void> on(DevicePtr device, protocol::RestartIce request, Answer answer);
  boost::asio::awaitable<void> on(DevicePtr device, protocol::Join request, Answer answer);
  boost::asio::awaitable<void> on(DevicePtr device, protocol::Produce request, Answer answer);
  boost::asio::awaitable<void> on(DevicePtr device, protocol::ProduceData request, Answer answer);
  boost::asio::awaitable<void> on(DevicePtr device, protocol::OnProducer request, Answer answer);
  boost::asio::awaitable<void> on(DevicePtr device, protocol::OnConsumer request, Answer answer);
  boost::asio::awaitable<void> on(DevicePtr device, protocol::SetConsumerPreferredLayers request, Answer answer);
  boost::asio::awaitable<void> on(DevicePtr device, protocol::SetConsumerPriority request, Answer answer);
  boost::asio::awaitable<void> on(DevicePtr device, protocol::GetTransportStats request, Answer answer);
  boost::asio::awaitable<void> on(DevicePtr device, protocol::GetProducerStats request, Answer answer);
  boost::asio::awaitable<void> on(DevicePtr device, protocol::GetConsumerStats request, Answer answer);
  boost::asio::awaitable<void> on(DevicePtr device, protocol::GetDataProducerStats request, Answer answer);
  boost::asio::awaitable<void> on(DevicePtr device, protocol::GetDataConsumerStats request, Answer answer);
  [[nodiscard]] Result<std::shared_ptr<mediasoup::WebRtcTransport>> transport_of(const DeviceId& peer,
                                                                                 const std::string& id);
  [[nodiscard]] Result<std::shared_ptr<mediasoup::Producer>> producer_of(const DeviceId& peer, const std::string& id);
  [[nodiscard]] Result<std::shared_ptr<mediasoup::Consumer>> consumer_of(const DeviceId& peer, const std::string& id);
  void watch(const DeviceId& peer, const std::shared_ptr<mediasoup::Producer>& producer);

  // media_bitrate.cpp
  boost::asio::awaitable<void> measure(DeviceId receiver, std::shared_ptr<mediasoup::WebRtcTransport> transport);
  void watch(const DeviceId& receiver, const std::shared_ptr<mediasoup::WebRtcTransport>& transport);
  void fit(const DeviceId& receiver, std::uint64_t available_bps);
  boost::asio::awaitable<void> limit(std::shared_ptr<mediasoup::WebRtcTransport> transport, std::uint64_t bitrate_bps);

  // media_consumers.cpp
  boost::asio::awaitable<void> consume(room::Consume action);
  boost::asio::awaitable<void> consume_media(room::Consume action);
  boost::asio::awaitable<void> consume_data(room::Consume action);
  void offer(const DevicePtr& device, const room::Consume& action,
             const std::shared_ptr<mediasoup::Consumer>& consumer);
  void offer(const DevicePtr& device, const room::Consume& action,
             const std::shared_ptr<mediasoup::DataConsumer>& consumer);
  void watch(const DeviceId& peer, const std::shared_ptr<mediasoup::Consumer>& consumer);
  boost::asio::awaitable<void> let_flow(std::shared_ptr<mediasoup::Consumer> consumer);
  void refuse(const room::Consume& action, const Error& why);
  void drop_consumer(const std::string& id);

  Shared& shared_;
  Logger log_;
  CallId call_;
  RoomId room_;
  bool opening_ = true;
  bool closed_ = false;
  Error over_ = fail(Errc::conflict, "the call has ended");  // what is answered once closed_
  Timer opened_;                                             // waits for open() to end, however it ends
  std::shared_ptr<mediasoup::WebRtcServer> server_;
  std::shared_ptr<mediasoup::Router> router_;
  std::shared_ptr<mediasoup::AudioLevelObserver> speakers_;
  DeviceId speaking_;
  std::map<DeviceId, Peer> peers_;
  std::map<std::string, std::shared_ptr<mediasoup::WebRtcTransport>> transports_;
  room::BitrateLimits limits_;
  std::map<std::string, std::shared_ptr<mediasoup::Producer>> producers_;
  std::map<std::string, std::shared_ptr<mediasoup::DataProducer>> data_producers_;
  std::map<std::string, std::shared_ptr<mediasoup::Consumer>> consumers_;
  std::map<std::string, std::shared_ptr<mediasoup::DataConsumer>> data_consumers_;
  /// Consumers that were offered and do not flow yet.
  std::set<std::string> unanswered_;
};

}  // namespace carillon::signaling
