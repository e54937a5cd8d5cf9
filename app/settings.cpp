// Every key of the configuration: its name, what it means, its limits.
#include "app/config.hpp"

#include "app/secrets.hpp"
#include "http/server.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace carillon::app {
namespace {

using Values = std::vector<std::string>;

const std::string& one(const Values& values) {
  static const std::string none;
  return values.empty() ? none : values.front();
}

Error expected(std::string_view what) { return fail(Errc::bad_request, fmt::format("expected {}", what)); }

Result<std::int64_t> integer(const Values& values, std::int64_t min, std::int64_t max) {
  const std::string text = one(values);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < min || number > max) {
    return expected(fmt::format("integer {} to {}", min, max));
  }
  return number;
}

Result<bool> boolean(const Values& values) {
  if (values.size() == 1 && values.front() == "true") return true;
  if (values.size() == 1 && values.front() == "false") return false;
  return expected("true or false");
}

Result<> add_key(Config& config, const Result<jose::Key>& key) {
  if (!key) return key.error();
  config.server.keys.add(*key);
  return {};
}

Result<> add_secret(Config& config, const std::string& secret) {
  const Result<jose::Key> key = jose::Key::from_secret(secret);
  if (!key) return key.error();  // it knows a PEM key that was put here by mistake
  const Result<> checked = check_secret(secret);
  if (!checked) return checked.error();
  config.server.keys.add(*key);
  return {};
}

Result<> set_server_key(Config& config, Secret key) {
  const Result<> checked = check_secret(key.reveal());
  if (!checked) return checked.error();
  config.server.server_key = std::move(key);
  return {};
}

// ---- makers of the common kinds ----

template <class Get>
Setting text(std::string_view section, std::string_view name, std::string_view help, Get get) {
  return {section,
          name,
          help,
          false,
          false,
          [get](Config& config, const Values& values) -> Result<> {
            get(config) = one(values);
            return {};
          },
          [get](const Config& config) { return get(const_cast<Config&>(config)); }};
}

/// The path of a file that is read later, and again.
template <class Get>
Setting file(std::string_view section, std::string_view name, std::string_view help, Get get) {
  Setting setting = text(section, name, help, get);
  setting.apply = [get](Config& config, const Values& values) -> Result<> {
    const Result<std::string> path = file_named(one(values));
    if (!path) return path.error();
    get(config) = *path;
    return {};
  };
  return setting;
}

template <class Get>
Setting number(std::string_view section, std::string_view name, std::string_view help, std::int64_t min,
               std::int64_t max, Get get) {
  return {section,
          name,
          help,
          false,
          false,
          [get, min, max](Config& config, const Values& values) -> Result<> {
            const Result<std::int64_t> parsed = integer(values, min, max);
            if (!parsed) return parsed.error();
            auto& field = get(config);
            field = static_cast<std::remove_reference_t<decltype(field)>>(*parsed);
            return {};
          },
          [get](const Config& config) { return fmt::format("{}", get(const_cast<Config&>(config))); }};
}

template <class Get>
Setting seconds(std::string_view section, std::string_view name, std::string_view help, std::int64_t min,
                std::int64_t max, Get get) {
  return {section,
          name,
          help,
          false,
          false,
          [get, min, max](Config& config, const Values& values) -> Result<> {
            const Result<std::int64_t> parsed = integer(values, min, max);
            if (!parsed) return parsed.error();
            get(config) = std::chrono::seconds{*parsed};
            return {};
          },
          [get](const Config& config) { return fmt::format("{}", get(const_cast<Config&>(config)).count() / 1000); }};
}

template <class Get>
Setting flag(std::string_view section, std::string_view name, std::string_view help, Get get) {
  return {section,
          name,
          help,
          false,
          false,
          [get](Config& config, const Values& values) -> Result<> {
            const Result<bool> parsed = boolean(values);
            if (!parsed) return parsed.error();
            get(config) = *parsed;
            return {};
          },
          [get](const Config& config) { return std::string{get(const_cast<Config&>(config)) ? "true" : "false"}; }};
}

template <class Get>
Setting list(std::string_view section, std::string_view name, std::string_view help, Get get) {
  return {section,
          name,
          help,
          true,
          false,
          [get](Config& config, const Values& values) -> Result<> {
            get(config) = values;
            return {};
          },
          [get](const Config& config) { return fmt::format("{}", fmt::join(get(const_cast<Config&>(config)), ", ")); }};
}

