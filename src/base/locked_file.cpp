#include "base/locked_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace carillon {
namespace {

/// Each time somebody has put another file there between two lines of ours: whoever does that so often has it.
constexpr int tries_max = 100;

bool has_name(int file, const std::string& path) {
  struct stat ours {};
  struct stat named {};
  return ::fstat(file, &ours) == 0 && ::stat(path.c_str(), &named) == 0 && ours.st_dev == named.st_dev &&
         ours.st_ino == named.st_ino;
}

}  // namespace

Result<int> open_locked(const std::string& path, unsigned mode) {
  for (int tries = 0; tries < tries_max; ++tries) {
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, mode);
    if (file < 0) return fail(Errc::unavailable, std::strerror(errno));
    const bool locked = ::flock(file, LOCK_EX | LOCK_NB) == 0;
    if (locked && has_name(file, path)) return file;
    ::close(file);
    if (!locked) break;
  }
  return fail(Errc::conflict, "another program has it");
}

}  // namespace carillon
