#include "signaling/tickets.hpp"

#include "jose/json.hpp"
#include "jose/jws.hpp"

#include <boost/json/object.hpp>

#include <optional>

namespace carillon::signaling {
namespace {

namespace json = boost::json;

/// Ids of 128 bytes each, as base64url in JSON with escapes.
constexpr std::size_t ticket_bytes_max = 4096;

Error no_ticket() { return fail(Errc::unauthorized, "this is no ticket of this server"); }

std::optional<Time> find_time(const json::object& claims, std::string_view name) {
  const json::value* value = claims.if_contains(name);
  if (value == nullptr || !value->is_int64()) return std::nullopt;
  return from_ms(value->get_int64());
}

}  // namespace

Result<std::string> Tickets::make(const Ticket& ticket, Time now) const {
  return jose::sign_jws(json::object{{"call", ticket.call.str()},
                                     {"user", ticket.user.str()},
                                     {"to", ticket.subscription},
                                     {"until", to_ms(ticket.ring_until)},
                                     {"end", to_ms(now + lifetime)}},
                        key_);
}

Result<Ticket> Tickets::read(std::string_view text, Time now) const {
  const auto claims = jose::verify_jws(text, jose::KeySet{{key_}}, ticket_bytes_max);
  if (!claims) return no_ticket();
  const json::string* call = jose::find_string(*claims, "call");
  const json::string* user = jose::find_string(*claims, "user");
  const json::string* to = jose::find_string(*claims, "to");
  const std::optional<Time> until = find_time(*claims, "until");
  const std::optional<Time> end = find_time(*claims, "end");
  if (!call || !user || !to || !until || !end) return no_ticket();
  if (*end <= now) return fail(Errc::token_expired, "this ticket has expired");
  return Ticket{CallId{std::string{*call}}, UserId{std::string{*user}}, std::string{*to}, *until};
}

}  // namespace carillon::signaling
