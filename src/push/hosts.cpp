#include "push/hosts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace carillon::push {
namespace {

/// Whose endpoints browsers hand out: Chrome and its kin; Firefox; Safari; Edge.
constexpr std::array<std::string_view, 6> known_names{
    "fcm.googleapis.com", "android.googleapis.com", ".push.services.mozilla.com",
    ".push.apple.com",    ".notify.windows.com",    "jmt17.google.com",
};

/// `.example.org` matches every name below example.org.
bool name_matches(std::string_view pattern, std::string_view host) {
  return pattern.starts_with('.') ? host.size() > pattern.size() && host.ends_with(pattern) : host == pattern;
}

}  // namespace

Result<Hosts::Entry> Hosts::parse(const std::string& text) {
  const Error wrong =
      fail(Errc::bad_request, fmt::format("expected host, host:port, *.host or *, and not \"{}\"", text));
  if (text == "*") return Entry{"*", {}};
  const bool below = text.starts_with("*.");
  const auto url = fetch::parse_url("https://" + (below ? text.substr(2) : text) + "/");
  if (!url || url->host.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-._:") != std::string::npos ||
      text.find_first_of("/?#@") != std::string::npos)
    return wrong;
  const bool names_port = !text.ends_with(']') && text.rfind(':') != std::string::npos;
  return Entry{below ? "." + url->host : url->host, names_port ? std::optional{url->port} : std::nullopt};
}

Result<Hosts> Hosts::with(const std::vector<std::string>& entries) {
  Hosts hosts;
  for (const std::string& text : entries) {
    Result<Entry> entry = parse(text);
    if (!entry) return entry.error();
    hosts.entries_.push_back(std::move(*entry));
  }
  return hosts;
}

bool Hosts::matches(const Entry& entry, const fetch::Url& url) {
  return (!entry.port || *entry.port == url.port) && name_matches(entry.host, url.host);
}

std::optional<fetch::Reach> Hosts::find(const fetch::Url& url) const {
  if (std::ranges::any_of(entries_, [&](const Entry& entry) { return matches(entry, url); }))
    return fetch::Reach::anywhere;
  const bool known = url.port == 443 && std::ranges::any_of(known_names, [&](std::string_view name) {
                       return name_matches(name, url.host);
                     });
  const bool any = std::ranges::any_of(entries_, [](const Entry& entry) { return entry.host == "*"; });
  if (known || any) return fetch::Reach::internet;
  return std::nullopt;
}

}  // namespace carillon::push
