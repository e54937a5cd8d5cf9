#include "http/server.hpp"

#include "base/async.hpp"
#include "base/token_bucket.hpp"
#include "http/address_limits.hpp"
#include "http/certificate.hpp"
#include "http/http_connection.hpp"
#include "http/listeners.hpp"
#include "http/router.hpp"
#include "http/static_files.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace carillon::http {

namespace {

/// Out of descriptors or memory: others must close theirs first. Accepting again at once would only burn the CPU.
constexpr Duration accept_pause = std::chrono::milliseconds(100);
constexpr Duration accept_warning_interval = std::chrono::seconds(10);
/// An address above its limit is told so, on this many connections at once. Beyond, it is not worth a handshake.
constexpr std::size_t refusals_per_address_max = 16;
/// The same for everybody together, when the server is full.
constexpr std::size_t refusals_max = 64;
/// Handshakes for those who connect too often, of all addresses together: so many a second, and so many at once.
constexpr double rate_refusals_per_second = 16, rate_refusals_burst = 64;

Response method_not_allowed(std::vector<std::string> allowed, bool is_options) {
  if (std::find(allowed.begin(), allowed.end(), "GET") != allowed.end()) allowed.emplace_back("HEAD");
  allowed.emplace_back("OPTIONS");
  std::string list;
  for (const std::string& method : allowed) list += (list.empty() ? "" : ", ") + method;
  Response response = is_options ? Response::empty(204) : Response::text(405, "this path has no such method\n");
  response.headers.add("Allow", list);
  return response;
}

}  // namespace

UpgradeDecision UpgradeDecision::accept(std::shared_ptr<WebSocketHandler> handler, std::string subprotocol) {
  UpgradeDecision decision;
  decision.handler_ = std::move(handler);
  decision.subprotocol_ = std::move(subprotocol);
  return decision;
}

UpgradeDecision UpgradeDecision::refuse(Response response) {
  UpgradeDecision decision;
  decision.refusal_ = std::move(response);
  return decision;
}

class Server::Impl final : public Dispatcher, public std::enable_shared_from_this<Impl> {
 public:
  Impl(boost::asio::io_context& io, ServerConfig the_config, Logger log)
      : io_{io},
        config{std::move(the_config)},
        log_{std::move(log)},
        listeners{io},
        pool{std::make_shared<ConnectionPool>(io, config.web_socket, log_)},
        certificate{config.tls, pool->deadlines(), log_},
        limits{{.at_once = config.connections_per_address,
                .per_second = config.connections_per_address_per_second,
                .loopback_at_once = config.loopback_counts,
                .loopback_per_second = config.loopback_counts_per_second}} {}

  Result<> start(std::vector<int> inherited) {
    if (auto loaded = certificate.load(); !loaded) return loaded;
    if (auto opened = listeners.open(config.listen, std::move(inherited)); !opened) return opened.error();
    resume_accepting();
    return {};
  }

  void pause_accepting() {
    if (!std::exchange(accepting_, false)) return;
    ++accept_generation_;
    boost::system::error_code ignored;
    for (Listeners::Acceptor& acceptor : listeners.acceptors()) acceptor.cancel(ignored);
  }

  void resume_accepting() {
    if (std::exchange(accepting_, true)) return;
    const unsigned generation = ++accept_generation_;
    for (std::size_t i = 0; i < listeners.acceptors().size(); ++i) {
      auto self = shared_from_this();
      boost::asio::co_spawn(
          io_, [self, i, generation] { return self->accept_loop(i, generation); }, report(log_, "accepting"));
    }
  }

  void stop_accepting() {
    draining_ = true;
    listeners.close();
    for (const auto& connection : known_connections()) connection->drain();
  }

  void close(std::uint16_t code, std::string_view reason) {
    stop_accepting();
    pool->close_all(code, reason);
    for (const auto& connection : known_connections()) connection->abort();
  }

  void drop() {
    stop_accepting();
    for (const auto& connection : known_connections()) connection->abort();
    pool->drop_all("the server is gone");
    pool->deadlines().stop();
  }

