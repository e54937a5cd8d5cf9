#include "call/ticket_view.hpp"

namespace carillon::call {

std::string_view to_string(TicketView::State state) {
  switch (state) {
    case TicketView::State::ringing: return "ringing";
    case TicketView::State::active: return "active";
    case TicketView::State::ended: return "ended";
  }
  return "ended";
}

TicketView seen_by_ticket(const Person& person, bool declined_here) {
  if (const Ringing* ringing = person.ringing()) return {TicketView::State::ringing, {}, ringing->until};
  if (person.seated()) return {TicketView::State::active, EndReason::answered_elsewhere, {}};
  return seen_by_ticket(person.record.reason, declined_here);
}

TicketView seen_by_ticket(EndReason reason, bool declined_here) {
  const bool said_no = reason == EndReason::declined || reason == EndReason::busy;
  if (said_no) reason = declined_here ? EndReason::declined : EndReason::declined_elsewhere;
  return {TicketView::State::ended, reason, {}};
}

}  // namespace carillon::call
