#include "integration/store/postgres_server.hpp"

#include "store/sql/connection.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>
#include <vector>

namespace carillon::store {
namespace {

using namespace std::chrono_literals;

/// The newest that is installed.
std::filesystem::path programs() {
  std::vector<std::filesystem::path> found;
  const std::filesystem::path debian{"/usr/lib/postgresql"};
  if (std::filesystem::exists(debian)) {
    for (const auto& version : std::filesystem::directory_iterator{debian}) {
      if (std::filesystem::exists(version.path() / "bin/initdb")) found.push_back(version.path() / "bin");
    }
  }
  if (found.empty()) throw std::runtime_error("PostgreSQL is not installed: see scripts/packages");
  return *std::max_element(found.begin(), found.end());
}

/// PostgreSQL refuses to run as root. It ends when the test does, however that ends.
std::vector<std::string> unprivileged(std::vector<std::string> command) {
  std::vector<std::string> whole{"setpriv", "--pdeathsig", "QUIT"};
  if (::geteuid() == 0) whole.insert(whole.end(), {"--reuid", "postgres", "--regid", "postgres", "--clear-groups"});
  whole.push_back("--");
  whole.insert(whole.end(), command.begin(), command.end());
  return whole;
}

std::string text_of(const std::filesystem::path& file) {
  std::ifstream stream{file};
  return {std::istreambuf_iterator<char>{stream}, {}};
}

}  // namespace

PostgresServer::PostgresServer() {
  if (::geteuid() == 0) {
    const passwd* user = ::getpwnam("postgres");
    if (user == nullptr) throw std::runtime_error("Debian's postgresql makes the user postgres, and there is none");
    if (::chown(folder_.str().c_str(), user->pw_uid, user->pw_gid) != 0) throw std::runtime_error("cannot chown");
  }
  // Sorted as English is, unlike bytes: what must not depend on that is tested with it.
  Process initdb{
      unprivileged({programs() / "initdb", "-D", folder_.path() / "data", "-U", "carillon", "-A", "trust", "-E", "UTF8",
                    "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US", "--no-sync"}),
      Process::Output::file, folder_.path() / "initdb.log"};
  if (initdb.wait(120s) != 0) throw std::runtime_error("initdb: " + text_of(folder_.path() / "initdb.log"));
  start();
}

PostgresServer::~PostgresServer() {
  if (!server_) return;
  server_->signal(SIGCONT);
  server_->signal(SIGQUIT);  // "immediate shutdown": takes its own processes along
  server_->wait(30s);
}

PostgresServer& PostgresServer::shared() {
  static PostgresServer server;
  return server;
}

std::string PostgresServer::url(const std::string& database) const {
  return fmt::format("postgresql://carillon@/{}?host={}", database, folder_.str());
}

std::string PostgresServer::make_database() {
  const std::string name = fmt::format("test{}", ++databases_);
  Connection connection{BackEnd::postgresql, url("postgres"), {}};
  connection.execute("create database " + name);
  return url(name);
}

void PostgresServer::kill() {
  server_->kill();  // Its processes see that and end by themselves.
  server_.reset();
}

void PostgresServer::start() {
  const auto end = std::chrono::steady_clock::now() + 60s;
  const std::filesystem::path log = folder_.path() / "server.log";
  while (std::chrono::steady_clock::now() < end) {
    // After a kill it does not start until the last process of the one before has ended: hence the loop.
    if (!server_ || server_->wait(0ms)) {
      server_ = std::make_unique<Process>(
          unprivileged({programs() / "postgres", "-D", folder_.path() / "data", "-k", folder_.str(), "-c",
                        "listen_addresses=", "-c", "autovacuum=off", "-c", "shared_buffers=16MB"}),
          Process::Output::file, log);
    }
    try {
      const Connection connection{BackEnd::postgresql, url("postgres"), {}};
      return;
    } catch (const Failure&) {
      std::this_thread::sleep_for(20ms);
    }
  }
  throw std::runtime_error("PostgreSQL does not start: " + text_of(log));
}

void PostgresServer::freeze(bool frozen) const {
  // Its children's parent is the server itself; /proc names them.
  const std::string task = fmt::format("/proc/{}/task/{}/children", server_->pid(), server_->pid());
  std::ifstream stream{task};
  std::vector<pid_t> all{std::istream_iterator<pid_t>{stream}, {}};
  all.insert(all.begin(), server_->pid());
  for (const pid_t pid : all) ::kill(pid, frozen ? SIGSTOP : SIGCONT);
}

}  // namespace carillon::store
