// Access tokens from strangers, and the claims of signed ones: what is read is what was signed, and only a signature of
// ours makes a token.
#include "jose/access_token.hpp"
#include "fuzz/fuzz.hpp"
#include "jose/base64url.hpp"
#include "jose/jws.hpp"

#include <boost/json/parse.hpp>

using namespace carillon;
using namespace carillon::jose;

namespace {

/// Good for this, and written here for all to read.
const Key& shared_secret() {
  static const Key key = *Key::from_secret("a secret of the fuzz target, which opens nothing", "one");
  return key;
}

const KeySet& keys() {
  static const KeySet set{{shared_secret()}};
  return set;
}

const Time now{std::chrono::seconds{1'800'000'000}};

/// As it comes. That one of the fuzzer's own is accepted would be a collision of SHA-256.
void strangers_token(std::string_view text) {
  const auto claims = verify_access_token(text, keys(), now);
  FUZZ_CHECK(!claims || text.find('.') != std::string_view::npos);
  if (!claims) FUZZ_CHECK(!claims.error().detail.empty());
}

/// What a token of these claims says: sign_access_token writes whole seconds.
Claims in_whole_seconds(Claims claims) {
  using std::chrono::seconds;
  claims.expires_at = std::chrono::floor<seconds>(claims.expires_at);
  if (claims.issued_at) claims.issued_at = std::chrono::floor<seconds>(*claims.issued_at);
  if (claims.not_before) claims.not_before = std::chrono::ceil<seconds>(*claims.not_before);
  return claims;
}

/// Any payload under our signature: what verify_access_token makes of the claims.
void our_signature(std::string_view payload) {
  boost::json::error_code failed;
  const boost::json::value value = boost::json::parse(payload, failed);
  if (failed || !value.is_object()) return;
  const auto token = sign_jws(value.get_object(), shared_secret());
  if (!token || token->size() > token_bytes_max) return;
  const auto claims = verify_access_token(*token, keys(), now);
  if (!claims) return;
  FUZZ_CHECK(!claims->user.empty() && claims->user.size() <= 128 && claims->name.size() <= 128);
  FUZZ_CHECK(!claims->device || (!claims->device->empty() && claims->device->size() <= 128));
  FUZZ_CHECK(claims->expires_at + clock_skew > now);
  const auto again = sign_access_token(*claims, shared_secret());
  FUZZ_CHECK(again.has_value());
  const Claims written = in_whole_seconds(*claims);
  const auto same = verify_access_token(*again, keys(), now);
  // The part of a second that is cut off may have been the last, or the first, of its time.
  const bool is_good_now =
      written.expires_at + clock_skew > now && written.not_before.value_or(now) <= now + clock_skew;
  FUZZ_CHECK(same.has_value() == is_good_now);
  if (same) FUZZ_CHECK(*same == written);
}

/// A header of the stranger's over our payload and our signature of both.
void strangers_header(std::string_view header) {
  const std::string input = base64url_encode(header) + '.' + base64url_encode(R"({"sub":"alice","exp":1800000600})");
  const auto signature = shared_secret().sign(input);
  const auto claims = verify_access_token(input + '.' + base64url_encode(*signature), keys(), now);
  if (claims) FUZZ_CHECK(claims->user == "alice" && header.find("HS256") != std::string_view::npos);
}

void one_spelling(std::string_view text) {
  const auto bytes = base64url_decode(text);
  if (bytes) FUZZ_CHECK(base64url_encode(*bytes) == text);
  FUZZ_CHECK(base64url_decode(base64url_encode(text)) == text);
}

}  // namespace

FUZZ_TARGET(input) {
  fuzz::Bytes bytes{input};
  switch (bytes.below(4)) {
    case 0: return strangers_token(bytes.rest());
    case 1: return our_signature(bytes.rest());
    case 2: return strangers_header(bytes.rest());
    default: return one_spelling(bytes.rest());
  }
}
