// Actions as short lines, for tests and for the tables of docs/call-states.md. A device is named user.device, so
// `alice.phone: call-accepted bob` says who hears what.
#pragma once

#include <string>
#include <vector>

#include "call/actions.hpp"
#include "call/calls.hpp"

namespace carillon::call {

std::string describe(const Action& action);
std::vector<std::string> describe(const Actions& actions);

/// Where everybody is: `group active; in: alice.phone, bob.phone (away); rings: carol on 1`.
std::string describe(const Call& call);

}  // namespace carillon::call
