#include "fetch/headers.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <ctime>

namespace carillon::fetch {
namespace {

constexpr Duration wait_max = std::chrono::hours{24};

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

/// IMF-fixdate, "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7); nobody sends the two older forms today.
std::optional<Time> parse_date(const std::string& text) {
  std::tm parts{};
  const char* end = strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return from_ms(static_cast<std::int64_t>(timegm(&parts)) * 1000);
}

}  // namespace

std::string_view find_header(const Headers& headers, std::string_view name) {
  const auto found = std::ranges::find_if(headers, [&](const auto& field) { return same_name(field.first, name); });
  return found == headers.end() ? std::string_view{} : std::string_view{found->second};
}

std::optional<Duration> retry_after(const Headers& headers, Time now) {
  const std::string value{find_header(headers, "Retry-After")};
  if (value.empty()) return std::nullopt;
  std::uint32_t seconds = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (error == std::errc{} && end == value.data() + value.size())
    return std::min<Duration>(std::chrono::seconds{seconds}, wait_max);
  const std::optional<Time> date = parse_date(value);
  if (!date) return std::nullopt;
  return std::clamp<Duration>(*date - now, Duration{0}, wait_max);
}

}  // namespace carillon::fetch
