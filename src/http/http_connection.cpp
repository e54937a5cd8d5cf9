#include "http/http_connection.hpp"

#include "http/web_socket_handshake.hpp"

#include <boost/asio/redirect_error.hpp>

#include <algorithm>

namespace carillon::http {

namespace {

/// How long, and for how many bytes, we read on so that the peer sees our last response and no reset.
constexpr Duration linger_time = std::chrono::seconds(1);
constexpr std::size_t linger_bytes_max = 1024 * 1024;
/// Below this a body is copied behind its header, and both leave in one write.
constexpr std::size_t copied_body_bytes_max = 64 * 1024;

/// When it is worth trying again above a limit of connections: idle ones end in a few of these.
constexpr const char* retry_after_seconds = "5";

Response come_later(int status, std::string_view why) {
  Response response = Response::text(status, std::string{why} + "\n");
  response.headers.add("Retry-After", retry_after_seconds);
  return response;
}

/// with_timeout wants a Result.
template <class T>
asio::awaitable<Result<T>> as_result(asio::awaitable<T> operation) {
  T value = co_await std::move(operation);
  co_return Result<T>{std::move(value)};
}

}  // namespace

HttpConnection::HttpConnection(Stream stream, std::shared_ptr<ConnectionPool> pool,
                               std::shared_ptr<Dispatcher> dispatcher, const ServerConfig& config)
    : stream_{std::move(stream)}, pool_{std::move(pool)}, dispatcher_{std::move(dispatcher)}, config_{config} {}

// While pool_ still holds the wheel.
HttpConnection::~HttpConnection() { TimingWheel::cancel(*this); }

void HttpConnection::set_deadline(Duration from_now) {
  pool_->deadlines().schedule(*this, pool_->deadlines().now() + from_now);
}

void HttpConnection::on_deadline(Time) {
  timed_out_ = true;
  stream_.cancel();
}

void HttpConnection::drain() {
  draining_ = true;
  if (idle_) abort();
}

void HttpConnection::abort() {
  aborted_ = true;
  stream_.cancel();
}

asio::awaitable<void> HttpConnection::run() {
  try {
    // One deadline for the handshake of TLS and the first request's fields: half-open is half-open.
    set_deadline(config_.header_timeout);
    bool again = co_await shake_hands();
    while (again) again = co_await serve_one();
  } catch (const std::exception& error) {
    pool_->log().error("an HTTP connection failed: {}", error.what());
  }
  TimingWheel::cancel(*this);
  if (!upgraded_) stream_.close();
  dispatcher_->on_connection_ended(*this);
}

asio::awaitable<bool> HttpConnection::shake_hands() {
  for (;;) {
    const Stream::Status status = stream_.shake_hands();
    if (status == Stream::Status::done) co_return true;
    if (status == Stream::Status::ended && stream_.met_plain_http()) co_return co_await refuse_plain_http();
    if (status == Stream::Status::ended) co_return false;
    boost::system::error_code ec;
    co_await stream_.wait_readable(asio::redirect_error(asio::use_awaitable, ec));
    if (ec || is_over()) co_return false;
  }
}

/// Without TLS, and without reading more than OpenSSL has: whoever forgot the s of https: learns it.
asio::awaitable<bool> HttpConnection::refuse_plain_http() {
  stream_.stop_tls();
  RequestParser none{{config_.header_bytes_max, config_.body_bytes_max}};
  co_return co_await refuse(none, 400, "this port takes HTTPS, and this was plain HTTP");
}

asio::awaitable<bool> HttpConnection::serve_one() {
  RequestParser parser{{config_.header_bytes_max, config_.body_bytes_max}};
  const bool got_request = co_await read_request(parser);
  idle_ = false;
  first_request_ = false;
  if (!got_request) {
    if (parser.state() == RequestParser::State::failed) {
      co_return co_await refuse(parser, parser.error_status(), parser.error_text());
    }
    if (timed_out_ && !aborted_ && parser.started()) {
      timed_out_ = false;
      co_return co_await refuse(parser, 408, "the request took too long");
    }
    co_return false;
  }

  if (refusal_ && (refusal_->but.empty() || parser.request().path != refusal_->but)) {
    Response response = come_later(refusal_->status, refusal_->why);
    co_return co_await write_response(std::move(response), parser, false);
  }

  set_deadline(config_.handler_timeout + std::chrono::seconds(1));  // the handler has its own limit below
  Request& request = parser.request();
  request.remote_address = stream_.remote_address();
  Values params;
  const UpgradeHandler* const upgrade_handler = dispatcher_->find_upgrade(parser.target().segments, params);
  if (upgrade_handler && (wants_web_socket(request) || !dispatcher_->has_route(parser.target().segments))) {
    co_return co_await upgrade(parser, *upgrade_handler, std::move(params));
  }

  const bool head_only = request.method == "HEAD";
  const bool keep_alive = parser.keep_alive() && !refusal_;
  Request handed = std::move(request);
  parser.request().method = head_only ? "HEAD" : "";
  asio::awaitable<Response> answer = dispatcher_->respond(std::move(handed), parser.target().segments);
  Result<Response> result = co_await with_timeout(as_result(std::move(answer)), config_.handler_timeout);
  if (is_over()) co_return false;
  Response response = result ? std::move(*result) : Response::text(503, "the server is too slow\n");
  co_return co_await write_response(std::move(response), parser, keep_alive);
}

asio::awaitable<bool> HttpConnection::read_request(RequestParser& parser) {
  using State = RequestParser::State;
  idle_ = !first_request_ && buffer_.empty();
  if (!first_request_) set_deadline(idle_ ? config_.keep_alive_timeout : config_.header_timeout);
  State seen = State::header;
  bool seen_start = !idle_;
  for (;;) {
    const std::size_t taken = parser.feed(buffer_);
    buffer_.erase(0, taken);
    const State state = parser.state();
    if (state == State::complete) co_return true;
    if (state == State::failed) co_return false;
    if (parser.started() && !seen_start) {
      seen_start = true;
      idle_ = false;
      set_deadline(config_.header_timeout);
    }
    if (state == State::body && seen == State::header) {
      seen = state;
      set_deadline(config_.body_timeout);
      if (parser.expects_continue() && buffer_.empty()) {
        const bool written = co_await write_all("HTTP/1.1 100 Continue\r\n\r\n");
        if (!written) co_return false;
      }
    }
    const bool more = co_await read_more();
    if (!more) co_return false;
  }
}

asio::awaitable<bool> HttpConnection::read_more() {
  for (;;) {
    if (is_over()) co_return false;
    const std::span<char> space = pool_->read_buffer();
    const Stream::Transfer received = stream_.read_some(space.data(), space.size());
    if (received.status == Stream::Status::ended) co_return false;
    if (received.status == Stream::Status::done) {
      buffer_.append(space.data(), received.size);
      co_return true;
    }
    boost::system::error_code ec;
    co_await stream_.wait_readable(asio::redirect_error(asio::use_awaitable, ec));
    if (ec) co_return false;
  }
}

asio::awaitable<bool> HttpConnection::write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    if (is_over()) co_return false;
    const Stream::Transfer sent = stream_.write_some(bytes);
    if (sent.status == Stream::Status::ended) co_return false;
    bytes.remove_prefix(sent.size);
    if (sent.status == Stream::Status::done) continue;
    boost::system::error_code ec;
    co_await stream_.wait_writable(asio::redirect_error(asio::use_awaitable, ec));
    if (ec) co_return false;
  }
  co_return true;
}

