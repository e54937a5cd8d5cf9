// Router: carries media from Producers to Consumers, through Transports. Made by Worker::create_router().
#pragma once

#include "mediasoup/active_speaker_observer.hpp"
#include "mediasoup/audio_level_observer.hpp"
#include "mediasoup/channel/channel.hpp"
#include "mediasoup/ortc/rtp_parameters.hpp"
#include "mediasoup/transport_context.hpp"
#include "mediasoup/transport_options.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace carillon::mediasoup {

class Consumer;
class DataConsumer;
class DataProducer;
class DirectTransport;
class PipeTransport;
class PlainTransport;
class Producer;
class Router;
class Transport;
class WebRtcTransport;

struct RouterOptions {
  /// Missing payload types are given; RTX codecs are added for video.
  std::vector<ortc::RtpCodecCapability> media_codecs;
  boost::json::object app_data;
};

/// Exactly one of `producer_id` and `data_producer_id` must be given.
struct PipeToRouterOptions : SctpOptions {
  PipeToRouterOptions() { enable_sctp = true; }

  std::string producer_id;
  std::string data_producer_id;
  std::shared_ptr<Router> router;  // the destination
  /// The other side's producer gets the same id. Not possible when both routers are in one worker.
  bool keep_id = true;
  TransportListenInfo listen_info{.ip = "127.0.0.1"};
  bool enable_rtx = false;
  bool enable_srtp = false;
};

/// The first two or the last two are set, as `producer_id` or `data_producer_id` was given.
struct PipeToRouterResult {
  std::shared_ptr<Consumer> pipe_consumer;  // in this router
  std::shared_ptr<Producer> pipe_producer;  // in the destination
  std::shared_ptr<DataConsumer> pipe_data_consumer;
  std::shared_ptr<DataProducer> pipe_data_producer;
};

class Router final : public TransportHost, public std::enable_shared_from_this<Router> {
 public:
  struct Context {
    std::shared_ptr<Channel> channel;
    std::string router_id;
    ortc::RtpCapabilities rtp_capabilities;
    /// Called by close(), not when the worker itself ended.
    std::function<void(const std::string& router_id)> on_closed;
    boost::json::object app_data;
  };
  /// Made by Worker::create_router(), nobody else.
  explicit Router(Context context);
  ~Router() override;
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  [[nodiscard]] const std::string& id() const { return context_.router_id; }
  [[nodiscard]] bool closed() const { return closed_; }
  [[nodiscard]] const ortc::RtpCapabilities& rtp_capabilities() const { return context_.rtp_capabilities; }
  [[nodiscard]] std::size_t transport_count() const { return transports_.size(); }
  [[nodiscard]] std::shared_ptr<Transport> transport_by_id(const std::string& id) const;

  void close();
  asio::awaitable<Result<boost::json::value>> dump();

  asio::awaitable<Result<std::shared_ptr<WebRtcTransport>>> create_webrtc_transport(WebRtcTransportOptions options);
  asio::awaitable<Result<std::shared_ptr<PlainTransport>>> create_plain_transport(PlainTransportOptions options);
  asio::awaitable<Result<std::shared_ptr<PipeTransport>>> create_pipe_transport(PipeTransportOptions options);
  asio::awaitable<Result<std::shared_ptr<DirectTransport>>> create_direct_transport(
      DirectTransportOptions options = {});
  asio::awaitable<Result<std::shared_ptr<ActiveSpeakerObserver>>> create_active_speaker_observer(
      ActiveSpeakerObserverOptions options = {});
  asio::awaitable<Result<std::shared_ptr<AudioLevelObserver>>> create_audio_level_observer(
      AudioLevelObserverOptions options = {});

  /// Makes a producer of this router one of another router too, over a pair of PipeTransports that is made once for the
  /// two routers. Both halves end together; pause and resume follow.
  asio::awaitable<Result<PipeToRouterResult>> pipe_to_router(PipeToRouterOptions options);

