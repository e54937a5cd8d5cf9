// What one user can do to the node, and what it does about it: the real node, with simulated sockets and time.
#include "support/temporary_folder.hpp"
#include "unit/signaling/simulation/inspector.hpp"
#include "unit/signaling/simulation/server.hpp"
#include "unit/signaling/simulation/tokens.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carillon::simulation {
namespace {

/// Empty `label`: a token without `device`, for which the server makes a new one at each connect.
std::string token_of(const std::string& user, const std::string& label) {
  jose::Claims claims = claims_of(user);
  if (!label.empty()) claims.device = label;
  return jose::sign_access_token(claims, token_key()).value();
}

std::string text_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string{value->get_string()} : std::string{};
}

/// One socket that says and hears frames.
class Client {
 public:
  explicit Client(World& world) : line_{std::make_shared<Line>(world, "client", 0ms)} {
    line_->on_words = [this](const Words& words) { hear(*words); };
    line_->on_closed = [this](std::uint16_t code) { closed = code; };
  }
  void say(std::string text) { line_->say(std::move(text)); }
  std::uint64_t ask(std::string_view method, std::string_view data = "{}") {
    say(fmt::format(R"({{"request":true,"id":{},"method":"{}","data":{}}})", ++last_id_, method, data));
    return last_id_;
  }
  /// The answer to this request; empty: there is none yet.
  [[nodiscard]] json::object answer(std::uint64_t id) const {
    const auto found = answers_.find(id);
    return found == answers_.end() ? json::object{} : found->second;
  }
  [[nodiscard]] std::size_t answered_with(int code) const {
    const auto found = codes_.find(code);
    return found == codes_.end() ? 0 : found->second;
  }
  [[nodiscard]] std::size_t heard(const std::string& method) const {
    const auto found = methods_.find(method);
    return found == methods_.end() ? 0 : found->second;
  }
  [[nodiscard]] const json::object& last(const std::string& method) const { return last_.at(method); }
  void forget() {
    methods_.clear();
    codes_.clear();
  }
  [[nodiscard]] const std::shared_ptr<Line>& line() const { return line_; }

  std::optional<std::uint16_t> closed;
  bool opened = false;
  /// False: what the server asks stays without an answer.
  bool answers = true;

 private:
  void hear(const json::object& words) {
    if (words.contains("response")) {
      const bool ok = words.contains("ok") && words.at("ok").as_bool();
      ++codes_[ok ? 200 : static_cast<int>(words.at("errorCode").as_int64())];
      answers_[words.at("id").to_number<std::uint64_t>()] = words;
      return;
    }
    const std::string method = text_of(words, "method");
    ++methods_[method];
    last_[method] = words.at("data").as_object();
    if (!words.contains("request") || !answers) return;
    say(fmt::format(R"({{"response":true,"id":{},"ok":true,"data":{{}}}})", words.at("id").to_number<std::uint64_t>()));
  }

  std::shared_ptr<Line> line_;
  std::uint64_t last_id_ = 0;
  std::map<std::uint64_t, json::object> answers_;
  std::map<int, std::size_t> codes_;
  std::map<std::string, std::size_t> methods_;
  std::map<std::string, json::object> last_;
};
using ClientPtr = std::shared_ptr<Client>;

class LimitsTest : public ::testing::Test {
 protected:
  LimitsTest() {
    config.keys.add(token_key());
    config.server_key = Secret{"the key of the operator"};
    config.http.listen.clear();
    config.media.workers = 1;
    config.media.listen_ip = "127.0.0.1";
    config.outside.probe_interval = 0ms;
  }

  signaling::Node& start() {
    server_.emplace(world, Server::Manners{config, {}, 0ms}, 1, folder_ / "calls.journal");
    server_->boot();
    world.pass(1s);
    EXPECT_TRUE(server_->is_up());
    return *server_->node();
  }
  Server& server() { return *server_; }

  ClientPtr connect(const std::string& user, const std::string& label = {}) {
    return connect_with(token_of(user, label), {});
  }
  ClientPtr connect_with(const std::string& token, const std::string& resume) {
    const ClientPtr client = clients_.emplace_back(std::make_shared<Client>(world));
    server_->connect(client->line(), token, resume, [client](bool opened) { client->opened = opened; });
    world.pass(100ms);
    return client;
  }
  json::object ask(const ClientPtr& client, std::string_view method, std::string_view data = "{}") {
    const std::uint64_t id = client->ask(method, data);
    world.pass(10ms);
    return client->answer(id);
  }
  std::size_t sessions() {
    return signaling::Inspector::counts(*server_->node()).at("sessions").to_number<std::size_t>();
  }

