// What all stores do alike with what they are given, so that a value reads back the same from each of them.
#pragma once

#include "base/result.hpp"
#include "store/store.hpp"

#include <optional>
#include <string>

namespace carillon::store {

/// U+0000 becomes U+FFFD: PostgreSQL takes no such text, and a record must not be lost for somebody's odd name.
[[nodiscard]] std::string clean(std::string text);
template <class Tag>
[[nodiscard]] Id<Tag> clean(const Id<Tag>& id) {
  return Id<Tag>{clean(id.str())};
}
[[nodiscard]] Subscription clean(Subscription subscription);
[[nodiscard]] CallRecord clean(CallRecord record);

/// Why no store takes it, if so.
[[nodiscard]] std::optional<Error> refusal(const Subscription& subscription);
[[nodiscard]] std::optional<Error> refusal(const CallRecord& record);

}  // namespace carillon::store
