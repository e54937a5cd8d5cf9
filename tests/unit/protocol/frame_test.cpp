// src/protocol/frame.hpp: protoo's frames in and out.
#include "protocol/frame.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <boost/json/parse.hpp>

namespace carillon::protocol {
namespace {

Frame frame_of(std::string_view text) {
  auto parsed = parse_frame(text);
  if (auto* error = std::get_if<FrameError>(&parsed)) {
    ADD_FAILURE() << error->error.detail;
    return Notification{};
  }
  return std::get<Frame>(std::move(parsed));
}

FrameError error_of(std::string_view text) {
  auto parsed = parse_frame(text);
  if (std::holds_alternative<Frame>(parsed)) {
    ADD_FAILURE() << "taken: " << text;
    return {};
  }
  return std::get<FrameError>(std::move(parsed));
}

TEST(Frame, ARequestHasIdMethodAndData) {
  const auto request = std::get<Request>(frame_of(R"({"request":true,"id":12,"method":"produce","data":{"a":1}})"));
  EXPECT_EQ(request.id, json::value(12));
  EXPECT_EQ(request.method, "produce");
  EXPECT_EQ(request.data, (json::object{{"a", 1}}));
}

TEST(Frame, MissingDataIsAnEmptyObject) {
  EXPECT_TRUE(std::get<Request>(frame_of(R"({"request":true,"id":1,"method":"m"})")).data.empty());
  EXPECT_TRUE(std::get<Notification>(frame_of(R"({"notification":true,"method":"m","data":null})")).data.empty());
}

TEST(Frame, AnyNumberIsAnIdAndComesBackAsItWas) {
  for (const char* id : {"0", "9007199254740993", "1.5", "-3"}) {
    const auto text = fmt::format(R"({{"request":true,"id":{},"method":"m"}})", id);
    const auto request = std::get<Request>(frame_of(text));
    const json::value back = json::parse(encode_response(request.id, json::object{}));
    EXPECT_EQ(back.at("id"), json::parse(id)) << id;
  }
}

TEST(Frame, AResponseIsOkOrHasACodeAndAReason) {
  const auto good = std::get<Response>(frame_of(R"({"response":true,"id":3,"ok":true,"data":{"x":1}})"));
  EXPECT_EQ(good.id, 3U);
  EXPECT_TRUE(good.ok);
  const auto bad = std::get<Response>(frame_of(R"({"response":true,"id":3,"errorCode":403,"errorReason":"no"})"));
  EXPECT_FALSE(bad.ok);
  EXPECT_EQ(bad.error_code, 403);
  EXPECT_EQ(bad.error_reason, "no");
}

TEST(Frame, WhatIsNoFrameIsRefusedWithItsPlace) {
  EXPECT_EQ(error_of("{").error.detail.substr(0, 16), "frame: not JSON:");
  EXPECT_EQ(error_of("[]").error.detail, "frame: expected object");
  EXPECT_EQ(error_of("{}").error.detail, "frame: expected one of request, response, notification to be true");
  EXPECT_EQ(error_of(R"({"request":true,"method":"m"})").error.detail, "id: expected number");
  EXPECT_EQ(error_of(R"({"request":true,"id":"1","method":"m"})").error.detail, "id: expected number");
  EXPECT_EQ(error_of(R"({"response":true,"id":-1,"ok":true})").error.detail, "id: expected the id of a request");
}

TEST(Frame, ARequestWithAnIdIsAnsweredEvenWhenTheRestIsWrong) {
  const FrameError method = error_of(R"({"request":true,"id":7,"method":4})");
  EXPECT_EQ(method.error.detail, "method: expected string");
  EXPECT_EQ(method.id, json::value(7));
  const FrameError data = error_of(R"({"request":true,"id":8,"method":"m","data":[]})");
  EXPECT_EQ(data.error.detail, "data: expected object");
  EXPECT_EQ(data.id, json::value(8));
}

TEST(Frame, TooDeepNestingIsRefused) {
  std::string deep = R"({"notification":true,"method":"m","data":{"a":)";
  for (int i = 0; i < 40; ++i) deep += "[";
  for (int i = 0; i < 40; ++i) deep += "]";
  deep += "}}";
  EXPECT_EQ(error_of(deep).error.code, Errc::bad_request);
}

// Found by fuzzing: such metadata of a call could be read by nobody, and its callees had no session until it ended.
TEST(Frame, NumbersThatNoDoubleHoldsAreRefusedWithTheirPlace) {
  const auto wrong = error_of(R"({"request":true,"id":4,"method":"m","data":{"metadata":{"x":[1,1e400]}}})");
  EXPECT_EQ(wrong.error.detail, "data.metadata.x[1]: expected number below 1.8e308");
  EXPECT_EQ(wrong.id, json::value(4));
  EXPECT_TRUE(error_of(R"({"notification":true,"method":"m","data":{"x":-1e99999}})").id.is_null());
  EXPECT_TRUE(error_of(R"({"response":true,"id":1,"ok":true,"data":{"x":1e30807}})").id.is_null());
  const auto largest = frame_of(R"({"request":true,"id":1,"method":"m","data":{"x":1.7e308,"y":1e-400}})");
  EXPECT_EQ(std::get<Request>(largest).data.at("x"), json::value(1.7e308));
}

TEST(Frame, WhatWeWriteIsWhatProtooReads) {
  EXPECT_EQ(json::parse(encode_request(4, "newConsumer", {{"id", "c"}})),
            json::parse(R"({"request":true,"id":4,"method":"newConsumer","data":{"id":"c"}})"));
  EXPECT_EQ(json::parse(encode_notification("end-call", {{"reason", "hangup"}})),
            json::parse(R"({"notification":true,"method":"end-call","data":{"reason":"hangup"}})"));
  EXPECT_EQ(json::parse(encode_error(9, fail(Errc::conflict, "the \"call\" has ended"))),
            json::parse(R"({"response":true,"id":9,"ok":false,"errorCode":409,
                            "errorReason":"the \"call\" has ended","data":{"code":"conflict"}})"));
}

TEST(Frame, AnErrorThatPassesSaysWhenToComeBack) {
  EXPECT_EQ(json::parse(encode_error(9, fail(Errc::rate_limited, "too often", std::chrono::milliseconds{1500}))),
            json::parse(R"({"response":true,"id":9,"ok":false,"errorCode":429,"errorReason":"too often",
                            "data":{"code":"rate-limited","retryAfterMs":1500}})"));
}

}  // namespace
}  // namespace carillon::protocol
