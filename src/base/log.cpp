#include "base/log.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

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

/// Text from outside may hold line breaks or terminal codes: a log line stays one line.
std::string printable(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      fmt::format_to(std::back_inserter(clean), "\\x{:02x}", byte);
    } else {
      clean.push_back(c);
    }
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
