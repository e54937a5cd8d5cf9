#include "protocol/commands.hpp"

#include <fmt/format.h>
#include <boost/json/serialize.hpp>

namespace carillon::protocol {
namespace {

template <class T>
Result<Command> parse_as(const json::object& data) {
  Result<T> parsed = decode_data<T>(data);
  if (!parsed) return parsed.error();
  return Command{std::move(*parsed)};
}

Result<Command> parse_start_call(const json::object& data) {
  Result<StartCall> parsed = decode_data<StartCall>(data);
  if (!parsed) return parsed.error();
  if (parsed->metadata && json::serialize(*parsed->metadata).size() > metadata_bytes_max) {
    return fail(Errc::too_large, fmt::format("data.metadata: expected at most {} bytes", metadata_bytes_max));
  }
  return Command{std::move(*parsed)};
}

}  // namespace

std::optional<Result<Command>> parse_command(std::string_view method, const json::object& data) {
  if (method == "start-call") return parse_start_call(data);
  if (method == "accept-call") return parse_as<AcceptCall>(data);
  if (method == "decline-call") return parse_as<DeclineCall>(data);
  if (method == "end-call") return parse_as<EndCall>(data);
  if (method == "invite") return parse_as<Invite>(data);
  if (method == "join-call") return parse_as<JoinCall>(data);
  if (method == "leave-call") return parse_as<LeaveCall>(data);
  if (method == "watch-presence") return parse_as<WatchPresence>(data);
  return std::nullopt;
}

}  // namespace carillon::protocol
