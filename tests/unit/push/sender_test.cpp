// The order, the retries, and that nothing rings after the end. A fake client stands for the network, a clock in hand
// for time.
#include "push/sender.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace carillon::push {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

class FakeClient final : public fetch::Client {
 public:
  Id start(fetch::Request request, Done done) override {
    sent.push_back(request.url);
    open.emplace(++last, std::pair{request.url, std::move(done)});
    timeouts.push_back(request.timeout);
    return last;
  }
  void abandon(Id id) override {
    if (open.erase(id) > 0) ++abandoned;
  }

  /// Answers the oldest request that is open.
  void answer(Result<fetch::Response> answer) {
    ASSERT_FALSE(open.empty());
    const Done done = std::move(open.begin()->second.second);
    open.erase(open.begin());
    done(std::move(answer));
  }
  void answer(int status, fetch::Headers headers = {}) { answer(fetch::Response{status, std::move(headers), {}}); }

  std::vector<std::string> sent;
  std::vector<Duration> timeouts;
  std::map<Id, std::pair<std::string, Done>> open;
  Id last = 0;
  int abandoned = 0;
};

/// Says in its address what it sends: "phone ring call-1".
class FakeProvider final : public Provider {
 public:
  explicit FakeProvider(bool with_login) : with_login_{with_login} {}

  [[nodiscard]] std::string_view type() const override { return "fake"; }
  [[nodiscard]] Result<Target> parse(const json::object&, std::string_view) const override { return Target{}; }
  [[nodiscard]] Result<std::optional<fetch::Request>> login(Time) override {
    if (!with_login_ || proven) return std::optional<fetch::Request>{};
    fetch::Request request;
    request.url = "login";
    return std::optional{request};
  }
  [[nodiscard]] Result<> logged_in(const fetch::Response& response, Time) override {
    if (response.status != 200) return fail(Errc::unavailable, "no");
    proven = true;
    return {};
  }
  void forget_login() override {
    proven = false;
    ++forgotten;
  }
  [[nodiscard]] Result<fetch::Request> request(const Target& target, const Message& message, Time now) override {
    constexpr std::array kinds{"ring", "end", "missed"};
    asked_at = now;
    left = message.expires_at - now;
    fetch::Request request;
    request.url = target.address + " " + kinds.at(static_cast<std::size_t>(message.kind)) + " " + message.call.str();
    return request;
  }
  [[nodiscard]] Verdict judge(const fetch::Response& response, Time now) const override {
    if (response.status == 201) return {Outcome::taken, {}, {}};
    if (response.status == 410) return {Outcome::gone, {}, "gone"};
    if (response.status == 401) return {Outcome::renew, {}, "refused 401"};
    return busy(response, now).value_or(refused(response.status));
  }

  bool proven = false;
  int forgotten = 0;
  Time asked_at;
  Duration left{0};

 private:
  bool with_login_;
};

class SenderTest : public ::testing::Test {
 protected:
  explicit SenderTest(bool with_login = false) {
    auto made = std::make_unique<FakeProvider>(with_login);
    provider = made.get();
    sender.add(std::move(made));
  }

  void send(const std::string& phone, Kind kind, const std::string& call = "call-1", Duration lasts = 30s) {
    sender.send(phone, {"fake", phone, {}}, {.kind = kind, .call = CallId{call}, .expires_at = clock.now() + lasts},
                [this](const Verdict& verdict) { done.push_back(verdict.why.empty() ? "taken" : verdict.why); });
    settle();
  }
  void settle() {
    io.restart();
    io.poll();
  }
  void wait(Duration time) {
    clock.advance(time);
    sender.tick();
    settle();
  }
  template <class... Args>
  void answer(Args&&... args) {
    client.answer(std::forward<Args>(args)...);
    settle();
  }
  void nothing_is_left() {
    EXPECT_EQ(sender.size(), 0u);
    EXPECT_TRUE(client.open.empty());
  }

  boost::asio::io_context io;
  ManualClock clock{Time{1'000'000s}};
  SeededRandom random{1};
  FakeClient client;
  Sender sender{io.get_executor(), clock, random, client, Logger{}};
  FakeProvider* provider = nullptr;
  std::vector<std::string> done;
};