Setting secret(std::string_view section, std::string_view name, std::string_view help,
               std::function<Result<>(Config&, const Values&)> apply) {
  const auto key = std::pair{section, name};
  return {section,
          name,
          help,
          false,
          true,
          [apply = std::move(apply), key](Config& config, const Values& values) -> Result<> {
            const Result<> applied = apply(config, values);
            if (applied) config.secrets.insert(key);
            return applied;
          },
          [key](const Config& config) { return config.secrets.contains(key) ? "(set)" : "(not set)"; }};
}

Setting listen() {
  return {"http",
          "listen",
          "addresses to listen on: host:port, [::1]:port, :port for all",
          true,
          false,
          [](Config& config, const Values& values) -> Result<> {
            if (values.empty()) return expected("host:port");
            config.server.http.listen.clear();
            for (const std::string& value : values) {
              const auto address = http::parse_listen_address(value);
              if (!address) return address.error();
              config.server.http.listen.push_back(*address);
            }
            return {};
          },
          [](const Config& config) {
            std::vector<std::string> shown;
            for (const auto& address : config.server.http.listen) {
              shown.push_back(fmt::format("{}:{}", address.host, address.port));
            }
            return fmt::format("{}", fmt::join(shown, ", "));
          }};
}

Setting trusted_proxies() {
  return {"http",
          "trusted-proxies",
          "proxies before this server, as 192.0.2.1 or 10.0.0.0/8: WebSockets through them count for X-Forwarded-For",
          true,
          false,
          [](Config& config, const Values& values) -> Result<> {
            std::vector<http::AddressPrefix> prefixes;
            for (const std::string& value : values) {
              const auto prefix = http::AddressPrefix::parse(value);
              if (!prefix) return prefix.error();
              prefixes.push_back(*prefix);
            }
            config.server.http.trusted_proxies = http::TrustedProxies{std::move(prefixes)};
            return {};
          },
          [](const Config& config) {
            std::vector<std::string> shown;
            for (const auto& prefix : config.server.http.trusted_proxies.prefixes()) shown.push_back(prefix.text());
            return fmt::format("{}", fmt::join(shown, ", "));
          }};
}

template <class Get>
Setting limit(std::string_view name, std::string_view help, Get get) {
  return {"limits",
          name,
          help,
          false,
          false,
          [get](Config& config, const Values& values) -> Result<> {
            constexpr std::int64_t most = 1'000'000;
            const Result<std::int64_t> parsed = integer(values, 0, most);
            if (!parsed) return parsed.error();
            get(config).given = static_cast<std::size_t>(*parsed);
            return {};
          },
          [get](const Config& config) { return fmt::format("{}", get(const_cast<Config&>(config)).value()); }};
}

Setting hosts() {
  return {"push",
          "allow-hosts",
          "hosts of push services besides those of the browsers: host, host:port, *.host, or * for any public one",
          true,
          false,
          [](Config& config, const Values& values) -> Result<> {
            const auto hosts = push::Hosts::with(values);
            if (!hosts) return hosts.error();
            config.server.push.hosts = *hosts;
            config.allow_hosts = values;
            return {};
          },
          [](const Config& config) { return fmt::format("{}", fmt::join(config.allow_hosts, ", ")); }};
}

Setting log_level() {
  return {"log",
          "level",
          "debug, info, warn, error or off",
          false,
          false,
          [](Config& config, const Values& values) -> Result<> {
            constexpr std::array names{"debug", "info", "warn", "error", "off"};
            const auto found = std::ranges::find(names, one(values));
            if (found == names.end()) return expected("debug, info, warn, error or off");
            config.log_level = static_cast<LogLevel>(found - names.begin());
            return {};
          },
          [](const Config& config) {
            constexpr std::array names{"debug", "info", "warn", "error", "off"};
            return std::string{names.at(static_cast<std::size_t>(config.log_level))};
          }};
}

}  // namespace

