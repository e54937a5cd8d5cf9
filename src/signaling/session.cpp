#include "signaling/session.hpp"

#include "base/async.hpp"
#include "protocol/account.hpp"
#include "protocol/commands.hpp"
#include "signaling/node.hpp"

#include <utility>

namespace carillon::signaling {
namespace {

/// In words that mean good-bye: RFC 6455 section 7.4.1 normal and going away, none at all, or the peer's own.
bool is_hang_up(const http::CloseInfo& info) {
  using namespace http::close_code;
  return info.clean && (info.code == normal || info.code == going_away || info.code == no_status || info.code >= 3000);
}

Node::SessionEnd how_it_ended(const http::CloseInfo& info) {
  if (info.by_us && info.code == http::close_code::service_restart) return Node::SessionEnd::sent_away;
  return is_hang_up(info) ? Node::SessionEnd::hung_up : Node::SessionEnd::lost;
}

/// A worker answers in a few milliseconds.
constexpr std::chrono::milliseconds media_queue_moves_in{100};

}  // namespace

Session::Session(Node& node, Identity identity, std::string resume)
    : node_{node},
      identity_{std::move(identity)},
      resume_{std::move(resume)},
      limit_{node.config().messages_per_second} {}

void Session::on_open(std::shared_ptr<http::WebSocket> socket) {
  socket_ = std::move(socket);
  device_ = node_.open_session(std::move(identity_), resume_, socket_);  // nullptr: it was closed
}

void Session::on_closed(const http::CloseInfo& info) {
  media_jobs_.clear();
  // Another session of this device may have taken over meanwhile.
  if (!device_ || device_->socket() != socket_) return;
  node_.close_session(device_, how_it_ended(info), info.code);
}

void Session::on_message(std::string_view text) {
  device_->active_at = node_.now();
  auto parsed = protocol::parse_frame(text);
  if (auto* wrong = std::get_if<protocol::FrameError>(&parsed)) {
    if (wrong->id.is_null()) return socket_->close(http::close_code::invalid_text, wrong->error.detail);
    const Asked asked{wrong->id};
    if (may_send(asked)) answer(asked, wrong->error);
    return;
  }
  std::visit([this](auto& frame) { on_frame(std::move(frame)); }, std::get<protocol::Frame>(parsed));
}

void Session::on_pong(std::string_view payload) {
  if (payload == welcome_ping) {
    if (device_->socket() == socket_) node_.has_read_welcome(device_);
    return;
  }
  if (!device_->confirms_ringing) node_.reach().confirmed(CallId{std::string{payload}}, *device_);
}

bool Session::may_send(const Asked& asked) {
  const Time now = node_.now();
  std::string_view limit = "messages-per-second";
  auto refusal = limit_.take(now);
  if (!refusal) {
    limit = "messages-per-second-user";
    refusal = node_.user_rates().message(device_->user(), now);
  }
  if (!refusal) return true;
  node_.metrics().limited(limit);
  if (refusal->hopeless) {
    node_.log().info("session floods us and is closed user={} device={}", device_->user(), device_->id());
    socket_->close(http::close_code::policy_violation, "too many messages");
    return false;
  }
  answer(asked, fail(Errc::rate_limited, "too many messages", refusal->retry_after));
  return false;
}

bool Session::may_produce(const Asked& asked) {
  const auto wait = node_.user_rates().produce(device_->user(), node_.now());
  if (!wait) return true;
  node_.metrics().limited("producers-per-second");
  answer(asked, fail(Errc::rate_limited, "too many producers", *wait));
  return false;
}

void Session::on_frame(protocol::Request request) {
  Asked asked{std::move(request.id)};
  if (!may_send(asked)) return;
  if (const auto command = protocol::parse_command(request.method, request.data)) {
    asked.method = request.method;
    if (!*command) return answer(asked, command->error());
    if (std::holds_alternative<protocol::WatchPresence>(**command)) return watch_presence(asked);
    node_.calls().command(*device_, **command, [&](Result<json::object> reply) {
      if (reply) {
        answer(asked, json::value(std::move(*reply)));
      } else {
        answer(asked, reply.error());
      }
    });
    return;
  }
  if (const auto wanted = protocol::parse_account_request(request.method, request.data)) {
    asked.method = request.method;
    if (!*wanted) return answer(asked, wanted->error());
    // The store may take its time; the socket may be gone by then, and ignores it.
    node_.account().handle(*device_, **wanted, [self = shared_from_this(), asked](Result<json::object> data) {
      self->answer(asked,
                   data ? Result<json::value>{json::value(std::move(*data))} : Result<json::value>{data.error()});
    });
    return;
  }
  queue_media(std::move(asked), request.method, request.data);
}

void Session::on_frame(protocol::Response response) {
  // An answer that comes after its deadline is late, not wrong. But only those that we wait for are free.
  if (!device_->on_response(std::move(response))) (void)may_send({nullptr});
}

void Session::on_frame(protocol::Notification notification) {
  if (!may_send({nullptr})) return;
  // Unknown notifications get no answer, so they are ignored, as protoo does.
  if (protocol::may_be_notification(notification.method))
    queue_media({nullptr}, notification.method, notification.data);
}

void Session::answer(const Asked& asked, const Result<json::value>& result) {
  if (asked.id.is_null()) return;
  socket_->send(result ? protocol::encode_response(asked.id, *result)
                       : protocol::encode_error(asked.id, result.error()));
  node_.metrics().answered(asked.method, result ? 200 : http_status(result.error().code),
                           std::chrono::steady_clock::now() - asked.at);
}

void Session::watch_presence(const Asked& asked) {
  const Result<json::object> users = node_.watch_presence(*device_);
  answer(asked, users ? Result<json::value>{json::value(*users)} : Result<json::value>{users.error()});
}

void Session::queue_media(Asked asked, std::string_view method, const json::object& data) {
  auto parsed = protocol::parse_media_request(method, data);
  if (!parsed) return answer(asked, fail(Errc::bad_request, fmt::format("method: unknown method \"{}\"", method)));
  asked.method = method;
  if (!*parsed) return answer(asked, parsed->error());
  const bool produces =
      std::holds_alternative<protocol::Produce>(**parsed) || std::holds_alternative<protocol::ProduceData>(**parsed);
  if (produces && !may_produce(asked)) return;
  if (media_jobs_.size() >= node_.config().media_queue_max) {
    return answer(asked, fail(Errc::rate_limited, "too many media requests wait for their turn", media_queue_moves_in));
  }
  media_jobs_.push_back({std::move(asked), std::move(**parsed)});
  if (media_running_) return;
  media_running_ = true;
  // It begins later, when the socket may have let go of this already.
  boost::asio::co_spawn(
      node_.io(), [self = shared_from_this()] { return self->run_media(); }, report(node_.log(), "media requests"));
}

boost::asio::awaitable<void> Session::run_media() {
  const std::shared_ptr<Session> self = shared_from_this();
  while (!media_jobs_.empty()) {
    MediaJob job = std::move(media_jobs_.front());
    media_jobs_.pop_front();
    MediaRoom::Answer reply = [self, asked = std::move(job.asked)](const Result<json::value>& result) {
      self->answer(asked, result);
    };
    co_await node_.media_request(device_, std::move(job.request), std::move(reply));
  }
  media_running_ = false;
}

}  // namespace carillon::signaling
