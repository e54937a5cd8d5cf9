// Consumer: one producer's media on its way to one endpoint, through a Transport. Made by Transport::consume().
#pragma once

#include "base/result.hpp"
#include "base/signal.hpp"
#include "mediasoup/channel/channel.hpp"
#include "mediasoup/ortc/rtp_parameters.hpp"
#include "mediasoup/trace.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::mediasoup {

struct ConsumerLayers {
  std::uint8_t spatial_layer = 0;
  std::optional<std::uint8_t> temporal_layer;  // missing: the highest

  bool operator==(const ConsumerLayers&) const = default;
};

struct ConsumerOptions {
  std::string producer_id;
  ortc::RtpCapabilities rtp_capabilities;  // of the endpoint that will receive; a PipeTransport does not look at it
  bool paused = false;                     // recommended for video: resume once the endpoint is ready
  std::optional<std::string> mid;          // else the transport counts: "0", "1", ...
  std::optional<ConsumerLayers> preferred_layers;
  std::optional<bool> enable_rtx;  // default: true for video, false for audio
  bool ignore_dtx = false;         // do not forward the comfort noise of a silent Opus sender
  bool pipe = false;               // forward all streams of the producer instead of the best one
  boost::json::object app_data;
};

enum class ConsumerType { simple, simulcast, svc, pipe };
[[nodiscard]] std::string_view to_string(ConsumerType type);

/// 0 (nothing arrives) to 10 (perfect).
struct ConsumerScore {
  std::uint8_t score = 10;
  std::uint8_t producer_score = 10;           // of the encoding that is forwarded now
  std::vector<std::uint8_t> producer_scores;  // of all encodings

  bool operator==(const ConsumerScore&) const = default;
};

enum class ConsumerTraceEventType { keyframe, fir, nack, pli, rtp };

class Consumer : public std::enable_shared_from_this<Consumer> {
 public:
  /// What Transport::consume() knows once the worker has said yes.
  struct Data {
    std::string id;
    std::string transport_id;
    std::string producer_id;
    ortc::MediaKind kind = ortc::MediaKind::audio;
    ConsumerType type = ConsumerType::simple;
    ortc::RtpParameters rtp_parameters;
    bool paused = false;
    bool producer_paused = false;
    ConsumerScore score;
    std::optional<ConsumerLayers> preferred_layers;
    /// Tells the transport that this consumer is over, by close() or with its producer.
    std::function<void()> on_over;
  };

  Consumer(std::shared_ptr<Channel> channel, Data data, boost::json::object app_data);
  Consumer(const Consumer&) = delete;
  Consumer& operator=(const Consumer&) = delete;
  ~Consumer();

  [[nodiscard]] const std::string& id() const { return data_.id; }
  [[nodiscard]] const std::string& producer_id() const { return data_.producer_id; }
  [[nodiscard]] bool closed() const { return closed_; }
  [[nodiscard]] ortc::MediaKind kind() const { return data_.kind; }
  [[nodiscard]] ConsumerType type() const { return data_.type; }
  [[nodiscard]] const ortc::RtpParameters& rtp_parameters() const { return data_.rtp_parameters; }
  [[nodiscard]] bool paused() const { return data_.paused; }
  [[nodiscard]] bool producer_paused() const { return data_.producer_paused; }
  [[nodiscard]] std::uint8_t priority() const { return priority_; }
  [[nodiscard]] const ConsumerScore& score() const { return data_.score; }
  [[nodiscard]] const std::optional<ConsumerLayers>& preferred_layers() const { return data_.preferred_layers; }
  [[nodiscard]] const std::optional<ConsumerLayers>& current_layers() const { return current_layers_; }

  void close();

  [[nodiscard]] asio::awaitable<Result<boost::json::value>> dump();
  /// An array: the outgoing stream, and the producer's incoming one when there is one.
  [[nodiscard]] asio::awaitable<Result<boost::json::value>> get_stats();
  [[nodiscard]] asio::awaitable<Result<>> pause();
  [[nodiscard]] asio::awaitable<Result<>> resume();
  /// Higher ones than the producer has become the highest it has. No effect on a `simple` consumer.
  [[nodiscard]] asio::awaitable<Result<>> set_preferred_layers(ConsumerLayers layers);
  /// Who gets the bandwidth when there is too little: 1 (lowest, default) to 255.
  [[nodiscard]] asio::awaitable<Result<>> set_priority(std::uint8_t priority);
  [[nodiscard]] asio::awaitable<Result<>> unset_priority();
  [[nodiscard]] asio::awaitable<Result<>> request_key_frame();
  /// Replaces the set; an empty one turns tracing off.
  [[nodiscard]] asio::awaitable<Result<>> enable_trace_event(std::vector<ConsumerTraceEventType> types = {});

  /// For its Transport only: the parent ended, and the worker knows.
  void on_transport_closed();
  /// For its Transport only: worker.hpp says when.
  [[nodiscard]] boost::json::object save() const;
  static std::shared_ptr<Consumer> restore(std::shared_ptr<Channel> channel, const Saved& saved, Data data);

  // The events of the package's Consumer and those of its `observer`.
  Signal<> on_transport_close;  ///< Its transport ended, so this did too.
  Signal<> on_producer_close;   ///< Its producer ended, so this did too.
  Signal<> on_producer_pause;
  Signal<> on_producer_resume;
  Signal<> on_close;   ///< Over, whoever ended it; comes last.
  Signal<> on_pause;   ///< No media from now on, whether the consumer or its producer was paused.
  Signal<> on_resume;  ///< Neither of the two is paused any more.
  Signal<const ConsumerScore&> on_score;
  Signal<const std::optional<ConsumerLayers>&> on_layers_change;  ///< Nullopt: nothing is forwarded now.
  Signal<const TraceEvent&> on_trace;
  Signal<std::span<const std::uint8_t>> on_rtp;  ///< A packet, on a DirectTransport; valid during the call only.

  boost::json::object app_data;

 private:
  void on_notification(const Notification& notification);
  void on_producer_closed();
  void on_producer_paused(bool paused);
  [[nodiscard]] Result<> check_open() const;
  asio::awaitable<Result<>> set_paused(bool paused);

  std::shared_ptr<Channel> channel_;
  Data data_;
  bool closed_ = false;
  std::uint8_t priority_ = 1;
  std::optional<ConsumerLayers> current_layers_;
  Channel::Listening listening_;
};

}  // namespace carillon::mediasoup
