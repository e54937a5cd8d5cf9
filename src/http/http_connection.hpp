// One HTTP/1.1 connection: reads a request, has it answered, writes the response, and again; or becomes a WebSocket.
#pragma once

#include "base/async.hpp"
#include "http/address_limits.hpp"
#include "http/request_parser.hpp"
#include "http/response_writer.hpp"
#include "http/server.hpp"
#include "http/stream.hpp"
#include "http/web_socket_connection.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace carillon::http {

/// What connections ask of the server.
class Dispatcher {
 public:
  virtual ~Dispatcher() = default;
  virtual asio::awaitable<Response> respond(Request request, std::vector<std::string> segments) = 0;
  /// Null: no WebSocket lives at this path. Fills `params`.
  virtual const UpgradeHandler* find_upgrade(const std::vector<std::string>& segments, Values& params) = 0;
  /// Counts a WebSocket for its client, when it comes through a proxy. Others are counted since they have connected.
  virtual AddressLimits::Entry enter_by_proxy(const Stream& stream, const Headers& headers) = 0;
  /// An ordinary route has this path, too.
  virtual bool has_route(const std::vector<std::string>& segments) = 0;
  virtual void on_connection_ended(class HttpConnection& connection) = 0;
};

class HttpConnection final : public std::enable_shared_from_this<HttpConnection>, private TimingWheel::Entry {
 public:
  /// `dispatcher` and `config` must live as long as the connection is known to the dispatcher: until
  /// on_connection_ended.
  HttpConnection(Stream stream, std::shared_ptr<ConnectionPool> pool, std::shared_ptr<Dispatcher> dispatcher,
                 const ServerConfig& config);
  ~HttpConnection() override;

  asio::awaitable<void> run();

  /// There are too many connections: the first request is answered with that, and no other.
  struct Refusal {
    int status = 429;
    std::string_view why;  // a literal
    /// This path is answered as ever: probes must not take a full server for a dead one. Empty: none.
    std::string_view but = {};
  };
  void refuse_all(Refusal refusal) { refusal_ = refusal; }
  [[nodiscard]] bool is_refused() const { return refusal_.has_value(); }

  /// No request after the one that is running; none running: ends now.
  void drain();
  /// Ends now.
  void abort();

 private:
  asio::awaitable<bool> shake_hands();
  asio::awaitable<bool> refuse_plain_http();
  /// False: the connection is over, or a WebSocket has it.
  asio::awaitable<bool> serve_one();
  asio::awaitable<bool> read_request(RequestParser& parser);
  asio::awaitable<bool> read_more();
  asio::awaitable<bool> write_all(std::string_view bytes);
  asio::awaitable<bool> write_response(Response response, RequestParser& parser, bool keep_alive);
  asio::awaitable<bool> refuse(RequestParser& parser, int status, std::string_view text);
  asio::awaitable<bool> upgrade(RequestParser& parser, const UpgradeHandler& handler, Values params);
  asio::awaitable<void> end_gently();

  void set_deadline(Duration from_now);
  void on_deadline(Time now) override;
  [[nodiscard]] bool is_over() const { return timed_out_ || aborted_; }

  Stream stream_;
  std::shared_ptr<ConnectionPool> pool_;
  std::shared_ptr<Dispatcher> dispatcher_;
  const ServerConfig& config_;
  std::string buffer_;  // read and not yet parsed
  bool first_request_ = true;
  bool idle_ = true;  // between requests
  bool draining_ = false;
  bool timed_out_ = false;
  bool aborted_ = false;
  bool upgraded_ = false;
  std::optional<Refusal> refusal_;
};

}  // namespace carillon::http
