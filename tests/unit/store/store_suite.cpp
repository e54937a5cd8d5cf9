// src/store/store.hpp: what every store does alike.
#include "unit/store/store_suite.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace carillon::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> ids(const std::vector<Subscription>& subscriptions) {
  std::vector<std::string> ids;
  for (const Subscription& one : subscriptions) ids.push_back(one.id);
  return ids;
}

std::vector<std::string> ids(const HistoryPage& page) {
  std::vector<std::string> ids;
  for (const HistoryEntry& entry : page.calls) ids.push_back(entry.call.str());
  return ids;
}

/// All pages, one behind the other.
std::vector<std::string> all_pages(Asking& asking, Store& store, HistoryQuery query) {
  std::vector<std::string> all;
  for (int pages = 0; pages < 1000; ++pages) {
    const HistoryPage page = asking.history(store, query);
    EXPECT_LE(page.calls.size(), query.limit);
    for (const std::string& id : ids(page)) all.push_back(id);
    if (!page.next) return all;
    query.before = page.next;
  }
  ADD_FAILURE() << "the pages never end";
  return all;
}

TEST_P(StoreSuite, ASubscriptionReadsBackAsItWasSaved) {
  Subscription saved = subscription("s1", "alice", "https://push.example/send/a?b='c'\"d\"", at(3));
  saved.details = R"({"keys":{"p256dh":"…","auth":"\u0000"}})";
  const auto id = save(*store, saved);
  ASSERT_TRUE(id);
  EXPECT_EQ(*id, "s1");
  EXPECT_THAT(subscriptions_of(*store, "alice"), ElementsAre(saved));
  EXPECT_THAT(subscriptions_of(*store, "bob"), IsEmpty());
}

TEST_P(StoreSuite, AnAddressThatIsSavedAgainKeepsItsIdAndTakesOnAllElse) {
  ASSERT_TRUE(save(*store, subscription("s1", "alice", "A")));
  Subscription again = subscription("s2", "bob", "A", at(9));
  again.device = DeviceId{"tablet"};
  again.details = "{\"new\":1}";
  const auto id = save(*store, again);
  ASSERT_TRUE(id);
  EXPECT_EQ(*id, "s1");
  again.id = "s1";
  EXPECT_THAT(subscriptions_of(*store, "alice"), IsEmpty()) << "the browser has another user now";
  EXPECT_THAT(subscriptions_of(*store, "bob"), ElementsAre(again));
}

TEST_P(StoreSuite, TheSameAddressOfAnotherTypeIsAnotherSubscription) {
  ASSERT_TRUE(save(*store, subscription("s1", "alice", "A")));
  Subscription fcm = subscription("s2", "alice", "A", at(1));
  fcm.type = "fcm";
  ASSERT_TRUE(save(*store, fcm));
  EXPECT_THAT(ids(subscriptions_of(*store, "alice")), ElementsAre("s2", "s1"));
}

TEST_P(StoreSuite, OfMoreThanTheMostTheLongestUnusedGoes) {
  for (int i = 0; i < 32; ++i)
    ASSERT_TRUE(save(*store, subscription(fmt::format("s{}", i), "alice", fmt::format("A{}", i), at(i))));
  ASSERT_TRUE(save(*store, subscription("other", "bob", "B")));
  ASSERT_TRUE(save(*store, subscription("again", "alice", "A0", at(100))));  // used again: no longer the oldest
  ASSERT_TRUE(save(*store, subscription("new", "alice", "N", at(50))));
  const std::vector<std::string> kept = ids(subscriptions_of(*store, "alice"));
  EXPECT_EQ(kept.size(), Store::subscriptions_max);
  EXPECT_EQ(std::count(kept.begin(), kept.end(), "s0"), 1);
  EXPECT_EQ(std::count(kept.begin(), kept.end(), "s1"), 0) << "the longest unused";
  EXPECT_EQ(std::count(kept.begin(), kept.end(), "new"), 1);
  EXPECT_THAT(ids(subscriptions_of(*store, "bob")), ElementsAre("other"));
}

