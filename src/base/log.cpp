#include "base/log.hpp"

#include "base/utf8.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <memory>

namespace carillon {
namespace {

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return spdlog::level::debug;
    case LogLevel::info: return spdlog::level::info;
    case LogLevel::warn: return spdlog::level::warn;
    case LogLevel::error: return spdlog::level::err;
    case LogLevel::off: return spdlog::level::off;
  }
  return spdlog::level::info;
}

spdlog::logger& sink() {
  static const std::shared_ptr<spdlog::logger> logger = [] {
    auto made = spdlog::stderr_color_mt("carillon");
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %^%-5l%$ %v");
    return made;
  }();
  return *logger;
}

/// How many bytes of a character of UTF-8 begin here; 0: none does.
std::size_t character_size(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  return size <= text.size() && is_utf8(text.substr(0, size)) ? size : 0;
}

/// The C0 and C1 codes of ISO 6429, and DEL: U+009B begins what ESC [ begins.
bool is_control(std::string_view character) {
  const auto first = static_cast<unsigned char>(character.front());
  if (character.size() == 1) return first < 0x20 || first == 0x7f;
  return first == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0;
}

/// Text from outside may hold line breaks or terminal codes: a log line stays one line. Bytes that are no UTF-8 are
/// shown too, as a terminal may take each of them for a code.
std::string printable(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  while (!text.empty()) {
    const std::size_t size = character_size(text);
    const std::string_view next = text.substr(0, std::max<std::size_t>(size, 1));
    text.remove_prefix(next.size());
    if (size > 0 && !is_control(next)) {
      clean += next;
      continue;
    }
    for (const char c : next) fmt::format_to(std::back_inserter(clean), "\\x{:02x}", static_cast<unsigned char>(c));
  }
  return clean;
}

}  // namespace

void set_log_level(LogLevel level) { sink().set_level(spdlog_level(level)); }

bool log_enabled(LogLevel level) { return sink().should_log(spdlog_level(level)); }

void write_log(LogLevel level, std::string_view fields, std::string_view message) {
  sink().log(spdlog_level(level), "{}{}", printable(message), printable(fields));
}

}  // namespace carillon
