#include "signaling/saved.hpp"

#include "protocol/decode.hpp"

#include <boost/describe.hpp>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <utility>

namespace carillon::call {

BOOST_DESCRIBE_ENUM(Media, audio, video)
BOOST_DESCRIBE_ENUM(Mute, none, do_not_disturb, blocked)
BOOST_DESCRIBE_ENUM(Role, caller, callee, invited)
BOOST_DESCRIBE_ENUM(EndReason, hangup, canceled, timeout, declined, busy, answered_elsewhere, declined_elsewhere,
                    disconnected, failed, removed)
BOOST_DESCRIBE_STRUCT(Party, (), (user, name))
BOOST_DESCRIBE_STRUCT(Phone, (), (device, away))
BOOST_DESCRIBE_STRUCT(Ringing, (), (by, until, phones, mute))
BOOST_DESCRIBE_STRUCT(Seated, (), (device, since, away))
BOOST_DESCRIBE_STRUCT(PersonRecord, (), (user, name, role, rang_at, joined_at, left_at, in_call, reason, mute))

}  // namespace carillon::call

namespace carillon::jose {

BOOST_DESCRIBE_STRUCT(CallGrants, (), (start, accept, publish, moderate, to, max))

}  // namespace carillon::jose

namespace carillon::protocol {

// Of our own text: times and sizes that the wire does not have.

Result<> decode(const json::value& from, Duration& to, const Path& path) {
  if (!from.is_int64()) return expected(path, "milliseconds");
  to = Duration{from.get_int64()};
  return {};
}

Result<> decode(const json::value& from, Time& to, const Path& path) {
  Duration since_epoch{0};
  const Result<> read = decode(from, since_epoch, path);
  to = Time{since_epoch};
  return read;
}

/// Longer than the ids on the wire: it has a user in it.
Result<> decode(const json::value& from, DeviceId& to, const Path& path) {
  std::string text;
  Result<> read = decode_text(from, text, 1, signaling::device_id_bytes_max, path);
  if (read) to = DeviceId{std::move(text)};
  return read;
}

Result<> decode(const json::value& from, std::uint64_t& to, const Path& path) {
  if (!from.is_int64() || from.get_int64() < 0) return expected(path, "a whole number");
  to = static_cast<std::uint64_t>(from.get_int64());
  return {};
}

}  // namespace carillon::protocol

