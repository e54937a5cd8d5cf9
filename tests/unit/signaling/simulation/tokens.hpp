// The access tokens of simulated users.
#pragma once

#include "jose/access_token.hpp"

#include <string>

namespace carillon::simulation {

/// The key of the node that is simulated.
const jose::Key& token_key();
/// Of a user who is called as his id is, good for longer than any run; to be signed with token_key().
jose::Claims claims_of(const std::string& user);

}  // namespace carillon::simulation