TEST_P(StoreSuite, ANewSubscriptionStaysEvenIfItsTimeIsTheOldest) {
  for (int i = 0; i < 32; ++i)
    ASSERT_TRUE(save(*store, subscription(fmt::format("s{}", i), "alice", fmt::format("A{}", i), at(i))));
  ASSERT_TRUE(save(*store, subscription("new", "alice", "N", at(-50))));
  const std::vector<std::string> kept = ids(subscriptions_of(*store, "alice"));
  EXPECT_EQ(kept.size(), Store::subscriptions_max);
  EXPECT_EQ(kept.back(), "new");
}

TEST_P(StoreSuite, AUserRemovesOnlyWhatIsHis) {
  ASSERT_TRUE(save(*store, subscription("s1", "alice", "A")));
  const auto remove = [&](const char* user, const char* id) {
    return ask<bool>([&](auto done) { store->remove_subscription(UserId{user}, id, done); }).value();
  };
  const auto has = [&](const char* user, const char* id) {
    return ask<bool>([&](auto done) { store->has_subscription(UserId{user}, id, done); }).value();
  };
  EXPECT_TRUE(has("alice", "s1"));
  EXPECT_FALSE(has("bob", "s1"));
  EXPECT_FALSE(has("alice", "s2"));
  EXPECT_FALSE(remove("bob", "s1"));
  EXPECT_FALSE(remove("alice", "s2"));
  EXPECT_EQ(subscriptions_of(*store, "alice").size(), 1u);
  EXPECT_TRUE(remove("alice", "s1"));
  EXPECT_FALSE(remove("alice", "s1"));
  EXPECT_FALSE(has("alice", "s1"));
  EXPECT_THAT(subscriptions_of(*store, "alice"), IsEmpty());
}

TEST_P(StoreSuite, AnAddressThatIsGoneIsForgotten) {
  ASSERT_TRUE(save(*store, subscription("s1", "alice", "A")));
  ASSERT_TRUE(save(*store, subscription("s2", "alice", "B", at(1))));
  ASSERT_TRUE(ask([&](auto done) { store->forget_address("fcm", "A", done); })) << "another type: nothing to forget";
  EXPECT_THAT(ids(subscriptions_of(*store, "alice")), ElementsAre("s2", "s1"));
  ASSERT_TRUE(ask([&](auto done) { store->forget_address("webpush", "A", done); }));
  EXPECT_THAT(ids(subscriptions_of(*store, "alice")), ElementsAre("s2"));
}

