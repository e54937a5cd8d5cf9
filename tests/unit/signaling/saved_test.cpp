// src/signaling/saved: calls, records and sessions as text, and back.
#include "signaling/saved.hpp"

#include <gmock/gmock.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace carillon::signaling {
namespace {

using testing::HasSubstr;

constexpr Time t0 = from_ms(1'800'000'000'000);

call::PersonRecord person(const char* user, call::Role role) {
  return {.user = UserId{user},
          .name = "Name of \"" + std::string{user} + "\" Ü",
          .role = role,
          .rang_at = t0,
          .joined_at = t0 + Duration{1},
          .left_at = t0 + Duration{2},
          .in_call = Duration{3},
          .reason = call::EndReason::answered_elsewhere,
          .mute = call::Mute::do_not_disturb};
}

call::Call::Saved a_call() {
  call::Call::Saved call{.terms = {CallId{"c"}, RoomId{"r"}, call::Media::video, std::string(4000, '{'), "key"},
                         .started_at = t0,
                         .answered_at = t0 + Duration{5},
                         .ring_until = t0 + Duration{6},
                         .rev = 7,
                         .people = {}};
  call.people.push_back({person("alice", call::Role::caller), call::Seated{DeviceId{"alice/1"}, t0, true}});
  call.people.push_back({person("bob", call::Role::callee),
                         call::Ringing{{UserId{"alice"}, ""}, t0, {{DeviceId{"bob/1"}, true}, {DeviceId{"bob/2"}}}}});
  call.people.push_back({person("carol", call::Role::invited), call::Out{}});
  return call;
}

TEST(Saved, ACallComesBackAsItWas) {
  const call::Call::Saved call = a_call();
  const auto read = read_saved_call(save_text(call));
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(read->terms.id, call.terms.id);
  EXPECT_EQ(read->terms.room, call.terms.room);
  EXPECT_EQ(read->terms.media, call.terms.media);
  EXPECT_EQ(read->terms.metadata, call.terms.metadata);
  EXPECT_EQ(read->terms.key, call.terms.key);
  EXPECT_EQ(read->started_at, call.started_at);
  EXPECT_EQ(read->answered_at, call.answered_at);
  EXPECT_EQ(read->ring_until, call.ring_until);
  EXPECT_EQ(read->rev, call.rev);
  ASSERT_EQ(read->people.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(read->people[i].record, call.people[i].record);
  const call::Seated* seat = read->people[0].seated();
  ASSERT_NE(seat, nullptr);
  EXPECT_EQ(seat->device, DeviceId{"alice/1"});
  EXPECT_EQ(seat->since, t0);
  const call::Ringing* ringing = read->people[1].ringing();
  ASSERT_NE(ringing, nullptr);
  EXPECT_EQ(ringing->by, (call::Party{UserId{"alice"}, ""}));
  EXPECT_EQ(ringing->until, t0);
  ASSERT_EQ(ringing->phones.size(), 2U);
  EXPECT_EQ(ringing->phones[1].device, DeviceId{"bob/2"});
  EXPECT_TRUE(std::holds_alternative<call::Out>(read->people[2].place));
  EXPECT_EQ(save_text(*read), save_text(call));
}

TEST(Saved, ControlCharactersOfANameDoNotLoseTheCall) {
  call::Call::Saved call = a_call();
  call.people[0].record.name = std::string{"a\nb\0c\x7f", 6};
  const auto read = read_saved_call(save_text(call));
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(read->people[0].record.name, "a b c ");
}

/// 128 bytes, most of which are escaped in the ids of devices.
std::string long_id(char last) { return std::string(127, '%') + last; }

TEST(Saved, DevicesWithTheLongestIdsComeBack) {
  const UserId alice{long_id('a')};
  const UserId bob{long_id('b')};
  const DeviceId hers = device_id(alice, long_id('1'));
  const DeviceId his = device_id(bob, long_id('/'));
  call::Call::Saved call = a_call();
  call.people[0].place = call::Seated{hers, t0, false};
  call.people[1].place = call::Ringing{{alice, ""}, t0, {{his, false}}};
  const auto read = read_saved_call(save_text(call));
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(read->people[0].seated()->device, hers);
  EXPECT_EQ(read->people[1].ringing()->phones.at(0).device, his);

  const SavedSession session{{alice, "Alice", hers, {}, "key"}, resume_hash_of("token"), {}};
  const auto session_read = read_saved_session(save_text(session));
  ASSERT_TRUE(session_read) << session_read.error().detail;
  EXPECT_EQ(session_read->identity.device, hers);
}

TEST(Saved, ADeviceIdThatNobodyCanHaveIsRefused) {
  call::Call::Saved call = a_call();
  call.people[0].place = call::Seated{DeviceId{std::string(device_id_bytes_max, 'x')}, t0, false};
  EXPECT_TRUE(read_saved_call(save_text(call)));
  call.people[0].place = call::Seated{DeviceId{std::string(device_id_bytes_max + 1, 'x')}, t0, false};
  EXPECT_FALSE(read_saved_call(save_text(call)));
}

TEST(Saved, AnUnansweredCallWithoutMetadataComesBackAsItWas) {
  call::Call::Saved call = a_call();
  call.answered_at.reset();
  call.terms.metadata.reset();
  call.people.resize(2);
  const auto read = read_saved_call(save_text(call));
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->answered_at);
  EXPECT_FALSE(read->terms.metadata);
}

TEST(Saved, ARecordComesBackAsItWas) {
  const call::CallRecord record{.call = CallId{"c"},
                                .room = RoomId{"r"},
                                .media = call::Media::video,
                                .started_at = t0,
                                .answered_at = {},
                                .ended_at = t0 + Duration{9},
                                .reason = call::EndReason::timeout,
                                .people = {person("alice", call::Role::caller), person("bob", call::Role::callee)},
                                .metadata = R"({"a":[1]})"};
  const auto read = read_saved_record(save_text(record));
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(*read, record);
}

TEST(Saved, ASessionComesBackWithItsGrantsAndWithoutItsToken) {
  jose::CallGrants grants{.start = false, .moderate = true, .to = std::vector<std::string>{"bob"}, .max = 2};
  const SavedSession session{{UserId{"alice"}, "Alice", DeviceId{"alice/phone 1"}, grants, "key"},
                             resume_hash_of("secret token"),
                             resume_hash_of("older token")};
  const std::string text = save_text(session);
  EXPECT_THAT(text, Not(HasSubstr("secret token")));
  const auto read = read_saved_session(text);
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(read->identity.user, session.identity.user);
  EXPECT_EQ(read->identity.name, "Alice");
  EXPECT_EQ(read->identity.device, session.identity.device);
  EXPECT_EQ(read->identity.grants, grants);
  EXPECT_EQ(read->identity.key, "key");
  EXPECT_EQ(read->resume_hash, resume_hash_of("secret token"));
  EXPECT_EQ(read->used_hash, resume_hash_of("older token"));
}

TEST(Saved, WhatIsMissingOrOfAnotherKindIsNamed) {
  const auto without = [](const char* member) {
    json::object object = json::parse(save_text(a_call())).as_object();
    object.erase(member);
    const auto read = read_saved_call(json::serialize(object));
    return read ? std::string{"read"} : read.error().detail;
  };
  for (const char* member : {"id", "room", "media", "startedAt", "ringUntil", "rev", "people"})
    EXPECT_THAT(without(member), HasSubstr(std::string{"saved."} + member));
  EXPECT_FALSE(read_saved_call("[]"));
  EXPECT_FALSE(read_saved_call("{"));
  EXPECT_FALSE(read_saved_session(R"({"user":"alice"})"));
  std::string text = save_text(a_call());
  text.replace(text.find("\"caller\""), 8, "\"nobody\"");
  const auto read = read_saved_call(text);
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().detail, HasSubstr("saved.people[0].record.role"));
}

}  // namespace
}  // namespace carillon::signaling
