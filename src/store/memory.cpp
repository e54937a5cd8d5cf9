#include "store/memory.hpp"

#include "store/text.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <tuple>
#include <utility>

namespace carillon::store {

MemoryStore::MemoryStore(boost::asio::any_io_executor executor) : executor_{std::move(executor)} {}

template <class T, class Work>
void MemoryStore::answer(Done<T> done, Work work) {
  Result<T> result = failure_ ? Result<T>{*failure_} : Result<T>{work()};
  boost::asio::post(executor_,
                    [done = std::move(done), result = std::move(result)]() mutable { done(std::move(result)); });
}

void MemoryStore::save_subscription(Subscription subscription, Done<std::string> done) {
  subscription = clean(std::move(subscription));
  answer<std::string>(std::move(done), [&]() -> Result<std::string> {
    if (auto error = refusal(subscription)) return *error;
    const auto same = [&](const Subscription& s) {
      return s.type == subscription.type && s.address == subscription.address;
    };
    const auto known = std::find_if(subscriptions_.begin(), subscriptions_.end(), same);
    if (known != subscriptions_.end()) {
      subscription.id = known->id;
      subscriptions_.erase(known);
    }
    const auto twin = [&](const Subscription& s) { return s.id == subscription.id; };
    if (std::any_of(subscriptions_.begin(), subscriptions_.end(), twin)) {
      return fail(Errc::bad_request, "another subscription has this id");
    }
    std::vector<Subscription> others = of_user(subscription.user);
    for (std::size_t i = subscriptions_max - 1; i < others.size(); ++i) std::erase(subscriptions_, others[i]);
    subscriptions_.push_back(subscription);
    return subscription.id;
  });
}

void MemoryStore::remove_subscription(UserId user, std::string id, Done<bool> done) {
  answer<bool>(std::move(done), [&] {
    const auto meant = [&](const Subscription& s) { return s.user == clean(user) && s.id == clean(id); };
    return std::erase_if(subscriptions_, meant) > 0;
  });
}

void MemoryStore::forget_address(std::string type, std::string address, Done<> done) {
  answer<void>(std::move(done), [&]() -> Result<> {
    const auto meant = [&](const Subscription& s) { return s.type == clean(type) && s.address == clean(address); };
    std::erase_if(subscriptions_, meant);
    return {};
  });
}

void MemoryStore::save_person(UserId user, std::string name, Done<> done) {
  answer<void>(std::move(done), [&]() -> Result<> {
    names_[clean(user)] = clean(std::move(name));
    return {};
  });
}

void MemoryStore::save_call(CallRecord record, Done<> done) {
  record = clean(std::move(record));
  answer<void>(std::move(done), [&]() -> Result<> {
    if (auto error = refusal(record)) return *error;
    CallRecord& kept = calls_[record.call];
    if (record.ledger.empty()) record.ledger = kept.ledger;
    kept = record;
    return {};
  });
}

void MemoryStore::mark_history_read(UserId user, Time until, Done<> done) {
  answer<void>(std::move(done), [&]() -> Result<> {
    Time& mark = read_until_.try_emplace(clean(user), until).first->second;
    mark = std::max(mark, until);
    return {};
  });
}

void MemoryStore::block(UserId user, UserId whom, bool on, Done<> done) {
  answer<void>(std::move(done), [&]() -> Result<> {
    const std::pair entry{clean(user), clean(whom)};
    if (on) {
      blocks_.insert(entry);
    } else {
      blocks_.erase(entry);
    }
    return {};
  });
}

void MemoryStore::do_not_disturb(UserId user, bool on, Done<> done) {
  answer<void>(std::move(done), [&]() -> Result<> {
    if (on) {
      do_not_disturb_.insert(clean(user));
    } else {
      do_not_disturb_.erase(clean(user));
    }
    return {};
  });
}

void MemoryStore::secret(std::string name, Secret candidate, Done<Secret> done) {
  answer<Secret>(std::move(done),
                 [&] { return secrets_.try_emplace(clean(std::move(name)), clean(candidate.reveal())).first->second; });
}

void MemoryStore::subscriptions_of(UserId user, Done<std::vector<Subscription>> done) {
  answer<std::vector<Subscription>>(std::move(done), [&] { return of_user(clean(user)); });
}

void MemoryStore::has_subscription(UserId user, std::string id, Done<bool> done) {
  answer<bool>(std::move(done), [&] {
    const std::vector<Subscription> theirs = of_user(clean(user));
    return std::ranges::find(theirs, clean(std::move(id)), &Subscription::id) != theirs.end();
  });
}

void MemoryStore::find_call(CallId call, Done<std::optional<CallRecord>> done) {
  answer<std::optional<CallRecord>>(std::move(done), [&]() -> std::optional<CallRecord> {
    const auto found = calls_.find(clean(call));
    if (found == calls_.end()) return std::nullopt;
    return found->second;
  });
}

void MemoryStore::history(HistoryQuery query, Done<HistoryPage> done) {
  query.user = clean(query.user);
  query.limit = std::max<std::size_t>(query.limit, 1);
  answer<HistoryPage>(std::move(done), [&] {
    HistoryPage page;
    for (const auto& [id, record] : calls_) {
      if (query.before && std::tie(record.started_at, id) >= std::tie(query.before->started_at, query.before->call))
        continue;
      for (const PersonRecord& person : record.people) {
        if (person.user == query.user && (person.missed || !query.missed_only))
          page.calls.push_back(entry(record, person));
      }
    }
    std::sort(page.calls.begin(), page.calls.end(), [](const HistoryEntry& a, const HistoryEntry& b) {
      return std::tie(a.started_at, a.call) > std::tie(b.started_at, b.call);
    });
    if (page.calls.size() > query.limit) {
      page.calls.resize(query.limit);
      page.next = Cursor{page.calls.back().started_at, page.calls.back().call};
    }
    page.unread = count_unread(query.user);
    return page;
  });
}

void MemoryStore::unread(UserId user, Done<std::size_t> done) {
  answer<std::size_t>(std::move(done), [&] { return count_unread(clean(user)); });
}

void MemoryStore::mutes(Done<Mutes> done) {
  answer<Mutes>(std::move(done), [&] {
    Mutes mutes;
    for (const auto& [user, whom] : blocks_) mutes.blocks.push_back({user, whom});
    mutes.do_not_disturb.assign(do_not_disturb_.begin(), do_not_disturb_.end());
    return mutes;
  });
}

boost::asio::awaitable<void> MemoryStore::stop() {
  failure_ = fail(Errc::unavailable, "the store is closed");
  co_return;
}

std::size_t MemoryStore::count_unread(const UserId& user) const {
  const auto mark = read_until_.find(user);
  std::size_t count = 0;
  for (const auto& [id, record] : calls_) {
    if (mark != read_until_.end() && record.ended_at <= mark->second) continue;
    for (const PersonRecord& person : record.people) {
      if (person.user == user && person.missed) ++count;
    }
  }
  return count;
}

HistoryEntry MemoryStore::entry(const CallRecord& record, const PersonRecord& self) const {
  HistoryEntry entry{record.call,     record.room, record.media,          record.started_at, self.joined_at,
                     record.ended_at, self.reason, self.role == "caller", self.missed,       {}};
  if (entry.outgoing) entry.answered_at = record.answered_at;
  for (const PersonRecord& person : record.people) {
    if (person.user == self.user) continue;
    const auto known = names_.find(person.user);
    const bool met = person.joined_at || person.role == "caller";
    const bool lacks = person.name.empty() && met && known != names_.end();
    entry.with.push_back({person.user, lacks ? known->second : person.name});
  }
  return entry;
}

std::vector<Subscription> MemoryStore::of_user(const UserId& user) const {
  std::vector<Subscription> found;
  for (const Subscription& subscription : subscriptions_) {
    if (subscription.user == user) found.push_back(subscription);
  }
  std::sort(found.begin(), found.end(), [](const Subscription& a, const Subscription& b) {
    return std::tie(a.used_at, a.id) > std::tie(b.used_at, b.id);
  });
  return found;
}

}  // namespace carillon::store