TEST_F(SenderTest, SignsByTheSystemsClockAndWaitsByItsOwn) {
  clock.jump(-1h);
  send("phone", Kind::ring);
  EXPECT_EQ(provider->asked_at, clock.now() - 1h);
  EXPECT_EQ(provider->left, 30s) << "what is left of a ring is the same by every clock";
  answer(fetch::Response{.status = 503});
  clock.jump(2h);
  sender.tick();
  settle();
  EXPECT_TRUE(client.open.empty()) << "a jump does not end the wait";
  wait(10s);
  EXPECT_EQ(provider->asked_at, clock.now() + 1h);
  EXPECT_EQ(provider->left, 20s);
  answer(fetch::Response{.status = 201});
  EXPECT_THAT(done, ElementsAre("taken"));
  nothing_is_left();
}

TEST_F(SenderTest, AServiceWithoutAnAddressIsTriedAgain) {
  send("phone", Kind::ring);
  answer(fail(Errc::not_found, "the name of the host is not known"));
  wait(10s);
  answer(fetch::Response{.status = 201});
  EXPECT_THAT(done, ElementsAre("taken"));
  nothing_is_left();
}

class SenderWithLogin : public SenderTest {
 protected:
  SenderWithLogin() : SenderTest{true} {}
};

TEST_F(SenderTest, SendsAndTellsThatItWasTaken) {
  send("phone", Kind::ring);
  EXPECT_THAT(client.sent, ElementsAre("phone ring call-1"));
  EXPECT_THAT(done, ElementsAre());
  answer(201);
  EXPECT_THAT(done, ElementsAre("taken"));
  nothing_is_left();
}

TEST_F(SenderTest, WhatIsSentToOneDeviceArrivesInOrder) {
  send("phone", Kind::ring, "call-1");
  send("phone", Kind::ring, "call-2");
  send("tablet", Kind::ring, "call-1");
  EXPECT_THAT(client.sent, ElementsAre("phone ring call-1", "tablet ring call-1"));
  answer(201);
  EXPECT_THAT(client.sent, ElementsAre("phone ring call-1", "tablet ring call-1", "phone ring call-2"));
}

TEST_F(SenderTest, TriesAgainWithGrowingWaitsUntilTheRingIsOver) {
  send("phone", Kind::ring);
  std::size_t tries = 1;
  const Time end = clock.now() + 30s;
  while (clock.now() < end) {
    if (!client.open.empty()) answer(500);
    tries = client.sent.size();
    wait(100ms);
  }
  EXPECT_GE(tries, 5u);
  EXPECT_LE(tries, Sender::tries_max);
  EXPECT_THAT(done, ElementsAre("refused 500"));
  nothing_is_left();
  wait(1h);
  EXPECT_EQ(client.sent.size(), tries) << "tried after the ring was over";
}

TEST_F(SenderTest, WaitsAsLongAsTheServiceAsks) {
  send("phone", Kind::ring);
  answer(429, fetch::Headers{{"Retry-After", "7"}});
  wait(7s - 1ms);
  EXPECT_EQ(client.sent.size(), 1u);
  wait(1ms);
  EXPECT_EQ(client.sent.size(), 2u);
  answer(201);
  EXPECT_THAT(done, ElementsAre("taken"));
}

TEST_F(SenderTest, GivesUpAtOnceWhenTheServiceAsksForLongerThanItRings) {
  send("phone", Kind::ring);
  answer(503, fetch::Headers{{"Retry-After", "30"}});
  EXPECT_THAT(done, ElementsAre("refused 503"));
  nothing_is_left();
}

TEST_F(SenderTest, ATimeoutOrABrokenConnectionIsTriedAgain) {
  for (const Errc code : {Errc::timeout, Errc::unavailable}) {
    send("phone", Kind::ring);
    answer(fail(code, "no"));
    wait(1s);
    answer(201);
  }
  EXPECT_THAT(done, ElementsAre("taken", "taken"));
}

TEST_F(SenderTest, ARefusalAndAnAddressInsideAreFinal) {
  send("phone", Kind::ring);
  answer(403);
  send("phone", Kind::ring);
  answer(fail(Errc::forbidden, "inside"));
  send("phone", Kind::ring);
  answer(410);
  EXPECT_THAT(done, ElementsAre("refused 403", "refused address", "gone"));
  EXPECT_EQ(client.sent.size(), 3u);
}

