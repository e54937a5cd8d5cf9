// A server on a loopback port with its loop on a thread of its own, and sockets whose events a test can wait for.
#pragma once

#include "http/server.hpp"
#include "integration/http/raw_client.hpp"

#include <gtest/gtest.h>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <mutex>
#include <thread>

namespace carillon::http {

/// What happened on one socket. Written on the loop's thread, read by the test.
class RecordingHandler final : public WebSocketHandler {
 public:
  using React = std::function<void(WebSocket&, std::string_view)>;

  explicit RecordingHandler(React react = {}) : react_{std::move(react)} {}

  void on_open(std::shared_ptr<WebSocket> socket) override {
    const std::lock_guard lock{mutex_};
    socket_ = std::move(socket);
    changed_.notify_all();
  }
  void on_message(std::string_view text) override {
    std::shared_ptr<WebSocket> socket;
    {
      const std::lock_guard lock{mutex_};
      messages_.emplace_back(text);
      socket = socket_;
      changed_.notify_all();
    }
    if (react_) react_(*socket, text);
  }
  void on_pong(std::string_view payload) override {
    const std::lock_guard lock{mutex_};
    pongs_.emplace_back(payload);
  }
  std::vector<std::string> pongs() {
    const std::lock_guard lock{mutex_};
    return pongs_;
  }
  void on_closed(const CloseInfo& info) override {
    const std::lock_guard lock{mutex_};
    ++closed_count_;
    closed_ = info;
    socket_ = nullptr;
    changed_.notify_all();
  }

  std::optional<CloseInfo> wait_closed(std::chrono::milliseconds limit = std::chrono::seconds(10)) {
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, limit, [&] { return closed_.has_value(); });
    return closed_;
  }
  std::vector<std::string> wait_messages(std::size_t count) {
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, std::chrono::seconds(10), [&] { return messages_.size() >= count; });
    return messages_;
  }
  int closed_count() {
    const std::lock_guard lock{mutex_};
    return closed_count_;
  }
  std::shared_ptr<WebSocket> socket() {
    const std::lock_guard lock{mutex_};
    return socket_;
  }

 private:
  React react_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<WebSocket> socket_;
  std::vector<std::string> messages_;
  std::vector<std::string> pongs_;
  std::optional<CloseInfo> closed_;
  int closed_count_ = 0;
};

class ServerTest : public testing::Test {
 protected:
  /// Short limits, so that tests of them are short.
  static ServerConfig test_config() {
    ServerConfig config;
    config.listen = {{"127.0.0.1", 0}};
    return config;
  }

  /// `prepare` adds routes before the start.
  void start(ServerConfig config, const std::function<void(Server&)>& prepare) {
    server_ = std::make_unique<Server>(io_, std::move(config), Logger{});
    prepare(*server_);
    auto started = server_->start();
    ASSERT_TRUE(started) << started.error().detail;
    port_ = server_->ports().at(0);
    thread_ = std::thread{[this] { io_.run(); }};
  }

  /// Runs the function on the loop's thread and waits for it.
  template <class F>
  auto on_loop(F function) {
    std::packaged_task<decltype(function())()> task{std::move(function)};
    auto result = task.get_future();
    boost::asio::post(io_, [&] { task(); });
    return result.get();
  }

  void TearDown() override {
    if (!thread_.joinable()) return;
    on_loop([&] { server_.reset(); });
    work_.reset();
    thread_.join();  // hangs when something outlives the server
  }

  Server::Counts counts() {
    return on_loop([&] { return server_->counts(); });
  }

  /// True when the count of connections comes down to this in time.
  bool comes_down_to(std::size_t connections) {
    for (int i = 0; i < 1000; ++i) {
      if (counts().connections == connections) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }

  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{io_.get_executor()};
  std::unique_ptr<Server> server_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace carillon::http
