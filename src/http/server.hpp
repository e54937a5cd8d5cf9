// Listener and routes for HTTP/1.1, static files and WebSocket upgrades, on one io_context and one thread.
// What it answers by itself: 400 to what is not HTTP, 404, 405, 408, 413, 431, and the files of the web app.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "http/message.hpp"
#include "http/tls.hpp"
#include "http/trusted_proxies.hpp"
#include "http/web_socket.hpp"

namespace carillon::http {

struct ListenAddress {
  std::string host;        // "127.0.0.1", "::1", "localhost"; "*" or empty: every address
  std::uint16_t port = 0;  // 0: the system picks one; ports() tells which

  bool operator==(const ListenAddress&) const = default;
};

/// "127.0.0.1:8080", "[::1]:8080", ":8080", "localhost:0".
[[nodiscard]] Result<ListenAddress> parse_listen_address(std::string_view text);

struct ServerConfig {
  std::vector<ListenAddress> listen = {{"127.0.0.1", 8080}};

  /// Not set: plain HTTP, on all addresses.
  TlsFiles tls;

  /// Whole request line and fields; above it 431.
  std::size_t header_bytes_max = 8 * 1024;
  /// Above it 413.
  std::size_t body_bytes_max = 64 * 1024;
  /// From the first chance to send a request until its fields are whole; then 408 and close. The handshake of TLS is
  /// within it.
  Duration header_timeout = std::chrono::seconds(5);
  Duration body_timeout = std::chrono::seconds(10);
  /// How long a kept connection may wait for its next request.
  Duration keep_alive_timeout = std::chrono::seconds(15);
  /// How long a handler may take (503), and how long a peer may take to read its response.
  Duration handler_timeout = std::chrono::seconds(30);
  /// Connections of all kinds at once; more are answered 503 with Retry-After. 0: no limit but the system's.
  std::size_t connections_max = 0;
  /// The path that is answered all the same: a full server is not a dead one. Empty: none.
  std::string answered_when_full = {};
  /// Of one address at once, or of one /64 of IPv6; more are answered 429 with Retry-After. 0: no limit.
  std::size_t connections_per_address = 500;
  /// New ones of one address in a second, ten times as many at once; more are answered 429, or just closed when there
  /// are many of them: over TLS an answer costs what the limit is there to save. 0: no limit.
  std::size_t connections_per_address_per_second = 50;
  /// Connections from this machine count, too. They do not by default: they are those of a proxy, for everybody.
  bool loopback_counts = false;
  bool loopback_counts_per_second = false;
  /// Their own connections do not count. Each WebSocket that comes through them does, for its client
  /// (X-Forwarded-For), as if it were a connection of his.
  TrustedProxies trusted_proxies;

  /// Origins whose pages may open a WebSocket: "https://app.example". Empty: only the page's own server
  /// (Origin equals Host). "*": any. A request without Origin is not of a browser and passes. "null" never does.
  std::vector<std::string> allowed_origins;

  /// Security fields for pages; empty: not sent.
  std::string content_security_policy =
      "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
      "media-src 'self' blob: mediastream:; connect-src 'self'; worker-src 'self' blob:; object-src 'none'; "
      "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
  std::string permissions_policy =
      "camera=(self), microphone=(self), display-capture=(self), fullscreen=(self), autoplay=(self), "
      "speaker-selection=(self), screen-wake-lock=(self), geolocation=(), payment=(), usb=()";

  WebSocketConfig web_socket;
};

struct UpgradeRequest {
  Request request;
  /// Offered subprotocols in the client's order, for example {"protoo", "token.eyJ..."}.
  std::vector<std::string> subprotocols;
};

/// Either a handler for the new socket, or a response that refuses.
class UpgradeDecision {
 public:
  /// `subprotocol` must be one of the offered, or empty for none.
  [[nodiscard]] static UpgradeDecision accept(std::shared_ptr<WebSocketHandler> handler, std::string subprotocol);
  [[nodiscard]] static UpgradeDecision refuse(Response response);

