#include "app/secrets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <utility>

namespace carillon::app {
namespace {

/// As for HS256 (RFC 7518 section 3.2): as many bytes as the hash has.
constexpr std::size_t secret_bytes_min = 32;
/// 32 random hexadecimal digits have fewer once in 10^7 times.
constexpr std::size_t different_bytes_min = 8;
/// Letters and digits of what stands in examples and is then forgotten there. In 43 random letters one of them turns up
/// once in 10^9 times.
constexpr std::array<std::string_view, 11> words_of_examples{"changeme",    "changethis", "replaceme",   "replacethis",
                                                             "yoursecret",  "yourkey",    "supersecret", "example",
                                                             "placeholder", "0123456789", "abcdefghij"};

constexpr std::string_view credential = "credential:";

std::string letters_and_digits(std::string_view text) {
  std::string out;
  for (const unsigned char c : text) {
    if (std::isalnum(c) != 0) out += static_cast<char>(std::tolower(c));
  }
  return out;
}

Result<std::ifstream> opened(const std::string& value) {
  const Result<std::string> path = file_named(value);
  if (!path) return path.error();
  std::ifstream file{*path};
  if (!file) return fail(Errc::bad_request, fmt::format("cannot read the file {}", *path));
  return file;
}

}  // namespace

Result<std::string> file_named(const std::string& value) {
  if (!value.starts_with(credential)) return value;
  const std::string name = value.substr(credential.size());
  // systemd.exec(5): the name of a credential is that of a file.
  if (name.empty() || name == "." || name == ".." || name.find('/') != std::string::npos)
    return fail(Errc::bad_request, "expected credential:NAME, with the name that LoadCredential= of systemd gives it");
  const char* folder = std::getenv("CREDENTIALS_DIRECTORY");
  if (folder == nullptr || *folder == '\0') {
    return fail(Errc::bad_request,
                fmt::format("{}: there are no credentials here: CREDENTIALS_DIRECTORY is not set, as systemd sets it "
                            "for a service with LoadCredential={}:...",
                            value, name));
  }
  return fmt::format("{}/{}", folder, name);
}

Result<std::string> text_of_file(const std::string& value) {
  const Result<std::ifstream> file = opened(value);
  if (!file) return file.error();
  std::ostringstream text;
  text << file->rdbuf();
  return text.str();
}

Result<Secret> secret_of_file(const std::string& value) {
  Result<std::ifstream> file = opened(value);
  if (!file) return file.error();
  std::string line;
  std::getline(*file, line);
  if (line.empty()) return fail(Errc::bad_request, fmt::format("the file {} is empty", *file_named(value)));
  return Secret{std::move(line)};
}

Result<> check_secret(std::string_view secret) {
  if (secret.size() < secret_bytes_min) {
    return fail(Errc::bad_request, fmt::format("a shared secret needs at least {} bytes; `openssl rand -base64 32` "
                                               "makes one",
                                               secret_bytes_min));
  }
  const std::string plain = letters_and_digits(secret);
  const auto in_it = [&plain](std::string_view word) { return plain.find(word) != std::string::npos; };
  const bool repeats = std::set<char>{secret.begin(), secret.end()}.size() < different_bytes_min;
  if (repeats || std::ranges::any_of(words_of_examples, in_it)) {
    return fail(Errc::bad_request,
                "this secret is one of an example, which anybody may guess; `openssl rand -base64 32` makes one");
  }
  return {};
}

}  // namespace carillon::app
