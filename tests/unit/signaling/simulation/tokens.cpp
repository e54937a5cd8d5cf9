#include "unit/signaling/simulation/tokens.hpp"

#include <chrono>

namespace carillon::simulation {

const jose::Key& token_key() {
  static const jose::Key key = jose::Key::from_secret("a secret of thirty-two bytes or more").value();
  return key;
}

jose::Claims claims_of(const std::string& user) {
  jose::Claims claims;
  claims.user = user;
  claims.name = user;
  claims.expires_at = Time{std::chrono::seconds{1'900'000'000}};
  return claims;
}

}  // namespace carillon::simulation
