// Secrets of the operator: from files or systemd credentials, and good enough to stand on the internet with.
#pragma once

#include "base/result.hpp"
#include "base/secret.hpp"

#include <string>
#include <string_view>

namespace carillon::app {

/// The file that a key of the configuration names: a path, or "credential:NAME" for one that systemd hands to the
/// service (LoadCredential=NAME:..., in $CREDENTIALS_DIRECTORY). Whether it is there is seen when it is read.
[[nodiscard]] Result<std::string> file_named(const std::string& value);

/// All of that file.
[[nodiscard]] Result<std::string> text_of_file(const std::string& value);

/// The first line of that file, since editors end it with a line break.
[[nodiscard]] Result<Secret> secret_of_file(const std::string& value);

/// Refuses a shared secret that could be guessed: shorter than 32 bytes, a few letters again and again, or one that
/// somebody has copied from an example. The error never shows it.
[[nodiscard]] Result<> check_secret(std::string_view secret);

}  // namespace carillon::app