  [[nodiscard]] const std::shared_ptr<WebSocketHandler>& handler() const { return handler_; }
  [[nodiscard]] const std::string& subprotocol() const { return subprotocol_; }
  [[nodiscard]] const Response& refusal() const { return refusal_; }

 private:
  std::shared_ptr<WebSocketHandler> handler_;
  std::string subprotocol_;
  Response refusal_;
};

using RequestHandler = std::function<boost::asio::awaitable<Response>(Request)>;
using UpgradeHandler = std::function<boost::asio::awaitable<UpgradeDecision>(UpgradeRequest)>;

class Server {
 public:
  /// `io` must outlive the server. Only its thread may call in.
  Server(boost::asio::io_context& io, ServerConfig config, Logger log);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// `path` is literal but for whole segments in braces: "/v1/calls/{callId}". GET answers HEAD too.
  /// Handlers that throw are answered with 500. The function object is kept for the life of the server, so a
  /// capturing lambda must not itself be a coroutine: let it call one.
  void route(std::string method, std::string path, RequestHandler handler);
  /// `path` as above. Handshake and Origin have been checked when the handler is asked.
  void on_upgrade(std::string path, UpgradeHandler handler);
  /// GET of what no route has: files below `directory`; index.html for "/" and, when a page is asked for
  /// (Accept: text/html, no dot in the last segment), for every other path.
  void serve_files(std::filesystem::path directory);

  /// Reads the certificate, binds and listens, all addresses or none. Errc::conflict when an address is taken,
  /// Errc::bad_request with the file's name when it is no certificate. `inherited` are sockets that
  /// listen already, of a server whose place this one takes (see listening_descriptors): those that listen at our
  /// addresses are used, the others closed.
  [[nodiscard]] Result<> start(std::vector<int> inherited = {});
  /// The bound ports, in the order of config.listen (a name with several addresses has the first one's).
  [[nodiscard]] const std::vector<std::uint16_t>& ports() const;

  /// Reads certificate and key again, for the connections to come; the open ones go on. After an error the old ones
  /// stay in use. Without TLS it does nothing.
  [[nodiscard]] Result<> reload_certificates();
  /// When the certificate in use runs out, or has; nullopt: no TLS. The log warns from 14 days before, once a day.
  [[nodiscard]] std::optional<Time> certificate_expires() const;

  /// The sockets that listen, for a program that takes our place by execve. They stay ours until then. Whoever
  /// connects in between waits in the queue of the kernel and is answered by the successor.
  [[nodiscard]] std::vector<int> listening_descriptors() const;
  /// Leaves who connects from now on in that queue; resume_accepting() takes them out after all, and does nothing
  /// unless it pauses.
  void pause_accepting();
  void resume_accepting();

  /// Lets nobody new in. Idle kept connections end; running requests finish, sockets stay.
  void stop_accepting();
  /// Ends the rest at once: sockets get a close frame with `code` and their on_closed, requests are dropped.
  void close(std::uint16_t code = close_code::going_away, std::string_view reason = "server stops");

  /// Sends each socket a close frame with `code`; the rest of the server goes on.
  void close_web_sockets(std::uint16_t code, std::string_view reason);

  struct Counts {
    std::size_t connections = 0;  // all, WebSockets too
    std::size_t web_sockets = 0;
    std::size_t requests = 0;              // whose handlers run
    std::uint64_t refused_as_full = 0;     // since the start: above connections_max
    std::uint64_t refused_by_address = 0;  // the same: above connections_per_address
    std::uint64_t refused_by_rate = 0;     // the same: above connections_per_address_per_second
    std::uint64_t messages_in = 0;         // of all WebSockets since the start
    std::uint64_t messages_out = 0;
    std::uint64_t writes = 0;  // system calls that sent them
  };
  [[nodiscard]] Counts counts() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace carillon::http
