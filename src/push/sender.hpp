// Sends pushes: in order for each device, again where the service asks for it, never after a message has expired, and
// nothing that rings after the end of its ring. Single thread; the requests themselves are fetch::Client's.
#pragma once

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/timer.hpp"
#include "fetch/client.hpp"
#include "push/provider.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carillon::push {

class Sender {
 public:
  /// Called once, later: taken, gone, refused or expired. `why` of expired is "expired", or "expired, refused 503" when
  /// a try had come to that.
  using Done = std::function<void(const Verdict&)>;

  /// Messages that wait or are under way. A ring lasts for 30 s, so more is a flood.
  static constexpr std::size_t messages_max = 50'000;
  /// For one answer of a push service. Theirs take 50 to 500 ms.
  static constexpr Duration request_timeout = std::chrono::seconds{8};
  /// After so many tries a message is given up, also if it has not expired. With these waits a
  /// ring of 30 s is tried to its end.
  static constexpr std::size_t tries_max = 8;
  /// How long the end of a ring waits for a ring that is under way, so that it cannot overtake it.
  static constexpr Duration end_waits = std::chrono::seconds{2};

  /// All references must outlive it.
  Sender(boost::asio::any_io_executor executor, const Clock& clock, Random& random, fetch::Client& client, Logger log);
  ~Sender();
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  void add(std::unique_ptr<Provider> provider);
  /// nullptr: no such kind on this server.
  [[nodiscard]] Provider* find(std::string_view type) const;

  /// `lane`: the subscription. What is sent in one lane arrives in order. An end or missed call drops the ring of its
  /// call, if that still waits; an end of a ring that was never sent is not sent either.
  void send(const std::string& lane, Target target, Message message, Done done);

  /// What rings for this call in this lane, and has not arrived, does so no more.
  void drop(const std::string& lane, const CallId& call);

  [[nodiscard]] std::size_t size() const { return size_; }

  /// Does what is due by now. Its own timer calls it; a test with a clock in hand does too.
  void tick();

 private:
  struct Job {
    Target target;
    Message message;
    Done done;
    std::size_t tries = 0;
    std::string why = {};  ///< It has not been taken yet: what the last try came to.
    bool renewed = false;
    std::uint64_t proof = 0;  ///< Login::proof when it was tried last.
    Time not_before{};
    std::optional<fetch::Client::Id> under_way = {};
    /// Its ring is over: it is not tried again, and given up at this time.
    std::optional<Time> give_up_at = {};
  };
  using Lane = std::deque<std::shared_ptr<Job>>;
  /// What a provider must have before it can send, and who waits for it.
  struct Login {
    std::unique_ptr<Provider> provider;
    std::optional<fetch::Client::Id> under_way = {};
    std::uint64_t proof = 0;  ///< Counts the proofs that were not accepted.
    std::size_t tries = 0;
    Time not_before{};
    std::set<std::string> lanes;
  };

  [[nodiscard]] static Verdict expired(const Job& job);
  void pump(const std::string& lane);
  [[nodiscard]] std::shared_ptr<Job> next_of(Lane& lane, Time now, std::optional<Time>& wake);
  /// True: the provider is ready. Else this lane is called again when it is.
  bool log_in(Login& login, const std::string& lane, Time now);
  void on_login(Login& login, const Result<fetch::Response>& answer);
  void start(const std::string& lane, const std::shared_ptr<Job>& job, Login& login, Time now);
  void on_answer(const std::string& lane, const std::shared_ptr<Job>& job, const Result<fetch::Response>& answer);
  /// The device is not registered any more: what else waits for it is given up too.
  void drop_all(const std::string& lane, const Target& target, const Verdict& verdict);
  void finish(const std::string& lane, const std::shared_ptr<Job>& job, Verdict verdict);
  /// True: one was dropped that had never been tried.
  bool drop_rings(const std::string& lane, const CallId& call, Time now);
  void wake_at(Time time, const std::string& lane);
  void arm();

  boost::asio::any_io_executor executor_;
  const Clock& clock_;
  Random& random_;
  fetch::Client& client_;
  Logger log_;
  std::map<std::string, Login, std::less<>> logins_;  // by type
  std::map<std::string, Lane> lanes_;
  std::size_t size_ = 0;
  std::set<std::pair<Time, std::string>> due_;  // lanes to look at
  Timer timer_;
};

}  // namespace carillon::push
