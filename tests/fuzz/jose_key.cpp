// Keys as an operator's files hold them: JWK, JWKS, PEM. What is taken as a key verifies what it signs, and nothing of
// another key.
#include "fuzz/fuzz.hpp"
#include "jose/key_set.hpp"

using namespace carillon;
using namespace carillon::jose;

namespace {

void use(const Key& key) {
  FUZZ_CHECK(!to_string(key.algorithm()).empty());
  (void)key.public_pem();
  (void)key.p256_point();
  FUZZ_CHECK(!key.verify("what was never signed", "no signature"));
  if (!key.can_sign()) return;
  const auto signature = key.sign("text");
  if (!signature) return;
  FUZZ_CHECK(key.verify("text", *signature));
  FUZZ_CHECK(!key.verify("texts", *signature));
}

}  // namespace

FUZZ_TARGET(input) {
  fuzz::Bytes bytes{input};
  const std::size_t kind = bytes.below(4);
  const std::string_view text = bytes.rest();
  if (kind == 3) {
    if (const auto set = KeySet::from_jwks(text)) {
      FUZZ_CHECK(!set->empty());
      for (const Key& key : set->all()) use(key);
    }
    return;
  }
  const auto key = kind == 0   ? Key::from_jwk(text)
                   : kind == 1 ? Key::from_public_pem(text)
                               : Key::from_private_pem(text);
  if (key) {
    use(*key);
  } else {
    FUZZ_CHECK(!key.error().detail.empty());
  }
}
