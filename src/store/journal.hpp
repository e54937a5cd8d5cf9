// What must outlive the process at once, and only until the next one has read it: a file that is appended to, in the
// page cache when write() returns. No fsync: it survives a kill of the process, not a power cut, which ends the calls
// anyway. Beside the Store, which is slower and lasts. Cost: tests/bench/store.
#pragma once

#include "base/log.hpp"
#include "base/result.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace carillon::store {

/// Values by name. Each line of the file sets or erases one and carries a checksum, so that what a kill tore off is
/// seen; when most lines are old the file is written anew beside the old one, and renamed over it.
class Journal {
 public:
  /// Values and names are text without line breaks. A larger value is refused: no call is.
  static constexpr std::size_t value_bytes_max = 1024 * 1024;

  /// Reads what the process before has left; whether it can be written too is seen later, in_trouble(): calls can go on
  /// without. conflict: another program has it open; unavailable: the file cannot be made or read; unsupported: a newer
  /// program wrote it. Lines that are torn or wrong are left out and counted.
  [[nodiscard]] static Result<std::unique_ptr<Journal>> open(const std::string& path, Logger log);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  /// Written when it returns; an error is logged once per trouble, and the value is kept in memory for the next try.
  void put(const std::string& name, std::string value);
  void erase(const std::string& name);
  [[nodiscard]] const std::map<std::string, std::string>& values() const { return values_; }
  [[nodiscard]] std::size_t file_bytes() const { return file_bytes_; }
  /// It could not be written when it was tried last: what is new in values() would be lost with the process.
  [[nodiscard]] bool in_trouble() const { return in_trouble_; }
  /// Tries it now, if it is in trouble. False: it still is.
  [[nodiscard]] bool recover();
  /// Lines that could not be read when it was opened.
  [[nodiscard]] std::size_t torn() const { return torn_; }

 private:
  Journal(std::string path, int file, Logger log);
  Result<> load();
  void append(std::string_view line);
  /// Most lines are old, and it is time to write it anew.
  [[nodiscard]] bool is_large() const;
  [[nodiscard]] bool compact();
  [[nodiscard]] bool rewrite();

  std::string path_;
  int file_;
  Logger log_;
  std::map<std::string, std::string> values_;
  std::size_t live_bytes_ = 0;  // what values_ would take in a file
  std::size_t file_bytes_ = 0;
  std::size_t compact_from_ = 0;  // of file_bytes_: it could not be written anew below that
  std::size_t torn_ = 0;
  bool in_trouble_ = false;
};

}  // namespace carillon::store