TEST_P(StoreSuite, AnAddressMayBeLongButNotTooLong) {
  std::string address;  // hard to compress, as real ones are
  for (int i = 0; address.size() < Store::address_bytes_max; ++i)
    address += fmt::format("{:x}", std::hash<int>{}(i)*0x9e3779b97f4a7c15U);
  address.resize(Store::address_bytes_max);
  ASSERT_TRUE(save(*store, subscription("s1", "alice", address)));
  EXPECT_EQ(subscriptions_of(*store, "alice").at(0).address, address);
  const auto refused = save(*store, subscription("s2", "alice", address + "x"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::too_large);
}

TEST_P(StoreSuite, AWriteThatIsRefusedDoesNotTakeItsNeighboursAlong) {
  ASSERT_TRUE(save(*store, subscription("taken", "alice", "A")));
  std::vector<std::string> heard;
  const auto hear = [&](auto result) {
    heard.push_back(result ? *result : std::string{to_string(result.error().code)});
  };
  store->save_subscription(subscription("s1", "bob", "B1"), hear);
  store->save_subscription(subscription("taken", "bob", "B2"), hear);  // an id that another address has
  store->save_subscription(subscription("s3", "bob", "B3", at(1)), hear);
  ASSERT_TRUE(run_until([&] { return heard.size() == 3; }));
  std::sort(heard.begin(), heard.end());
  EXPECT_THAT(heard, ElementsAre("bad-request", "s1", "s3"));
  EXPECT_THAT(ids(subscriptions_of(*store, "bob")), ElementsAre("s3", "s1"));
  EXPECT_THAT(ids(subscriptions_of(*store, "alice")), ElementsAre("taken"));
}

TEST_P(StoreSuite, ARecordReadsBackAsItWasSaved) {
  CallRecord group = answered_call("c1", "alice", "bob", at(0));
  group.people[0].name = "Alice \"the Ace\" 🎺 O'Neill; drop table calls";
  group.people[1].name = "Bob :user $1 %s ?";
  group.people.push_back({UserId{"carol"}, "Carol", "invited", at(7), {}, {}, 0s, "declined", false});
  group.people.push_back({UserId{"zoë"}, "", "callee", {}, {}, {}, 0s, "timeout", true});
  group.metadata = R"({"subject":"tea\nand \\ more"})";
  group.ledger = R"([{"userId":"bob","via":"push"}])";
  ASSERT_TRUE(save(*store, group));
  ASSERT_TRUE(save(*store, missed_call("c2", "alice", "bob", at(100))));
  EXPECT_EQ(find(*store, "c1"), group);
  EXPECT_EQ(find(*store, "c2"), missed_call("c2", "alice", "bob", at(100)));
  EXPECT_EQ(find(*store, "c3"), std::nullopt);
  group.people.clear();
  ASSERT_TRUE(save(*store, group));
  EXPECT_EQ(find(*store, "c1"), group) << "of nobody";
}

TEST_P(StoreSuite, TheSameCallAgainReplacesItsRecord) {
  ASSERT_TRUE(save(*store, missed_call("c1", "alice", "bob", at(0))));
  const CallRecord later = answered_call("c1", "alice", "carol", at(1));
  ASSERT_TRUE(save(*store, later));
  EXPECT_EQ(find(*store, "c1"), later);
  EXPECT_THAT(ids(history(*store, {UserId{"bob"}})), IsEmpty());
  EXPECT_EQ(unread(*store, "bob"), 0u);
  EXPECT_THAT(ids(history(*store, {UserId{"alice"}})), ElementsAre("c1"));
}

TEST_P(StoreSuite, ALedgerThatNobodyKnowsDoesNotReplaceOne) {
  CallRecord record = missed_call("c1", "alice", "bob", at(0));
  record.ledger = "";
  ASSERT_TRUE(save(*store, record));
  EXPECT_EQ(find(*store, "c1"), record);
  record.ledger = R"([{"userId":"bob","via":"push"}])";
  ASSERT_TRUE(save(*store, record));
  CallRecord again = record;
  again.ledger = "";
  ASSERT_TRUE(save(*store, again));
  EXPECT_EQ(find(*store, "c1"), record);
}

TEST_P(StoreSuite, APersonTwiceInARecordIsRefused) {
  CallRecord record = missed_call("c1", "alice", "bob", at(0));
  record.people.push_back(record.people[1]);
  const auto refused = save(*store, record);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::bad_request);
  EXPECT_EQ(find(*store, "c1"), std::nullopt);
}

TEST_P(StoreSuite, ANulInATextDoesNotLoseARecordNorReachAnotherPerson) {
  using namespace std::string_literals;
  CallRecord record = missed_call("c1", "alice", "bob\0x"s, at(0));
  record.people[1].name = "B\0b"s;
  ASSERT_TRUE(save(*store, record));
  EXPECT_EQ(find(*store, "c1").value().people[1].name, "B\uFFFDb");
  EXPECT_THAT(ids(history(*store, {UserId{"bob"}})), IsEmpty());
  EXPECT_THAT(ids(history(*store, {UserId{"bob\0x"s}})), ElementsAre("c1"));
}

