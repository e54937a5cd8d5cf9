// src/signaling/device: the ids of devices; what a device is asked, and what becomes of it when it does not answer.
#include "signaling/device.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace carillon::signaling {
namespace {

using namespace std::chrono_literals;

constexpr Time start{1'800'000'000s};

TEST(DeviceIds, AreTheUserAndHisOwnWordWhereNothingNeedsEscaping) {
  EXPECT_EQ(device_id(UserId{"alice@example.org"}, "phone"), DeviceId{"alice@example.org/phone"});
}

TEST(DeviceIds, OfTwoUsersAreNeverTheSame) {
  const std::vector<std::string> texts{"bob", "bob/k3", "bob%2Fk3", "bob%252Fk3", "k3", "k3/9s",
                                       "9s",  "/",      "%",        "%2F",        "%25"};
  std::set<DeviceId> ids;
  for (const std::string& user : texts) {
    for (const std::string& label : texts) {
      const DeviceId id = device_id(UserId{user}, label);
      EXPECT_TRUE(ids.insert(id).second) << user << " and " << label << ": " << id.str();
      EXPECT_EQ(device_label(UserId{user}, id), label);
    }
  }
}

TEST(DeviceIds, NoOtherUserFindsHimselfInThem) {
  const DeviceId his = device_id(UserId{"bob"}, "k3/9s");
  EXPECT_EQ(device_label(UserId{"bob/k3"}, his), his.str());
}

TEST(DeviceIds, WithoutAUserAreTheirOwnLabel) {
  EXPECT_EQ(device_label(UserId{"bob"}, DeviceId{"0e8c1a54"}), "0e8c1a54");
}

TEST(DeviceIds, HaveALongest) {
  EXPECT_EQ(device_id(UserId{std::string(128, '/')}, std::string(128, '/')).str().size(), device_id_bytes_max);
}

class FakeSocket final : public http::WebSocket {
 public:
  void send(std::string_view text) override { sent.emplace_back(text); }
  void close(std::uint16_t, std::string_view) override {}
  void ping(std::string_view) override {}
  [[nodiscard]] std::size_t buffered_bytes() const override { return 0; }
  [[nodiscard]] bool is_open() const override { return true; }
  [[nodiscard]] std::string remote_address() const override { return {}; }

  std::vector<std::string> sent;
};

class DeviceTest : public ::testing::Test {
 protected:
  void connect() { device.attach(socket, Secret{"token"}, {}); }
  std::uint64_t ask(const json::object& data = {}) {
    return device.request("newConsumer", data, start, [this](const Result<json::object>& answer) {
      answers.push_back(answer ? "ok" : answer.error().detail);
    });
  }
  static protocol::Response answer(std::uint64_t id) { return {id, true, {}, 0, {}}; }

  Device device{Identity{UserId{"bob"}, "Bob", DeviceId{"bob/phone"}, {}}, 20s};
  std::shared_ptr<FakeSocket> socket = std::make_shared<FakeSocket>();
  std::vector<std::string> answers;
};

TEST_F(DeviceTest, WhatIsAskedWhileItIsAwayWaitsUpToABound) {
  for (int i = 0; i < 300; ++i) ask();
  EXPECT_EQ(device.open_requests(), 256u);
  EXPECT_EQ(answers, std::vector<std::string>(44, "too many requests wait for this device"));
  connect();
  device.send_again(start);
  EXPECT_EQ(socket->sent.size(), 256u);
}

TEST_F(DeviceTest, WhatIsSentAgainFitsIntoTheQueueOfASocket) {
  const json::object large{{"text", std::string(10'000, 'x')}};
  for (int i = 0; i < 300; ++i) ask(large);
  connect();
  device.send_again(start);
  std::size_t bytes = 0;
  for (const std::string& text : socket->sent) bytes += text.size();
  EXPECT_GT(bytes, 500'000u);
  EXPECT_LE(bytes, http::WebSocketConfig{}.send_queue_bytes_max / 2);
}

TEST_F(DeviceTest, OnceAnsweredThereIsPlaceAgain) {
  connect();
  for (int i = 0; i < 256; ++i) ask();
  EXPECT_TRUE(device.on_response(answer(1)));
  ask();
  EXPECT_EQ(device.open_requests(), 256u);
  EXPECT_EQ(answers, std::vector<std::string>{"ok"});
}

TEST_F(DeviceTest, WhatIsAnsweredCanceledOrLateTakesNoMoreSpace) {
  connect();
  const json::object large{{"text", std::string(100'000, 'x')}};
  for (int i = 0; i < 30; ++i) {
    const std::uint64_t id = ask(large);
    if (i % 3 == 0) (void)device.on_response(answer(id));
    if (i % 3 == 1) device.cancel(id);
    if (i % 3 == 2) device.expire_requests(start + 20s);
  }
  EXPECT_EQ(std::ranges::count(answers, "too many requests wait for this device"), 0);
  EXPECT_EQ(answers.size(), 30u);
}

TEST_F(DeviceTest, AnAnswerThatComesTooLateIsNoAttack) {
  connect();
  const std::uint64_t canceled = ask();
  device.cancel(canceled);
  const std::uint64_t expired = ask();
  device.expire_requests(start + 20s);
  EXPECT_EQ(answers, (std::vector<std::string>{"what was asked about is gone", "the client did not answer"}));
  EXPECT_TRUE(device.on_response(answer(expired)));
  EXPECT_TRUE(device.on_response(answer(canceled)));
  EXPECT_FALSE(device.on_response(answer(canceled))) << "twice is";
  device.cancel(canceled);
  EXPECT_EQ(answers.size(), 2u);
}

}  // namespace
}  // namespace carillon::signaling
