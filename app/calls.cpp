// carillon calls: what a running server holds, asked of its /v1/debug/counts.
#include "app/commands.hpp"
#include "app/operator_client.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <string>

namespace carillon::app {
namespace {

namespace json = boost::json;

void print_table(const json::object& counts) {
  for (const auto& [name, value] : counts) {
    if (value.is_number()) fmt::print("{:<12} {:>8}\n", std::string_view{name}, value.to_number<std::int64_t>());
  }
  const json::value* workers = counts.if_contains("workers");
  if (workers == nullptr || !workers->is_array()) return;
  fmt::print("\n{:<12} {:>8} {:>11}\n", "worker pid", "routers", "transports");
  for (const json::value& worker : workers->get_array()) {
    fmt::print("{:<12} {:>8} {:>11}\n", worker.at("pid").to_number<std::int64_t>(),
               worker.at("routers").to_number<std::int64_t>(), worker.at("transports").to_number<std::int64_t>());
  }
}

}  // namespace

int show_calls(const CallsOptions& options) {
  const Result<OperatorAnswer> counts = ask_server(options.server, "/v1/debug/counts");
  if (!counts) return complain(counts.error());
  if (options.json) {
    fmt::print("{}\n", counts->text);
  } else {
    print_table(counts->json.get_object());
  }
  return 0;
}

}  // namespace carillon::app
