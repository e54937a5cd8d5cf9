// What the subcommands ask a running server: its REST interface for operators.
#pragma once

#include "app/commands.hpp"
#include "base/result.hpp"

#include <boost/json/value.hpp>

#include <optional>
#include <string>

namespace carillon::app {

struct OperatorAnswer {
  std::string text;
  boost::json::value json;
};

/// GET, or POST with a body. Errors say what to do: the server does not answer, wants its key, or answered something
/// else than 200 with JSON.
[[nodiscard]] Result<OperatorAnswer> ask_server(const ServerOptions& server, const std::string& path,
                                                const std::optional<std::string>& body = {});

/// Prints it, and returns the exit status: 2 when the fault is in the command line, else 1.
int complain(const Error& error);

}  // namespace carillon::app
