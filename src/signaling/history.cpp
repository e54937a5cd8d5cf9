#include "signaling/history.hpp"

#include "signaling/device.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <charconv>
#include <utility>

namespace carillon::signaling {
namespace {

/// A list that is looked at is fresh enough with this, however fast it changes; and each device of a user is told.
constexpr std::chrono::seconds between_news{1};

void add_time(json::object& to, std::string_view name, const std::optional<Time>& time) {
  if (time) to[name] = to_ms(*time);
}

// ---- From calls to records ---------------------------------------------------------------------------------------

/// `ahead`: from the times of calls to those that people read (Clock::ahead).
std::optional<Time> moved(std::optional<Time> time, Duration ahead) {
  if (time) *time += ahead;
  return time;
}

json::array to_json(const std::vector<call::LedgerEntry>& ledger, Duration ahead) {
  json::array lines;
  for (const call::LedgerEntry& entry : ledger) {
    json::object line{{"userId", entry.user.str()},
                      {"deviceId", device_label(entry.user, entry.device)},
                      {"via", to_string(entry.via)},
                      {"toldAt", to_ms(entry.told_at + ahead)}};
    if (entry.via == call::Via::push) {
      line["type"] = entry.target.type;
      line["subscriptionId"] = entry.target.subscription;
    }
    add_time(line, "takenAt", moved(entry.taken_at, ahead));
    add_time(line, "confirmedAt", moved(entry.confirmed_at, ahead));
    if (entry.decision) line["decision"] = to_string(*entry.decision);
    add_time(line, "decidedAt", moved(entry.decided_at, ahead));
    if (!entry.why.empty()) line["why"] = entry.why;
    lines.push_back(std::move(line));
  }
  return lines;
}

store::PersonRecord to_store(const call::PersonRecord& person, Duration ahead) {
  return {.user = person.user,
          .name = person.name,
          .role = std::string{to_string(person.role)},
          .rang_at = moved(person.rang_at, ahead),
          .joined_at = moved(person.joined_at, ahead),
          .left_at = moved(person.left_at, ahead),
          .in_call = person.in_call,
          .reason = std::string{to_string(person.reason)},
          .missed = person.missed()};
}

store::CallRecord to_store(const call::CallRecord& record, const std::vector<call::LedgerEntry>& ledger,
                           Duration ahead) {
  store::CallRecord kept{.call = record.call,
                         .room = record.room,
                         .media = std::string{to_string(record.media)},
                         .started_at = record.started_at + ahead,
                         .answered_at = moved(record.answered_at, ahead),
                         .ended_at = record.ended_at + ahead,
                         .reason = std::string{to_string(record.reason)},
                         .people = {},
                         .metadata = record.metadata.value_or(""),
                         .ledger = ledger.empty() ? "" : json::serialize(to_json(ledger, ahead))};
  for (const call::PersonRecord& person : record.people) kept.people.push_back(to_store(person, ahead));
  return kept;
}

// ---- From records to JSON ----------------------------------------------------------------------------------------

json::object person_json(const store::PersonRecord& person) {
  json::object data{{"userId", person.user.str()},
                    {"name", person.name},
                    {"role", person.role},
                    {"inCallMs", person.in_call.count()}};
  add_time(data, "rangAt", person.rang_at);
  add_time(data, "joinedAt", person.joined_at);
  add_time(data, "leftAt", person.left_at);
  return data;
}

/// `2024.call`: where a page ends. Clients only hand it back.
std::string to_text(const store::Cursor& cursor) { return fmt::format("{}.{}", to_ms(cursor.started_at), cursor.call); }

std::optional<store::Cursor> parse_cursor(std::string_view text) {
  const std::size_t dot = text.find('.');
  std::int64_t ms = 0;
  const std::string_view number = text.substr(0, dot);
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), ms);
  if (error != std::errc{} || end != number.data() + number.size()) return std::nullopt;
  // A time alone: what began before it.
  return store::Cursor{from_ms(ms), CallId{dot == std::string_view::npos ? "" : std::string{text.substr(dot + 1)}}};
}

Result<std::optional<store::Cursor>> cursor_of(const protocol::GetHistory& request, std::string_view path) {
  if (!request.before) return std::optional<store::Cursor>{};
  std::optional<store::Cursor> cursor;
  if (request.before->is_int64()) cursor = store::Cursor{from_ms(request.before->get_int64()), {}};
  if (request.before->is_string()) cursor = parse_cursor(request.before->get_string());
  if (!cursor)
    return fail(Errc::bad_request, fmt::format("{}.before: expected `next` of a page, or a time in ms", path));
  return cursor;
}

json::object entry_json(const store::HistoryEntry& entry) {
  json::array with;
  for (const store::Party& party : entry.with) {
    with.push_back(json::object{{"userId", party.user.str()}, {"name", party.name}});
  }
  json::object data{{"callId", entry.call.str()},
                    {"roomId", entry.room.str()},
                    {"media", entry.media},
                    {"startedAt", to_ms(entry.started_at)},
                    {"endedAt", to_ms(entry.ended_at)},
                    {"reason", entry.reason},
                    {"direction", entry.outgoing ? "out" : "in"},
                    {"with", std::move(with)}};
  add_time(data, "answeredAt", entry.answered_at);
  if (entry.missed) data["missed"] = true;
  return data;
}

}  // namespace

History::History(boost::asio::any_io_executor executor, const Clock& clock, store::Store& store, Logger log)
    : clock_{clock}, store_{store}, log_{std::move(log)}, timer_{std::move(executor)} {}

