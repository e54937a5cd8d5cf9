// A Google service account: its key file, and how it proves itself for an access token (RFC 7523 with RS256). Pure.
#pragma once

#include "base/result.hpp"
#include "base/secret.hpp"
#include "base/time.hpp"
#include "jose/key_set.hpp"

#include <string>
#include <string_view>

namespace carillon::push {

struct ServiceAccount {
  std::string project_id;
  std::string client_email;
  std::string token_uri;
  jose::Key key;

  /// The text of the JSON key file. Errors name the member and quote nothing.
  [[nodiscard]] static Result<ServiceAccount> parse(std::string_view text);

  /// A signed statement for `token_uri`, good for an hour.
  [[nodiscard]] Result<std::string> assertion(std::string_view scope, Time now) const;
};

struct AccessToken {
  Secret value;
  Time renew_at;  ///< A minute before it ends, so that none ends on its way; half-way for one that lives shorter.

  /// The answer of `token_uri` (RFC 6749 section 5.1).
  [[nodiscard]] static Result<AccessToken> parse(std::string_view body, Time now);
};

}  // namespace carillon::push