  World world{1, std::getenv("CARILLON_TALKS") != nullptr};
  signaling::Config config;

 private:
  std::vector<ClientPtr> clients_;  // whoever has closed is told still
  TemporaryFolder folder_;
  std::optional<Server> server_;
};

// ---- Messages ----------------------------------------------------------------------------------------------------

TEST_F(LimitsTest, FramesThatAreNoRequestCountAsMessages) {
  config.messages_per_second = 10;
  start();
  const ClientPtr mallory = connect("mallory");
  for (int i = 0; i < 6500; ++i) mallory->say(R"({"request":true,"id":1,"method":5})");
  world.pass(100ms);
  EXPECT_EQ(mallory->closed, http::close_code::policy_violation);
  EXPECT_LE(mallory->answered_with(400), 21u);
  EXPECT_GE(mallory->answered_with(429), 90u);
  EXPECT_LE(mallory->answered_with(429), 110u);
}

TEST_F(LimitsTest, AnswersThatNobodyAskedForCountAsMessages) {
  config.messages_per_second = 10;
  start();
  const ClientPtr mallory = connect("mallory");
  for (int i = 0; i < 6500; ++i) mallory->say(R"({"response":true,"id":1,"ok":true})");
  world.pass(100ms);
  EXPECT_EQ(mallory->closed, http::close_code::policy_violation);
}

// ---- Sessions ----------------------------------------------------------------------------------------------------

TEST_F(LimitsTest, TabsThatSomebodyHasLeftOpenDoNotKeepHisPhoneOut) {
  config.sessions_per_user = 4;
  start();
  std::vector<ClientPtr> tabs;
  for (int i = 0; i < 4; ++i) tabs.push_back(connect("alice"));
  const ClientPtr bob = connect("bob");
  ask(tabs[0], "get-blocked-users");  // now tabs[1] is the one that has said nothing for longest
  const ClientPtr phone = connect("alice", "phone");
  EXPECT_TRUE(phone->opened);
  EXPECT_EQ(phone->heard("welcome"), 1u);
  EXPECT_EQ(tabs[1]->closed, http::close_code::do_not_reconnect);
  for (const int stays : {0, 2, 3}) EXPECT_FALSE(tabs[stays]->closed) << stays;
  EXPECT_FALSE(bob->closed) << "each user has his own";
  EXPECT_EQ(sessions(), 5u);
}

TEST_F(LimitsTest, WhoeverConnectsWithoutEndHasNoMoreSessionsThanOthers) {
  config.sessions_per_user = 8;
  start();
  for (int i = 0; i < 100; ++i) (void)connect("mallory");
  EXPECT_EQ(sessions(), 8u);
}

TEST_F(LimitsTest, ASessionThatIsAwayGoesBeforeOneThatIsHere) {
  config.sessions_per_user = 2;
  start();
  const ClientPtr old = connect("alice");
  const ClientPtr lost = connect("alice");
  const std::string resume = text_of(lost->last("welcome"), "resumeToken");
  lost->line()->cut(0ms);
  world.pass(1s);
  EXPECT_TRUE(connect("alice")->opened);
  EXPECT_FALSE(old->closed);
  EXPECT_FALSE(connect_with({}, resume)->opened) << "its token is void";
}

TEST_F(LimitsTest, NobodyIsThrownOutOfACallForANewSession) {
  config.sessions_per_user = 2;
  start();
  const ClientPtr phone = connect("alice", "phone");
  const ClientPtr laptop = connect("alice", "laptop");
  ASSERT_TRUE(ask(phone, "start-call", R"({"callees":["bob"],"media":"audio"})").at("ok").as_bool());
  ask(laptop, "get-blocked-users");
  const ClientPtr tablet = connect("alice", "tablet");
  EXPECT_TRUE(tablet->opened);
  EXPECT_FALSE(phone->closed) << "it sits in a call";
  EXPECT_EQ(laptop->closed, http::close_code::do_not_reconnect);

  // Both are in calls: nobody goes, and the third comes back later.
  ASSERT_TRUE(ask(tablet, "start-call", R"({"callees":["carol"],"media":"audio"})").at("ok").as_bool());
  EXPECT_FALSE(connect("alice", "watch")->opened);
  EXPECT_FALSE(phone->closed);
  EXPECT_FALSE(tablet->closed);
  // That does not keep them from coming back themselves.
  EXPECT_TRUE(connect("alice", "tablet")->opened);
  const std::string resume = text_of(phone->last("welcome"), "resumeToken");
  phone->line()->cut(0ms);
  EXPECT_TRUE(connect_with({}, resume)->opened);
}

