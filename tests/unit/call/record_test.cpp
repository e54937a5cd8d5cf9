// The one record that an ended call leaves.
#include <gtest/gtest.h>

#include <functional>

#include "unit/call/town.hpp"

namespace carillon::call {
namespace {

TEST(Record, SaysWhoWhenHowLongAndHowItEnded) {
  Town town = quiet_town();
  const Time start = town.now;
  town.start("alice.phone", {"bob"});
  town.wait(4s);
  town.accept("bob.phone");
  town.wait(60s);
  const CallRecord record = town.end("alice.phone").record();
  EXPECT_EQ(record.call, CallId{"call-1"});
  EXPECT_EQ(record.room, RoomId{"room-1"});
  EXPECT_EQ(record.media, Media::video);
  EXPECT_EQ(record.started_at, start);
  EXPECT_EQ(record.answered_at, start + 4s);
  EXPECT_EQ(record.ended_at, start + 64s);
  EXPECT_EQ(record.duration(), 60s);
  EXPECT_EQ(record.reason, EndReason::hangup);
  EXPECT_EQ(
      record.people,
      (std::vector{
          PersonRecord{UserId{"alice"}, "Alice", Role::caller, {}, start, start + 64s, 64s, EndReason::hangup},
          PersonRecord{UserId{"bob"}, "Bob", Role::callee, start, start + 4s, start + 64s, 60s, EndReason::hangup}}));
}

TEST(Record, AMissedCallIsOneThatItsCalleeDidNotAnswer) {
  struct Case {
    EndReason reason;
    bool missed;
    std::function<Happened(Town&)> how;
  };
  const Case cases[] = {
      {EndReason::timeout, true, [](Town& town) { return town.wait(30s); }},
      {EndReason::canceled, true, [](Town& town) { return town.end("alice.phone"); }},
      {EndReason::disconnected, true, [](Town& town) { return town.lose("alice.phone"), town.wait(10s); }},
      {EndReason::failed, true, [](Town& town) { return town.room_failed(); }},
      {EndReason::declined, false, [](Town& town) { return town.decline("bob.phone"); }},
      {EndReason::hangup, false, [](Town& town) { return town.accept("bob.phone"), town.end("bob.phone"); }},
  };
  for (const Case& c : cases) {
    Town town = ringing_call();
    const CallRecord record = c.how(town).record();
    EXPECT_EQ(record.people.at(1).reason, c.reason);
    EXPECT_EQ(record.people.at(1).missed(), c.missed) << to_string(c.reason);
    EXPECT_FALSE(record.people.at(0).missed());
  }
}

TEST(Record, KeepsEachPersonsOwnEndOfAGroup) {
  Town town = ringing_group();
  town.decline("bob.phone");
  town.accept("carol.phone");
  town.wait(10s);
  town.invite("carol.phone", {"dave", "erin"});
  town.accept("dave.phone");
  town.wait(5s);
  town.lose("carol.phone");
  town.wait(10s);
  const CallRecord record = town.end_for_everyone("alice.phone").record();
  ASSERT_EQ(record.people.size(), 5u);
  const auto is = [&](std::size_t i, const char* user, Role role, EndReason reason, Duration in_call, bool missed) {
    const PersonRecord& person = record.people.at(i);
    EXPECT_EQ(person.user, UserId{user});
    EXPECT_EQ(person.role, role) << user;
    EXPECT_EQ(person.reason, reason) << user;
    EXPECT_EQ(person.in_call, in_call) << user;
    EXPECT_EQ(person.missed(), missed) << user;
  };
  is(0, "alice", Role::caller, EndReason::hangup, 25s, false);
  is(1, "bob", Role::callee, EndReason::declined, 0s, false);
  is(2, "carol", Role::callee, EndReason::disconnected, 25s, false);
  is(3, "dave", Role::invited, EndReason::hangup, 15s, false);
  is(4, "erin", Role::invited, EndReason::canceled, 0s, true);
  EXPECT_EQ(record.people.at(4).name, "");
}

TEST(Record, AddsUpTheStaysOfWhoLeftAndCameBack) {
  Town town = accepted_group();
  town.wait(10s);
  town.leave("bob.phone");
  town.wait(100s);
  town.join("bob.laptop");
  town.wait(5s);
  town.join("bob.phone");  // moving is not leaving
  town.wait(5s);
  EXPECT_EQ(town.end_for_everyone("alice.phone").record().people.at(1).in_call, 20s);
}

}  // namespace
}  // namespace carillon::call