  asio::awaitable<Response> respond(Request request, std::vector<std::string> segments) override {
    const bool is_head = request.method == "HEAD";
    const std::string method = is_head ? "GET" : request.method;
    auto match = routes.find(method, segments);
    if (!match.value && match.allowed.empty()) co_return from_files(request, segments);
    Response response;
    if (match.value) {
      request.params = std::move(match.params);
      const RequestHandler& handler = *match.value;
      const Running running{handlers_running};
      try {
        response = co_await handler(std::move(request));
      } catch (const boost::system::system_error& error) {
        // The limit for handlers ends what the handler waits for.
        const bool cancelled = error.code() == asio::error::operation_aborted;
        log_.error("a handler of {} {}: {}", method, cancelled ? "took too long" : "threw", error.what());
        response = Response::text(cancelled ? 503 : 500, "internal error\n");
      } catch (const std::exception& error) {
        log_.error("a handler of {} threw: {}", method, error.what());
        response = Response::text(500, "internal error\n");
      }
      if (!response.headers.contains("Cache-Control")) response.headers.add("Cache-Control", "no-store");
    } else {
      response = method_not_allowed(std::move(match.allowed), method == "OPTIONS");
    }
    secure(response, false);
    co_return response;
  }

  const UpgradeHandler* find_upgrade(const std::vector<std::string>& segments, Values& params) override {
    auto match = upgrades.find("GET", segments);
    params = std::move(match.params);
    return match.value;
  }

  AddressLimits::Entry enter_by_proxy(const Stream& stream, const Headers& headers) override {
    const auto peer = stream.peer();
    if (!peer || !config.trusted_proxies.contains(*peer)) return {};
    const TrustedProxies::Client client = config.trusted_proxies.client_of(*peer, headers);
    if (!client.is_known && !std::exchange(proxy_warned_, true)) {
      log_.warn("a trusted proxy hands on a WebSocket without a readable X-Forwarded-For: it counts as its own");
    }
    AddressLimits::Entry entry = limits.enter(client.address, pool->deadlines().now());
    if (entry.verdict != AddressLimits::Verdict::welcome) entry.place.release();  // the connection is the proxy's
    return entry;
  }

  bool has_route(const std::vector<std::string>& segments) override {
    return !routes.find("GET", segments).allowed.empty();
  }

  void on_connection_ended(HttpConnection& connection) override {
    if (connection.is_refused()) --refusing_;
    connections.erase(&connection);
  }

 private:
  boost::asio::io_context& io_;

 public:
  ServerConfig config;

 private:
  Logger log_;

 public:
  Listeners listeners;
  std::shared_ptr<ConnectionPool> pool;
  Certificate certificate;
  AddressLimits limits;
  RouteTable<RequestHandler> routes;
  RouteTable<UpgradeHandler> upgrades;
  std::unique_ptr<StaticFiles> files;
  std::uint64_t refused_as_full = 0;
  std::size_t handlers_running = 0;
  std::unordered_map<HttpConnection*, std::weak_ptr<HttpConnection>> connections;

 private:
  asio::awaitable<void> accept_loop(std::size_t index, unsigned generation) {
    Listeners::Acceptor& acceptor = listeners.acceptors()[index];
    Time warned{};
    while (acceptor.is_open() && generation == accept_generation_) {
      Stream::Socket socket{io_.get_executor()};
      boost::system::error_code ec;
      co_await acceptor.async_accept(socket, asio::redirect_error(asio::use_awaitable, ec));
      if (!ec) {
        admit(std::move(socket));
        continue;
      }
      if (ec == asio::error::operation_aborted || !acceptor.is_open()) co_return;
      if (ec == asio::error::connection_aborted) continue;
      const Time now = pool->deadlines().now();
      if (now - warned >= accept_warning_interval) {
        warned = now;
        log_.warn("cannot accept a connection: {}", ec.message());
      }
      co_await sleep_for(accept_pause);
    }
  }

  void admit(Stream::Socket socket) {
    if (draining_) return;
    boost::system::error_code ec;
    const auto peer = socket.remote_endpoint(ec).address();
    // Gone already, and of no address: its limits would not hold for what it has sent before.
    if (ec) return;
    const Time now = pool->deadlines().now();
    AddressLimits::Entry entry;
    if (!config.trusted_proxies.contains(peer)) entry = limits.enter(peer, now);
    if (entry.place.number() > config.connections_per_address + refusals_per_address_max) return;
    using Verdict = AddressLimits::Verdict;
    if (entry.verdict == Verdict::too_often && rate_refusals_.take(now)) return;
    const bool full = config.connections_max > 0 && served() >= config.connections_max;
    if (full) ++refused_as_full;
    if (full && refusing_ >= refusals_max) return;
    SslPtr tls = certificate.is_set() ? certificate.open(socket.native_handle()) : nullptr;
    if (certificate.is_set() && !tls) return;
    Stream stream{std::move(socket), std::move(tls), std::move(entry.place)};
    const auto connection = std::make_shared<HttpConnection>(std::move(stream), pool, shared_from_this(), config);
    if (entry.verdict != Verdict::welcome) {
      connection->refuse_all({429, reason_of(entry.verdict)});
    } else if (full) {
      connection->refuse_all({503, "too many connections", config.answered_when_full});
    }
    if (connection->is_refused()) ++refusing_;
    connections.emplace(connection.get(), connection);
    boost::asio::co_spawn(
        io_, [connection] { return connection->run(); }, report(log_, "HTTP connection"));
  }

