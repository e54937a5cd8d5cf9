#include "store/text.hpp"

#include <set>
#include <utility>

namespace carillon::store {

std::string clean(std::string text) {
  for (auto at = text.find('\0'); at != std::string::npos; at = text.find('\0', at))
    text.replace(at, 1, "\xef\xbf\xbd");
  return text;
}

Subscription clean(Subscription subscription) {
  subscription.id = clean(std::move(subscription.id));
  subscription.user = clean(subscription.user);
  subscription.device = clean(subscription.device);
  subscription.type = clean(std::move(subscription.type));
  subscription.address = clean(std::move(subscription.address));
  subscription.details = clean(std::move(subscription.details));
  return subscription;
}

CallRecord clean(CallRecord record) {
  record.call = clean(record.call);
  record.room = clean(record.room);
  record.media = clean(std::move(record.media));
  record.reason = clean(std::move(record.reason));
  record.metadata = clean(std::move(record.metadata));
  record.ledger = clean(std::move(record.ledger));
  for (PersonRecord& person : record.people) {
    person.user = clean(person.user);
    person.name = clean(std::move(person.name));
    person.role = clean(std::move(person.role));
    person.reason = clean(std::move(person.reason));
  }
  return record;
}

std::optional<Error> refusal(const Subscription& subscription) {
  if (subscription.address.size() > Store::address_bytes_max) {
    return fail(Errc::too_large, "the address of a subscription has at most 2,048 bytes");
  }
  return std::nullopt;
}

std::optional<Error> refusal(const CallRecord& record) {
  std::set<UserId> seen;
  for (const PersonRecord& person : record.people) {
    if (!seen.insert(person.user).second) return fail(Errc::bad_request, "a person is twice in the record of a call");
  }
  return std::nullopt;
}

}  // namespace carillon::store