TEST_P(StoreSuite, HistoryShowsACallAsThePersonSawIt) {
  CallRecord record = answered_call("c1", "alice", "bob", at(0));
  record.people[0].name = "Alice";
  record.people[1].joined_at = at(6);  // carol was quicker
  record.people.push_back({UserId{"carol"}, "Carol", "callee", at(0), at(5), at(65), 60s, "hangup", false});
  record.people.push_back({UserId{"dave"}, "", "callee", at(0), {}, {}, 0s, "timeout", true});
  ASSERT_TRUE(save(*store, record));
  ASSERT_TRUE(ask([&](auto done) { store->save_person(UserId{"bob"}, "Bobby", done); }));
  ASSERT_TRUE(ask([&](auto done) { store->save_person(UserId{"bob"}, "Bob", done); })) << "he is called otherwise now";
  ASSERT_TRUE(ask([&](auto done) { store->save_person(UserId{"alice"}, "Alice B.", done); }));

  const Party alice{UserId{"alice"}, "Alice"}, bob{UserId{"bob"}, "Bob"}, carol{UserId{"carol"}, "Carol"},
      dave{UserId{"dave"}, ""};
  const RoomId room{"room of c1"};
  EXPECT_THAT(history(*store, {UserId{"alice"}}).calls,
              ElementsAre(HistoryEntry{
                  CallId{"c1"}, room, "video", at(0), at(5), at(65), "hangup", true, false, {bob, carol, dave}}));
  EXPECT_THAT(history(*store, {UserId{"bob"}}).calls,
              ElementsAre(HistoryEntry{
                  CallId{"c1"}, room, "video", at(0), at(6), at(65), "hangup", false, false, {alice, carol, dave}}));
  EXPECT_THAT(history(*store, {UserId{"dave"}}).calls,
              ElementsAre(HistoryEntry{
                  CallId{"c1"}, room, "video", at(0), {}, at(65), "timeout", false, true, {alice, bob, carol}}));
  EXPECT_THAT(history(*store, {UserId{"eve"}}).calls, IsEmpty());
}

TEST_P(StoreSuite, WhoWasOnlyCalledHasNoNameButThatOfTheRecord) {
  CallRecord record = missed_call("c1", "alice", "offline", at(0));
  record.people.push_back({UserId{"blocker"}, "", "callee", at(0), {}, {}, 0s, "timeout", true});
  record.people.push_back({UserId{"heard"}, "Heard", "callee", at(0), {}, {}, 0s, "timeout", true});
  record.people.push_back({UserId{"came"}, "", "invited", at(0), at(9), {}, 0s, "hangup", false});
  ASSERT_TRUE(save(*store, record));
  for (const char* user : {"alice", "offline", "blocker", "heard", "came"}) {
    ASSERT_TRUE(ask([&](auto done) { store->save_person(UserId{user}, fmt::format("The name of {}", user), done); }));
  }
  const Party alice{UserId{"alice"}, "The name of alice"}, offline{UserId{"offline"}, ""},
      blocker{UserId{"blocker"}, ""}, heard{UserId{"heard"}, "Heard"}, came{UserId{"came"}, "The name of came"};
  EXPECT_THAT(history(*store, {UserId{"alice"}}).calls.at(0).with, ElementsAre(offline, blocker, heard, came));
  EXPECT_THAT(history(*store, {UserId{"offline"}}).calls.at(0).with, ElementsAre(alice, blocker, heard, came))
      << "whoever calls is known to all";
}

TEST_P(StoreSuite, ACallOfOnePersonAloneIsInHisHistory) {
  CallRecord record = missed_call("c1", "alice", "bob", at(0));
  record.people.pop_back();
  ASSERT_TRUE(save(*store, record));
  const HistoryPage page = history(*store, {UserId{"alice"}});
  ASSERT_THAT(ids(page), ElementsAre("c1"));
  EXPECT_THAT(page.calls[0].with, IsEmpty());
}

