// This program replaced by another build of it, in place: the same process, so the workers stay its children and the
// pipes to them stay open. Why it is done so: docs/decisions/0008-upgrade-in-place.md.
#pragma once

#include "base/result.hpp"
#include "signaling/node.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <vector>

namespace carillon::app {

/// The file that this process was started from, by the name that it had then: a newer build has that name now.
/// Remembered over replacements.
[[nodiscard]] std::string program_path();
/// Of this process, without the program's name.
[[nodiscard]] std::vector<std::string> program_arguments();

/// What the program before this one in the same process has left.
struct Inherited {
  boost::json::object state;  ///< Of signaling::Handover.
  /// Why this is the old program again: the new one could not start.
  std::optional<std::string> refused;
};
/// What a configuration file says; nullopt: there is none.
using ConfigurationText = std::optional<std::string>;
/// What this program goes by.
void remember_configuration(ConfigurationText text);
/// When this is the old program again: what it has remembered, since a file that is there now, or is not, is perhaps
/// why the new one could not start. nullopt: it is not.
[[nodiscard]] std::optional<ConfigurationText> configuration_of_before();

/// nullopt: this process begins here. Takes it away: the second call finds nothing. bad_request: it cannot be read.
[[nodiscard]] Result<std::optional<Inherited>> take_inherited();

/// Replaces this program; all other threads end where they are. Returns only if it cannot be done, and then everything
/// is as before. To be called by the main thread, whose children the workers are (PR_SET_PDEATHSIG).
[[nodiscard]] Error become(const std::string& path, signaling::Handover handover);
/// The new program cannot start: the old one, which is open still, goes on. Returns if there is none, and after
/// forget_inherited().
void fall_back(const std::string& why);
/// All of it is taken: there is no way back.
void forget_inherited();

}  // namespace carillon::app
