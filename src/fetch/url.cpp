#include "fetch/url.hpp"

#include <fmt/format.h>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>
#include <charconv>

namespace carillon::fetch {
namespace {

namespace urls = boost::urls;

constexpr std::uint16_t https_port = 443;
constexpr std::uint16_t http_port = 80;

std::string host_of(const urls::url_view& url) {
  std::string host = url.host_type() == urls::host_type::ipv6 ? std::string{url.host_ipv6_address().to_string()}
                                                              : std::string{url.host()};
  std::ranges::transform(host, host.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  // "push.example." is the same name, and would go round a list of names.
  if (host.ends_with('.')) host.pop_back();
  return host;
}

}  // namespace

std::string Url::origin() const {
  const bool usual = port == (is_https ? https_port : http_port);
  const std::string shown = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return fmt::format("{}://{}{}", is_https ? "https" : "http", shown, usual ? "" : fmt::format(":{}", port));
}

Result<Url> parse_url(std::string_view text) {
  if (text.size() > url_bytes_max)
    return fail(Errc::bad_request, fmt::format("expected at most {} bytes", url_bytes_max));
  if (std::ranges::any_of(text, [](unsigned char c) { return c <= ' ' || c >= 127; }))
    return fail(Errc::bad_request, "expected printable ASCII");
  const auto parsed = urls::parse_absolute_uri({text.data(), text.size()});
  if (!parsed) return fail(Errc::bad_request, "expected an absolute https: address without a fragment");
  Url url;
  url.is_https = parsed->scheme_id() == urls::scheme::https;
  if (!url.is_https && parsed->scheme_id() != urls::scheme::http)
    return fail(Errc::bad_request, "expected an https: address");
  if (parsed->has_userinfo()) return fail(Errc::bad_request, "expected an address without user and password");
  if (parsed->encoded_host().find('%') != std::string_view::npos)
    return fail(Errc::bad_request, "expected a host without percent signs");
  url.host = host_of(*parsed);
  if (url.host.empty()) return fail(Errc::bad_request, "expected an address with a host");
  url.port = url.is_https ? https_port : http_port;
  if (parsed->has_port()) {
    // Boost.URL's own number of a port wraps around.
    const std::string_view port{parsed->port().data(), parsed->port().size()};
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), url.port);
    if (error != std::errc{} || url.port == 0) return fail(Errc::bad_request, "expected a port from 1 to 65535");
  }
  url.text = text;
  return url;
}

}  // namespace carillon::fetch
