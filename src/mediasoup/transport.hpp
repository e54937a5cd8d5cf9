// Transport: joins one endpoint to a Router. Base of WebRtcTransport, PlainTransport, PipeTransport and
// DirectTransport. Who tells whom when something closes: docs/closing.md.
#pragma once

#include "base/result.hpp"
#include "base/signal.hpp"
#include "mediasoup/channel/channel.hpp"
#include "mediasoup/consumer.hpp"
#include "mediasoup/data_consumer.hpp"
#include "mediasoup/data_producer.hpp"
#include "mediasoup/ortc/sctp_parameters.hpp"
#include "mediasoup/producer.hpp"
#include "mediasoup/trace.hpp"
#include "mediasoup/transport_context.hpp"
#include "mediasoup/transport_options.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace carillon::mediasoup {

enum class TransportTraceEventType { probation, bwe };

class Transport : public std::enable_shared_from_this<Transport> {
 public:
  virtual ~Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  [[nodiscard]] virtual TransportType type() const = 0;
  [[nodiscard]] const std::string& id() const { return context_.transport_id; }
  [[nodiscard]] const std::string& router_id() const { return context_.router_id; }
  [[nodiscard]] bool closed() const { return closed_; }

  void close();

  [[nodiscard]] virtual asio::awaitable<Result<boost::json::value>> dump() = 0;
  /// An array with one object, as in the package.
  [[nodiscard]] virtual asio::awaitable<Result<boost::json::value>> get_stats() = 0;

  /// Bits per second; 0 takes the limit away. A DirectTransport answers `unsupported`.
  [[nodiscard]] virtual asio::awaitable<Result<>> set_max_incoming_bitrate(std::uint64_t bitrate_bps);
  [[nodiscard]] virtual asio::awaitable<Result<>> set_max_outgoing_bitrate(std::uint64_t bitrate_bps);
  [[nodiscard]] virtual asio::awaitable<Result<>> set_min_outgoing_bitrate(std::uint64_t bitrate_bps);

  [[nodiscard]] asio::awaitable<Result<std::shared_ptr<Producer>>> produce(ProducerOptions options);
  /// Start video paused and resume it when the endpoint has its side ready: the first key frame is not lost then.
  [[nodiscard]] virtual asio::awaitable<Result<std::shared_ptr<Consumer>>> consume(ConsumerOptions options);
  [[nodiscard]] asio::awaitable<Result<std::shared_ptr<DataProducer>>> produce_data(DataProducerOptions options);
  [[nodiscard]] asio::awaitable<Result<std::shared_ptr<DataConsumer>>> consume_data(DataConsumerOptions options);
  /// Replaces the set; an empty one turns tracing off.
  [[nodiscard]] asio::awaitable<Result<>> enable_trace_event(std::vector<TransportTraceEventType> types = {});

  /// What was made here and is not over; nullptr when there is none with this id.
  [[nodiscard]] std::shared_ptr<Producer> producer_by_id(const std::string& id) const;
  [[nodiscard]] std::shared_ptr<Consumer> consumer_by_id(const std::string& id) const;
  [[nodiscard]] std::shared_ptr<DataProducer> data_producer_by_id(const std::string& id) const;
  [[nodiscard]] std::shared_ptr<DataConsumer> data_consumer_by_id(const std::string& id) const;

  /// The router ended, and the worker knows. For the Router only.
  void on_router_closed();
  /// For the Router only: worker.hpp says when. `unsupported` for a kind that cannot be carried over.
  [[nodiscard]] virtual Result<boost::json::object> save() const = 0;

  // The events of the package's Transport and those of its `observer`.
  Signal<> on_router_close;         ///< Its router ended, so this did too.
  Signal<> on_listen_server_close;  ///< Its WebRtcServer ended, so this did too.
  Signal<> on_close;                ///< Over, whoever ended it; comes last.
  Signal<const std::shared_ptr<Producer>&> on_new_producer;
  Signal<const std::shared_ptr<Consumer>&> on_new_consumer;
  Signal<const std::shared_ptr<DataProducer>&> on_new_data_producer;
  Signal<const std::shared_ptr<DataConsumer>&> on_new_data_consumer;
  Signal<const TraceEvent&> on_trace;

  boost::json::object app_data;

 protected:
  explicit Transport(TransportContext context);

