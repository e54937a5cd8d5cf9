// What is inside a Key. For key.cpp and jwk.cpp only.
#pragma once

#include "jose/key_set.hpp"

#include <openssl/evp.h>

#include <memory>
#include <string>

namespace carillon::jose {

struct PkeyFree {
  void operator()(EVP_PKEY* pkey) const { EVP_PKEY_free(pkey); }
};
using Pkey = std::unique_ptr<EVP_PKEY, PkeyFree>;

struct Key::Impl {
  Algorithm algorithm = Algorithm::hs256;
  std::string kid;
  std::string secret;  // HS256
  Pkey pkey;           // the others
  bool is_private = false;

  Impl() = default;
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
};

/// RSA of 2048 to 8192 bits or EC on P-256; anything else is refused, as is a point off the curve.
[[nodiscard]] Result<std::shared_ptr<Key::Impl>> make_key_impl(Pkey pkey, bool is_private, std::string kid);

}  // namespace carillon::jose