TEST_P(StoreSuite, HistoryGoesPageByPageThroughEqualTimes) {
  // Ids that a collation of a language would put in another order than bytes do.
  const std::vector<std::string> equal{"ZA", "Zz", "_x", "a-b", "aB", "ab", "z", "é"};
  std::vector<std::string> expected{"old"};
  ASSERT_TRUE(save(*store, missed_call("old", "bob", "alice", at(-1))));
  for (const std::string& id : equal) ASSERT_TRUE(save(*store, missed_call(id, "bob", "alice", at(0))));
  ASSERT_TRUE(save(*store, missed_call("new", "alice", "bob", at(1))));
  ASSERT_TRUE(save(*store, missed_call("not hers", "bob", "carol", at(0))));
  expected.insert(expected.end(), equal.begin(), equal.end());
  expected.push_back("new");
  std::reverse(expected.begin(), expected.end());
  for (const std::size_t limit : {1u, 2u, 3u, 5u, 9u, 10u, 11u, 100u}) {
    EXPECT_EQ(all_pages(*this, *store, {UserId{"alice"}, {}, limit, false}), expected) << "limit " << limit;
  }
  expected.erase(expected.begin());
  for (const std::size_t limit : {1u, 4u, 9u}) {
    EXPECT_EQ(all_pages(*this, *store, {UserId{"alice"}, {}, limit, true}), expected) << "missed, limit " << limit;
  }
  EXPECT_EQ(history(*store, {UserId{"alice"}, {}, 10, false}).next, std::nullopt) << "all, exactly";
  EXPECT_THAT(ids(history(*store, {UserId{"alice"}, {}, 0, false})), ElementsAre("new")) << "at least one";
}

TEST_P(StoreSuite, APageMayBeginAtATime) {
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(save(*store, missed_call(fmt::format("c{}", i), "bob", "alice", at(i))));
  EXPECT_THAT(ids(history(*store, {UserId{"alice"}, Cursor{at(2), CallId{}}})), ElementsAre("c1", "c0"));
  EXPECT_THAT(ids(history(*store, {UserId{"alice"}, Cursor{at(2), CallId{"c2"}}})), ElementsAre("c1", "c0"));
  EXPECT_THAT(ids(history(*store, {UserId{"alice"}, Cursor{at(2), CallId{"c3"}}})), ElementsAre("c2", "c1", "c0"));
}

TEST_P(StoreSuite, MissedCallsAreUnreadUntilTheMark) {
  const auto mark = [&](const char* user, Time until) {
    return ask([&](auto done) { store->mark_history_read(UserId{user}, until, done); });
  };
  ASSERT_TRUE(save(*store, missed_call("c1", "bob", "alice", at(0))));
  ASSERT_TRUE(save(*store, missed_call("c2", "bob", "alice", at(100))));
  ASSERT_TRUE(save(*store, answered_call("c3", "bob", "alice", at(200))));
  ASSERT_TRUE(save(*store, missed_call("c4", "alice", "bob", at(300))));
  EXPECT_EQ(unread(*store, "alice"), 2u);
  EXPECT_EQ(unread(*store, "bob"), 1u);
  EXPECT_EQ(history(*store, {UserId{"alice"}, {}, 1, false}).unread, 2u);
  ASSERT_TRUE(mark("alice", at(29)));
  EXPECT_EQ(unread(*store, "alice"), 2u) << "the first one ended at 30";
  ASSERT_TRUE(mark("alice", at(30)));
  EXPECT_EQ(unread(*store, "alice"), 1u);
  ASSERT_TRUE(ask([&](auto done) { store->save_person(UserId{"alice"}, "Alice", done); })) << "leaves the mark alone";
  ASSERT_TRUE(mark("alice", at(0)));
  EXPECT_EQ(unread(*store, "alice"), 1u) << "never moves back";
  ASSERT_TRUE(mark("alice", at(1000)));
  EXPECT_EQ(unread(*store, "alice"), 0u);
  EXPECT_EQ(unread(*store, "bob"), 1u) << "his mark is his own";
  ASSERT_TRUE(save(*store, missed_call("c5", "bob", "alice", at(990)))) << "rang at the mark, ended after it";
  EXPECT_EQ(unread(*store, "alice"), 1u);
  ASSERT_TRUE(mark("dave", at(5))) << "who has no calls yet";
  EXPECT_EQ(unread(*store, "dave"), 0u);
}

