// base64url without padding (RFC 4648 section 5), as JWS writes everything. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace carillon::jose {

[[nodiscard]] std::string base64url_encode(std::string_view bytes);

/// nullopt for any other character, padding, an impossible length, or bits that should be zero and are not: each
/// value has one spelling.
[[nodiscard]] std::optional<std::string> base64url_decode(std::string_view text);

}  // namespace carillon::jose