const std::vector<Setting>& settings() {
  static const std::vector<Setting> all{
      listen(),
      list(
          "http", "origins", "web pages that may connect, as https://app.example; empty: only our own",
          [](Config & c) -> auto& { return c.server.http.allowed_origins; }),
      trusted_proxies(),
      secret("http", "server-key", "bearer token of operators, at least 32 bytes (better: server-key-file)",
             [](Config& c, const Values& v) -> Result<> { return set_server_key(c, Secret{one(v)}); }),
      secret("http", "server-key-file", "file with that token",
             [](Config& c, const Values& v) -> Result<> {
               const auto secret = secret_of_file(one(v));
               if (!secret) return secret.error();
               return set_server_key(c, *secret);
             }),
      file(
          "http", "tls-certificate-file", "PEM file with the certificate and those that lead to its authority: HTTPS",
          [](Config & c) -> auto& { return c.server.http.tls.certificate; }),
      file(
          "http", "tls-key-file", "PEM file with the private key of that certificate",
          [](Config & c) -> auto& { return c.server.http.tls.key; }),
      text(
          "web", "dir", "the web app's files; empty: the one that was built beside the program",
          [](Config & c) -> auto& { return c.server.web_dir; }),
      text(
          "data", "dir", "where the program keeps its files", [](Config & c) -> auto& { return c.store.data_dir; }),
      secret("data", "database", "postgresql://user@host/name; empty: SQLite in data.dir",
             [](Config& c, const Values& v) -> Result<> {
               c.store.database = one(v);
               return {};
             }),
      secret("data", "database-file", "file with that, for an address with a password in it",
             [](Config& c, const Values& v) -> Result<> {
               const auto secret = secret_of_file(one(v));
               if (!secret) return secret.error();
               c.store.database = secret->reveal();
               return {};
             }),
      secret("auth", "secret", "HS256 secret of access tokens, at least 32 bytes (better: secret-file)",
             [](Config& c, const Values& v) -> Result<> { return add_secret(c, one(v)); }),
      secret("auth", "secret-file", "file with the HS256 secret of access tokens",
             [](Config& c, const Values& v) -> Result<> {
               const auto secret = secret_of_file(one(v));
               if (!secret) return secret.error();
               return add_secret(c, secret->reveal());
             }),
      secret("auth", "public-key-file", "PEM file with the RS256 or ES256 public key of access tokens",
             [](Config& c, const Values& v) -> Result<> {
               const auto pem = text_of_file(one(v));
               if (!pem) return pem.error();
               return add_key(c, jose::Key::from_public_pem(*pem));
             }),
      secret("auth", "jwks-file", "file with a JWKS of keys for access tokens",
             [](Config& c, const Values& v) -> Result<> {
               const auto text = text_of_file(one(v));
               if (!text) return text.error();
               const auto keys = jose::KeySet::from_jwks(*text);
               if (!keys) return keys.error();
               for (const auto& key : keys->all()) c.server.keys.add(key);
               return {};
             }),
      seconds(
          "calls", "ring-seconds", "how long a callee rings when the caller does not say", 1, 120,
          [](Config & c) -> auto& { return c.server.calls.ring; }),
      seconds(
          "calls", "grace-seconds", "how long the seat of a dropped connection is kept; 0: a drop is a hang-up", 0, 300,
          [](Config & c) -> auto& { return c.server.calls.grace; }),
      flag(
          "calls", "call-waiting", "a callee in a call rings too; false: the caller hears busy",
          [](Config & c) -> auto& { return c.server.calls.call_waiting; }),
      flag(
          "calls", "open-rooms", "whoever names the room of a call that is on joins it; false: only who was called",
          [](Config & c) -> auto& { return c.server.calls.open_rooms; }),
      seconds(
          "server", "drain-seconds", "how long calls may go on after SIGTERM, while new ones are refused", 0, 86'400,
          [](Config & c) -> auto& { return c.server.drain; }),
      limit(
          "connections", "connections in all, pages and sockets; 0: as many as the system has descriptors for",
          [](Config & c) -> auto& { return c.limits.connections; }),
      limit(
          "connections-per-ip",
          "connections of one address; those from this machine count only when this is given; 0: no limit",
          [](Config & c) -> auto& { return c.limits.connections_per_ip; }),
      limit(
          "connections-per-second-ip",
          "new connections of one address, ten times as many at once; those from this machine count only when this is "
          "given; 0: no limit",
          [](Config & c) -> auto& { return c.limits.connections_per_second_ip; }),
      limit(
          "sessions-per-user",
          "sessions of one user: the one that is quiet for longest goes for a new one; 0: no limit",
          [](Config & c) -> auto& { return c.limits.sessions_per_user; }),
      limit(
          "messages-per-second", "messages of one session, twice as many at once; 0: no limit",
          [](Config & c) -> auto& { return c.limits.messages_per_second; }),
      limit(
          "messages-per-second-user",
          "messages of all sessions of one user together, twice as many at once; 0: no limit",
          [](Config & c) -> auto& { return c.limits.messages_per_second_user; }),
      limit(
          "producers-per-second",
          "cameras, microphones and the like that one user begins to send, eight times as many at once; 0: no limit",
          [](Config & c) -> auto& { return c.limits.producers_per_second; }),
      limit(
          "waiting-per-user", "requests of one user that wait for the database at a time; 0: no limit",
          [](Config & c) -> auto& { return c.limits.waiting_per_user; }),
      limit(
          "rings-per-minute-user", "people whom one user rings in any minute; 0: no limit",
          [](Config & c) -> auto& { return c.limits.rings_per_minute_user; }),
      limit(
          "rings-per-minute-pair", "how often one user rings the same person in any minute; 0: no limit",
          [](Config & c) -> auto& { return c.limits.rings_per_minute_pair; }),
      limit(
          "rings-at-once-pair", "calls in which one user lets the same person ring at a time; 0: no limit",
          [](Config & c) -> auto& { return c.limits.rings_at_once_pair; }),
      limit(
          "rooms-per-key", "calls at a time that were started with tokens of one signing key; 0: no limit",
          [](Config & c) -> auto& { return c.limits.rooms_per_key; }),
      hosts(),
      file(
          "push", "ca-file", "PEM file of more certificate authorities for push services, besides the system's",
          [](Config & c) -> auto& { return c.server.push.ca_file; }),
      secret("push", "vapid-key-file", "PEM file with the key of Web Push; `carillon keys` makes one",
             [](Config& c, const Values& v) -> Result<> {
               const auto pem = text_of_file(one(v));
               if (!pem) return pem.error();
               const auto key = jose::Key::from_private_pem(*pem);
               if (!key) return key.error();
               if (key->algorithm() != jose::Algorithm::es256) return expected("a private key on P-256");
               c.server.push.vapid_key = *key;
               return {};
             }),
      text(
          "push", "vapid-subject", "whom a push service may write to: mailto:you@example.com or https://...",
          [](Config & c) -> auto& { return c.server.push.vapid_subject; }),
      secret("push", "fcm-service-account-file", "JSON key file of the service account for FCM",
             [](Config& c, const Values& v) -> Result<> {
               const auto text = text_of_file(one(v));
               if (!text) return text.error();
               auto account = push::ServiceAccount::parse(*text);
               if (!account) return account.error();
               c.server.push.fcm = std::move(*account);
               return {};
             }),
      text(
          "push", "fcm-endpoint", "address of the FCM service, without a path",
          [](Config & c) -> auto& { return c.server.push.fcm_endpoint; }),
      flag(
          "signaling", "presence", "clients may ask who is online (on with --dev)",
          [](Config & c) -> auto& { return c.server.presence; }),
      seconds(
          "signaling", "ping-seconds", "silence on a WebSocket before we ping", 1, 3600,
          [](Config & c) -> auto& { return c.server.http.web_socket.ping_after; }),
      seconds(
          "signaling", "dead-seconds", "silence on a WebSocket before the session is lost", 2, 7200,
          [](Config & c) -> auto& { return c.server.http.web_socket.dead_after; }),
      text(
          "media", "worker", "path of the mediasoup-worker binary; empty: CARILLON_WORKER, then the one built here",
          [](Config & c) -> auto& { return c.server.media.worker_bin; }),
      number(
          "media", "workers", "worker processes; 0: one for each core", 0, 256,
          [](Config & c) -> auto& { return c.server.media.workers; }),
      text(
          "media", "listen-address", "IP address for media; empty: the one of http.listen",
          [](Config & c) -> auto& { return c.server.media.listen_ip; }),
      text(
          "media", "announced-address", "address that clients send media to; empty: the listen address",
          [](Config & c) -> auto& { return c.server.media.announced_address; }),
      number(
          "media", "port", "worker n takes UDP and TCP port number port + n; 0: any free ones", 0, 65000,
          [](Config & c) -> auto& { return c.server.media.port; }),
      list(
          "ice", "urls", "STUN and TURN servers for clients, as turn:turn.example:3478",
          [](Config & c) -> auto& { return c.ice_urls; }),
      text(
          "ice", "username", "user name for these TURN servers", [](Config & c) -> auto& { return c.ice_username; }),
      secret("ice", "credential-file", "file with the password for these TURN servers",
             [](Config& c, const Values& v) -> Result<> {
               const auto secret = secret_of_file(one(v));
               if (!secret) return secret.error();
               c.ice_credential = *secret;
               return {};
             }),
      log_level(),
  };
  return all;
}

}  // namespace carillon::app