TEST_P(StoreSuite, WhoIsBlockedAndWhoIsNotDisturbedIsReadAsAWhole) {
  const auto block = [&](const char* user, const char* whom, bool on) {
    return ask([&](auto done) { store->block(UserId{user}, UserId{whom}, on, done); });
  };
  const auto do_not_disturb = [&](const char* user, bool on) {
    return ask([&](auto done) { store->do_not_disturb(UserId{user}, on, done); });
  };
  const auto all = [&] { return ask<Mutes>([&](auto done) { store->mutes(done); }).value(); };
  EXPECT_TRUE(all().blocks.empty());
  EXPECT_TRUE(all().do_not_disturb.empty());

  ASSERT_TRUE(block("bob", "alice", true));
  ASSERT_TRUE(block("bob", "alice", true)) << "twice is as good as once";
  ASSERT_TRUE(block("alice", "zoe", true));
  ASSERT_TRUE(block("alice", "\xc3\xa4nne", true));
  ASSERT_TRUE(block("alice", "Bob", true));
  ASSERT_TRUE(do_not_disturb("carol", true));
  ASSERT_TRUE(do_not_disturb("carol", true));
  ASSERT_TRUE(do_not_disturb("alice", true));
  const auto entry = [](const char* user, const char* whom) { return Mutes::Block{UserId{user}, UserId{whom}}; };
  EXPECT_THAT(all().blocks, ElementsAre(entry("alice", "Bob"), entry("alice", "zoe"), entry("alice", "\xc3\xa4nne"),
                                        entry("bob", "alice")));
  EXPECT_THAT(all().do_not_disturb, ElementsAre(UserId{"alice"}, UserId{"carol"}));

  ASSERT_TRUE(block("alice", "zoe", false));
  ASSERT_TRUE(block("alice", "zoe", false)) << "it is so already";
  ASSERT_TRUE(block("bob", "alice", false));
  ASSERT_TRUE(do_not_disturb("carol", false));
  ASSERT_TRUE(do_not_disturb("dave", false));
  EXPECT_THAT(all().blocks, ElementsAre(entry("alice", "Bob"), entry("alice", "\xc3\xa4nne")));
  EXPECT_THAT(all().do_not_disturb, ElementsAre(UserId{"alice"}));
}

TEST_P(StoreSuite, ASecretIsTheFirstCandidateForEver) {
  const auto get = [&](const char* name, const char* candidate) {
    return ask<Secret>([&](auto done) { store->secret(name, Secret{candidate}, done); }).value().reveal();
  };
  EXPECT_EQ(get("vapid", "first"), "first");
  EXPECT_EQ(get("vapid", "second"), "first");
  EXPECT_EQ(get("tickets", "third"), "third");
}

TEST_P(StoreSuite, WritesKeepTheirOrderAndAreAnsweredInIt) {
  std::vector<int> heard;
  for (int i = 0; i < 1500; ++i) {
    CallRecord record = missed_call("c1", "alice", "bob", at(0));
    record.metadata = std::to_string(i);
    store->save_call(std::move(record), [&heard, i](const Result<>& result) { heard.push_back(result ? i : -1); });
  }
  ASSERT_TRUE(run_until([&] { return heard.size() == 1500; }));
  std::vector<int> expected(1500);
  for (int i = 0; i < 1500; ++i) expected[static_cast<std::size_t>(i)] = i;
  EXPECT_EQ(heard, expected);
  EXPECT_EQ(find(*store, "c1").value().metadata, "1499");
}

TEST_P(StoreSuite, AReadSeesEveryWriteAcknowledgedBefore) {
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(save(*store, missed_call(fmt::format("c{}", i), "bob", "alice", at(i))));
    ASSERT_EQ(unread(*store, "alice"), static_cast<std::size_t>(i) + 1);
  }
}

TEST_P(StoreSuite, StopWritesWhatWasAskedForAndThenRefuses) {
  int answered = 0;
  for (int i = 0; i < 300; ++i) {
    store->save_call(missed_call(fmt::format("c{}", i), "bob", "alice", at(i)), [&](const Result<>& result) {
      EXPECT_TRUE(result);
      ++answered;
    });
  }
  stop(*store);
  EXPECT_EQ(answered, 300);
  const auto late = save(*store, missed_call("late", "bob", "alice", at(0)));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Errc::unavailable);
  const auto read = ask<std::size_t>([&](auto done) { store->unread(UserId{"alice"}, done); });
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Errc::unavailable);
}

}  // namespace
}  // namespace carillon::store
