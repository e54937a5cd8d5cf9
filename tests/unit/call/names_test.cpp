// The names on the wire and at /metrics, each as the documents have it.
#include <gtest/gtest.h>

#include "call/actions.hpp"
#include "call/events.hpp"
#include "call/limits.hpp"
#include "call/reaching.hpp"
#include "call/record.hpp"
#include "call/snapshot.hpp"
#include "call/ticket_view.hpp"

namespace carillon::call {
namespace {

TEST(Names, AreThoseOfTheProtocol) {
  EXPECT_EQ(to_string(Media::audio), "audio");
  EXPECT_EQ(to_string(Media::video), "video");
  EXPECT_EQ(to_string(Via::socket), "socket");
  EXPECT_EQ(to_string(Via::push), "push");
  EXPECT_EQ(to_string(Reachability::reaching), "reaching");
  EXPECT_EQ(to_string(Reachability::ringing), "ringing");
  EXPECT_EQ(to_string(Reachability::unreachable), "unreachable");
  EXPECT_EQ(to_string(Role::caller), "caller");
  EXPECT_EQ(to_string(Role::callee), "callee");
  EXPECT_EQ(to_string(Role::invited), "invited");
  EXPECT_EQ(to_string(State::ringing), "ringing");
  EXPECT_EQ(to_string(State::active), "active");
  EXPECT_EQ(to_string(YourState::ringing), "ringing");
  EXPECT_EQ(to_string(YourState::joined), "joined");
  EXPECT_EQ(to_string(YourState::joined_elsewhere), "joined-elsewhere");
  EXPECT_EQ(to_string(YourState::out), "out");
}

TEST(Names, AreThoseOfTheRingLedgerAndOfTickets) {
  EXPECT_EQ(to_string(Decision::accepted), "accepted");
  EXPECT_EQ(to_string(Decision::declined), "declined");
  EXPECT_EQ(to_string(TicketView::State::ringing), "ringing");
  EXPECT_EQ(to_string(TicketView::State::active), "active");
  EXPECT_EQ(to_string(TicketView::State::ended), "ended");
}

TEST(Names, OfLimitsAreTheirKeysInTheConfiguration) {
  EXPECT_EQ(to_string(Limit::rings_per_minute_user), "rings-per-minute-user");
  EXPECT_EQ(to_string(Limit::rings_per_minute_pair), "rings-per-minute-pair");
  EXPECT_EQ(to_string(Limit::rooms_per_key), "rooms-per-key");
  EXPECT_EQ(to_string(Limit::rings_at_once_pair), "rings-at-once-pair");
}

}  // namespace
}  // namespace carillon::call