  /// Begins to take the worker's notifications. Not in the constructor, where the derived part is not there yet.
  void start();
  virtual void on_notification(const Notification& notification);
  /// The last thing a derived class does with its states (ICE, DTLS, SCTP) when the transport ends.
  virtual void on_ending() {}

  /// What all kinds of transports save, and everything that was made here.
  [[nodiscard]] boost::json::object save_base() const;
  /// The counterpart, which also start()s it.
  void restore_base(const Saved& saved);

  enum class Ending { closed_itself, router_closed, listen_server_closed };
  void end(Ending why);

  /// An error when the transport, its router or its worker is closed.
  [[nodiscard]] Result<> check_open() const;
  /// For connect(), which works once: conflict when it was called before.
  [[nodiscard]] Result<> check_not_connected(bool connect_called) const;
  /// What the answer says apart from yes or no is not looked at.
  static asio::awaitable<Result<>> settle(asio::awaitable<Result<Response>> answer);
  /// The new state, when that is what the notification is about.
  [[nodiscard]] static std::optional<SctpState> changed_sctp_state(const Notification& notification);
  [[nodiscard]] const std::shared_ptr<Channel>& channel() const { return context_.channel; }
  [[nodiscard]] const Logger& log() const { return context_.channel->log(); }
  /// The producer, or not_found.
  [[nodiscard]] Result<std::shared_ptr<Producer>> find_producer(const std::string& producer_id) const;
  /// Asks the worker for a consumer with these parameters, and keeps it.
  asio::awaitable<Result<std::shared_ptr<Consumer>>> consume_with(std::shared_ptr<Producer> producer,
                                                                  ortc::RtpParameters rtp_parameters,
                                                                  ConsumerOptions options);

 private:
  /// Fills in what the transport decides, negotiates with the router, and puts the result into `data`.
  [[nodiscard]] Result<ortc::RtpMapping> prepare_producer(ProducerOptions& options, Producer::Data& data);
  void end_children(const std::shared_ptr<TransportHost>& router);
  // Told by a child that it is over.
  [[nodiscard]] std::function<void()> forget_producer(const std::string& id);
  [[nodiscard]] std::function<void()> forget_consumer(const std::string& id);
  [[nodiscard]] std::function<void()> forget_data_producer(const std::string& id);
  [[nodiscard]] std::function<void()> forget_data_consumer(const std::string& id,
                                                           const std::optional<ortc::SctpStreamParameters>& stream);
  void restore_producers(const Saved& saved, const std::shared_ptr<TransportHost>& router);
  void restore_data(const Saved& saved, const std::shared_ptr<TransportHost>& router);
  [[nodiscard]] std::string cname_for(const ortc::RtpParameters& parameters);
  [[nodiscard]] std::string next_mid();
  [[nodiscard]] Result<std::uint16_t> take_sctp_stream_id();
  /// It is in use; at most 65534.
  void keep_sctp_stream_id(std::uint16_t stream_id);
  void give_back_sctp_stream_id(const std::optional<ortc::SctpStreamParameters>& stream);
  asio::awaitable<Result<std::shared_ptr<DataConsumer>>> consume_data_with(
      std::shared_ptr<DataProducer> data_producer, std::optional<ortc::SctpStreamParameters> stream,
      DataConsumerOptions options);

  TransportContext context_;
  Channel::Listening listening_;
  bool closed_ = false;
  std::map<std::string, std::shared_ptr<Producer>> producers_;
  std::map<std::string, std::shared_ptr<Consumer>> consumers_;
  std::map<std::string, std::shared_ptr<DataProducer>> data_producers_;
  std::map<std::string, std::shared_ptr<DataConsumer>> data_consumers_;
  /// RTCP CNAME of all producers here: the first one given, else random. The endpoint's streams share one clock.
  std::string cname_for_producers_;
  std::uint32_t next_mid_for_consumers_ = 0;
  /// In use, by SCTP stream id. Empty until the first data consumer; 65535 is what SCTP can number.
  std::vector<bool> sctp_stream_ids_;
  std::uint32_t next_sctp_stream_id_ = 0;

 protected:
  /// From the worker, once the SCTP association stands.
  std::optional<ortc::SctpNegotiatedCapabilities> sctp_negotiated_capabilities_;
};

}  // namespace carillon::mediasoup