namespace carillon::signaling {

/// What of a call is not a person.
struct SavedTerms {
  CallId id;
  RoomId room;
  call::Media media = call::Media::audio;
  std::string key;
  Time started_at;
  std::optional<Time> answered_at;
  Time ring_until;
  std::uint64_t rev = 0;
};
BOOST_DESCRIBE_STRUCT(SavedTerms, (), (id, room, media, key, started_at, answered_at, ring_until, rev))

struct SavedPerson {
  call::PersonRecord record;
  std::optional<call::Ringing> ringing;
  std::optional<call::Seated> seated;
};
BOOST_DESCRIBE_STRUCT(SavedPerson, (), (record, ringing, seated))

struct SavedRecord {
  CallId call;
  RoomId room;
  call::Media media = call::Media::audio;
  Time started_at;
  std::optional<Time> answered_at;
  Time ended_at;
  call::EndReason reason = call::EndReason::hangup;
  std::vector<call::PersonRecord> people;
};
BOOST_DESCRIBE_STRUCT(SavedRecord, (), (call, room, media, started_at, answered_at, ended_at, reason, people))

struct SavedDevice {
  UserId user;
  std::string name;
  DeviceId device;
  std::string key;
  jose::CallGrants grants;
  std::string resume_hash;
  std::optional<std::string> used_hash;
};
BOOST_DESCRIBE_STRUCT(SavedDevice, (), (user, name, device, key, grants, resume_hash, used_hash))

namespace {

json::value encode(bool value) { return value; }
/// Names may hold control characters, which the decoder takes in no text: here they are blanks.
json::value encode(const std::string& text) {
  json::string clean{text};
  std::ranges::replace_if(
      clean, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return clean;
}
json::value encode(std::uint64_t number) { return json::value(static_cast<std::int64_t>(number)); }
json::value encode(Duration time) { return json::value(time.count()); }
json::value encode(Time time) { return json::value(to_ms(time)); }
template <class Tag>
json::value encode(const Id<Tag>& id) {
  return json::value(id.str());
}
template <class E>
requires boost::describe::has_describe_enumerators<E>::value json::value encode(E value) {
  return json::value(boost::describe::enum_to_string(value, ""));
}
template <class T>
requires boost::describe::has_describe_members<T>::value json::value encode(const T& value);
template <class T>
json::value encode(const std::vector<T>& values) {
  json::array array;
  for (const T& value : values) array.push_back(encode(value));
  return array;
}
template <class T>
json::value encode(const std::optional<T>& value) {
  return value ? encode(*value) : json::value{};
}

template <class T>
requires boost::describe::has_describe_members<T>::value json::value encode(const T& value) {
  json::object object;
  boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_public>>([&](auto member) {
    json::value encoded = encode(value.*member.pointer);
    if (!encoded.is_null()) object[protocol::wire_name(member.name)] = std::move(encoded);
  });
  return object;
}

/// Metadata is the app's own text, longer than the decoder's.
void put_metadata(json::object& object, const std::optional<std::string>& metadata) {
  if (metadata) object["metadata"] = *metadata;
}
std::optional<std::string> metadata_of(const json::object& object) {
  const json::value* metadata = object.if_contains("metadata");
  if (metadata == nullptr || !metadata->is_string()) return std::nullopt;
  return std::string{metadata->get_string()};
}

Result<json::object> read_object(std::string_view text) {
  boost::system::error_code error;
  json::value value = json::parse(text, error);
  if (error || !value.is_object()) return fail(Errc::bad_request, "saved: expected a JSON object");
  return std::move(value.get_object());
}

template <class T>
Result<T> read(const json::object& object) {
  const protocol::Path root{nullptr, "saved", 0, false};
  T value;
  const Result<> decoded = protocol::decode(object, value, root);
  if (!decoded) return decoded.error();
  return value;
}

}  // namespace

std::string save_text(const call::Call::Saved& call) {
  const SavedTerms terms{call.terms.id,   call.terms.room,  call.terms.media, call.terms.key,
                         call.started_at, call.answered_at, call.ring_until,  call.rev};
  json::object object = encode(terms).as_object();
  put_metadata(object, call.terms.metadata);
  json::array people;
  for (const call::Person& person : call.people) {
    SavedPerson saved{person.record, {}, {}};
    if (const call::Ringing* ringing = person.ringing()) saved.ringing = *ringing;
    if (const call::Seated* seat = person.seated()) saved.seated = *seat;
    people.push_back(encode(saved));
  }
  object["people"] = std::move(people);
  return json::serialize(object);
}

Result<call::Call::Saved> read_saved_call(std::string_view text) {
  const Result<json::object> object = read_object(text);
  if (!object) return object.error();
  auto terms = read<SavedTerms>(*object);
  if (!terms) return terms.error();
  const protocol::Path root{nullptr, "saved", 0, false};
  const json::value* list = object->if_contains("people");
  std::vector<SavedPerson> people;
  const Result<> decoded = protocol::decode(list ? *list : json::value{}, people, root / "people");
  if (!decoded) return decoded.error();
  call::Call::Saved call{.terms = {std::move(terms->id), std::move(terms->room), terms->media, metadata_of(*object),
                                   std::move(terms->key)},
                         .started_at = terms->started_at,
                         .answered_at = terms->answered_at,
                         .ring_until = terms->ring_until,
                         .rev = terms->rev,
                         .people = {}};
  for (SavedPerson& person : people) {
    call::Person& made = call.people.emplace_back(call::Person{std::move(person.record), call::Out{}});
    if (person.ringing) made.place = std::move(*person.ringing);
    if (person.seated) made.place = std::move(*person.seated);
  }
  return call;
}

std::string save_text(const call::CallRecord& record) {
  const SavedRecord saved{record.call,        record.room,     record.media,  record.started_at,
                          record.answered_at, record.ended_at, record.reason, record.people};
  json::object object = encode(saved).as_object();
  put_metadata(object, record.metadata);
  return json::serialize(object);
}

Result<call::CallRecord> read_saved_record(std::string_view text) {
  const Result<json::object> object = read_object(text);
  if (!object) return object.error();
  auto saved = read<SavedRecord>(*object);
  if (!saved) return saved.error();
  return call::CallRecord{.call = std::move(saved->call),
                          .room = std::move(saved->room),
                          .media = saved->media,
                          .started_at = saved->started_at,
                          .answered_at = saved->answered_at,
                          .ended_at = saved->ended_at,
                          .reason = saved->reason,
                          .people = std::move(saved->people),
                          .metadata = metadata_of(*object)};
}

std::string save_text(const SavedSession& session) {
  const Identity& who = session.identity;
  SavedDevice saved{who.user, who.name, who.device, who.key, who.grants, session.resume_hash, {}};
  if (!session.used_hash.empty()) saved.used_hash = session.used_hash;
  return json::serialize(encode(saved));
}

Result<SavedSession> read_saved_session(std::string_view text) {
  const Result<json::object> object = read_object(text);
  if (!object) return object.error();
  auto saved = read<SavedDevice>(*object);
  if (!saved) return saved.error();
  Identity identity{std::move(saved->user), std::move(saved->name), std::move(saved->device), std::move(saved->grants),
                    std::move(saved->key)};
  return SavedSession{std::move(identity), std::move(saved->resume_hash), saved->used_hash.value_or(std::string{})};
}

}  // namespace carillon::signaling
