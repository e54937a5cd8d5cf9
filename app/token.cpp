#include "app/commands.hpp"
#include "app/secrets.hpp"

#include "base/clock.hpp"
#include "jose/access_token.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace carillon::app {

int make_token(const TokenOptions& options) {
  const Result<Secret> secret = secret_of_file(options.secret_file);
  const Result<jose::Key> key = secret ? jose::Key::from_secret(secret->reveal()) : Result<jose::Key>{secret.error()};
  if (!key) {
    fmt::print(stderr, "carillon: --secret-file {}: {}\n", options.secret_file, key.error().detail);
    return 2;
  }
  jose::Claims claims;
  claims.user = options.user;
  claims.name = options.name.empty() ? options.user : options.name;
  if (!options.device.empty()) claims.device = options.device;
  claims.expires_at = SystemClock{}.now() + std::chrono::hours{options.hours};
  const Result<std::string> token = jose::sign_access_token(claims, *key);
  if (!token) {
    fmt::print(stderr, "carillon: {}\n", token.error().detail);
    return 2;
  }
  fmt::print("{}\n", *token);
  return 0;
}

}  // namespace carillon::app
