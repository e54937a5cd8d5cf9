// Calls that outlive the process: what is given out when they change, and what the next machine makes of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "unit/call/town.hpp"

namespace carillon::call {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const std::vector<SavedDevice> all_devices = [] {
  std::vector<SavedDevice> devices;
  for (const char* name : {"alice.phone", "alice.laptop", "bob.phone", "bob.laptop", "carol.phone", "dave.phone"})
    devices.push_back({DeviceId{name}, user_of(name), user_of(name).str()});
  return devices;
}();

std::vector<Call::Saved> saved_calls(Town& town) {
  std::vector<Call::Saved> calls;
  for (const CallId& id : town.calls.take_changed()) {
    if (const Call* call = town.calls.find(id)) calls.push_back(call->save());
  }
  return calls;
}

/// The town after a kill of the server at this moment: nobody is connected.
struct Restarted {
  explicit Restarted(Town& before, const std::vector<SavedDevice>& devices = all_devices, Config config = {})
      : town{config} {
    town.now = before.now;
    town.latest = before.latest;
    happened.actions = town.calls.restore(devices, saved_calls(before), town.now, wrong);
    town.calls.check_invariants();
  }
  Town town;
  std::vector<Error> wrong;
  Happened happened;
};

TEST(SavedCalls, ACallIsChangedWhenItBeginsIsAnsweredAndEnds) {
  Town town = ringing_call();
  EXPECT_THAT(town.calls.take_changed(), ElementsAre(town.latest));
  EXPECT_THAT(town.calls.take_changed(), IsEmpty());
  town.accept("bob.phone");
  EXPECT_THAT(town.calls.take_changed(), ElementsAre(town.latest));
  town.end("bob.phone");
  EXPECT_THAT(town.calls.take_changed(), ElementsAre(town.latest));
  EXPECT_EQ(town.current(), nullptr);
}

TEST(SavedCalls, ARunningCallIsFoundAgainWithItsSeatsInGrace) {
  Town before = accepted_call();
  Restarted after{before};
  EXPECT_THAT(after.wrong, IsEmpty());
  ASSERT_NE(after.town.current(), nullptr);
  EXPECT_EQ(after.town.current()->state(), State::active);
  ASSERT_EQ(after.happened.actions.size(), 1U);  // nobody is here to be told
  EXPECT_TRUE(std::holds_alternative<OpenRoom>(after.happened.actions.front()));
  for (const Person& person : after.town.current()->people()) {
    ASSERT_TRUE(person.seated());
    EXPECT_TRUE(person.seated()->away);
  }
  EXPECT_TRUE(after.town.calls.may_join_room(DeviceId{"alice.phone"}, after.town.latest));
}

TEST(SavedCalls, WhoResumesHasHisSeatAndWhatHeHearsIsNewerThanAllHeHasHeard) {
  Town before = accepted_call();
  const std::uint64_t rev = before.current()->rev();
  Restarted after{before};
  after.town.resume("alice.phone");
  const Happened back = after.town.resume("bob.phone");
  EXPECT_EQ(back.told<ParticipantJoined>("alice.phone").user, UserId{"bob"});
  for (const Action& action : back.actions) {
    if (const auto* tell = std::get_if<Tell>(&action)) {
      EXPECT_GT(tell->rev, rev);
    }
  }
  EXPECT_EQ(after.town.seen_by("bob.phone").your_state, YourState::joined);
}

TEST(SavedCalls, WhoDoesNotComeBackInTimeHasLeft) {
  Town before = accepted_call();
  Restarted after{before};
  after.town.resume("alice.phone");
  EXPECT_THAT(after.town.wait(19s).actions, IsEmpty());
  const Happened over = after.town.wait(2s);
  EXPECT_EQ(over.told<EndCall>("alice.phone").reason, EndReason::disconnected);
  EXPECT_EQ(after.town.current(), nullptr);
}

TEST(SavedCalls, ARingGoesOnForWhatIsLeftOfItsTime) {
  Town before = ringing_call();
  before.wait(10s);
  Restarted after{before};
  EXPECT_THAT(after.happened.actions, SizeIs(2));
  EXPECT_TRUE(std::holds_alternative<Reach>(after.happened.actions.back()));
  after.town.resume("alice.phone");
  const Happened rings = after.town.resume("bob.phone");
  EXPECT_EQ(rings.told<CallStarted>("bob.phone").ring_until, before.now + 20s);
  after.town.wait(19s);
  EXPECT_NE(after.town.current(), nullptr);
  const Happened over = after.town.wait(1s);
  EXPECT_EQ(over.told<EndCall>("alice.phone").reason, EndReason::timeout);
  EXPECT_EQ(over.told<EndCall>("bob.phone").reason, EndReason::timeout);
}

TEST(SavedCalls, ARingWhoseTimeHasPassedWhileNobodyServedIsMissed) {
  Town before = ringing_call();
  std::vector<Call::Saved> calls = saved_calls(before);
  Town after;
  after.now = before.now + 60s;
  std::vector<Error> wrong;
  const Actions actions = after.calls.restore(all_devices, std::move(calls), after.now, wrong);
  const Happened happened{.actions = actions};
  EXPECT_EQ(happened.record().reason, EndReason::timeout);
  EXPECT_EQ(happened.record().ended_at, before.now + 30s);
  EXPECT_TRUE(happened.record().people.back().missed());
}

TEST(SavedCalls, AnAnswerAfterTheRestartCounts) {
  Town before = ringing_call();
  Restarted after{before};
  after.town.resume("alice.phone");
  after.town.resume("bob.phone");
  const Happened answered = after.town.accept("bob.phone");
  EXPECT_TRUE(answered.ok());
  EXPECT_EQ(answered.told<CallAccepted>("alice.phone").user, UserId{"bob"});
}

TEST(SavedCalls, AGroupAndWhoItLostAreFoundAgain) {
  Town before = accepted_group();
  before.leave("carol.phone");
  Restarted after{before};
  for (const char* device : {"alice.phone", "bob.phone", "carol.phone"}) after.town.resume(device);
  EXPECT_EQ(after.town.seen_by("carol.phone").your_state, YourState::out);
  EXPECT_TRUE(after.town.join("carol.phone").ok());
  EXPECT_FALSE(after.town.current()->pair());
}

TEST(SavedCalls, ASeatOfADeviceThatNobodyKnowsIsGivenUp) {
  Town before = accepted_group();
  std::vector<SavedDevice> devices = all_devices;
  std::erase_if(devices, [](const SavedDevice& device) { return device.device.str() == "carol.phone"; });
  Restarted after{before, devices};
  ASSERT_NE(after.town.current(), nullptr);
  EXPECT_FALSE(after.town.current()->person(UserId{"carol"})->seated());
  EXPECT_TRUE(after.town.current()->person(UserId{"bob"})->seated());
}

TEST(SavedCalls, WhatCannotBeACallIsLeftOutAndNamed) {
  Town before = accepted_call();
  const std::vector<Call::Saved> good = saved_calls(before);
  const auto broken = [&](auto change) {
    std::vector<Call::Saved> calls = good;
    change(calls.front());
    Town after;
    std::vector<Error> wrong;
    const Actions actions = after.calls.restore(all_devices, std::move(calls), before.now, wrong);
    after.calls.check_invariants();
    EXPECT_THAT(actions, IsEmpty());
    EXPECT_EQ(after.calls.counts().calls, 0U);
    return wrong.size() == 1 ? wrong.front().detail : "";
  };
  using testing::HasSubstr;
  EXPECT_THAT(broken([](Call::Saved& c) { c.people.clear(); }), HasSubstr("nobody is in it"));
  EXPECT_THAT(broken([](Call::Saved& c) { std::swap(c.people[0], c.people[1]); }), HasSubstr("not the first"));
  EXPECT_THAT(broken([](Call::Saved& c) { c.people[1].record.joined_at.reset(); }), HasSubstr("has not joined"));
  EXPECT_THAT(broken([](Call::Saved& c) { c.people.push_back(c.people[1]); }), HasSubstr("twice"));
  EXPECT_THAT(broken([](Call::Saved& c) { c.answered_at.reset(); }), HasSubstr("before an answer"));
  EXPECT_THAT(broken([](Call::Saved& c) {
                for (Person& person : c.people) person.place = Out{};
              }),
              HasSubstr("nobody holds it"));
}

TEST(SavedCalls, TheSameCallTwiceIsFoundOnce) {
  Town before = accepted_call();
  std::vector<Call::Saved> calls = saved_calls(before);
  calls.push_back(calls.front());
  Town after;
  std::vector<Error> wrong;
  const Actions actions = after.calls.restore(all_devices, std::move(calls), before.now, wrong);
  EXPECT_THAT(actions, SizeIs(1));
  EXPECT_THAT(wrong, SizeIs(1));
  EXPECT_EQ(after.calls.counts().calls, 1U);
  after.calls.check_invariants();
}

TEST(SavedCalls, WhoWasNotToHearItDoesNotAfterwards) {
  Town before = quiet_town();
  before.event(DoNotDisturbChanged{UserId{"bob"}, true});
  before.start("alice.phone", {"bob"});
  Restarted after{before};
  const auto* reach = std::get_if<Reach>(&after.happened.actions.back());
  ASSERT_NE(reach, nullptr);
  EXPECT_TRUE(reach->muted);
  EXPECT_THAT(after.town.resume("bob.phone").actions, IsEmpty());
}

}  // namespace
}  // namespace carillon::call