TEST_F(SenderTest, ARequestLastsNoLongerThanTheRing) {
  send("phone", Kind::ring, "call-1", 3s);
  send("tablet", Kind::ring, "call-1", 30s);
  EXPECT_THAT(client.timeouts, ElementsAre(3s, Sender::request_timeout));
}

TEST_F(SenderTest, ARingThatIsOverIsNotSent) {
  send("phone", Kind::ring, "call-1", 0s);
  EXPECT_THAT(client.sent, ElementsAre());
  EXPECT_THAT(done, ElementsAre("expired"));
}

TEST_F(SenderTest, TheEndFollowsItsRing) {
  send("phone", Kind::ring);
  answer(201);
  send("phone", Kind::end);
  answer(201);
  EXPECT_THAT(client.sent, ElementsAre("phone ring call-1", "phone end call-1"));
}

TEST_F(SenderTest, TheEndDropsARingThatWaitsToBeTriedAgain) {
  send("phone", Kind::ring);
  answer(500);
  send("phone", Kind::end);
  EXPECT_THAT(done, ElementsAre("expired, refused 500"));
  EXPECT_THAT(client.sent, ElementsAre("phone ring call-1", "phone end call-1"));
  answer(201);
  wait(1h);
  EXPECT_EQ(client.sent.size(), 2u);
}

TEST_F(SenderTest, TheEndOfARingThatWasNeverSentIsNotSentEither) {
  send("phone", Kind::ring, "call-1");  // takes the lane
  send("phone", Kind::ring, "call-2");
  send("phone", Kind::end, "call-2");
  EXPECT_THAT(done, ElementsAre("expired", "never rang"));
  answer(201);
  EXPECT_THAT(client.sent, ElementsAre("phone ring call-1"));
  nothing_is_left();
}

TEST_F(SenderTest, AMissedCallIsToldAlsoWhenItNeverRang) {
  send("phone", Kind::ring, "call-1");
  send("phone", Kind::ring, "call-2");
  send("phone", Kind::end, "call-2");
  send("phone", Kind::missed, "call-2");
  answer(201);
  EXPECT_THAT(client.sent, ElementsAre("phone ring call-1", "phone missed call-2"));
}

TEST_F(SenderTest, TheEndWaitsForARingThatIsUnderWay) {
  send("phone", Kind::ring);
  send("phone", Kind::end);
  EXPECT_THAT(client.sent, ElementsAre("phone ring call-1"));
  answer(201);
  EXPECT_THAT(client.sent, ElementsAre("phone ring call-1", "phone end call-1"));
}

TEST_F(SenderTest, ARingThatFailsWhileItsEndWaitsIsNotTriedAgain) {
  send("phone", Kind::ring);
  send("phone", Kind::end);
  answer(503);
  EXPECT_THAT(done, ElementsAre("refused 503"));
  EXPECT_THAT(client.sent, ElementsAre("phone ring call-1", "phone end call-1"));
}

TEST_F(SenderTest, TheEndWaitsTwoSecondsForARingThatGetsNoAnswer) {
  send("phone", Kind::ring);
  send("phone", Kind::end);
  send("phone", Kind::missed);
  wait(2s - 1ms);
  EXPECT_EQ(client.abandoned, 0);
  wait(1ms);
  EXPECT_EQ(client.abandoned, 1);
  EXPECT_THAT(client.sent, ElementsAre("phone ring call-1", "phone end call-1"));
  answer(201);
  answer(201);
  EXPECT_THAT(done, ElementsAre("expired, no answer", "taken", "taken"));
  nothing_is_left();
}

TEST_F(SenderTest, ARingThatIsDroppedIsNotTriedAgainAndHasNoEnd) {
  send("phone", Kind::ring);
  sender.drop("phone", CallId{"call-1"});
  answer(503);
  wait(30s);
  EXPECT_THAT(client.sent, ElementsAre("phone ring call-1"));
  EXPECT_THAT(done, ElementsAre("refused 503"));
  nothing_is_left();
}

TEST_F(SenderTest, ARingThatIsDroppedWhileItWaitsIsOver) {
  send("phone", Kind::ring);
  answer(503);
  sender.drop("phone", CallId{"call-2"});
  sender.drop("phone", CallId{"call-1"});
  wait(30s);
  EXPECT_THAT(client.sent, ElementsAre("phone ring call-1"));
  EXPECT_THAT(done, ElementsAre("expired, refused 503"));
  nothing_is_left();
}

