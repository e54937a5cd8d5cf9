#include "app/handover.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

extern "C" char** environ;

namespace carillon::app {
namespace {

namespace json = boost::json;

/// The number of the open file with the state.
constexpr const char* state_variable = "CARILLON_INHERITED";
constexpr const char* path_variable = "CARILLON_PROGRAM";
/// What clients said of themselves may be 16 deep, below some ten of our own.
constexpr std::size_t depth_max = 64;

Error system_error(std::string_view what) {
  return fail(Errc::internal, fmt::format("{}: {}", what, std::strerror(errno)));
}

/// In memory only: it holds keys.
Result<int> memory_file(const std::string& text) {
  const int fd = ::memfd_create("carillon-handover", MFD_CLOEXEC);
  if (fd < 0) return system_error("memfd_create");
  for (std::size_t written = 0; written < text.size();) {
    const ssize_t some = ::write(fd, text.data() + written, text.size() - written);
    if (some < 0 && errno == EINTR) continue;
    if (some <= 0) {
      const Error wrong = system_error("writing the state");
      ::close(fd);
      return wrong;
    }
    written += static_cast<std::size_t>(some);
  }
  return fd;
}

std::string read_all(int fd) {
  std::string text;
  char block[65536];
  for (;;) {
    const ssize_t some = ::pread(fd, block, sizeof block, static_cast<off_t>(text.size()));
    if (some < 0 && errno == EINTR) continue;
    if (some <= 0) return text;
    text.append(block, static_cast<std::size_t>(some));
  }
}

/// Until it is taken for good, the old program may have to go on with it.
struct Kept {
  json::object state;
  std::vector<int> descriptors;
  int old_program = -1;
};
std::optional<Kept> kept;
ConfigurationText configuration;

Result<json::object> parse_state(const std::string& text) {
  boost::system::error_code wrong;
  json::parse_options options;
  options.max_depth = depth_max;
  json::value state = json::parse(text, wrong, {}, options);
  if (wrong || !state.is_object()) return fail(Errc::bad_request, "the program before this one left no state");
  return std::move(state.get_object());
}

/// A path, or an open file.
struct Program {
  std::string path;
  int file = -1;

  void execute(char* const* arguments) const {
    if (file >= 0) {
      ::fexecve(file, arguments, environ);
    } else {
      ::execve(path.c_str(), arguments, environ);
    }
  }
};

/// Everything closes but what the next program needs. Undone by keep_none() if it does not come to it.
void keep_only(const std::vector<int>& descriptors) {
  ::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC);
  for (const int fd : descriptors) ::fcntl(fd, F_SETFD, 0);
}
void keep_none(const std::vector<int>& descriptors) {
  for (const int fd : descriptors) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/// With the arguments that are in the state.
Error execute(const Program& program, json::object state, std::vector<int> descriptors) {
  std::vector<std::string> arguments{program_path()};
  for (const json::value& argument : state.at("arguments").as_array())
    arguments.emplace_back(std::string_view{argument.as_string()});
  json::array numbers;
  for (const int fd : descriptors) numbers.emplace_back(fd);
  state["descriptors"] = std::move(numbers);
  const Result<int> file = memory_file(json::serialize(state));
  if (!file) return file.error();
  descriptors.push_back(*file);

  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);

  ::setenv(path_variable, program_path().c_str(), 1);
  ::setenv(state_variable, std::to_string(*file).c_str(), 1);
  keep_only(descriptors);
  program.execute(pointers.data());

  const Error wrong = system_error(program.path);
  ::unsetenv(state_variable);
  keep_none(descriptors);
  ::close(*file);
  return wrong;
}

}  // namespace

std::string program_path() {
  static const std::string path = [] {
    if (const char* given = std::getenv(path_variable)) return std::string{given};
    std::string link(PATH_MAX, '\0');
    const ssize_t size = ::readlink("/proc/self/exe", link.data(), link.size());
    link.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return link;
  }();
  return path;
}

std::vector<std::string> program_arguments() {
  std::ifstream file{"/proc/self/cmdline", std::ios::binary};
  std::vector<std::string> arguments;
  for (std::string argument; std::getline(file, argument, '\0');) arguments.push_back(argument);
  if (!arguments.empty()) arguments.erase(arguments.begin());
  return arguments;
}

void remember_configuration(ConfigurationText text) { configuration = std::move(text); }

std::optional<ConfigurationText> configuration_of_before() {
  const char* number = std::getenv(state_variable);
  const Result<json::object> state =
      number ? parse_state(read_all(std::atoi(number))) : Result<json::object>{json::object{}};
  if (!state || !state->contains("refused")) return std::nullopt;
  const json::value* text = state->if_contains("configuration");
  if (text == nullptr) return std::nullopt;
  if (!text->is_string()) return ConfigurationText{};
  return std::string{std::string_view{text->get_string()}};
}

Result<std::optional<Inherited>> take_inherited() {
  const char* number = std::getenv(state_variable);
  if (number == nullptr) return std::optional<Inherited>{};
  const int fd = std::atoi(number);
  ::unsetenv(state_variable);
  const std::string text = read_all(fd);
  ::close(fd);
  Result<json::object> state = parse_state(text);
  if (!state) return state.error();

  Inherited inherited{*std::move(state), {}};
  if (const json::value* why = inherited.state.if_contains("refused"))
    inherited.refused = std::string{why->as_string()};
  Kept old{inherited.state, {}, -1};
  for (const json::value& one : inherited.state.at("descriptors").as_array())
    old.descriptors.push_back(one.to_number<int>());
  keep_none(old.descriptors);  // for the programs that this one starts
  if (const json::value* file = inherited.state.if_contains("oldProgram")) old.old_program = file->to_number<int>();
  kept = std::move(old);
  return inherited;
}

Error become(const std::string& path, signaling::Handover handover) {
  json::array arguments;
  for (const std::string& argument : program_arguments()) arguments.emplace_back(argument);
  handover.state["arguments"] = std::move(arguments);
  handover.state["configuration"] = configuration ? json::value(*configuration) : json::value(nullptr);
  const int self = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  if (self >= 0) {
    handover.state["oldProgram"] = self;
    handover.descriptors.push_back(self);
  }
  const Error wrong = execute({path, -1}, std::move(handover.state), std::move(handover.descriptors));
  if (self >= 0) ::close(self);
  return wrong;
}

void fall_back(const std::string& why) {
  if (!kept || kept->old_program < 0) return;
  Kept old = *std::exchange(kept, std::nullopt);
  const int program = old.old_program;
  std::erase(old.descriptors, program);
  old.state.erase("oldProgram");
  old.state["refused"] = why;
  const Error wrong = execute({"the program of before", program}, std::move(old.state), std::move(old.descriptors));
  fmt::print(stderr, "carillon: {}\n", wrong.detail);
}

void forget_inherited() {
  if (!kept) return;
  if (kept->old_program >= 0) ::close(kept->old_program);
  kept.reset();
}

}  // namespace carillon::app
