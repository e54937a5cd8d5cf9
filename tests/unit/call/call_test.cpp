// One call by itself, where call::Calls never leads it: strangers, repeated and late events.
#include "call/call.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "unit/call/describe.hpp"

namespace carillon::call {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

const Time start{1'700'000'000s};
const Party alice{UserId{"alice"}, "Alice"};
const Party bob{UserId{"bob"}, "Bob"};
const Party carol{UserId{"carol"}, "Carol"};
const DeviceId alice_phone{"alice.phone"};
const DeviceId bob_phone{"bob.phone"};

/// Alice's call to bob, who rings on his phone. What was to be done for it is done.
Call ringing(const Party& by = alice) {
  Call call{{CallId{"call"}, RoomId{"room"}}, alice, alice_phone, start};
  call.admit(bob, Role::callee);
  Actions done;
  call.ring(bob.user, {bob_phone}, by, start + 30s, Mute::none, start, done);
  return call;
}

Call accepted() {
  Call call = ringing();
  Actions done;
  call.enter(bob, bob_phone, start + 1s, done);
  return call;
}

TEST(Call, KnowsWhenItBeganAndWhenItWasAnswered) {
  EXPECT_EQ(ringing().started_at(), start);
  EXPECT_EQ(ringing().answered_at(), std::nullopt);
  EXPECT_EQ(accepted().answered_at(), start + 1s);
}

TEST(Call, AStrangerIsOutOfItAndNothingIsHiddenFromHim) {
  const Call call = accepted();
  EXPECT_EQ(call.snapshot(carol.user, DeviceId{"carol.phone"}).your_state, YourState::out);
  EXPECT_FALSE(call.hidden_from(carol.user));
}

TEST(Call, NobodyHearsHowItRingsForWhoIsNotInTheCall) {
  Call call = ringing(carol);
  Actions out;
  call.device_away(bob.user, bob_phone, out);
  call.reached(bob.user, 1, Reachability::ringing, out);
  EXPECT_THAT(out, IsEmpty());
}

TEST(Call, NothingHappensBeforeTheTimeIsOver) {
  Call call = ringing();
  Actions out;
  call.tick(start + 30s - 1ms, out);
  EXPECT_THAT(out, IsEmpty());
  EXPECT_FALSE(call.over());
}

TEST(Call, ADeviceIsLostOnce) {
  Call rings = ringing();
  Actions first;
  rings.device_away(bob.user, bob_phone, first);
  EXPECT_THAT(describe(first), ElementsAre("alice.phone: call-ringing bob on 0 reaching"));
  Actions again;
  rings.device_away(bob.user, bob_phone, again);
  EXPECT_THAT(again, IsEmpty());

  Call talks = accepted();
  first.clear();
  talks.device_away(bob.user, bob_phone, first);
  EXPECT_THAT(describe(first), ElementsAre("alice.phone: participant-reconnecting bob.phone"));
  talks.device_away(bob.user, bob_phone, again);
  EXPECT_THAT(again, IsEmpty());
}

TEST(Call, EndsOnce) {
  Call call = accepted();
  Actions out;
  call.end(EndReason::hangup, start + 2s, out);
  EXPECT_TRUE(call.over());
  call.check_invariants();
  Actions again;
  call.settle(EndReason::disconnected, start + 3s, again);
  EXPECT_THAT(again, IsEmpty());
  EXPECT_EQ(call.record().reason, EndReason::hangup);
}

}  // namespace
}  // namespace carillon::call
