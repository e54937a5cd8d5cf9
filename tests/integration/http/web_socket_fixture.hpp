// A server with a WebSocket at /ws, and what its handler heard.
#pragma once

#include "integration/http/server_fixture.hpp"

#include <algorithm>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace carillon::http {

inline boost::asio::awaitable<UpgradeDecision> decide(UpgradeDecision decision) { co_return decision; }
inline boost::asio::awaitable<UpgradeDecision> throw_up() {
  throw std::runtime_error("handler");
  co_return UpgradeDecision{};
}

class WebSocketTest : public ServerTest {
 protected:
  void serve(ServerConfig config = test_config(), RecordingHandler::React react = {}) {
    start(std::move(config), [&](Server& server) {
      server.on_upgrade("/ws", [this, react](UpgradeRequest request) {
        const std::lock_guard lock{mutex_};
        last_request_ = request.request;
        last_offer_ = request.subprotocols;
        handler_ = std::make_shared<RecordingHandler>(react);
        const bool protoo =
            std::find(request.subprotocols.begin(), request.subprotocols.end(), "protoo") != request.subprotocols.end();
        return decide(UpgradeDecision::accept(handler_, protoo ? "protoo" : ""));
      });
      server.on_upgrade("/refused", [](UpgradeRequest) {
        return decide(UpgradeDecision::refuse(Response::json(401, R"({"code":"token-expired"})")));
      });
      server.on_upgrade("/throws", [](UpgradeRequest) { return throw_up(); });
    });
  }

  std::shared_ptr<RecordingHandler> handler() {
    const std::lock_guard lock{mutex_};
    return handler_;
  }

  /// A client with an open socket.
  std::unique_ptr<RawClient> open(int receive_buffer_bytes = 0) {
    auto client = std::make_unique<RawClient>(port_, receive_buffer_bytes);
    const auto response = client->upgrade("/ws");
    EXPECT_EQ(response->status, 101);
    return client;
  }

  std::mutex mutex_;
  Request last_request_;
  std::vector<std::string> last_offer_;
  std::shared_ptr<RecordingHandler> handler_;
};

}  // namespace carillon::http