asio::awaitable<bool> HttpConnection::write_response(Response response, RequestParser& parser, bool keep_alive) {
  ResponseFraming framing;
  framing.keep_alive = keep_alive && !draining_;
  framing.is_http_11 = parser.is_http_11() || parser.state() == RequestParser::State::failed;
  framing.head_only = parser.request().method == "HEAD";
  framing.is_secured = stream_.is_secured();
  framing.now = pool_->deadlines().wall();
  std::string header = write_header(response, framing);
  const bool with_body = has_body(response, framing);
  const bool together = with_body && response.body.size() <= copied_body_bytes_max;
  if (together) header += response.body;

  set_deadline(config_.handler_timeout);
  bool written = co_await write_all(header);
  if (written && with_body && !together) written = co_await write_all(response.body);
  if (!written) co_return false;
  if (!framing.keep_alive) co_await end_gently();
  co_return framing.keep_alive;
}

asio::awaitable<bool> HttpConnection::refuse(RequestParser& parser, int status, std::string_view text) {
  Response response = Response::text(status, std::string{text} + "\n");
  co_return co_await write_response(std::move(response), parser, false);
}

asio::awaitable<bool> HttpConnection::upgrade(RequestParser& parser, const UpgradeHandler& handler, Values params) {
  UpgradeRequest asked;
  asked.request = std::move(parser.request());
  asked.request.params = std::move(params);
  const bool keep_alive = parser.keep_alive();
  const std::string key{asked.request.headers.get("Sec-WebSocket-Key")};

  std::optional<Response> refusal = check_handshake(asked.request, parser.is_http_11());
  if (!refusal && !is_origin_allowed(asked.request, config_.allowed_origins)) {
    refusal = Response::text(403, "this origin may not connect\n");
  }
  if (!refusal && draining_) refusal = Response::text(503, "the server stops\n");
  AddressLimits::Entry entry;
  if (!refusal) {
    entry = dispatcher_->enter_by_proxy(stream_, asked.request.headers);
    if (entry.verdict != AddressLimits::Verdict::welcome) refusal = come_later(429, reason_of(entry.verdict));
  }
  if (refusal) co_return co_await write_response(std::move(*refusal), parser, keep_alive);

  for (const std::string_view token : asked.request.headers.tokens("Sec-WebSocket-Protocol")) {
    asked.subprotocols.emplace_back(token);
  }
  asio::awaitable<UpgradeDecision> answer = handler(std::move(asked));
  std::optional<Result<UpgradeDecision>> result;
  try {
    result.emplace(co_await with_timeout(as_result(std::move(answer)), config_.handler_timeout));
  } catch (const std::exception& error) {
    pool_->log().error("an upgrade handler threw: {}", error.what());
  }
  if (is_over()) co_return false;
  if (!result || !*result || !(*result)->handler()) {
    Response response = !result    ? Response::text(500, "internal error\n")
                        : !*result ? Response::text(503, "the server is too slow\n")
                                   : (*result)->refusal();
    co_return co_await write_response(std::move(response), parser, keep_alive);
  }

  UpgradeDecision decision = std::move(**result);
  TimingWheel::cancel(*this);
  upgraded_ = true;
  if (entry.place.number() > 0) stream_.count_for(std::move(entry.place));
  const auto socket = std::make_shared<WebSocketConnection>(pool_, std::move(stream_), decision.handler());
  socket->start(switching_protocols(key, decision.subprotocol()), std::move(buffer_));
  co_return false;
}

asio::awaitable<void> HttpConnection::end_gently() {
  stream_.shutdown_send();
  set_deadline(linger_time);
  buffer_.clear();
  std::size_t read = 0;
  bool more = true;
  while (more && read < linger_bytes_max) {
    more = co_await read_more();
    read += buffer_.size();
    buffer_.clear();
  }
}

}  // namespace carillon::http
