// How a call looks to a device that has no session but the ticket of a push: docs/protocol.md, "What a ticket is good
// for".
#pragma once

#include <optional>
#include <string_view>

#include "base/time.hpp"
#include "call/call.hpp"
#include "call/reason.hpp"

namespace carillon::call {

struct TicketView {
  enum class State {
    ringing,  ///< He may still answer, or decline.
    active,   ///< He has answered, on another device.
    ended,    ///< Over for him.
  };
  State state = State::ended;
  std::optional<EndReason> reason = {};  ///< As `end-call` has it for this device; none while it rings.
  std::optional<Time> ring_until = {};   ///< While it rings.
  friend bool operator==(const TicketView&, const TicketView&) = default;
};

[[nodiscard]] std::string_view to_string(TicketView::State state);

/// `declined_here`: it was the device of this ticket on which he said no.
[[nodiscard]] TicketView seen_by_ticket(const Person& person, bool declined_here);
/// The same of a call that is over, from how it ended for him.
[[nodiscard]] TicketView seen_by_ticket(EndReason reason, bool declined_here);

}  // namespace carillon::call
