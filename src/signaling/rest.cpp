// /v1: what users do with their access token, devices with the ticket of a push, and operators with the server key.
#include "signaling/node.hpp"

#include "call/ticket_view.hpp"
#include "protocol/account.hpp"
#include "signaling/history.hpp"
#include "signaling/responses.hpp"
#include "signaling/tickets.hpp"
#include "signaling/wait_for.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

namespace carillon::signaling {
namespace {

/// Pages and service workers of any origin may ask: who they are is in the token or the ticket, and no cookie is used.
http::Response for_any_origin(http::Response response) {
  response.headers.set("Access-Control-Allow-Origin", "*");
  return response;
}

http::Response preflight() {
  http::Response response = for_any_origin(http::Response::empty(204));
  response.headers.set("Access-Control-Allow-Methods", "GET, POST, DELETE");
  response.headers.set("Access-Control-Allow-Headers", "Authorization, Content-Type");
  response.headers.set("Access-Control-Max-Age", "86400");
  return response;
}

Result<json::object> body_of(const http::Request& request) {
  boost::system::error_code error;
  json::value body = json::parse(request.body, error);
  if (error) return fail(Errc::bad_request, "body: not JSON: " + error.message());
  if (!body.is_object()) return fail(Errc::bad_request, "body: expected object");
  return std::move(body.get_object());
}

/// The query of GET /v1/history as the data of get-history: numbers and truths are texts there.
json::object history_query(const http::Request& request) {
  json::object data;
  if (const auto before = request.query.find("before")) data["before"] = *before;
  if (const auto missed = request.query.find("missed")) {
    data["missed"] = *missed;
    if (*missed == "true" || *missed == "false") data["missed"] = *missed == "true";
  }
  if (const auto limit = request.query.find("limit")) {
    std::int64_t number = 0;
    const auto [end, wrong] = std::from_chars(limit->data(), limit->data() + limit->size(), number);
    data["limit"] = *limit;
    if (wrong == std::errc{} && end == limit->data() + limit->size()) data["limit"] = number;
  }
  return data;
}

/// A ticket that nobody can check: a ring lasts for half a minute.
constexpr Duration look_again_in = std::chrono::seconds{1};

/// POST /v1/drain.
struct DrainRequest {
  bool on = true;
};
BOOST_DESCRIBE_STRUCT(DrainRequest, (), (on))

bool declined_with(const Ticket& ticket, const std::vector<call::LedgerEntry>& ledger) {
  return std::ranges::any_of(ledger, [&](const call::LedgerEntry& line) {
    return line.target.subscription == ticket.subscription && line.decision == call::Decision::declined;
  });
}

/// The same in the ledger of a record.
bool declined_with(const Ticket& ticket, const std::string& ledger) {
  boost::system::error_code error;
  const json::value lines = json::parse(ledger, error);
  if (error || !lines.is_array()) return false;
  return std::ranges::any_of(lines.get_array(), [&](const json::value& line) {
    const json::value* to = line.as_object().if_contains("subscriptionId");
    const json::value* decision = line.as_object().if_contains("decision");
    return to && decision && to->as_string() == ticket.subscription &&
           decision->as_string() == to_string(call::Decision::declined);
  });
}

/// Of a call that is over and on record. Without this person in it: over, nobody knows why.
call::TicketView seen_in(const store::CallRecord& record, const Ticket& ticket) {
  const auto person = std::ranges::find(record.people, ticket.user, &store::PersonRecord::user);
  if (person == record.people.end()) return {};
  const auto reason = call::parse_end_reason(person->reason);
  return reason ? call::seen_by_ticket(*reason, declined_with(ticket, record.ledger)) : call::TicketView{};
}

}  // namespace

void Node::add_rest_routes() {
  const auto route = [this](const char* method, const char* path, auto handler) {
    // The coroutine holds a copy of the request: the handler's own may go before it ends.
    struct Run {
      static boost::asio::awaitable<http::Response> run(boost::asio::awaitable<http::Response> response) {
        http::Response answered = co_await std::move(response);
        co_return for_any_origin(std::move(answered));
      }
    };
    server_.route(method, path, [handler](const http::Request& request) { return Run::run(handler(request)); });
  };
  const auto with_preflight = [this](const char* path) {
    struct Run {
      static boost::asio::awaitable<http::Response> run() { co_return preflight(); }
    };
    server_.route("OPTIONS", path, [](const http::Request&) { return Run::run(); });
  };
  route("POST", "/v1/push/subscriptions", [this](const http::Request& r) { return post_subscription(r); });
  route("DELETE", "/v1/push/subscriptions/{id}", [this](const http::Request& r) { return delete_subscription(r); });
  route("GET", "/v1/push/key", [this](const http::Request&) { return get_push_key(); });
  route("GET", "/v1/history", [this](const http::Request& r) { return get_history(r); });
  server_.route("GET", "/v1/calls/{call}", [this](const http::Request& r) { return get_call(r); });
  route("GET", "/v1/tickets/{ticket}/call", [this](const http::Request& r) { return use_ticket(r, TicketUse::ask); });
  server_.route("DELETE", "/v1/users/{user}/sessions", [this](const http::Request& r) { return delete_sessions(r); });
  server_.route("POST", "/v1/drain", at_once([this](const http::Request& r) { return post_drain(r); }));
  route("POST", "/v1/tickets/{ticket}/ringing",
        [this](const http::Request& r) { return use_ticket(r, TicketUse::confirm); });
  route("POST", "/v1/tickets/{ticket}/decline",
        [this](const http::Request& r) { return use_ticket(r, TicketUse::decline); });
  for (const char* path : {"/v1/push/subscriptions", "/v1/push/subscriptions/{id}", "/v1/history"})
    with_preflight(path);
}

/// Who sends `Authorization: Bearer` with an access token.
Result<Identity> Node::identify(const http::Request& request) {
  const auto token = request.bearer_token();
  if (!token) return fail(Errc::unauthorized, "Authorization: expected Bearer and an access token");
  Result<Identity> who = identify(*token);
  if (!who) return who;
  const Result<> admitted = user_limits_.admit(who->user.str(), clock_.now());
  return admitted ? who : Result<Identity>{admitted.error()};
}

boost::asio::awaitable<Result<json::object>> Node::ask_for(UserId user,
                                                           std::function<void(const Account::Answer&)> ask) {
  const std::function<void(Account::Answer)> counted = [&](const Account::Answer& done) {
    account_.ask_for(user, done, ask);
  };
  co_return co_await answer_of<json::object>(counted);
}

boost::asio::awaitable<http::Response> Node::post_subscription(http::Request request) {
  const Result<Identity> who = identify(request);
  if (!who) co_return error_response(who.error());
  const Result<json::object> body = body_of(request);
  if (!body) co_return error_response(body.error());
  const auto wanted = protocol::parse_register_push(*body, "body");
  if (!wanted) co_return error_response(wanted.error());
  const std::function ask = [&](const Account::Answer& done) { account_.register_push(*who, *wanted, "body", done); };
  auto asking = ask_for(who->user, ask);
  const Result<json::object> made = co_await std::move(asking);
  co_return made ? json_response(201, *made) : error_response(made.error());
}

boost::asio::awaitable<http::Response> Node::delete_subscription(http::Request request) {
  const Result<Identity> who = identify(request);
  if (!who) co_return error_response(who.error());
  const std::function ask = [&](const Account::Answer& done) {
    account_.unregister_push(who->user, request.params.get("id"), done);
  };
  auto asking = ask_for(who->user, ask);
  const Result<json::object> gone = co_await std::move(asking);
  co_return gone ? http::Response::empty(204) : error_response(gone.error());
}

boost::asio::awaitable<http::Response> Node::get_push_key() {
  const Result<json::object> key = account_.push_key();
  co_return key ? json_response(200, *key) : error_response(key.error());
}

boost::asio::awaitable<http::Response> Node::get_history(http::Request request) {
  const Result<Identity> who = identify(request);
  if (!who) co_return error_response(who.error());
  protocol::GetHistory wanted;
  const protocol::Path root{nullptr, "query", 0, false};
  const Result<> read = protocol::decode(history_query(request), wanted, root);
  if (!read) co_return error_response(read.error());
  const std::function ask = [&](const Account::Answer& done) { history_.list(who->user, wanted, "query", done); };
  auto asking = ask_for(who->user, ask);
  const Result<json::object> page = co_await std::move(asking);
  co_return page ? json_response(200, *page) : error_response(page.error());
}

boost::asio::awaitable<http::Response> Node::get_call(http::Request request) {
  if (!is_operator(request))
    co_return error_response(fail(Errc::unauthorized, "Authorization: expected the server key"));
  const CallId id{request.params.get("call")};
  if (const call::Call* call = calls_.calls().find(id))
    co_return json_response(200, operators_view(*call, reach_.reaching().ledger(id)));
  const std::function ask = [&](History::Found done) { history_.find(id, std::move(done)); };
  const auto record = co_await answer_of<std::optional<store::CallRecord>>(ask);
  if (!record) co_return error_response(record.error());
  if (!*record) co_return error_response(fail(Errc::not_found, "there is no such call, and no record of one"));
  co_return json_response(200, operators_view(**record));
}

http::Response Node::post_drain(const http::Request& request) {
  if (!is_operator(request)) return error_response(fail(Errc::unauthorized, "Authorization: expected the server key"));
  const Result<json::object> body = body_of(request);
  if (!body) return error_response(body.error());
  DrainRequest wanted;
  const protocol::Path root{nullptr, "body", 0, false};
  const Result<> read = protocol::decode(*body, wanted, root);
  if (!read) return error_response(read.error());
  if (wanted.on) {
    begin_drain();
  } else {
    end_drain();
  }
  json::object state{{"deadline", nullptr}, {"calls", calls_.calls().counts().calls}};
  if (drain_.deadline()) state["deadline"] = to_ms(*drain_.deadline());
  return json_response(200, state);
}

boost::asio::awaitable<Result<std::vector<store::Subscription>>> Node::subscriptions_of(UserId user) {
  const std::function ask = [&](store::Done<std::vector<store::Subscription>> done) {
    store_.subscriptions_of(user, std::move(done));
  };
  co_return co_await answer_of<std::vector<store::Subscription>>(ask);
}

boost::asio::awaitable<http::Response> Node::delete_sessions(http::Request request) {
  if (!is_operator(request))
    co_return error_response(fail(Errc::unauthorized, "Authorization: expected the server key"));
  const UserId user{request.params.get("user")};
  const std::size_t sessions = end_sessions(user);
  auto asking = subscriptions_of(user);
  const auto subscriptions = co_await std::move(asking);
  if (!subscriptions) co_return error_response(subscriptions.error());
  for (const store::Subscription& subscription : *subscriptions) {
    const std::function ask = [&](std::function<void(Result<json::object>)> done) {
      account_.unregister_push(user, subscription.id, std::move(done));
    };
    const Result<json::object> gone = co_await answer_of<json::object>(ask);
    if (!gone && gone.error().code != Errc::not_found) co_return error_response(gone.error());
  }
  log_.info("the operator has ended {} sessions and {} push subscriptions user={}", sessions, subscriptions->size(),
            user);
  co_return json_response(200, {{"sessions", sessions}, {"subscriptions", subscriptions->size()}});
}

// ---- Tickets -----------------------------------------------------------------------------------------------------

boost::asio::awaitable<http::Response> Node::use_ticket(http::Request request, TicketUse use) {
  const Result<Ticket> ticket = reach_.tickets()->read(request.params.get("ticket"), clock_.now());
  if (!ticket) co_return error_response(ticket.error());
  const Result<> admitted = ticket_limits_.admit(ticket->subscription, clock_.now());
  if (!admitted) co_return error_response(admitted.error());
  const Result<UserLimits::Place> place = ticket_limits_.enter(ticket->subscription, clock_.now());
  if (!place) co_return error_response(place.error());
  auto using_it = use_good_ticket(*ticket, use);
  co_return co_await std::move(using_it);
}

boost::asio::awaitable<http::Response> Node::use_good_ticket(Ticket ticket, TicketUse use) {
  auto asking = check_registered(ticket);
  const Result<> registered = co_await std::move(asking);
  if (!registered) co_return error_response(registered.error());
  const call::Call* call = calls_.calls().find(ticket.call);
  const call::Person* person = call ? call->person(ticket.user) : nullptr;
  const bool rings = person && person->ringing();
  if (use == TicketUse::confirm && rings) reach_.confirmed(ticket);
  if (use == TicketUse::decline && rings)
    calls_.event(call::DeclinedByPush{ticket.call, ticket.user, reach_.device_of(ticket)});
  const json::object state = co_await ticket_state(ticket);
  // Declined already is as good: the answer to the first try may have been lost.
  const json::value* reason = state.if_contains("reason");
  const bool declined = reason != nullptr && reason->get_string() == to_string(call::EndReason::declined);
  if (use == TicketUse::decline && !declined)
    co_return error_response(fail(Errc::conflict, "this call does not ring any more"));
  co_return json_response(200, state);
}

boost::asio::awaitable<Result<>> Node::check_registered(Ticket ticket) {
  const std::function ask = [&](store::Done<bool> done) {
    store_.has_subscription(ticket.user, ticket.subscription, std::move(done));
  };
  const Result<bool> registered = co_await answer_of<bool>(ask);
  if (!registered) co_return fail(Errc::unavailable, "nobody can say now whether this ticket is good", look_again_in);
  if (!*registered) co_return fail(Errc::unauthorized, "this ticket is void: its device is not registered");
  co_return Result<>{};
}

boost::asio::awaitable<json::object> Node::ticket_state(Ticket ticket) {
  call::TicketView view;
  const call::Call* call = calls_.calls().find(ticket.call);
  if (const call::Person* person = call ? call->person(ticket.user) : nullptr) {
    view = call::seen_by_ticket(*person, declined_with(ticket, reach_.reaching().ledger(ticket.call)));
  } else {
    const std::function ask = [&](History::Found done) { history_.find(ticket.call, std::move(done)); };
    const auto record = co_await answer_of<std::optional<store::CallRecord>>(ask);
    if (record && *record) view = seen_in(**record, ticket);
  }
  json::object state{{"callId", ticket.call.str()},
                     {"state", to_string(view.state)},
                     {"ringUntil", to_ms(view.ring_until.value_or(ticket.ring_until))},
                     {"serverTime", to_ms(clock_.now())}};
  if (view.reason) state["reason"] = to_string(*view.reason);
  co_return state;
}

}  // namespace carillon::signaling
