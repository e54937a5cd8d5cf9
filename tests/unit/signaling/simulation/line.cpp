#include "unit/signaling/simulation/line.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <utility>

namespace carillon::simulation {
namespace {

/// How long the server waits for the answer to its close frame.
const Duration close_timeout = http::WebSocketConfig{}.close_timeout;

}  // namespace

class ServerEnd final : public http::WebSocket {
 public:
  explicit ServerEnd(std::weak_ptr<Line> line) : line_{std::move(line)} {}
  void send(std::string_view text) override {
    if (const auto line = open()) line->from_server(text);
  }
  void close(std::uint16_t code, std::string_view) override {
    if (const auto line = open()) line->close(code);
  }
  void ping(std::string_view payload) override {
    if (const auto line = open()) line->ping(payload);
  }
  [[nodiscard]] std::size_t buffered_bytes() const override { return 0; }
  [[nodiscard]] bool is_open() const override { return open() != nullptr; }
  [[nodiscard]] std::string remote_address() const override { return "192.0.2.1:4711"; }

 private:
  [[nodiscard]] std::shared_ptr<Line> open() const {
    const auto line = line_.lock();
    return line && line->handler_ && !line->closing_ ? line : nullptr;
  }
  std::weak_ptr<Line> line_;
};

std::shared_ptr<http::WebSocket> Line::open(std::shared_ptr<http::WebSocketHandler> handler) {
  handler_ = std::move(handler);
  return std::make_shared<ServerEnd>(weak_from_this());
}

Duration Line::way(Time& last) {
  const Time arrives = std::max(last, world_.now() + world_.dice.up_to(latency_));
  last = arrives;
  return arrives - world_.now();
}

void Line::say(std::string text) {
  if (cut_) return;
  world_.soon(way(last_up_), [self = shared_from_this(), text = std::move(text)] {
    if (self->cut_ || self->closing_ || !self->handler_) return;
    self->world_.tell("{} -> {}", self->name_, text);
    if (self->on_heard) self->on_heard(text);
    const auto handler = self->handler_;
    handler->on_message(text);
  });
}

void Line::hang_up(std::uint16_t code) {
  if (cut_) return;
  world_.soon(way(last_up_), [self = shared_from_this(), code] {
    if (!self->cut_) self->server_hears_end(code, true);
  });
}

void Line::cut(Duration until_server_knows) {
  if (std::exchange(cut_, true)) return;
  world_.tell("{} is cut", name_);
  world_.after(until_server_knows, [self = shared_from_this()] { self->server_hears_end(1006, false); });
}

void Line::server_gone() {
  handler_.reset();
  if (std::exchange(cut_, true)) return;
  world_.soon(world_.dice.up_to(3s), [self = shared_from_this()] {
    if (self->on_closed) self->on_closed(1006);
  });
}

void Line::from_server(std::string_view text) {
  if (may_speak && !may_speak()) return;
  world_.digest(text);
  world_.tell("{} <- {}", name_, text);
  const auto words = std::make_shared<const json::object>(json::parse(text).as_object());
  if (on_said) on_said(words);
  if (cut_) return;
  world_.soon(way(last_down_), [self = shared_from_this(), words] {
    if (!self->cut_ && self->on_words) self->on_words(words);
  });
}

void Line::ping(std::string_view payload) {
  if (cut_) return;
  world_.soon(way(last_down_), [self = shared_from_this(), payload = std::string{payload}] {
    if (self->cut_) return;
    self->world_.soon(self->way(self->last_up_), [self, payload] {
      const auto handler = self->handler_;
      if (!self->cut_ && handler && !self->closing_) handler->on_pong(payload);
    });
  });
}

void Line::close(std::uint16_t code) {
  closing_ = true;
  close_code_ = code;
  if (on_closing) on_closing();
  world_.tell("{} <- close {}", name_, code);
  // The server does not wait longer, whether the line is cut, or will be, or is only slow.
  world_.soon(close_timeout, [self = shared_from_this()] { self->tell_server(1006, false); });
  if (cut_) return;
  world_.soon(way(last_down_), [self = shared_from_this(), code] {
    if (self->cut_) return;
    self->world_.soon(self->way(self->last_up_), [self, code] { self->server_hears_end(code, true); });
    if (self->on_closed) self->on_closed(code);
  });
}

void Line::server_hears_end(std::uint16_t code, bool clean) {
  cut_ = true;
  tell_server(code, clean);
}

void Line::tell_server(std::uint16_t code, bool clean) {
  const auto handler = std::exchange(handler_, nullptr);
  if (!handler) return;
  world_.tell("{} is over, {} {}", name_, code, clean ? "clean" : "not clean");
  handler->on_closed({closing_ ? close_code_ : code, clean, {}, closing_});
}

}  // namespace carillon::simulation
