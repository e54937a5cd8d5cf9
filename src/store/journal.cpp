#include "store/journal.hpp"

#include "base/locked_file.hpp"

#include <fmt/format.h>
#include <boost/crc.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <utility>

namespace carillon::store {
namespace {

constexpr std::string_view head = "carillon-journal 1\n";
/// Below this it is not worth writing anew.
constexpr std::size_t small_bytes = 256 * 1024;
/// Old lines may take this many times what counts.
constexpr std::size_t slack = 4;

std::uint32_t checksum(std::string_view text) {
  boost::crc_32_type crc;
  crc.process_bytes(text.data(), text.size());
  return crc.checksum();
}

/// `<checksum> + <name> <value>` or `<checksum> - <name>`; `<checksum> x` erases all.
std::string line_of(std::string_view rest) { return fmt::format("{:08x} {}\n", checksum(rest), rest); }
std::string put_line(std::string_view name, std::string_view value) {
  return line_of(fmt::format("+ {} {}", name, value));
}

bool write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

Result<std::string> read_all(int file) {
  std::string text;
  char buffer[64 * 1024];
  for (;;) {
    const ssize_t size = ::read(file, buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return fail(Errc::unavailable, std::strerror(errno));
    if (size == 0) return text;
    text.append(buffer, static_cast<std::size_t>(size));
  }
}

/// What stands behind a right checksum; nothing else is believed.
std::optional<std::string_view> checked(std::string_view line) {
  std::uint32_t sum = 0;
  if (line.size() < 10 || line[8] != ' ') return std::nullopt;
  const auto [end, wrong] = std::from_chars(line.data(), line.data() + 8, sum, 16);
  const std::string_view rest = line.substr(9);
  if (wrong != std::errc{} || end != line.data() + 8 || checksum(rest) != sum) return std::nullopt;
  return rest;
}

}  // namespace

Result<std::unique_ptr<Journal>> Journal::open(const std::string& path, Logger log) {
  const Result<int> file = open_locked(path, 0600);
  if (!file && file.error().code == Errc::conflict)
    return fail(Errc::conflict, fmt::format("the journal {} is in use: another server has this data folder", path));
  if (!file)
    return fail(Errc::unavailable, fmt::format("the journal {} cannot be opened: {}", path, file.error().detail));
  std::unique_ptr<Journal> journal{new Journal{path, *file, std::move(log)}};
  const Result<> loaded = journal->load();
  if (!loaded) return loaded.error();
  return journal;
}

Journal::Journal(std::string path, int file, Logger log) : path_{std::move(path)}, file_{file}, log_{std::move(log)} {}

Journal::~Journal() { ::close(file_); }

Result<> Journal::load() {
  const Result<std::string> text = read_all(file_);
  if (!text)
    return fail(Errc::unavailable, fmt::format("the journal {} cannot be read: {}", path_, text.error().detail));
  std::string_view left = *text;
  if (!left.empty()) {
    const std::string_view first = left.substr(0, left.find('\n') + 1);
    if (first != head && first.starts_with("carillon-journal "))
      return fail(Errc::unsupported, fmt::format("the journal {} was written by a newer carillon", path_));
    left.remove_prefix(first == head ? head.size() : 0);
  }
  while (!left.empty()) {
    const std::size_t end = left.find('\n');
    const auto line = end == std::string_view::npos ? std::nullopt : checked(left.substr(0, end));
    left.remove_prefix(end == std::string_view::npos ? left.size() : end + 1);
    const std::size_t space = line ? line->find(' ', 2) : 0;
    if (!line) {
      ++torn_;
    } else if (line->starts_with("+ ") && space != std::string_view::npos) {
      values_[std::string{line->substr(2, space - 2)}] = line->substr(space + 1);
    } else if (line->starts_with("- ")) {
      values_.erase(std::string{line->substr(2)});
    } else {
      ++torn_;
    }
  }
  for (const auto& [name, value] : values_) live_bytes_ += put_line(name, value).size();
  if (torn_ > 0) log_.warn("{} lines of the journal could not be read, the last of a kill perhaps", torn_);
  // A torn end would swallow the next line, and old lines are of no use to anybody.
  in_trouble_ = !rewrite();
  if (in_trouble_)
    log_.error("the journal cannot be written: {}; a restart now would lose calls", std::strerror(errno));
  return {};
}

void Journal::put(const std::string& name, std::string value) {
  if (value.size() > value_bytes_max) {
    log_.error("a value of {} bytes is too large for the journal name={}", value.size(), name);
    return;
  }
  const std::string line = put_line(name, value);
  std::string& kept = values_[name];
  if (kept == value) return;
  if (!kept.empty()) live_bytes_ -= put_line(name, kept).size();
  kept = std::move(value);
  live_bytes_ += line.size();
  append(line);
}

void Journal::erase(const std::string& name) {
  const auto found = values_.find(name);
  if (found == values_.end()) return;
  live_bytes_ -= put_line(name, found->second).size();
  values_.erase(found);
  append(line_of(fmt::format("- {}", name)));
}

/// After a failed write the file may end in the middle of a line: only a new one is right again. A file that only grew
/// large is right as it is, and is appended to if it cannot be written anew: that takes a descriptor, this does not.
void Journal::append(std::string_view line) {
  if (in_trouble_) return static_cast<void>(recover());  // writes this line, too
  if (is_large() && compact()) return;
  const bool written = write_all(file_, line);
  file_bytes_ += line.size();
  if (written || rewrite()) return;
  in_trouble_ = true;
  log_.error("the journal cannot be written: {}; a restart now would lose calls", std::strerror(errno));
}

bool Journal::recover() {
  if (in_trouble_ && rewrite()) {
    in_trouble_ = false;
    log_.info("the journal can be written again");
  }
  return !in_trouble_;
}

bool Journal::is_large() const {
  return file_bytes_ > small_bytes && file_bytes_ > slack * live_bytes_ && file_bytes_ >= compact_from_;
}

/// Tried again when as much has been appended as it would write.
bool Journal::compact() {
  if (rewrite()) return true;
  log_.warn("the journal cannot be written anew: {}; it grows, {} bytes now", std::strerror(errno), file_bytes_);
  compact_from_ = file_bytes_ + std::max(small_bytes, live_bytes_);
  return false;
}

bool Journal::rewrite() {
  const std::string beside = path_ + ".new";
  const int file = ::open(beside.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) return false;
  std::string text{head};
  for (const auto& [name, value] : values_) text += put_line(name, value);
  const bool done =
      ::flock(file, LOCK_EX | LOCK_NB) == 0 && write_all(file, text) && ::rename(beside.c_str(), path_.c_str()) == 0;
  if (!done) {
    const int why = errno;
    ::close(file);
    ::unlink(beside.c_str());
    errno = why;
    return false;
  }
  ::close(std::exchange(file_, file));
  file_bytes_ = text.size();
  compact_from_ = 0;
  return true;
}

}  // namespace carillon::store
