#include "call/ticket_view.hpp"

#include <gtest/gtest.h>

#include "unit/call/town.hpp"

namespace carillon::call {
namespace {

TicketView of_bob(const Town& town, bool declined_here = false) {
  return seen_by_ticket(*town.current()->person(UserId{"bob"}), declined_here);
}

TEST(TicketView, RingsAsLongAsHeMayAnswer) {
  const Town town = ringing_call();
  EXPECT_EQ(of_bob(town), (TicketView{TicketView::State::ringing, {}, town.now + 30s}));
}

TEST(TicketView, WhoAnsweredHasItOnAnotherDevice) {
  EXPECT_EQ(of_bob(accepted_call()), (TicketView{TicketView::State::active, EndReason::answered_elsewhere, {}}));
}

TEST(TicketView, OfAGroupThatGoesOnItIsOverForWhoDeclined) {
  Town town = ringing_group();
  town.decline("bob.phone");
  EXPECT_EQ(of_bob(town, true), (TicketView{TicketView::State::ended, EndReason::declined, {}}));
  EXPECT_EQ(of_bob(town, false), (TicketView{TicketView::State::ended, EndReason::declined_elsewhere, {}}));
}

TEST(TicketView, ABusyAnswerIsADeclineToTheOtherDevices) {
  EXPECT_EQ(seen_by_ticket(EndReason::busy, false).reason, EndReason::declined_elsewhere);
}

TEST(TicketView, AnyOtherEndIsTheSameOnAllDevices) {
  for (const EndReason reason : {EndReason::timeout, EndReason::canceled, EndReason::hangup, EndReason::failed}) {
    EXPECT_EQ(seen_by_ticket(reason, false), (TicketView{TicketView::State::ended, reason, {}}));
    EXPECT_EQ(seen_by_ticket(reason, true).reason, reason);
  }
}

}  // namespace
}  // namespace carillon::call
