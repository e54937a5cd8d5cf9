// carillon drain: what SIGTERM does, asked of the server, and the way back.
#include "app/commands.hpp"
#include "app/operator_client.hpp"

#include <fmt/format.h>

namespace carillon::app {

int drain(const DrainOptions& options) {
  const Result<OperatorAnswer> state =
      ask_server(options.server, "/v1/drain", options.off ? R"({"on":false})" : R"({"on":true})");
  if (!state) return complain(state.error());
  const auto calls = state->json.at("calls").to_number<std::int64_t>();
  if (options.off) {
    fmt::print("the server takes new calls; {} are on\n", calls);
  } else {
    fmt::print("the server takes no new calls and stops when the {} that are on have ended\n", calls);
  }
  return 0;
}

}  // namespace carillon::app