TEST_F(LimitsTest, AllSessionsOfAUserShareWhatHeMaySend) {
  config.messages_per_second = 100;
  config.messages_per_second_user = 40;
  start();
  std::vector<ClientPtr> many;
  for (int i = 0; i < 10; ++i) many.push_back(connect("mallory"));
  const ClientPtr bob = connect("bob");
  const auto count = [&](int code) {
    std::size_t sum = 0;
    for (const ClientPtr& one : many) sum += one->answered_with(code);
    return sum;
  };
  for (int i = 0; i < 20; ++i) {
    for (const ClientPtr& one : many) one->ask("get-blocked-users");
  }
  world.pass(10ms);
  EXPECT_GE(count(200), 80u);
  EXPECT_LE(count(200), 81u);
  EXPECT_EQ(count(429), 200 - count(200));
  EXPECT_TRUE(ask(bob, "get-blocked-users").at("ok").as_bool()) << "the others notice nothing";
  // Who does not care is closed: here the tenfold of all that is allowed, for a second.
  for (int i = 0; i < 60; ++i) {
    for (const ClientPtr& one : many) one->ask("get-blocked-users");
  }
  world.pass(10ms);
  EXPECT_GE(std::ranges::count_if(many, [](const auto& one) { return one->closed.has_value(); }), 1);
  // A new session is no new share.
  const ClientPtr fresh = connect("mallory");
  for (int i = 0; i < 80; ++i) fresh->ask("get-blocked-users");
  world.pass(1ms);
  EXPECT_LE(fresh->answered_with(200), 10u);
}

TEST_F(LimitsTest, EachDeviceHearsOfItsHistoryOnceASecond) {
  start();
  std::vector<ClientPtr> all;
  for (int i = 0; i < 50; ++i) {
    all.push_back(connect("mallory"));
    ask(all.back(), "get-history");
  }
  for (const ClientPtr& one : all) one->forget();
  for (int turn = 0; turn < 300; ++turn) {
    for (int i = 0; i < 10; ++i) all[i]->ask("mark-history-read");
    world.pass(10ms);
  }
  world.pass(2s);
  for (const ClientPtr& one : all) {
    EXPECT_GE(one->heard("history-changed"), 3u);
    EXPECT_LE(one->heard("history-changed"), 5u);
  }
}

TEST_F(LimitsTest, AResumeTokenThatIsVoidedMeanwhileOpensNothing) {
  signaling::Node& node = start();
  const ClientPtr alice = connect("alice", "phone");
  http::UpgradeRequest request;
  request.subprotocols = {"protoo"};
  request.request.query.add("resume", text_of(alice->last("welcome"), "resumeToken"));
  std::optional<http::UpgradeDecision> decision;
  boost::asio::co_spawn(node.io(), signaling::Inspector::upgrade(node, std::move(request)),
                        [&](const std::exception_ptr&, http::UpgradeDecision made) { decision = std::move(made); });
  world.pass(1ms);
  ASSERT_TRUE(decision && decision->handler());
  EXPECT_EQ(node.end_sessions(UserId{"alice"}), 1u);
  Client late{world};
  decision->handler()->on_open(late.line()->open(decision->handler()));
  decision.reset();
  world.pass(1s);
  EXPECT_EQ(late.closed, http::close_code::try_again_later);
  EXPECT_EQ(late.heard("welcome"), 0u);
  EXPECT_EQ(sessions(), 0u);
}

// ---- Media -------------------------------------------------------------------------------------------------------

