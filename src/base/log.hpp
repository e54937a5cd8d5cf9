// The log: one line per event, with the ids of what it is about. Secrets, SDP and addresses do not go in at info.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

namespace carillon {

enum class LogLevel { debug, info, warn, error, off };

/// For the whole program: the lowest level that is written, to standard error. Set once in main.
void set_log_level(LogLevel level);
[[nodiscard]] bool log_enabled(LogLevel level);
void write_log(LogLevel level, std::string_view fields, std::string_view message);

/// A value; copies are cheap enough to give one to each object. Fields that are bound stand at the end of each line.
class Logger {
 public:
  Logger() = default;

  /// A logger that adds `key=value` to each line.
  template <class T>
  [[nodiscard]] Logger with(std::string_view key, const T& value) const {
    Logger child = *this;
    fmt::format_to(std::back_inserter(child.fields_), " {}={}", key, value);
    return child;
  }

  template <class... Args>
  void debug(fmt::format_string<Args...> format, Args&&... args) const {
    write(LogLevel::debug, format, std::forward<Args>(args)...);
  }
  template <class... Args>
  void info(fmt::format_string<Args...> format, Args&&... args) const {
    write(LogLevel::info, format, std::forward<Args>(args)...);
  }
  template <class... Args>
  void warn(fmt::format_string<Args...> format, Args&&... args) const {
    write(LogLevel::warn, format, std::forward<Args>(args)...);
  }
  template <class... Args>
  void error(fmt::format_string<Args...> format, Args&&... args) const {
    write(LogLevel::error, format, std::forward<Args>(args)...);
  }

 private:
  template <class... Args>
  void write(LogLevel level, fmt::format_string<Args...> format, Args&&... args) const {
    if (log_enabled(level)) write_log(level, fields_, fmt::format(format, std::forward<Args>(args)...));
  }

  std::string fields_;
};

}  // namespace carillon
