#include "mediasoup/process_stat.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>

namespace carillon::mediasoup {
namespace {

std::string read_file(const std::string& path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// The number at the start of `text`, after blanks.
std::optional<std::uint64_t> leading_number(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  return number;
}

std::string_view skip_fields(std::string_view text, int count) {
  for (; count > 0; --count) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    text.remove_prefix(std::min(text.find(' '), text.size()));
  }
  return text;
}

}  // namespace

std::optional<ProcessStat> parse_process_stat(std::string_view text, long ticks_per_second) {
  // The second field is the program's name in brackets, in which anything may stand.
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string_view::npos || name_end + 2 >= text.size()) return std::nullopt;
  const std::string_view fields = text.substr(name_end + 2);  // from the third on
  const auto user = leading_number(skip_fields(fields, 11));
  const auto system = leading_number(skip_fields(fields, 12));
  if (!user || !system || ticks_per_second <= 0) return std::nullopt;
  const auto ticks = static_cast<std::int64_t>(*user + *system);
  return ProcessStat{fields.front(), Duration{ticks * 1000 / ticks_per_second}};
}

std::optional<ProcessStat> read_process_stat(pid_t pid) {
  auto stat = parse_process_stat(read_file(fmt::format("/proc/{}/stat", pid)), ::sysconf(_SC_CLK_TCK));
  // Finer, and of the main thread only, where the kernel has it: nanoseconds on a processor come first.
  const auto nanoseconds = leading_number(read_file(fmt::format("/proc/{}/schedstat", pid)));
  if (stat && nanoseconds) stat->cpu = Duration{static_cast<std::int64_t>(*nanoseconds / 1'000'000)};
  return stat;
}

}  // namespace carillon::mediasoup
