// What a machine makes of saved calls that do not fit: to each other, to their devices, or to anything.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/call/town.hpp"

namespace carillon::call {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// What call::Calls gave out to be kept.
struct Kept {
  std::vector<SavedDevice> devices;
  Call::Saved call;
};

Kept kept(Town town) {
  Kept all{{}, town.current()->save()};
  for (const char* name : {"alice.phone", "bob.phone", "bob.laptop"})
    all.devices.push_back({DeviceId{name}, user_of(name), user_of(name).str()});
  return all;
}

struct Restored {
  /// `clock_set`: by so much, since they were saved.
  Restored(const std::vector<SavedDevice>& devices, std::vector<Call::Saved> calls, Duration clock_set = 0ms) {
    std::vector<Error> errors;
    town.now += clock_set;
    actions = town.calls.restore(devices, std::move(calls), town.now, errors);
    town.calls.check_invariants();
    for (const Error& error : errors) wrong.push_back(error.detail);
  }
  Town town;
  Actions actions;
  std::vector<std::string> wrong;
};

/// The person in it whom alice calls.
Person& bob_in(Call::Saved& call) { return call.people[1]; }

std::string refusal(const Kept& all) {
  Restored after{all.devices, {all.call}};
  EXPECT_THAT(after.actions, IsEmpty());
  return after.wrong.size() == 1 ? after.wrong.front() : "";
}

TEST(RestoredCalls, ARingFitsIntoItsCall) {
  Kept never_rang = kept(ringing_call());
  bob_in(never_rang.call).record.rang_at.reset();
  EXPECT_THAT(refusal(never_rang), HasSubstr("somebody rings longer than the call"));

  Kept too_long = kept(ringing_call());
  too_long.call.ring_until -= 1ms;
  EXPECT_THAT(refusal(too_long), HasSubstr("somebody rings longer than the call"));

  Kept muted = kept(ringing_call());
  std::get<Ringing>(bob_in(muted.call).place).mute = Mute::blocked;
  EXPECT_THAT(refusal(muted), HasSubstr("somebody rings who is not to hear it"));

  Kept twice = kept(ringing_call());
  auto& phones = std::get<Ringing>(bob_in(twice.call).place).phones;
  phones.push_back(phones.front());
  EXPECT_THAT(refusal(twice), HasSubstr("a device is in it twice"));
}

TEST(RestoredCalls, NobodyRingsLongerThanHeWasToWhenTheClockWasSetBack) {
  const Kept all = kept(ringing_call());
  const Restored after{all.devices, {all.call}, -1h};
  EXPECT_THAT(after.wrong, IsEmpty());
  const Call* call = after.town.calls.find(all.call.terms.id);
  ASSERT_NE(call, nullptr);
  EXPECT_EQ(call->ring_until() - after.town.now, Config{}.ring);
}

TEST(RestoredCalls, NobodyWasInACallForLessThanNoTimeWhenTheClockWasSetBack) {
  const Kept all = kept(accepted_call());
  Restored after{all.devices, {all.call}, -1h};
  EXPECT_THAT(after.wrong, IsEmpty());
  std::optional<CallRecord> record;
  for (const Action& action : after.town.calls.end_all(EndReason::hangup, after.town.now)) {
    if (const auto* written = std::get_if<WriteRecord>(&action)) record = written->record;
  }
  ASSERT_TRUE(record);
  EXPECT_GE(record->ended_at, *record->answered_at);
  EXPECT_GE(*record->answered_at, record->started_at);
  EXPECT_GE(record->duration(), 0ms);
  for (const PersonRecord& person : record->people) {
    EXPECT_GE(person.in_call, 0ms);
    EXPECT_GE(*person.left_at, *person.joined_at);
  }
}

TEST(RestoredCalls, ARoomHasOneCall) {
  const Kept all = kept(accepted_call());
  Call::Saved other = all.call;
  other.terms.id = CallId{"other"};
  Restored after{all.devices, {all.call, other}};
  EXPECT_THAT(after.wrong, ElementsAre(HasSubstr("its room has another")));
  EXPECT_EQ(after.town.calls.counts().calls, 1U);
}

TEST(RestoredCalls, ADeviceThatIsSomebodyElsesNowRingsAndSitsNoMore) {
  Kept all = kept(accepted_call());
  all.devices[1].user = UserId{"carol"};
  Restored after{all.devices, {all.call}};
  EXPECT_THAT(after.wrong, IsEmpty());
  EXPECT_EQ(after.town.calls.counts().calls, 0U);  // alice alone is no pair
}

TEST(RestoredCalls, ACallThatNobodyCanComeBackToIsOverOnce) {
  const Kept all = kept(accepted_call());
  Restored after{{}, {all.call}};
  EXPECT_THAT(after.wrong, IsEmpty());
  EXPECT_EQ(after.town.calls.counts().calls, 0U);
  const auto records = std::ranges::count_if(
      after.actions, [](const Action& action) { return std::holds_alternative<WriteRecord>(action); });
  EXPECT_EQ(records, 1);
}

TEST(Calls, OfWhatNobodyKnowsThereIsNothing) {
  Town town = accepted_call();
  EXPECT_EQ(town.calls.only_call_of(DeviceId{"nobody.phone"}), std::nullopt);
  EXPECT_FALSE(town.calls.may_join_room(DeviceId{"alice.phone"}, CallId{"none"}));
  EXPECT_EQ(town.calls.muting().count_blocked_by(UserId{"nobody"}), 0U);
}

}  // namespace
}  // namespace carillon::call
