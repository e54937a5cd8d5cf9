// What a running server leaves in its data folder for whoever wants to speak to it: which process it is, and what came
// of the last upgrade.
#pragma once

#include "base/log.hpp"
#include "base/result.hpp"

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>

namespace carillon::app {

/// `carillon.pid`, locked as long as this lives.
class PidFile {
 public:
  /// Before anything else is done in the folder, which is made if there is none. conflict: another process has it;
  /// unavailable: it cannot be opened. If only the number cannot be written, that is logged.
  [[nodiscard]] static Result<std::unique_ptr<PidFile>> create(const std::string& data_dir, const Logger& log);
  /// Takes the file away.
  ~PidFile();
  PidFile(const PidFile&) = delete;
  PidFile& operator=(const PidFile&) = delete;

  /// Of the server that runs on this folder. not_found: none does, or it could not write its number.
  [[nodiscard]] static Result<pid_t> running(const std::string& data_dir);

 private:
  PidFile(std::string path, int file) : path_{std::move(path)}, file_{file} {}

  std::string path_;
  int file_;
};

/// What came of an upgrade: `carillon.upgrade`, which `carillon upgrade` waits for.
struct UpgradeOutcome {
  bool upgraded = false;
  std::string version;  ///< Of the program that serves now.
  std::string detail;   ///< Why not.
};
/// Whole or not at all.
[[nodiscard]] Result<> write_outcome(const std::string& data_dir, const UpgradeOutcome& outcome);
/// nullopt: there is none.
[[nodiscard]] std::optional<UpgradeOutcome> read_outcome(const std::string& data_dir);
void forget_outcome(const std::string& data_dir);

}  // namespace carillon::app