TEST_F(SenderTest, ADroppedRingThatGetsNoAnswerIsGivenUp) {
  send("phone", Kind::ring);
  sender.drop("phone", CallId{"call-1"});
  wait(2s);
  EXPECT_EQ(client.abandoned, 1);
  EXPECT_THAT(done, ElementsAre("expired, no answer"));
  nothing_is_left();
}

TEST_F(SenderTest, ADeviceThatIsGoneIsSentNothingMore) {
  send("phone", Kind::ring);
  send("phone", Kind::end);
  send("phone", Kind::missed);
  answer(410);
  EXPECT_THAT(client.sent, ElementsAre("phone ring call-1"));
  EXPECT_THAT(done, ElementsAre("gone", "gone", "gone"));
  nothing_is_left();
}

TEST_F(SenderTest, ADeadServiceHoldsUpOnlyItsOwnDevices) {
  for (int i = 0; i < 100; ++i) send("dead" + std::to_string(i), Kind::ring);
  send("phone", Kind::ring);
  EXPECT_EQ(client.sent.back(), "phone ring call-1");
}

TEST_F(SenderTest, ACallThatWaitsToBeTriedAgainLetsAnotherPass) {
  send("phone", Kind::ring, "call-1");
  send("phone", Kind::ring, "call-2");
  answer(500);
  EXPECT_EQ(client.sent.back(), "phone ring call-2");
}

TEST_F(SenderTest, AKindThatIsOffIsRefused) {
  sender.send("phone", {"other", "phone", {}}, {.expires_at = clock.now() + 30s},
              [this](const Verdict& verdict) { done.push_back(verdict.why); });
  settle();
  EXPECT_THAT(done, ElementsAre("off"));
  nothing_is_left();
}

TEST_F(SenderTest, AnswersNobodyAfterItIsGone) {
  {
    Sender other{io.get_executor(), clock, random, client, Logger{}};
    other.add(std::make_unique<FakeProvider>(true));
    other.send("phone", {"fake", "phone", {}}, {.expires_at = clock.now() + 30s}, [](const Verdict&) { FAIL(); });
  }
  EXPECT_TRUE(client.open.empty());
  settle();
}

TEST_F(SenderWithLogin, ManyWaitForOneLogin) {
  for (int i = 0; i < 100; ++i) send("phone" + std::to_string(i), Kind::ring);
  EXPECT_THAT(client.sent, ElementsAre("login"));
  answer(200);
  EXPECT_EQ(client.sent.size(), 101u);
}

TEST_F(SenderWithLogin, A401RenewsTheLoginOnceForAll) {
  provider->proven = true;
  send("phone", Kind::ring);
  send("tablet", Kind::ring);
  answer(401);
  answer(401);
  EXPECT_EQ(provider->forgotten, 1);
  EXPECT_THAT(client.sent, ElementsAre("phone ring call-1", "tablet ring call-1", "login"));
  answer(200);
  EXPECT_EQ(client.sent.size(), 5u);
  answer(201);
  answer(401);  // a second time: it is not the login
  EXPECT_THAT(done, ElementsAre("taken", "refused 401"));
  EXPECT_EQ(provider->forgotten, 1);
}

TEST_F(SenderWithLogin, A401ThatComesAfterTheNewLoginDoesNotVoidIt) {
  provider->proven = true;
  send("phone", Kind::ring);
  send("tablet", Kind::ring);
  answer(401);  // the phone's
  client.open.begin()->second.second.swap(client.open.rbegin()->second.second);
  std::swap(client.open.begin()->second.first, client.open.rbegin()->second.first);
  answer(200);  // the login, before the tablet's answer
  EXPECT_TRUE(provider->proven);
  answer(401);  // the tablet's, of the old login
  EXPECT_TRUE(provider->proven);
  EXPECT_EQ(provider->forgotten, 1);
}

TEST_F(SenderWithLogin, AFailedLoginIsTriedAgainAndTheRingStillEnds) {
  send("phone", Kind::ring, "call-1", 10s);
  answer(500);
  wait(1s);
  EXPECT_THAT(client.sent, ElementsAre("login", "login"));
  answer(fail(Errc::timeout, "no"));
  wait(10s);
  EXPECT_THAT(done, ElementsAre("expired, no access"));
  EXPECT_EQ(sender.size(), 0u);
}

}  // namespace
}  // namespace carillon::push
