// Programs that tests start, kill and listen to.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace carillon::store {

/// Gets killed when it goes.
class Process {
 public:
  enum class Output {
    lines,  ///< Its standard output is read by next_line().
    file,   ///< Both outputs go to `log`.
  };

  Process(const std::vector<std::string>& command, Output output, const std::filesystem::path& log = "/dev/null");
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  void signal(int number) const;
  /// Waits for its end; gives its exit code, or -1 if a signal ended it, or nullopt after the limit.
  std::optional<int> wait(std::chrono::milliseconds limit);
  void kill();

  /// A whole line, without its end. nullopt: none came in time, or the program has ended.
  std::optional<std::string> next_line(std::chrono::milliseconds limit);

 private:
  pid_t pid_ = -1;
  int out_ = -1;
  std::string buffer_;
};

}  // namespace carillon::store
