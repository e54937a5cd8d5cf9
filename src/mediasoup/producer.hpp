// Producer: one audio or video source that comes into a Router through a Transport. Made by Transport::produce().
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

struct ProducerOptions {
  std::optional<std::string> id;  // given by pipe_to_router(), which keeps the id on the other side; else a new UUID
  ortc::MediaKind kind = ortc::MediaKind::audio;
  ortc::RtpParameters rtp_parameters;
  bool paused = false;
  std::uint32_t key_frame_request_delay = 0;  // ms after a key frame request before the next one; 0: no wait
  bool enable_mediasoup_packet_id_header_extension = false;
  boost::json::object app_data;
};

enum class ProducerType { simple, simulcast, svc };
[[nodiscard]] std::string_view to_string(ProducerType type);

/// How well one encoding comes in: 0 (nothing) to 10 (perfect).
struct ProducerScore {
  std::uint32_t encoding_idx = 0;
  std::uint32_t ssrc = 0;
  std::optional<std::string> rid;
  std::uint8_t score = 0;

  bool operator==(const ProducerScore&) const = default;
};

struct ProducerVideoOrientation {
  bool camera = false;
  bool flip = false;
  std::uint16_t rotation = 0;  // degrees, clockwise: 0, 90, 180 or 270

  bool operator==(const ProducerVideoOrientation&) const = default;
};

enum class ProducerTraceEventType { keyframe, fir, nack, pli, rtp, sr };

class Producer : public std::enable_shared_from_this<Producer> {
 public:
  /// What Transport::produce() knows once the worker has said yes.
  struct Data {
    std::string id;
    std::string transport_id;
    ortc::MediaKind kind = ortc::MediaKind::audio;
    ProducerType type = ProducerType::simple;
    ortc::RtpParameters rtp_parameters;
    ortc::RtpParameters consumable_rtp_parameters;
    bool paused = false;
    /// Tells the transport that this producer closed itself.
    std::function<void()> on_closed_itself;
  };

  Producer(std::shared_ptr<Channel> channel, Data data, boost::json::object app_data);
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;
  ~Producer();

  [[nodiscard]] const std::string& id() const { return data_.id; }
  [[nodiscard]] bool closed() const { return closed_; }
  [[nodiscard]] ortc::MediaKind kind() const { return data_.kind; }
  [[nodiscard]] ProducerType type() const { return data_.type; }
  [[nodiscard]] bool paused() const { return data_.paused; }
  [[nodiscard]] const ortc::RtpParameters& rtp_parameters() const { return data_.rtp_parameters; }
  /// What consumers are negotiated from: in the router's payload types, whatever the sender uses.
  [[nodiscard]] const ortc::RtpParameters& consumable_rtp_parameters() const { return data_.consumable_rtp_parameters; }
  /// Empty until the worker has measured; one per encoding then.
  [[nodiscard]] const std::vector<ProducerScore>& score() const { return score_; }

  void close();

  [[nodiscard]] asio::awaitable<Result<boost::json::value>> dump();
  /// An array with one object for each RTP stream that has come in.
  [[nodiscard]] asio::awaitable<Result<boost::json::value>> get_stats();
  [[nodiscard]] asio::awaitable<Result<>> pause();
  [[nodiscard]] asio::awaitable<Result<>> resume();
  /// Replaces the set; an empty one turns tracing off.
  [[nodiscard]] asio::awaitable<Result<>> enable_trace_event(std::vector<ProducerTraceEventType> types = {});
  /// One RTP packet into a producer of a DirectTransport. The worker does not answer.
  Result<> send(std::span<const std::uint8_t> rtp_packet);

  /// For its Transport only: the parent ended, and the worker knows.
  void on_transport_closed();
  /// For its Transport only: worker.hpp says when.
  [[nodiscard]] boost::json::object save() const;
  static std::shared_ptr<Producer> restore(std::shared_ptr<Channel> channel, const Saved& saved, Data data);

  // The events of the package's Producer and those of its `observer`.
  Signal<> on_transport_close;  ///< Its transport ended, so this did too.
  Signal<> on_close;            ///< Over, whoever ended it; comes last.
  Signal<> on_pause;
  Signal<> on_resume;
  Signal<const std::vector<ProducerScore>&> on_score;
  Signal<const ProducerVideoOrientation&> on_video_orientation_change;
  Signal<const TraceEvent&> on_trace;

  boost::json::object app_data;

 private:
  void on_notification(const Notification& notification);
  [[nodiscard]] Result<> check_open() const;
  asio::awaitable<Result<>> set_paused(bool paused);

  std::shared_ptr<Channel> channel_;
  Data data_;
  bool closed_ = false;
  std::vector<ProducerScore> score_;
  Channel::Listening listening_;
};

}  // namespace carillon::mediasoup
