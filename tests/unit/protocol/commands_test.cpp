// src/protocol/commands.hpp: call commands, and the decoder's errors with the place in them.
#include "protocol/commands.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <boost/json/parse.hpp>

namespace carillon::protocol {
namespace {

Result<Command> parse(std::string_view method, std::string_view data) {
  auto parsed = parse_command(method, json::parse({data.data(), data.size()}).as_object());
  if (!parsed) return fail(Errc::unsupported, "no command");
  return *parsed;
}

std::string error_of(std::string_view method, std::string_view data) {
  const auto parsed = parse(method, data);
  return parsed ? "taken" : parsed.error().detail;
}

TEST(StartCall, NeedsOnlyCalleesAndMedia) {
  const auto parsed = parse("start-call", R"({"callees":["bob","eve"],"media":"video"})");
  ASSERT_TRUE(parsed) << parsed.error().detail;
  const auto& start = std::get<StartCall>(*parsed);
  EXPECT_EQ(start.callees, (std::vector{UserId{"bob"}, UserId{"eve"}}));
  EXPECT_EQ(start.media, Media::video);
  EXPECT_FALSE(start.room_id || start.ring_seconds || start.request_id || start.metadata);
}

TEST(StartCall, TakesEverythingElse) {
  const auto parsed = parse("start-call", R"({"callees":["bob"],"media":"audio","roomId":"r","ringSeconds":120,
                                              "requestId":"q","metadata":{"topic":"x"},"unknown":{"is":"ignored"}})");
  ASSERT_TRUE(parsed) << parsed.error().detail;
  const auto& start = std::get<StartCall>(*parsed);
  EXPECT_EQ(start.room_id, RoomId{"r"});
  EXPECT_EQ(start.ring_seconds->value, 120);
  EXPECT_EQ(start.request_id, RequestId{"q"});
  EXPECT_EQ(start.metadata->at("topic"), "x");
}

TEST(StartCall, ErrorsNameThePlace) {
  EXPECT_EQ(error_of("start-call", R"({})"), "data.callees: expected array");
  EXPECT_EQ(error_of("start-call", R"({"callees":"bob","media":"video"})"), "data.callees: expected array");
  EXPECT_EQ(error_of("start-call", R"({"callees":[1],"media":"video"})"), "data.callees[0]: expected string");
  EXPECT_EQ(error_of("start-call", R"({"callees":["a",null],"media":"video"})"), "data.callees[1]: expected string");
  EXPECT_EQ(error_of("start-call", R"({"callees":["a",""],"media":"video"})"),
            "data.callees[1]: expected 1 to 128 bytes");
  EXPECT_EQ(error_of("start-call", R"({"callees":["a"]})"), "data.media: expected \"audio\" or \"video\"");
  EXPECT_EQ(error_of("start-call", R"({"callees":["a"],"media":"fax"})"),
            "data.media: expected \"audio\" or \"video\"");
  EXPECT_EQ(error_of("start-call", R"({"callees":["a"],"media":"audio","ringSeconds":121})"),
            "data.ringSeconds: expected integer 1 to 120");
  EXPECT_EQ(error_of("start-call", R"({"callees":["a"],"media":"audio","ringSeconds":1.5})"),
            "data.ringSeconds: expected integer 1 to 120");
  EXPECT_EQ(error_of("start-call", R"({"callees":["a"],"media":"audio","ringSeconds":1e300})"),
            "data.ringSeconds: expected integer 1 to 120");
  EXPECT_EQ(error_of("start-call", R"({"callees":["a"],"media":"audio","metadata":[]})"),
            "data.metadata: expected object");
  EXPECT_EQ(error_of("start-call", "{\"callees\":[\"a\\u0000b\"],\"media\":\"audio\"}"),
            "data.callees[0]: expected text without control characters");
}

TEST(StartCall, MetadataIsAtMostFourKibibytes) {
  const auto with = [](std::size_t bytes) {
    // {"a":"..."} is 8 bytes and the text.
    return fmt::format(R"({{"callees":["a"],"media":"audio","metadata":{{"a":"{}"}}}})", std::string(bytes - 8, 'x'));
  };
  EXPECT_TRUE(parse("start-call", with(4096)));
  const auto refused = parse("start-call", with(4097));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), (Error{Errc::too_large, "data.metadata: expected at most 4096 bytes"}));
}

TEST(Commands, EachNamesItsCall) {
  for (const char* method : {"accept-call", "decline-call", "end-call", "join-call", "leave-call"}) {
    EXPECT_TRUE(parse(method, R"({"callId":"c"})")) << method;
    EXPECT_EQ(error_of(method, R"({})"), "data.callId: expected string") << method;
    EXPECT_EQ(error_of(method, R"({"callId":{}})"), "data.callId: expected string") << method;
  }
  EXPECT_TRUE(parse("invite", R"({"callId":"c","callees":["x"]})"));
  EXPECT_EQ(error_of("invite", R"({"callId":"c"})"), "data.callees: expected array");
}

TEST(Commands, DeclineAndEndTakeTheirOptions) {
  EXPECT_EQ(std::get<DeclineCall>(*parse("decline-call", R"({"callId":"c","reason":"busy"})")).reason,
            DeclineReason::busy);
  EXPECT_EQ(error_of("decline-call", R"({"callId":"c","reason":"hangup"})"),
            "data.reason: expected \"declined\" or \"busy\"");
  EXPECT_EQ(std::get<EndCall>(*parse("end-call", R"({"callId":"c","everyone":true})")).everyone, true);
  EXPECT_EQ(error_of("end-call", R"({"callId":"c","everyone":1})"), "data.everyone: expected boolean");
}

TEST(Commands, OtherMethodsAreNotCommands) {
  EXPECT_FALSE(parse_command("produce", {}));
  EXPECT_FALSE(parse_command("start-call ", {}));
}

}  // namespace
}  // namespace carillon::protocol