  /// Those that are not just being refused.
  std::size_t served() const { return connections.size() + pool->web_sockets() - refusing_; }

  Response from_files(const Request& request, const std::vector<std::string>& segments) {
    const bool reads = request.method == "GET" || request.method == "HEAD";
    if (files && reads) {
      if (auto response = files->find(request, segments)) {
        secure(*response, true);
        return std::move(*response);
      }
    }
    Response response = Response::text(404, "there is nothing here\n");
    secure(response, false);
    return response;
  }

  void secure(Response& response, bool is_page) const {
    response.headers.add("X-Content-Type-Options", "nosniff");
    response.headers.add("Referrer-Policy", "no-referrer");
    if (!is_page) return;
    if (!config.content_security_policy.empty()) {
      response.headers.add("Content-Security-Policy", config.content_security_policy);
    }
    if (!config.permissions_policy.empty()) response.headers.add("Permissions-Policy", config.permissions_policy);
    response.headers.add("Cross-Origin-Opener-Policy", "same-origin");
  }

  /// A copy: ending one changes the list.
  std::vector<std::shared_ptr<HttpConnection>> known_connections() const {
    std::vector<std::shared_ptr<HttpConnection>> all;
    for (const auto& [pointer, weak] : connections) {
      if (auto connection = weak.lock()) all.push_back(std::move(connection));
    }
    return all;
  }

  /// One more handler runs, as long as this lives.
  struct Running {
    explicit Running(std::size_t& the_count) : count{the_count} { ++count; }
    ~Running() { --count; }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    std::size_t& count;
  };

  TokenBucket rate_refusals_{rate_refusals_per_second, rate_refusals_burst};
  bool accepting_ = false;          // not before start(), nor while it pauses
  unsigned accept_generation_ = 0;  // an accept loop of an older one ends
  std::size_t refusing_ = 0;        // of `connections`
  bool draining_ = false;
  bool proxy_warned_ = false;
};

Server::Server(boost::asio::io_context& io, ServerConfig config, Logger log)
    : impl_{std::make_shared<Impl>(io, std::move(config), std::move(log))} {}

Server::~Server() { impl_->drop(); }

void Server::route(std::string method, std::string path, RequestHandler handler) {
  impl_->routes.add(std::move(method), path, std::move(handler));
}

void Server::on_upgrade(std::string path, UpgradeHandler handler) {
  impl_->upgrades.add("GET", path, std::move(handler));
}

void Server::serve_files(std::filesystem::path directory) {
  impl_->files = std::make_unique<StaticFiles>(std::move(directory));
}

Result<> Server::start(std::vector<int> inherited) { return impl_->start(std::move(inherited)); }
const std::vector<std::uint16_t>& Server::ports() const { return impl_->listeners.ports(); }
Result<> Server::reload_certificates() { return impl_->certificate.load(); }
std::optional<Time> Server::certificate_expires() const { return impl_->certificate.expires(); }
std::vector<int> Server::listening_descriptors() const { return impl_->listeners.descriptors(); }
void Server::pause_accepting() { impl_->pause_accepting(); }
void Server::resume_accepting() { impl_->resume_accepting(); }
void Server::close_web_sockets(std::uint16_t code, std::string_view reason) { impl_->pool->close_all(code, reason); }
void Server::stop_accepting() { impl_->stop_accepting(); }
void Server::close(std::uint16_t code, std::string_view reason) { impl_->close(code, reason); }

Server::Counts Server::counts() const {
  const std::size_t sockets = impl_->pool->web_sockets();
  const ConnectionPool::Counts& counts = impl_->pool->counts();
  return {impl_->connections.size() + sockets,
          sockets,
          impl_->handlers_running,
          impl_->refused_as_full,
          impl_->limits.refused().too_many,
          impl_->limits.refused().too_often,
          counts.messages_in,
          counts.messages_out,
          counts.writes};
}

}  // namespace carillon::http
