#include "app/config.hpp"

#include "fetch/url.hpp"

#include <fmt/format.h>
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <thread>

namespace carillon::app {
namespace {

Error at(const std::string& file, const toml::source_region& where, std::string text) {
  return fail(Errc::bad_request, fmt::format("{}:{}: {}", file, where.begin.line, text));
}

/// The known key with the fewest letters to change, for the error text.
std::string nearest_key(const std::string& wrong) {
  const auto distance = [](std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
      std::size_t diagonal = row[0];
      row[0] = i;
      for (std::size_t j = 1; j <= b.size(); ++j) {
        const std::size_t above = row[j];
        row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U)});
        diagonal = above;
      }
    }
    return row[b.size()];
  };
  std::string best;
  std::size_t best_distance = 4;  // further off is a guess
  for (const Setting& setting : settings()) {
    const std::size_t d = distance(wrong, setting.key());
    if (d < best_distance) {
      best_distance = d;
      best = setting.key();
    }
  }
  return best;
}

/// A TOML value as the texts that a flag would have; nullopt: a table, a date, a nested array.
std::optional<std::string> scalar(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return fmt::format("{}", number->get());
  if (const auto* truth = node.as_boolean()) return std::string{truth->get() ? "true" : "false"};
  return std::nullopt;
}

Result<std::vector<std::string>> values_of(const Setting& setting, const toml::node& node) {
  std::vector<std::string> values;
  if (const auto one = scalar(node)) {
    values.push_back(*one);
    return values;
  }
  const auto* array = node.as_array();
  if (array == nullptr || !setting.is_list) {
    return fail(Errc::bad_request,
                setting.is_list ? "expected a text or an array of texts" : "expected a single value");
  }
  for (const toml::node& item : *array) {
    const auto one = scalar(item);
    if (!one) return fail(Errc::bad_request, "expected an array of texts");
    values.push_back(*one);
  }
  return values;
}

Result<> apply_node(Config& config, const std::string& file, std::string_view section, std::string_view name,
                    const toml::node& node) {
  const Setting* setting = find_setting(section, name);
  if (setting == nullptr) {
    const std::string key = section.empty() ? std::string{name} : fmt::format("{}.{}", section, name);
    const std::string nearest = nearest_key(key);
    return at(file, node.source(),
              fmt::format("{}: unknown key{}", key, nearest.empty() ? "" : fmt::format("; did you mean {}?", nearest)));
  }
  const auto values = values_of(*setting, node);
  const Result<> applied = values ? setting->apply(config, *values) : Result<>{values.error()};
  if (!applied) return at(file, node.source(), fmt::format("{}: {}", setting->key(), applied.error().detail));
  return {};
}

/// These are the operator's own words, so plain HTTP is refused only where it would leave the machine.
Result<> check_endpoint(std::string_view key, const std::string& text) {
  const auto url = fetch::parse_url(text);
  if (!url) return fail(Errc::bad_request, fmt::format("{}: {}", key, url.error().detail));
  const bool stays = url->host == "localhost" || url->host == "127.0.0.1" || url->host == "::1";
  if (!url->is_https && !stays)
    return fail(Errc::bad_request, fmt::format("{}: expected https:, or this machine", key));
  return {};
}

/// Read once more by the server: here so that `carillon check-config` can tell.
Result<> check_tls(const http::TlsFiles& files) {
  if (!files.are_set()) return {};
  if (files.certificate.empty())
    return fail(Errc::bad_request, "http.tls-key-file: expected with tls-certificate-file");
  if (files.key.empty()) return fail(Errc::bad_request, "http.tls-certificate-file: expected with tls-key-file");
  const auto loaded = http::TlsContext::load(files);
  if (!loaded) return fail(Errc::bad_request, "http.tls-certificate-file, http.tls-key-file: " + loaded.error().detail);
  return {};
}

Result<> check_push(const signaling::PushConfig& push) {
  const std::string& subject = push.vapid_subject;
  const bool has_subject = subject.starts_with("mailto:") || subject.starts_with("https:");
  if (!subject.empty() && !has_subject)
    return fail(Errc::bad_request, "push.vapid-subject: expected mailto:you@example.com or https://...");
  if (push.vapid_key && !has_subject) {
    return fail(Errc::bad_request,
                "push.vapid-subject: expected with push.vapid-key-file: mailto:you@example.com, so that push services "
                "can reach you");
  }
  const Result<> endpoint = check_endpoint("push.fcm-endpoint", push.fcm_endpoint);
  if (!endpoint || !push.fcm) return endpoint;
  return check_endpoint("push.fcm-service-account-file: token_uri", push.fcm->token_uri);
}

