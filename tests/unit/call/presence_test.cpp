// Who is connected, who is lost and for how long, and what the lost must hear.
#include "call/presence.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace carillon::call {
namespace {

using namespace std::chrono_literals;

const Time start{1'700'000'000s};
const DeviceId phone{"alice.phone"};
const UserId alice{"alice"};

Presence connected() {
  Presence presence;
  presence.connect(phone, alice, "Alice");
  return presence;
}

Tell end_of(int call) { return {phone, CallId{"call " + std::to_string(call)}, 1, EndCall{EndReason::hangup}}; }

TEST(Presence, ADeviceIsLostFromTheFirstMomentOn) {
  Presence presence = connected();
  presence.lose(phone, start + 10s);
  presence.lose(phone, start + 20s);
  EXPECT_EQ(presence.next_lost()->first, start + 10s);
  EXPECT_FALSE(presence.connected(phone));
  presence.check_invariants();
}

TEST(Presence, WhoIsConnectedMissesNothing) {
  Presence presence = connected();
  presence.miss(end_of(1));
  EXPECT_TRUE(presence.take_missed(phone).empty());
}

TEST(Presence, OfManyMissedCallsTheNewestSixteenAreKept) {
  Presence presence = connected();
  presence.lose(phone, start + 10s);
  for (int call = 1; call <= 20; ++call) presence.miss(end_of(call));
  presence.resume(phone);
  const std::vector<Tell> missed = presence.take_missed(phone);
  ASSERT_EQ(missed.size(), 16U);
  EXPECT_EQ(missed.front(), end_of(5));
  EXPECT_EQ(missed.back(), end_of(20));
}

}  // namespace
}  // namespace carillon::call
