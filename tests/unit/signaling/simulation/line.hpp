// One WebSocket between a device and the server, without bytes: texts arrive in order, late, or not at all.
#pragma once

#include "http/web_socket.hpp"
#include "unit/signaling/simulation/world.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace carillon::simulation {

namespace json = boost::json;

/// A text of the server, read once for all.
using Words = std::shared_ptr<const json::object>;

class Line final : public std::enable_shared_from_this<Line> {
 public:
  /// Texts take up to `latency` each way.
  Line(World& world, std::string name, Duration latency) : world_{world}, name_{std::move(name)}, latency_{latency} {}

  /// The server's end, as its session sees it.
  [[nodiscard]] std::shared_ptr<http::WebSocket> open(std::shared_ptr<http::WebSocketHandler> handler);
  [[nodiscard]] const std::string& name() const { return name_; }

  // ---- The device's end ----

  void say(std::string text);
  /// A closing handshake begun by the device.
  void hang_up(std::uint16_t code);
  /// Nothing passes any more, either way; the server finds out after a while.
  void cut(Duration until_server_knows);
  /// The device has not noticed that the line is cut.
  [[nodiscard]] bool is_cut() const { return cut_; }
  /// The server says good-bye on all its lines.
  void close_for(std::uint16_t code) {
    if (handler_ && !closing_) close(code);
  }
  /// The server's process is gone.
  void server_gone();
  /// The server still holds its end.
  [[nodiscard]] bool held_by_server() const { return handler_ != nullptr; }

  /// For the device: what the server said, and that it closed. Called later, never from within.
  std::function<void(const Words&)> on_words;
  std::function<void(std::uint16_t code)> on_closed;
  /// Asked before each text: false when the process is dead by now, and what it says is never said.
  std::function<bool()> may_speak;
  /// Each text at the moment when the server says it, whether or not it will arrive.
  std::function<void(const Words&)> on_said;
  /// From here on the server says nothing more on it.
  std::function<void()> on_closing;
  /// Each request at the moment when the server reads it.
  std::function<void(std::string_view)> on_heard;

 private:
  friend class ServerEnd;
  void from_server(std::string_view text);
  void ping(std::string_view payload);
  void close(std::uint16_t code);
  void server_hears_end(std::uint16_t code, bool clean);
  /// Its end of the line is closed. What it has said before may still arrive.
  void tell_server(std::uint16_t code, bool clean);
  /// The moment of the next arrival, not before the last.
  [[nodiscard]] Duration way(Time& last);

  World& world_;
  std::string name_;
  Duration latency_;
  std::shared_ptr<http::WebSocketHandler> handler_;
  bool cut_ = false;
  bool closing_ = false;  // the server has said its last, with this code
  std::uint16_t close_code_ = 0;
  Time last_up_;
  Time last_down_;
};

}  // namespace carillon::simulation