void apply_limits(Config& config, bool dev) {
  Limits& limits = config.limits;
  for (Limit* limit : {&limits.connections_per_ip, &limits.messages_per_second, &limits.rings_per_minute_user,
                       &limits.rings_per_minute_pair, &limits.rooms_per_key}) {
    if (dev) limit->preset = 0;
  }
  signaling::Config& server = config.server;
  server.http.connections_per_address = limits.connections_per_ip.value();
  server.http.loopback_counts = limits.connections_per_ip.given.has_value();
  server.messages_per_second = limits.messages_per_second.value();
  server.calls.limits = {.rings_per_minute_user = limits.rings_per_minute_user.value(),
                         .rings_per_minute_pair = limits.rings_per_minute_pair.value(),
                         .rooms_per_key = limits.rooms_per_key.value()};
}

std::string joined(std::string_view section, std::string_view name, char between) {
  return fmt::format("{}{}{}", section, between, name);
}

}  // namespace

std::string Setting::key() const { return joined(section, name, '.'); }

std::string Setting::flag() const { return "--" + joined(section, name, '-'); }

std::string Setting::env() const {
  std::string env = "CARILLON_" + joined(section, name, '_');
  for (char& c : env) c = c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return env;
}

const Setting* find_setting(std::string_view section, std::string_view name) {
  const auto found = std::ranges::find_if(
      settings(), [&](const Setting& setting) { return setting.section == section && setting.name == name; });
  return found == settings().end() ? nullptr : &*found;
}

Result<> apply_toml(Config& config, std::string_view text, const std::string& file) {
  const toml::parse_result parsed = toml::parse(text, file);
  if (!parsed) return at(file, parsed.error().source(), std::string{parsed.error().description()});
  for (const auto& [section, node] : parsed.table()) {
    const toml::table* table = node.as_table();
    if (table == nullptr) {
      const Result<> unknown = apply_node(config, file, "", section.str(), node);
      if (!unknown) return unknown;
      continue;
    }
    for (const auto& [name, value] : *table) {
      const Result<> applied = apply_node(config, file, section.str(), name.str(), value);
      if (!applied) return applied;
    }
  }
  return {};
}

std::vector<std::string> split_values(const Setting& setting, const std::string& text) {
  if (!setting.is_list) return {text};
  std::vector<std::string> values;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    std::string_view one = rest.substr(0, comma);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    while (!one.empty() && one.front() == ' ') one.remove_prefix(1);
    while (!one.empty() && one.back() == ' ') one.remove_suffix(1);
    if (!one.empty()) values.emplace_back(one);
  }
  return values;
}

Result<> finish(Config& config, bool dev) {
  signaling::Config& server = config.server;
  signaling::MediaConfig& media = server.media;
  server.dev = dev;
  if (dev) server.presence = true;
  apply_limits(config, dev);
  if (media.workers == 0) media.workers = std::max(1U, std::thread::hardware_concurrency());
  if (const char* named = std::getenv("CARILLON_WORKER"); named != nullptr && media.worker_bin.empty()) {
    media.worker_bin = named;
  }
  if (media.worker_bin.empty()) media.worker_bin = CARILLON_WORKER_PATH;
  if (media.worker_bin.empty()) {
    return fail(Errc::bad_request,
                "media.worker: expected the path of mediasoup-worker (scripts/build-worker makes one)");
  }
  if (server.web_dir.empty()) server.web_dir = CARILLON_WEB_DIR;

  const Result<> tls = check_tls(server.http.tls);
  if (!tls) return tls;

  const std::string& host = server.http.listen.front().host;
  const bool everywhere = host.empty() || host == "*" || host == "0.0.0.0" || host == "::";
  if (media.listen_ip.empty()) media.listen_ip = everywhere ? "0.0.0.0" : host == "localhost" ? "127.0.0.1" : host;
  if (media.announced_address.empty() && (media.listen_ip == "0.0.0.0" || media.listen_ip == "::")) {
    return fail(
        Errc::bad_request,
        "media.announced-address: expected the address that clients reach this server at, because it listens on "
        "all addresses");
  }
  if (!config.ice_urls.empty()) {
    server.ice_servers.push_back({config.ice_urls, config.ice_username, config.ice_credential});
  }
  if (dev && server.push.vapid_subject.empty()) server.push.vapid_subject = "mailto:dev@localhost";
  const Result<> push = check_push(server.push);
  if (!push) return push;
  if (server.keys.empty() && !dev) {
    return fail(
        Errc::bad_request,
        "auth: no key to check access tokens with: set auth.secret-file, auth.public-key-file or auth.jwks-file, "
        "or try it with --dev");
  }
  return {};
}

}  // namespace carillon::app
