// RtpObserver: looks at the audio of Producers of its Router. Base of ActiveSpeakerObserver and AudioLevelObserver.
#pragma once

#include "mediasoup/channel/channel.hpp"
#include "mediasoup/transport_context.hpp"

#include <boost/json/object.hpp>

#include <memory>
#include <string>

namespace carillon::mediasoup {

class Producer;

enum class RtpObserverType { activespeaker, audiolevel };
[[nodiscard]] std::string_view to_string(RtpObserverType type);

/// What an observer is given by the router that makes it.
struct RtpObserverContext {
  std::shared_ptr<Channel> channel;
  std::weak_ptr<TransportHost> router;
  std::string router_id;
  std::string rtp_observer_id;
  /// Called by close(), not when the router itself ended.
  std::function<void(const std::string& rtp_observer_id)> on_closed;
  boost::json::object app_data;
};

class RtpObserver : public std::enable_shared_from_this<RtpObserver> {
 public:
  virtual ~RtpObserver() = default;
  RtpObserver(const RtpObserver&) = delete;
  RtpObserver& operator=(const RtpObserver&) = delete;

  [[nodiscard]] const std::string& id() const { return context_.rtp_observer_id; }
  [[nodiscard]] virtual RtpObserverType type() const = 0;
  [[nodiscard]] bool closed() const { return closed_; }
  [[nodiscard]] bool paused() const { return paused_; }

  void close();

  asio::awaitable<Result<>> pause();
  asio::awaitable<Result<>> resume();
  /// not_found when the router has no such producer.
  asio::awaitable<Result<>> add_producer(std::string producer_id);
  asio::awaitable<Result<>> remove_producer(std::string producer_id);

  /// The router ended; the worker knows already. Called by the Router only.
  void on_router_closed();
  /// For the Router only. Producers and thresholds are the worker's to know.
  [[nodiscard]] boost::json::object save() const;
  void restore(const Saved& saved);

  Signal<> on_close;         ///< Over, whoever ended it; the last event.
  Signal<> on_router_close;  ///< The parent ended; comes before on_close.
  Signal<> on_pause;
  Signal<> on_resume;
  Signal<const std::shared_ptr<Producer>&> on_add_producer;
  Signal<const std::shared_ptr<Producer>&> on_remove_producer;

  boost::json::object app_data;

 protected:
  explicit RtpObserver(RtpObserverContext context);
  /// Begins to listen. Not in the constructor, where the derived part is not there yet.
  void start();
  virtual void on_notification(const Notification& notification) = 0;
  [[nodiscard]] std::shared_ptr<Producer> producer_by_id(const std::string& id) const;
  [[nodiscard]] const Logger& log() const { return context_.channel->log(); }

 private:
  void end();

  RtpObserverContext context_;
  Channel::Listening listening_;
  bool closed_ = false;
  bool paused_ = false;
};

}  // namespace carillon::mediasoup
