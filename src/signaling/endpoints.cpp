// What the server answers over HTTP: who may open a WebSocket, whether it lives, tokens for development, counts.
#include "signaling/node.hpp"

#include "http/address.hpp"
#include "http/trusted_proxies.hpp"
#include "jose/access_token.hpp"
#include "protocol/decode.hpp"
#include "signaling/responses.hpp"
#include "signaling/session.hpp"

#include <openssl/crypto.h>
#include <boost/describe.hpp>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <utility>

namespace carillon::signaling {
namespace {

constexpr std::string_view protoo = "protoo";
constexpr std::string_view token_subprotocol = "token.";
constexpr std::chrono::hours dev_token_lasts{24};
/// A call must end first.
constexpr std::chrono::seconds place_again_in{10};

struct DevTokenRequest {
  UserId user;
  std::optional<protocol::Text<128>> name;
  std::optional<protocol::Text<128>> device;
};
BOOST_DESCRIBE_STRUCT(DevTokenRequest, (), (user, name, device))

/// Of a program on this machine, and not of somebody whom a proxy here speaks for (RFC 7239, and what came before it).
/// Of a trusted proxy nothing is: that it adds no such field for some request must open nothing.
bool is_local(const http::Request& request, const http::TrustedProxies& proxies) {
  const auto from = http::parse_peer(request.remote_address);
  if (!from || !http::is_loopback(*from) || proxies.contains(*from)) return false;
  return !request.headers.contains("Forwarded") && !request.headers.contains("X-Forwarded-For");
}

/// `?token=`, `Authorization: Bearer`, or the subprotocol `token.<jwt>`.
std::string token_of(const http::UpgradeRequest& upgrade) {
  for (const std::string& offered : upgrade.subprotocols) {
    if (offered.starts_with(token_subprotocol)) return offered.substr(token_subprotocol.size());
  }
  if (const auto bearer = upgrade.request.bearer_token()) return *bearer;
  return upgrade.request.query.get("token");
}

}  // namespace

void Node::add_routes() {
  server_.on_upgrade("/ws", [this](http::UpgradeRequest request) { return on_upgrade(std::move(request)); });
  server_.route("GET", "/livez", at_once([](const http::Request&) { return http::Response::text(200, "ok\n"); }));
  server_.route("GET", "/readyz", at_once([this](const http::Request&) { return readiness(); }));
  server_.route("GET", "/v1/debug/counts", at_once([this](const http::Request& r) { return debug_counts(r); }));
  server_.route("GET", "/metrics", at_once([this](const http::Request& r) { return metrics_text(r); }));
  if (config_.dev) {
    server_.route("POST", "/dev/token", at_once([this](const http::Request& r) { return dev_token(r); }));
  }
  add_rest_routes();
  if (!config_.web_dir.empty()) server_.serve_files(config_.web_dir);
}

/// Whether a load balancer should send new users here.
http::Response Node::readiness() const {
  if (stopping_) return http::Response::text(503, "stopping\n");
  if (draining()) return http::Response::text(503, "draining\n");
  if (workers_.all().empty()) return http::Response::text(503, "no media worker\n");
  return http::Response::text(200, "ready\n");
}

boost::asio::awaitable<http::UpgradeDecision> Node::on_upgrade(http::UpgradeRequest upgrade) {
  if (std::ranges::find(upgrade.subprotocols, protoo) == upgrade.subprotocols.end()) {
    co_return http::UpgradeDecision::refuse(
        error_response(fail(Errc::forbidden, "Sec-WebSocket-Protocol: expected protoo")));
  }
  if (stopping_) co_return http::UpgradeDecision::refuse(error_response(fail(Errc::unavailable, "the server stops")));
  // A resume token stands for the session that got it, also after its access token has expired.
  std::string resume = upgrade.request.query.get("resume");
  const DevicePtr seat = resume.empty() ? nullptr : devices_.find_by_resume_token(resume);
  if (!seat) resume.clear();
  Result<Identity> identity = seat ? Result<Identity>{seat->identity()} : identify(upgrade);
  if (identity && !seat && !place_for(*identity).is_free) {
    metrics_.limited("sessions-per-user");
    identity = fail(Errc::rate_limited, "too many sessions of this user are in calls", place_again_in);
  }
  if (!identity) {
    log_.info("session refused: {}", identity.error().detail);
    co_return http::UpgradeDecision::refuse(error_response(identity.error()));
  }
  auto session = std::make_shared<Session>(*this, std::move(*identity), std::move(resume));
  co_return http::UpgradeDecision::accept(std::move(session), std::string{protoo});
}

Result<Identity> Node::identify(const http::UpgradeRequest& upgrade) {
  const std::string token = token_of(upgrade);
  if (token.empty())
    return fail(Errc::unauthorized, "no access token: ?token=, Authorization or subprotocol token.<jwt>");
  return identify(token);
}

Result<Identity> Node::identify(const std::string& token) {
  std::string key;
  Result<jose::Claims> claims = jose::verify_access_token(token, config_.keys, clock_.wall(), &key);
  if (!claims) return claims.error();
  const UserId user{claims->user};
  DeviceId device = claims->device ? device_id(user, *claims->device) : DeviceId{random_.uuid()};
  return Identity{user, claims->name, std::move(device), std::move(claims->calls), std::move(key)};
}

http::Response Node::dev_token(const http::Request& request) {
  boost::system::error_code error;
  const json::value body = json::parse(request.body, error);
  if (error) return error_response(fail(Errc::bad_request, "body: not JSON: " + error.message()));
  DevTokenRequest wanted;
  const protocol::Path root{nullptr, "body", 0, false};
  const Result<> decoded = protocol::decode(body, wanted, root);
  if (!decoded) return error_response(decoded.error());
  jose::Claims claims;
  claims.user = wanted.user.str();
  claims.name = wanted.name ? wanted.name->value : wanted.user.str();
  if (wanted.device) claims.device = wanted.device->value;
  claims.expires_at = clock_.wall() + dev_token_lasts;
  const Result<std::string> token = jose::sign_access_token(claims, *config_.dev_key);
  if (!token) return error_response(token.error());
  return http::Response::json(200, json::serialize(json::object{{"token", *token}}));
}

bool Node::is_operator(const http::Request& request) const {
  if (config_.dev) return true;
  const auto given = request.bearer_token();
  const std::string& key = config_.server_key.reveal();
  return !key.empty() && given && given->size() == key.size() &&
         CRYPTO_memcmp(given->data(), key.data(), key.size()) == 0;
}

http::Response Node::debug_counts(const http::Request& request) const {
  if (!is_operator(request)) return error_response(fail(Errc::unauthorized, "Authorization: expected the server key"));
  json::array workers;
  for (const auto& [id, entry] : workers_.all()) {
    workers.push_back(json::object{{"pid", entry.worker->pid()},
                                   {"routers", entry.worker->router_count()},
                                   {"transports", entry.worker->transport_count()}});
  }
  const room::Counts rooms = rooms_.counts();
  const call::Counts calls = calls_.calls().counts();
  return http::Response::json(200, json::serialize(json::object{{"sessions", devices_.connected_count()},
                                                                {"users", calls.users},
                                                                {"calls", calls.calls},
                                                                {"rooms", rooms.rooms},
                                                                {"peers", rooms.peers},
                                                                {"transports", rooms.transports},
                                                                {"producers", rooms.producers},
                                                                {"consumers", rooms.consumers},
                                                                {"workers", std::move(workers)}}));
}

http::Response Node::metrics_text(const http::Request& request) {
  if (!is_local(request, config_.http.trusted_proxies) && !is_operator(request))
    return error_response(fail(Errc::unauthorized, "Authorization: expected the server key"));
  const http::Server::Counts http = server_.counts();
  Metrics::Now now{.calls = calls_.calls().counts().calls,
                   .web_sockets = http.web_sockets,
                   .http_connections = http.connections,
                   .workers = config_.media.workers,
                   .workers_up = {},
                   .worker_restarts = workers_.restarts(),
                   .refused_as_full = http.refused_as_full,
                   .connections_refused = http.refused_by_address,
                   .connections_too_often = http.refused_by_rate,
                   .refusals = calls_.calls().refusals(),
                   .certificate_expires = server_.certificate_expires()};
  for (const auto& [id, entry] : workers_.all()) now.workers_up.insert(entry.slot);
  // The version is that of the text format, which Prometheus asks for.
  return {200, "text/plain; version=0.0.4; charset=utf-8", metrics_.text(now)};
}

}  // namespace carillon::signaling
