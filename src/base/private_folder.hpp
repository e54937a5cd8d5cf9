// Folders for what only the user that runs this program may read.
#pragma once

#include <string>
#include <system_error>

namespace carillon {

/// Makes the folder with mode 0700, and what is above it as usual. One that is there stays as it is. Not an error: it
/// is there, whatever it is.
[[nodiscard]] std::error_code make_private_folder(std::string path);

}  // namespace carillon
