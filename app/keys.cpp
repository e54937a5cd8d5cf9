#include "app/commands.hpp"

#include "base/secret.hpp"
#include "jose/base64url.hpp"
#include "jose/key_set.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace carillon::app {
namespace {

/// A new file that only its owner may read. 0, or errno.
int write_new_file(const std::string& path, const std::string& text) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return errno;
  const bool whole = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(file) == 0;
  const int error = whole ? 0 : errno;
  ::close(file);
  if (!whole) ::unlink(path.c_str());
  return error;
}

}  // namespace

int make_keys(const KeysOptions& options) {
  const auto key = jose::Key::generate_es256();
  const auto pem = key ? key->private_pem() : key.error();
  const auto point = key ? key->p256_point() : key.error();
  if (!pem || !point) {
    fmt::print(stderr, "carillon: no key could be made\n");
    return 1;
  }
  if (const int error = write_new_file(options.vapid_key_file, *pem); error != 0) {
    const char* advice = error == EEXIST ? "; every browser that has subscribed with it would be lost" : "";
    fmt::print(stderr, "carillon: cannot write {}: {}{}\n", options.vapid_key_file, std::strerror(error), advice);
    return 2;
  }
  fmt::print(
      "The key of Web Push is in {}. Keep it: with another one every browser must subscribe again.\n"
      "Its public half, which the server gives to pages by itself: {}\n\n"
      "For carillon.toml:\n\n"
      "[push]\n"
      "vapid-key-file = \"{}\"\n"
      "vapid-subject = \"mailto:you@example.com\"   # whom a push service may write to\n",
      options.vapid_key_file, jose::base64url_encode(*point), options.vapid_key_file);
  return 0;
}

}  // namespace carillon::app
