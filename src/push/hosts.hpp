// Which hosts a push may be sent to. An endpoint comes from outside, and we must not be sent wherever a stranger likes.
// Pure.
#pragma once

#include "base/result.hpp"
#include "fetch/client.hpp"
#include "fetch/url.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::push {

class Hosts {
 public:
  /// The push services of the browsers, on port 443, and nothing else.
  Hosts() = default;
  /// And those of `push.allow-hosts`: `host`, `host:port`, `*.host` (every name below it), or `*`: every host of the
  /// internet. Error: which entry is none of these.
  [[nodiscard]] static Result<Hosts> with(const std::vector<std::string>& entries);

  /// nullopt: not allowed. Whatever the operator has listed by name may be anywhere, all else must have a public
  /// address.
  [[nodiscard]] std::optional<fetch::Reach> find(const fetch::Url& url) const;

 private:
  struct Entry {
    std::string host;  ///< A name or address; with a leading dot every name below it; "*": any.
    std::optional<std::uint16_t> port;
  };
  [[nodiscard]] static Result<Entry> parse(const std::string& text);
  [[nodiscard]] static bool matches(const Entry& entry, const fetch::Url& url);

  std::vector<Entry> entries_;
};

}  // namespace carillon::push
