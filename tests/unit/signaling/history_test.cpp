// What a person reads of his calls, and an operator of one.
#include "signaling/history.hpp"

#include "store/memory.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace carillon::signaling {
namespace {

using namespace std::chrono_literals;

constexpr Time start{1'800'000'000s};

/// Alice called bob at this second; he answered it after 3 s and they talked for 5, or he missed it.
call::CallRecord record(int second, bool answered) {
  const Time began = start + std::chrono::seconds{second};
  call::CallRecord record{.call = CallId{"call-" + std::to_string(second)},
                          .room = RoomId{"room"},
                          .media = call::Media::video,
                          .started_at = began,
                          .ended_at = began + 8s,
                          .reason = answered ? call::EndReason::hangup : call::EndReason::canceled};
  call::PersonRecord alice{.user = UserId{"alice"}, .name = "Alice", .role = call::Role::caller, .joined_at = began};
  call::PersonRecord bob{.user = UserId{"bob"}, .role = call::Role::callee, .rang_at = began};
  alice.reason = bob.reason = record.reason;
  if (answered) record.answered_at = bob.joined_at = began + 3s;
  record.people = {alice, bob};
  return record;
}

class HistoryTest : public ::testing::Test {
 protected:
  HistoryTest() {
    history.is_watched = [this](const UserId&) { return watched; };
    history.on_changed = [this](const UserId& user, const json::object& data) {
      news.push_back(user.str() + " " + json::serialize(data));
    };
  }

  void settle() {
    io.restart();
    io.poll();
  }
  void keep(int second, bool answered) {
    history.keep(record(second, answered), {}, true);
    settle();
  }
  Result<json::object> list(const protocol::GetHistory& request, const std::string& user = "bob") {
    Result<json::object> page = fail(Errc::internal, "never answered");
    history.list(UserId{user}, request, "data", [&](Result<json::object> answer) { page = std::move(answer); });
    settle();
    return page;
  }
  static std::vector<std::string> ids(const json::object& page) {
    std::vector<std::string> ids;
    for (const json::value& call : page.at("calls").as_array()) ids.emplace_back(call.at("callId").as_string());
    return ids;
  }

  void pass(std::chrono::milliseconds by) {
    time.advance_to(time.now() + by);
    settle();
  }

  VirtualTime time;
  boost::asio::io_context io;
  ManualClock clock{start + 1h};
  store::MemoryStore store{io.get_executor()};
  History history{io.get_executor(), clock, store, Logger{}};
  bool watched = true;
  std::vector<std::string> news;
};

TEST_F(HistoryTest, BothSidesReadTheSameCallTheirOwnWay) {
  keep(0, true);
  EXPECT_EQ(json::serialize(list({}, "alice")->at("calls")),
            R"([{"callId":"call-0","roomId":"room","media":"video","startedAt":1800000000000,"endedAt":1800000008000,)"
            R"("reason":"hangup","direction":"out","with":[{"userId":"bob","name":""}],"answeredAt":1800000003000}])");
  EXPECT_EQ(
      json::serialize(list({}, "bob")->at("calls")),
      R"([{"callId":"call-0","roomId":"room","media":"video","startedAt":1800000000000,"endedAt":1800000008000,)"
      R"("reason":"hangup","direction":"in","with":[{"userId":"alice","name":"Alice"}],"answeredAt":1800000003000}])");
}

TEST_F(HistoryTest, TheLedgerOutlivesARecordThatIsWrittenAgainByTheNextProcess) {
  const call::LedgerEntry line{.user = UserId{"bob"}, .device = DeviceId{"bob/phone"}, .told_at = start};
  history.keep(record(0, true), {line}, true);
  settle();
  keep(0, true);  // from the journal, which has no ledgers
  std::optional<store::CallRecord> found;
  history.find(CallId{"call-0"}, [&](const auto& answer) { found = answer.value(); });
  settle();
  ASSERT_TRUE(found);
  EXPECT_EQ(operators_view(*found).at("ledger").as_array().size(), 1U);
}

TEST_F(HistoryTest, PagesGoOnWhereTheOneBeforeEnded) {
  for (int second = 0; second < 5; ++second) keep(second, true);
  protocol::GetHistory request;
  request.limit.emplace().value = 2;
  const auto first = list(request);
  EXPECT_EQ(ids(*first), (std::vector<std::string>{"call-4", "call-3"}));
  request.before = first->at("next");
  const auto second = list(request);
  EXPECT_EQ(ids(*second), (std::vector<std::string>{"call-2", "call-1"}));
  request.before = second->at("next");
  const auto last = list(request);
  EXPECT_EQ(ids(*last), std::vector<std::string>{"call-0"});
  EXPECT_FALSE(last->contains("next"));
}

TEST_F(HistoryTest, ATimeIsAPlaceToBeginToo) {
  for (int second = 0; second < 3; ++second) keep(second, true);
  protocol::GetHistory request;
  request.before = json::value(to_ms(start + 2s));
  EXPECT_EQ(ids(*list(request)), (std::vector<std::string>{"call-1", "call-0"}));
  request.before = json::value(std::to_string(to_ms(start + 1s)));  // as a query has it
  EXPECT_EQ(ids(*list(request)), std::vector<std::string>{"call-0"});
}

TEST_F(HistoryTest, WhatIsNoPlaceIsRefused) {
  for (const json::value& before : {json::value("x"), json::value(""), json::value("12x.call"), json::value(1.5),
                                    json::value(true), json::value(json::object{})}) {
    protocol::GetHistory request;
    request.before = before;
    const auto page = list(request);
    ASSERT_FALSE(page) << json::serialize(before);
    EXPECT_EQ(page.error(), fail(Errc::bad_request, "data.before: expected `next` of a page, or a time in ms"));
  }
}

TEST_F(HistoryTest, MissedCallsAreUnreadUntilTheyAreRead) {
  keep(0, false);
  keep(1, true);
  protocol::GetHistory request;
  request.missed = true;
  const auto page = list(request);
  EXPECT_EQ(ids(*page), std::vector<std::string>{"call-0"});
  EXPECT_EQ(page->at("calls").as_array().front().at("missed"), true);
  EXPECT_EQ(page->at("unread"), 1);
  history.mark_read(UserId{"bob"}, [](const Result<json::object>& answer) { EXPECT_TRUE(answer); });
  settle();
  EXPECT_EQ(list(request)->at("unread"), 0);
}

TEST_F(HistoryTest, WhoWatchesHearsOfEachChange) {
  keep(0, false);
  EXPECT_EQ(news, (std::vector<std::string>{R"(alice {"unread":0,"callId":"call-0"})",
                                            R"(bob {"unread":1,"callId":"call-0"})"}));
  news.clear();
  history.mark_read(UserId{"bob"}, [](const Result<json::object>&) {});
  pass(1s);
  EXPECT_EQ(news, std::vector<std::string>{R"(bob {"unread":0})"});
  watched = false;
  keep(1, false);
  EXPECT_EQ(news.size(), 1u);
}

TEST_F(HistoryTest, ARecordIsFoundAlsoBeforeItIsWritten) {
  history.keep(record(0, true), {}, true);
  bool found = false;
  history.find(CallId{"call-0"}, [&](const Result<std::optional<store::CallRecord>>& kept) { found = kept && *kept; });
  EXPECT_TRUE(found);
  settle();
}

TEST_F(HistoryTest, TheLedgerIsWrittenAgainWhenItIsWhole) {
  call::LedgerEntry line{
      .user = UserId{"bob"}, .device = DeviceId{"bob/phone"}, .via = call::Via::push, .told_at = start};
  line.target = {"s-1", line.device, "webpush"};
  line.why = "expired";
  history.keep(record(0, false), {line}, false);
  line.why = "gone";
  history.settle(CallId{"call-0"}, {line});
  history.settle(CallId{"call-0"}, {});  // once
  settle();
  std::string ledger;
  history.find(CallId{"call-0"}, [&](const Result<std::optional<store::CallRecord>>& kept) {
    ledger = json::serialize(operators_view(**kept).at("ledger"));
  });
  settle();
  EXPECT_EQ(ledger, R"([{"userId":"bob","deviceId":"phone","via":"push","toldAt":1800000000000,"type":"webpush",)"
                    R"("subscriptionId":"s-1","why":"gone"}])");
}

TEST_F(HistoryTest, WithoutADatabaseItSaysSo) {
  store.fail_with(fail(Errc::unavailable, "the database is gone"));
  keep(0, false);
  EXPECT_EQ(list({}).error().code, Errc::unavailable);
  EXPECT_TRUE(news.empty());
}

TEST_F(HistoryTest, ManyChangesWithinASecondAreOneWordMore) {
  keep(0, false);
  ASSERT_EQ(news.size(), 2u) << "alice and bob, the first at once";
  keep(1, false);
  keep(2, false);
  pass(999ms);
  EXPECT_EQ(news.size(), 2u);
  pass(1ms);
  EXPECT_EQ(news, (std::vector<std::string>{R"(alice {"unread":0,"callId":"call-0"})",
                                            R"(bob {"unread":1,"callId":"call-0"})", R"(alice {"unread":0})",
                                            R"(bob {"unread":3})"}));
  // One alone keeps its name, and a second later all is as at first.
  keep(3, false);
  pass(1s);
  pass(1s);
  keep(4, false);
  EXPECT_EQ(news[4], R"(alice {"unread":0,"callId":"call-3"})");
  EXPECT_EQ(news[6], R"(alice {"unread":0,"callId":"call-4"})");
}

}  // namespace
}  // namespace carillon::signaling
