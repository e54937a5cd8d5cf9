// One device of a user: does at random what people and SDKs do, and what they should not.
#pragma once

#include "base/id.hpp"
#include "unit/signaling/simulation/judge.hpp"
#include "unit/signaling/simulation/line.hpp"
#include "unit/signaling/simulation/server.hpp"
#include "unit/signaling/simulation/view.hpp"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace carillon::simulation {

class FakeDevice {
 public:
  struct Town {
    World& world;
    Server& server;
    Judge& judge;
    std::vector<std::string> users;
    /// Ids that somebody was told of: for those who ask about what is not theirs.
    std::vector<std::string> calls_heard = {};
    std::vector<std::string> objects_heard = {};
    Duration latency{0};
    bool media = true;
    bool push = true;
  };
  FakeDevice(Town& town, std::string user, const std::string& label, std::string token);

  [[nodiscard]] const DeviceId& id() const { return id_; }
  [[nodiscard]] bool online() const { return line_ != nullptr; }

  // ---- What it can do ----

  void connect();
  /// Something, whatever comes to mind.
  void act();
  void lose_line();
  void hang_up();
  /// From now on it stays where it is, online or not, and asks nothing by itself.
  void rest();
  /// A push wakes it up.
  void on_push(const push::Message& message);

 private:
  struct Media {
    std::string sends;  // transport
    std::string receives;
    std::vector<std::string> producers;
    std::vector<std::string> consumers;
  };

  void connect_later(Duration wait);
  void drop_line();
  void on_words(const Words& words);
  void on_closed(std::uint16_t code);
  void on_welcome(const json::object& data);
  void on_notification(const std::string& method, const json::object& data);
  void on_request(const std::string& method, const json::object& words);
  void on_answer(const AskedServer& asked, bool ok, const json::object& data);

  void ask(const std::string& method, const std::string& data, const std::string& call = {}, bool again = false);
  void ask_call(const std::string& method, const std::string& call, const std::string& more = {});
  void start_call();
  void command();
  void account();
  void answer_ring(const std::string& call);
  void begin_media(const std::string& call);
  void media();
  void produce(const std::string& call, const std::string& kind);
  [[nodiscard]] std::string some_call(View::Place place);
  [[nodiscard]] std::string some_users();
  [[nodiscard]] std::string request_id();

  Town& town_;
  World& world_;
  std::string user_;
  DeviceId id_;
  std::string token_;
  std::string resume_;
  std::shared_ptr<Line> line_;
  bool wants_line_ = false;
  std::uint64_t attempt_ = 0;
  bool rests_ = false;
  View view_;
  std::uint64_t last_request_ = 0;
  std::map<std::uint64_t, AskedServer> asked_;
  struct Repeatable {
    std::string method;
    std::string data;
    std::string call;
  };
  std::deque<Repeatable> repeatable_;
  std::vector<std::string> heard_;  // calls, ended or not
  std::map<std::string, Media> media_;
  std::vector<std::string> subscriptions_;
  std::uint32_t ssrc_ = 1000;
};

}  // namespace carillon::simulation