  /// False also when there is no such producer.
  [[nodiscard]] bool can_consume(const std::string& producer_id, const ortc::RtpCapabilities& rtp_capabilities) const;
  /// Changes rtp_capabilities(), for whatever is made from then on.
  Result<> update_media_codecs(const std::vector<ortc::RtpCodecCapability>& media_codecs);

  /// nullptr: there is none with this id (any more).
  [[nodiscard]] std::shared_ptr<RtpObserver> rtp_observer_by_id(const std::string& id) const;

  /// The worker ended. Called by the Worker only.
  void on_worker_closed();
  /// For the Worker only: worker.hpp says when. `unsupported` while it is piped to another router.
  [[nodiscard]] Result<boost::json::object> save() const;
  /// Everything that was made in it, out of what save() wrote; to be called on a new one with the saved id.
  void restore(const Saved& saved);

  Signal<> on_close;         ///< Over, whoever ended it; the last event.
  Signal<> on_worker_close;  ///< The parent ended; comes before on_close.
  Signal<const std::shared_ptr<Transport>&> on_new_transport;
  Signal<const std::shared_ptr<RtpObserver>&> on_new_rtp_observer;

  boost::json::object app_data;

  // TransportHost, for the transports of this router.
  [[nodiscard]] const ortc::RtpCapabilities& router_rtp_capabilities() const override {
    return context_.rtp_capabilities;
  }
  [[nodiscard]] std::shared_ptr<Producer> producer_by_id(const std::string& id) const override;
  [[nodiscard]] std::shared_ptr<DataProducer> data_producer_by_id(const std::string& id) const override;

 private:
  void on_new_producer(std::shared_ptr<Producer> producer) override;
  void on_new_data_producer(std::shared_ptr<DataProducer> data_producer) override;
  void on_producer_closed(const std::string& id) override;
  void on_data_producer_closed(const std::string& id) override;
  void on_transport_closed(const std::string& id) override;

  /// The two PipeTransports that join two routers. Shared by both; while it is being made, whoever needs it waits.
  struct PipePair;

  void end();
  [[nodiscard]] std::shared_ptr<Transport> restore_transport(const Saved& saved);
  [[nodiscard]] std::shared_ptr<RtpObserver> restore_observer(const Saved& saved);
  [[nodiscard]] Result<> check_open() const;
  TransportContext transport_context(boost::json::object transport_app_data);
  RtpObserverContext observer_context(boost::json::object observer_app_data);
  void adopt(const std::shared_ptr<Transport>& transport);
  void adopt(const std::shared_ptr<RtpObserver>& observer);

  [[nodiscard]] Result<> check_pipe_options(const PipeToRouterOptions& options) const;
  static asio::awaitable<Result<std::shared_ptr<PipePair>>> pipe_pair(std::shared_ptr<Router> from,
                                                                      PipeToRouterOptions options);
  static asio::awaitable<Result<>> make_pipe_pair(std::shared_ptr<PipePair> pair, std::shared_ptr<Router> from,
                                                  PipeToRouterOptions options);
  static asio::awaitable<Result<PipeToRouterResult>> pipe_producer(std::shared_ptr<Producer> producer,
                                                                   std::shared_ptr<PipePair> pair,
                                                                   PipeToRouterOptions options, std::string from_id);
  static asio::awaitable<Result<PipeToRouterResult>> pipe_data_producer(std::shared_ptr<DataProducer> data_producer,
                                                                        std::shared_ptr<PipePair> pair,
                                                                        PipeToRouterOptions options,
                                                                        std::string from_id);

  Context context_;
  bool closed_ = false;
  std::map<std::string, std::shared_ptr<Transport>> transports_;
  std::map<std::string, std::shared_ptr<Producer>> producers_;
  std::map<std::string, std::shared_ptr<DataProducer>> data_producers_;
  std::map<std::string, std::shared_ptr<RtpObserver>> rtp_observers_;
  /// By the id of the other router.
  std::map<std::string, std::shared_ptr<PipePair>> pipe_pairs_;
};

}  // namespace carillon::mediasoup