/// Two who are in a call, with their transports.
class LimitsInACallTest : public LimitsTest {
 protected:
  struct Peer {
    ClientPtr client;
    std::string sends;
  };
  Peer enter(ClientPtr client) {
    const auto made = [&](const char* wants) {
      const auto answer = ask(client, "createWebRtcTransport", wants);
      return text_of(answer.at("data").as_object(), "id");
    };
    Peer peer{client, made(R"({"producing":true,"consuming":false})")};
    EXPECT_FALSE(made(R"({"producing":false,"consuming":true})").empty());
    const auto joined = ask(client, "join",
                            R"({"displayName":"x","rtpCapabilities":{"codecs":[{"kind":"audio","mimeType":)"
                            R"("audio/opus","preferredPayloadType":100,"clockRate":48000,"channels":2}],)"
                            R"("headerExtensions":[]}})");
    EXPECT_TRUE(joined.at("ok").as_bool());
    return peer;
  }
  void talk() {
    node = &start();
    mallory.client = connect("mallory", "phone");
    bob.client = connect("bob", "phone");
    const auto started = ask(mallory.client, "start-call", R"({"callees":["bob"],"media":"audio"})");
    const std::string call = text_of(started.at("data").as_object(), "callId");
    EXPECT_TRUE(ask(bob.client, "accept-call", fmt::format(R"({{"callId":"{}"}})", call)).at("ok").as_bool());
    mallory = enter(mallory.client);
    bob = enter(bob.client);
  }
  /// `parameters`: of the codec.
  json::object produce(const Peer& peer, std::string_view parameters = "{}") {
    return ask(peer.client, "produce",
               fmt::format(R"({{"transportId":"{}","kind":"audio","rtpParameters":{{"codecs":[{{"mimeType":)"
                           R"("audio/opus","payloadType":100,"clockRate":48000,"channels":2,"parameters":{}}}],)"
                           R"("encodings":[{{"ssrc":{}}}]}}}})",
                           peer.sends, parameters, ++ssrc));
  }
  void close(const Peer& peer, const json::object& produced) {
    const std::string id = text_of(produced.at("data").as_object(), "id");
    ask(peer.client, "closeProducer", fmt::format(R"({{"producerId":"{}"}})", id));
  }
  std::size_t open_requests(const char* device) { return signaling::Inspector::open_requests(*node, DeviceId{device}); }

  signaling::Node* node = nullptr;
  Peer mallory;
  Peer bob;
  int ssrc = 1000;
};

TEST_F(LimitsInACallTest, WhoAnswersNothingIsNotAskedAboutWhatIsGone) {
  talk();
  bob.client->answers = false;
  for (int i = 0; i < 50; ++i) close(mallory, produce(mallory));
  world.pass(100ms);
  EXPECT_EQ(bob.client->heard("newConsumer"), 50u);
  EXPECT_EQ(open_requests("bob/phone"), 0u);
  ASSERT_TRUE(produce(mallory).at("ok").as_bool());
  EXPECT_EQ(open_requests("bob/phone"), 1u);
}

TEST_F(LimitsInACallTest, AnswersAboutWhatIsGoneAreFree) {
  config.messages_per_second = 0;
  talk();
  bob.client->answers = false;
  for (int i = 0; i < 3; ++i) close(mallory, produce(mallory));
  world.pass(100ms);
  const auto device = signaling::Inspector::device(*node, DeviceId{"bob/phone"});
  for (std::uint64_t id = 1; id <= 3; ++id) EXPECT_TRUE(device->on_response({id, true, {}, 0, {}})) << id;
  EXPECT_FALSE(device->on_response({1, true, {}, 0, {}})) << "that one is here already";
}

TEST_F(LimitsInACallTest, ProducersThatAreMuchTooLargeAreRefused) {
  talk();
  std::string fat = "{";
  for (int i = 0; i < 58; ++i) fat += fmt::format(R"({}"p{}":"{}")", i > 0 ? "," : "", i, std::string(1000, 'x'));
  fat += "}";
  const auto refused = produce(mallory, fat);
  ASSERT_FALSE(refused.contains("ok") && refused.at("ok").as_bool());
  EXPECT_EQ(refused.at("errorCode").as_int64(), 413);
  EXPECT_EQ(text_of(refused, "errorReason"), "data.rtpParameters: expected at most 8192 bytes");
  EXPECT_EQ(bob.client->heard("newConsumer"), 0u);
}

TEST_F(LimitsInACallTest, SixteenProducersAtOnceAndThenTwoASecond) {
  config.producers_per_second = 2;
  talk();
  for (int i = 0; i < 200; ++i) {
    const auto made = produce(mallory);
    if (made.contains("ok") && made.at("ok").as_bool()) close(mallory, made);
  }
  // 200 tries and 16 and some closes of 10 ms each take two seconds and a half.
  EXPECT_GE(bob.client->heard("newConsumer"), 16u);
  EXPECT_LE(bob.client->heard("newConsumer"), 22u);
  const auto refused = produce(mallory);
  EXPECT_EQ(refused.at("errorCode").as_int64(), 429);
  const auto wait = refused.at("data").at("retryAfterMs").to_number<std::int64_t>();
  EXPECT_GT(wait, 0);
  EXPECT_LE(wait, 500);
  EXPECT_TRUE(produce(bob).at("ok").as_bool()) << "each user has his own";
  world.pass(Duration{wait});
  EXPECT_TRUE(produce(mallory).at("ok").as_bool());
}

}  // namespace
}  // namespace carillon::simulation
