#include "store/sql/statements.hpp"

#include <algorithm>
#include <utility>

namespace carillon::store {
namespace {

void save_people(Connection& connection, const CallRecord& record) {
  std::int64_t position = 0;
  for (const PersonRecord& person : record.people) {
    Query insert{
        connection,
        "insert into call_people (call_id, user_id, position, name, role, rang_at, joined_at, left_at, in_call_ms,"
        " reason, missed, started_at, ended_at) values (:call, :user, :position, :name, :role, :rang, :joined,"
        " :left, :in_call, :reason, :missed, :started, :ended)"};
    insert.bind("call", record.call).bind("user", person.user).bind("position", position++);
    insert.bind("name", person.name).bind("role", person.role).bind("rang", person.rang_at);
    insert.bind("joined", person.joined_at).bind("left", person.left_at);
    insert.bind("in_call", std::int64_t{person.in_call.count()}).bind("reason", person.reason);
    insert.bind("missed", std::int64_t{person.missed ? 1 : 0});
    insert.bind("started", record.started_at).bind("ended", record.ended_at);
    insert.run();
  }
}

/// The page's rows, found by an index of call_people, with a row for each of the others who were in these calls. Who
/// was only called has no name but that of the record: else a call would tell who exists.
std::string history_sql(const HistoryQuery& query) {
  std::string sql =
      "select h.call_id, c.room_id, c.media, h.started_at, c.answered_at, h.joined_at, c.ended_at, h.reason, h.role,"
      " h.missed, coalesce(o.user_id, ''),"
      " case when o.name <> '' then o.name when o.joined_at is not null or o.role = 'caller' then coalesce(p.name, '')"
      " else '' end"
      " from (select call_id, started_at, joined_at, reason, role, missed from call_people where user_id = :user";
  if (query.before) sql += " and (started_at, call_id) < (:before, :before_call)";
  if (query.missed_only) sql += " and missed = 1";
  sql +=
      " order by started_at desc, call_id desc limit :limit) h"
      " join calls c on c.call_id = h.call_id"
      " left join call_people o on o.call_id = h.call_id and o.user_id <> :user"
      " left join people p on p.user_id = o.user_id"
      " order by h.started_at desc, h.call_id desc, o.position";
  return sql;
}

}  // namespace

std::string save_subscription(Connection& connection, const Subscription& subscription) {
  Query upsert{connection,
               "insert into subscriptions (id, user_id, device_id, type, address, details, used_at)"
               " values (:id, :user, :device, :type, :address, :details, :used)"
               " on conflict (type, address) do update set user_id = excluded.user_id, device_id = excluded.device_id,"
               " details = excluded.details, used_at = excluded.used_at returning id"};
  std::string id;
  upsert.bind("id", subscription.id).bind("user", subscription.user).bind("device", subscription.device);
  upsert.bind("type", subscription.type).bind("address", subscription.address).bind("details", subscription.details);
  upsert.bind("used", subscription.used_at).into(id).run();
  upsert.next();
  // The new one stays, even if its time is the oldest.
  Query prune{
      connection,
      "delete from subscriptions where user_id = :user and id <> :id and id not in (select id from subscriptions"
      " where user_id = :user and id <> :id order by used_at desc, id desc limit :others)"};
  prune.bind("user", subscription.user).bind("id", id);
  prune.bind("others", std::int64_t{Store::subscriptions_max - 1}).run();
  return id;
}

bool remove_subscription(Connection& connection, const UserId& user, const std::string& id) {
  Query remove{connection, "delete from subscriptions where user_id = :user and id = :id"};
  return remove.bind("user", user).bind("id", id).run() > 0;
}

void forget_address(Connection& connection, const std::string& type, const std::string& address) {
  Query remove{connection, "delete from subscriptions where type = :type and address = :address"};
  remove.bind("type", type).bind("address", address).run();
}

void save_person(Connection& connection, const UserId& user, const std::string& name) {
  Query upsert{connection,
               "insert into people (user_id, name, history_read_until) values (:user, :name, 0)"
               " on conflict (user_id) do update set name = excluded.name where people.name <> excluded.name"};
  upsert.bind("user", user).bind("name", name).run();
}

// The row of the call first: should PostgreSQL still hold a transaction of a connection that we gave up, with this very
// record, then this waits for its end.
void save_call(Connection& connection, const CallRecord& record) {
  Query upsert{
      connection,
      "insert into calls (call_id, room_id, media, started_at, answered_at, ended_at, reason, metadata, ledger)"
      " values (:call, :room, :media, :started, :answered, :ended, :reason, :metadata, :ledger)"
      " on conflict (call_id) do update set room_id = excluded.room_id, media = excluded.media,"
      " started_at = excluded.started_at, answered_at = excluded.answered_at, ended_at = excluded.ended_at,"
      " reason = excluded.reason, metadata = excluded.metadata,"
      " ledger = case when excluded.ledger = '' then calls.ledger else excluded.ledger end"};
  upsert.bind("call", record.call).bind("room", record.room).bind("media", record.media);
  upsert.bind("started", record.started_at).bind("answered", record.answered_at).bind("ended", record.ended_at);
  upsert.bind("reason", record.reason).bind("metadata", record.metadata).bind("ledger", record.ledger);
  upsert.run();
  Query remove{connection, "delete from call_people where call_id = :call"};
  remove.bind("call", record.call).run();
  save_people(connection, record);
}

void mark_history_read(Connection& connection, const UserId& user, Time until) {
  Query upsert{connection,
               "insert into people (user_id, name, history_read_until) values (:user, '', :until)"
               " on conflict (user_id) do update set history_read_until = excluded.history_read_until"
               " where people.history_read_until < excluded.history_read_until"};
  upsert.bind("user", user).bind("until", until).run();
}

void block(Connection& connection, const UserId& user, const UserId& whom, bool on) {
  Query change{connection, on ? "insert into blocks (user_id, blocked_id) values (:user, :whom) on conflict do nothing"
                              : "delete from blocks where user_id = :user and blocked_id = :whom"};
  change.bind("user", user).bind("whom", whom).run();
}

void do_not_disturb(Connection& connection, const UserId& user, bool on) {
  Query change{connection, on ? "insert into do_not_disturb (user_id) values (:user) on conflict do nothing"
                              : "delete from do_not_disturb where user_id = :user"};
  change.bind("user", user).run();
}

Secret secret(Connection& connection, const std::string& name, const Secret& candidate) {
  Query insert{connection, "insert into secrets (name, value) values (:name, :value) on conflict (name) do nothing"};
  insert.bind("name", name).bind("value", candidate.reveal()).run();
  Query select{connection, "select value from secrets where name = :name"};
  std::string value;
  select.bind("name", name).into(value).run();
  select.next();
  return Secret{std::move(value)};
}

std::vector<Subscription> subscriptions_of(Connection& connection, const UserId& user) {
  Query select{connection,
               "select id, device_id, type, address, details, used_at from subscriptions where user_id = :user"
               " order by used_at desc, id desc"};
  Subscription row;
  std::string device;
  std::int64_t used_at = 0;
  select.bind("user", user);
  select.into(row.id).into(device).into(row.type).into(row.address).into(row.details).into(used_at).run();
  row.user = user;
  std::vector<Subscription> found;
  while (select.next()) {
    row.device = DeviceId{device};
    row.used_at = from_ms(used_at);
    found.push_back(row);
  }
  return found;
}

bool has_subscription(Connection& connection, const UserId& user, const std::string& id) {
  Query count{connection, "select count(*) from subscriptions where id = :id and user_id = :user"};
  std::int64_t found = 0;
  count.bind("id", id).bind("user", user).into(found).run();
  count.next();
  return found > 0;
}

// One statement, so that call and people are of the same moment.
std::optional<CallRecord> find_call(Connection& connection, const CallId& call) {
  Query select{
      connection,
      "select c.room_id, c.media, c.started_at, c.answered_at, c.ended_at, c.reason, c.metadata, c.ledger,"
      " coalesce(p.user_id, ''), coalesce(p.name, ''), coalesce(p.role, ''), p.rang_at, p.joined_at, p.left_at,"
      " p.in_call_ms, coalesce(p.reason, ''), p.missed"
      " from calls c left join call_people p on p.call_id = c.call_id where c.call_id = :call order by p.position"};
  CallRecord record;
  PersonRecord person;
  std::string room, user;
  std::int64_t started_at = 0, ended_at = 0, in_call = 0, missed = 0;
  select.bind("call", call);
  select.into(room).into(record.media).into(started_at).into(record.answered_at).into(ended_at).into(record.reason);
  select.into(record.metadata).into(record.ledger);
  select.into(user).into(person.name).into(person.role).into(person.rang_at).into(person.joined_at);
  select.into(person.left_at).into(in_call).into(person.reason).into(missed).run();
  bool found = false;
  while (select.next()) {
    found = true;
    person.user = UserId{user};
    person.in_call = Duration{in_call};
    person.missed = missed == 1;
    if (!user.empty()) record.people.push_back(person);
  }
  if (!found) return std::nullopt;
  record.call = call;
  record.room = RoomId{room};
  record.started_at = from_ms(started_at);
  record.ended_at = from_ms(ended_at);
  return record;
}

HistoryPage history(Connection& connection, const HistoryQuery& query) {
  const std::size_t limit = std::max<std::size_t>(query.limit, 1);
  Query select{connection, history_sql(query)};
  select.bind("user", query.user).bind("limit", static_cast<std::int64_t>(limit) + 1);
  if (query.before) select.bind("before", query.before->started_at).bind("before_call", query.before->call);
  HistoryEntry row;
  std::string call, room, role, other, name;
  std::int64_t started_at = 0, ended_at = 0, missed = 0;
  std::optional<Time> joined_at;
  select.into(call).into(room).into(row.media).into(started_at).into(row.answered_at).into(joined_at).into(ended_at);
  select.into(row.reason).into(role).into(missed).into(other).into(name).run();
  HistoryPage page;
  while (select.next()) {
    if (page.calls.empty() || page.calls.back().call.str() != call) {
      page.calls.push_back({CallId{call},
                            RoomId{room},
                            row.media,
                            from_ms(started_at),
                            row.answered_at,
                            from_ms(ended_at),
                            row.reason,
                            role == "caller",
                            missed == 1,
                            {}});
      HistoryEntry& entry = page.calls.back();
      if (!entry.outgoing) entry.answered_at = joined_at;
    }
    if (!other.empty()) page.calls.back().with.push_back({UserId{other}, name});
  }
  if (page.calls.size() > limit) {
    page.calls.resize(limit);
    page.next = Cursor{page.calls.back().started_at, page.calls.back().call};
  }
  page.unread = unread(connection, query.user);  // A moment later: what is written between them is told anyway.
  return page;
}

std::size_t unread(Connection& connection, const UserId& user) {
  Query count{connection,
              "select count(*) from call_people where user_id = :user and missed = 1 and ended_at >"
              " coalesce((select history_read_until from people where user_id = :user), 0)"};
  std::int64_t missed = 0;
  count.bind("user", user).into(missed).run();
  count.next();
  return static_cast<std::size_t>(missed);
}

Mutes mutes(Connection& connection) {
  Mutes all;
  std::string user, whom;
  Query blocks{connection, "select user_id, blocked_id from blocks order by user_id, blocked_id"};
  blocks.into(user).into(whom).run();
  while (blocks.next()) all.blocks.push_back({UserId{user}, UserId{whom}});
  Query undisturbed{connection, "select user_id from do_not_disturb order by user_id"};
  undisturbed.into(user).run();
  while (undisturbed.next()) all.do_not_disturb.emplace_back(user);
  return all;
}

}  // namespace carillon::store
