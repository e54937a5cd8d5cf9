// One program at a time: a file that is locked for as long as it is open.
#pragma once

#include "base/result.hpp"

#include <string>

namespace carillon {

/// Opens it for reading and appending, makes it if there is none, and locks it. The descriptor is the caller's. The
/// file is the one that has this name: not one that another program has renamed over or taken away meanwhile, whose
/// lock anybody can have. conflict: another program has it; unavailable: it cannot be opened. `detail` is the system's
/// word.
[[nodiscard]] Result<int> open_locked(const std::string& path, unsigned mode);

}  // namespace carillon
