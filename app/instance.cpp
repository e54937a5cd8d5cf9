#include "app/instance.hpp"

#include "base/locked_file.hpp"
#include "base/private_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>
#include <system_error>

namespace carillon::app {
namespace {

namespace json = boost::json;

std::string pid_path(const std::string& data_dir) { return data_dir + "/carillon.pid"; }
std::string outcome_path(const std::string& data_dir) { return data_dir + "/carillon.upgrade"; }

/// In the place of what is there, which needs no space where the process before was this one. The number of another
/// process never stays.
bool write_pid(int file) {
  const std::string text = std::to_string(::getpid()) + "\n";
  const auto size = static_cast<off_t>(text.size());
  ::fcntl(file, F_SETFL, 0);  // it was opened for appending
  if (::pwrite(file, text.data(), text.size(), 0) == size && ::ftruncate(file, size) == 0) return true;
  const int why = errno;
  (void)!::ftruncate(file, 0);
  errno = why;
  return false;
}

Error about(const std::string& path) {
  return fail(Errc::unavailable, fmt::format("{}: {}", path, std::strerror(errno)));
}

}  // namespace

Result<std::unique_ptr<PidFile>> PidFile::create(const std::string& data_dir, const Logger& log) {
  // For its user alone: what lies in it speaks of calls and keys.
  if (const std::error_code error = make_private_folder(data_dir))
    return fail(Errc::unavailable, fmt::format("cannot make the folder {} (data.dir): {}", data_dir, error.message()));
  std::string path = pid_path(data_dir);
  const Result<int> file = open_locked(path, 0644);
  if (!file && file.error().code == Errc::conflict)
    return fail(Errc::conflict, path + ": another carillon runs on this folder");
  if (!file)
    return fail(Errc::unavailable,
                fmt::format("{}: {}: let the user that runs this program read and write the folder (data.dir)", path,
                            file.error().detail));
  std::unique_ptr<PidFile> made{new PidFile{std::move(path), *file}};
  // It is the lock that matters. A full disk is no reason not to serve.
  if (!write_pid(*file)) log.error("{}: {}: nobody can tell which process this is", made->path_, std::strerror(errno));
  return made;
}

PidFile::~PidFile() {
  if (!path_.empty()) ::unlink(path_.c_str());
  ::close(file_);
}

Result<pid_t> PidFile::running(const std::string& data_dir) {
  const std::string path = pid_path(data_dir);
  const Error none = fail(Errc::not_found, fmt::format("no server runs on {} ({})", data_dir, path));
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return none;
  const bool free = ::flock(file, LOCK_SH | LOCK_NB) == 0;
  ::close(file);
  pid_t pid = 0;
  std::ifstream{path} >> pid;
  if (free || pid <= 1) return none;
  return pid;
}

Result<> write_outcome(const std::string& data_dir, const UpgradeOutcome& outcome) {
  const std::string path = outcome_path(data_dir);
  const std::string fresh = path + ".new";
  {
    std::ofstream file{fresh};
    file << json::serialize(
                json::object{{"upgraded", outcome.upgraded}, {"version", outcome.version}, {"detail", outcome.detail}})
         << '\n';
    if (!file.flush()) return about(fresh);
  }
  if (std::rename(fresh.c_str(), path.c_str()) != 0) return about(path);
  return {};
}

std::optional<UpgradeOutcome> read_outcome(const std::string& data_dir) {
  std::ifstream file{outcome_path(data_dir)};
  std::ostringstream text;
  text << file.rdbuf();
  boost::system::error_code wrong;
  const json::value read = json::parse(text.str(), wrong);
  if (wrong || !read.is_object()) return std::nullopt;
  const auto& object = read.get_object();
  if (!object.contains("upgraded") || !object.contains("version") || !object.contains("detail")) return std::nullopt;
  return UpgradeOutcome{object.at("upgraded").as_bool(), std::string{object.at("version").as_string()},
                        std::string{object.at("detail").as_string()}};
}

void forget_outcome(const std::string& data_dir) { ::unlink(outcome_path(data_dir).c_str()); }

}  // namespace carillon::app