void History::keep(const call::CallRecord& record, const std::vector<call::LedgerEntry>& ledger, bool settled) {
  const auto kept = std::make_shared<const store::CallRecord>(to_store(record, ledger, clock_.ahead()));
  if (!settled) unsettled_[record.call] = kept;
  for (const call::PersonRecord& person : record.people) {
    if (!person.name.empty()) store_.save_person(person.user, person.name, [](const Result<>&) {});
  }
  write(kept, [this, kept](const Result<>& saved) {
    if (!saved) return log_.error("the record of a call is not written: {} call={}", saved.error().detail, kept->call);
    if (on_kept) on_kept(kept->call);
    for (const store::PersonRecord& person : kept->people) tell(person.user, kept->call);
  });
}

void History::settle(const CallId& call, const std::vector<call::LedgerEntry>& ledger) {
  const auto found = unsettled_.find(call);
  if (found == unsettled_.end()) return;
  auto whole = std::make_shared<store::CallRecord>(*found->second);
  unsettled_.erase(found);
  whole->ledger = json::serialize(to_json(ledger, clock_.ahead()));
  write(whole, [this, call](const Result<>& saved) {
    if (!saved) log_.warn("the last lines of a ring ledger are lost: {} call={}", saved.error().detail, call);
  });
}

void History::write(const RecordPtr& record, store::Done<> done) {
  unwritten_[record->call] = record;
  store_.save_call(*record, [this, record, done = std::move(done)](const Result<>& saved) {
    const auto newest = unwritten_.find(record->call);
    if (newest != unwritten_.end() && newest->second == record) unwritten_.erase(newest);
    done(saved);
  });
}

void History::find(const CallId& call, Found found) {
  const auto unwritten = unwritten_.find(call);
  if (unwritten != unwritten_.end()) return found(std::optional{*unwritten->second});
  store_.find_call(call, std::move(found));
}

void History::list(const UserId& user, const protocol::GetHistory& request, std::string_view path,
                   const Answer& answer) {
  auto before = cursor_of(request, path);
  if (!before) return answer(before.error());
  const int limit = request.limit ? request.limit->value : protocol::GetHistory::limit_default;
  store::HistoryQuery query{.user = user,
                            .before = std::move(*before),
                            .limit = static_cast<std::size_t>(limit),
                            .missed_only = request.missed.value_or(false)};
  store_.history(std::move(query), [answer](const Result<store::HistoryPage>& page) {
    if (!page) return answer(page.error());
    json::array calls;
    for (const store::HistoryEntry& entry : page->calls) calls.push_back(entry_json(entry));
    json::object data{{"calls", std::move(calls)}, {"unread", page->unread}};
    if (page->next) data["next"] = to_text(*page->next);
    answer(std::move(data));
  });
}

void History::mark_read(const UserId& user, const Answer& answer) {
  store_.mark_history_read(user, clock_.wall(), [this, user, answer](const Result<>& marked) {
    if (!marked) return answer(marked.error());
    answer(json::object{});
    tell(user, std::nullopt);
  });
}

void History::tell(const UserId& user, const std::optional<CallId>& call) {
  if (!is_watched(user)) return;
  const auto [waits, first] = news_.try_emplace(user);
  if (!first) {
    News& news = waits->second;
    news.call = !news.any || news.call == call ? call : std::nullopt;
    news.any = true;
    return;
  }
  told_.emplace_back(TimerClock::now() + between_news, user);
  if (told_.size() == 1) arm();
  tell_now(user, call);
}

void History::arm() {
  timer_.expires_at(told_.front().first);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    std::vector<std::pair<UserId, News>> due;
    for (const Timer::time_point now = TimerClock::now(); !told_.empty() && told_.front().first <= now;) {
      const UserId user = std::move(told_.front().second);
      told_.pop_front();
      due.emplace_back(user, std::move(news_.extract(user).mapped()));
    }
    if (!told_.empty()) arm();
    for (const auto& [user, news] : due) {
      if (news.any) tell(user, news.call);
    }
  });
}

void History::tell_now(const UserId& user, const std::optional<CallId>& call) {
  store_.unread(user, [this, user, call](const Result<std::size_t>& unread) {
    if (!unread) return;  // whoever looks hears of it
    json::object data{{"unread", *unread}};
    if (call) data["callId"] = call->str();
    on_changed(user, data);
  });
}

json::object operators_view(const store::CallRecord& record) {
  json::array people;
  for (const store::PersonRecord& person : record.people) {
    json::object data = person_json(person);
    data["reason"] = person.reason;
    data["missed"] = person.missed;
    people.push_back(std::move(data));
  }
  json::object data{{"callId", record.call.str()},
                    {"roomId", record.room.str()},
                    {"media", record.media},
                    {"state", "ended"},
                    {"startedAt", to_ms(record.started_at)},
                    {"endedAt", to_ms(record.ended_at)},
                    {"reason", record.reason},
                    {"people", std::move(people)},
                    {"ledger", record.ledger.empty() ? json::value(json::array{}) : json::parse(record.ledger)}};
  add_time(data, "answeredAt", record.answered_at);
  if (!record.metadata.empty()) data["metadata"] = json::parse(record.metadata);
  return data;
}

json::object operators_view(const call::Call& call, const std::vector<call::LedgerEntry>& ledger) {
  json::array people;
  for (const call::Person& person : call.people()) people.push_back(person_json(to_store(person.record, Duration{0})));
  json::object data{{"callId", call.id().str()},
                    {"roomId", call.room().str()},
                    {"media", to_string(call.media())},
                    {"state", to_string(call.state())},
                    {"startedAt", to_ms(call.started_at())},
                    {"people", std::move(people)},
                    {"ledger", to_json(ledger, Duration{0})}};
  add_time(data, "answeredAt", call.answered_at());
  if (call.metadata()) data["metadata"] = json::parse(*call.metadata());
  return data;
}

}  // namespace carillon::signaling
