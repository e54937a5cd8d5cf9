// WebRtcServer: UDP and TCP ports of a Worker that many WebRtcTransports share. Made by Worker::create_webrtc_server().
#pragma once

#include "mediasoup/channel/channel.hpp"
#include "mediasoup/transport_options.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace carillon::mediasoup {

class WebRtcTransport;

struct WebRtcServerOptions {
  std::vector<TransportListenInfo> listen_infos;
  boost::json::object app_data;
};

class WebRtcServer : public std::enable_shared_from_this<WebRtcServer> {
 public:
  struct Context {
    std::shared_ptr<Channel> channel;
    std::string webrtc_server_id;
    /// Called by close(), not when the worker itself ended.
    std::function<void(const std::string& webrtc_server_id)> on_closed;
    boost::json::object app_data;
  };
  /// Made by Worker::create_webrtc_server(), nobody else.
  explicit WebRtcServer(Context context);
  WebRtcServer(const WebRtcServer&) = delete;
  WebRtcServer& operator=(const WebRtcServer&) = delete;

  [[nodiscard]] const std::string& id() const { return context_.webrtc_server_id; }
  [[nodiscard]] bool closed() const { return closed_; }
  [[nodiscard]] const std::shared_ptr<Channel>& channel() const { return context_.channel; }
  [[nodiscard]] std::size_t transport_count() const { return transports_.size(); }

  /// Also ends the transports that use it: each tells on_listen_server_close.
  void close();
  asio::awaitable<Result<boost::json::value>> dump();

  /// The worker ended. Called by the Worker only.
  void on_worker_closed();
  /// For the Worker only. The transports that use it are named; whoever restores it finds them.
  [[nodiscard]] boost::json::object save() const;
  /// A transport that uses this server was made. Called by the Router only.
  void handle_webrtc_transport(const std::shared_ptr<WebRtcTransport>& transport);

  Signal<> on_close;         ///< Over, whoever ended it; the last event.
  Signal<> on_worker_close;  ///< The parent ended; comes before on_close.
  Signal<const std::shared_ptr<WebRtcTransport>&> on_webrtc_transport_handled;
  Signal<const std::shared_ptr<WebRtcTransport>&> on_webrtc_transport_unhandled;

  boost::json::object app_data;

 private:
  struct Handled {
    std::shared_ptr<WebRtcTransport> transport;
    Subscription closing;
  };
  Context context_;
  std::map<std::string, Handled> transports_;
  bool closed_ = false;
};

}  // namespace carillon::mediasoup
