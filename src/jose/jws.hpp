// Compact JWS (RFC 7515): header.payload.signature. Pure.
#pragma once

#include "base/result.hpp"
#include "jose/key_set.hpp"

#include <boost/json/value.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace carillon::jose {

/// Signs a payload. The header gets alg, typ and, if the key has one, kid.
[[nodiscard]] Result<std::string> sign_jws(const boost::json::object& payload, const Key& key,
                                           std::string_view typ = "JWT");

/// The payload of a token that one of the keys has signed. Errc::unauthorized for everything else; the detail says
/// what and quotes nothing of the token.
/// `signer`, if given, becomes the key that has signed it.
[[nodiscard]] Result<boost::json::object> verify_jws(std::string_view token, const KeySet& keys, std::size_t bytes_max,
                                                     std::optional<Key>* signer = nullptr);

}  // namespace carillon::jose
