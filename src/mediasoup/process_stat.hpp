// What the kernel tells of a process: whether it runs, and how much processor time its main thread has had.
#pragma once

#include "base/time.hpp"

#include <sys/types.h>

#include <optional>
#include <string_view>

namespace carillon::mediasoup {

struct ProcessStat {
  char state = '?';  // proc(5), /proc/<pid>/stat, field 3
  Duration cpu{0};
};

/// nullopt: there is no such process, or /proc is not what it should be.
[[nodiscard]] std::optional<ProcessStat> read_process_stat(pid_t pid);

/// Of the text of /proc/<pid>/stat, where processor time counts in ticks of `ticks_per_second`.
[[nodiscard]] std::optional<ProcessStat> parse_process_stat(std::string_view text, long ticks_per_second);

}  // namespace carillon::mediasoup
