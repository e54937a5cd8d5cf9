// One WebSocket of one device: reads its frames, gives commands to calls and media requests to rooms, answers.
#pragma once

#include "http/web_socket.hpp"
#include "protocol/frame.hpp"
#include "protocol/media.hpp"
#include "signaling/device.hpp"
#include "signaling/devices.hpp"
#include "signaling/message_limit.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <deque>
#include <memory>
#include <string>

namespace carillon::signaling {

class Node;

class Session final : public http::WebSocketHandler, public std::enable_shared_from_this<Session> {
 public:
  /// `resume`: the token of the session that dropped, which has said who he is; empty: a fresh one. The node outlives
  /// all sessions.
  Session(Node& node, Identity identity, std::string resume);

  void on_open(std::shared_ptr<http::WebSocket> socket) override;
  void on_message(std::string_view text) override;
  void on_pong(std::string_view payload) override;
  void on_closed(const http::CloseInfo& info) override;

 private:
  /// What an answer is about.
  struct Asked {
    json::value id;  ///< null: came as a notification, gets no answer
    std::string method = "unknown";
    std::chrono::steady_clock::time_point at = std::chrono::steady_clock::now();
  };

  /// False: it was refused, with an answer if it has an id.
  bool may_send(const Asked& asked);
  /// The same for what goes on to everybody in the call.
  bool may_produce(const Asked& asked);
  void on_frame(protocol::Request request);
  void on_frame(protocol::Response response);
  void on_frame(protocol::Notification notification);
  void answer(const Asked& asked, const Result<json::value>& result);
  void watch_presence(const Asked& asked);
  void queue_media(Asked asked, std::string_view method, const json::object& data);
  boost::asio::awaitable<void> run_media();

  struct MediaJob {
    Asked asked;
    protocol::MediaRequest request;
  };

  Node& node_;
  Identity identity_;
  std::string resume_;
  std::shared_ptr<http::WebSocket> socket_;
  DevicePtr device_;
  MessageLimit limit_;
  /// Media requests run one after the other, so that a client may send a burst without waiting for answers.
  std::deque<MediaJob> media_jobs_;
  bool media_running_ = false;
};

}  // namespace carillon::signaling
