// One running server: builds the parts, joins them, and ends them in order. The only object that main needs.
#pragma once

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "call/place.hpp"
#include "fetch/client.hpp"
#include "http/server.hpp"
#include "push/sender.hpp"
#include "room/rooms.hpp"
#include "signaling/account.hpp"
#include "signaling/call_driver.hpp"
#include "signaling/config.hpp"
#include "signaling/continuity.hpp"
#include "signaling/devices.hpp"
#include "signaling/drain.hpp"
#include "signaling/history.hpp"
#include "signaling/media_room.hpp"
#include "signaling/metrics.hpp"
#include "signaling/reach_driver.hpp"
#include "signaling/user_limits.hpp"
#include "signaling/user_rates.hpp"
#include "signaling/worker_pool.hpp"
#include "store/store.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace carillon::signaling {

/// What a program needs that takes the place of this one by execve.
struct Handover {
  json::object state;            ///< Holds secrets.
  std::vector<int> descriptors;  ///< Must stay open.
};

class Node final : private RoomKeeper {
 public:
  /// All references must outlive it, and `journal`, where calls are found again after a kill; nullptr: nowhere. `io` is
  /// run by one thread.
  Node(boost::asio::io_context& io, Config config, const Clock& clock, Random& random, store::Store& store,
       store::Journal* journal, Logger log);
  ~Node() override;
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  /// Workers first, then the listener: who can connect can call. `inherited`: the state of a Handover. After an error
  /// before anything of it was taken, start() of the program before could still take it.
  boost::asio::awaitable<Result<>> start(std::optional<json::object> inherited = {});
  /// Accepts nobody new, ends calls, sessions and workers.
  boost::asio::awaitable<void> stop();
  [[nodiscard]] const std::vector<std::uint16_t>& ports() const { return server_.ports(); }
  /// Takes no new calls from now on and tells everybody; `on_drained` follows when the calls that are on have ended, or
  /// Config::drain later. Does nothing while a drain is on.
  void begin_drain();
  /// Takes calls again. Does nothing while no drain is on.
  void end_drain();
  [[nodiscard]] bool draining() const { return drain_.deadline().has_value(); }
  /// nullopt: it does not drain.
  [[nodiscard]] std::optional<Time> drains_until() const { return drain_.deadline(); }
  std::function<void()> on_drained;

  // The way to the next program (handover.cpp, docs/decisions/0008). Nobody but these may be asked for anything then.

  /// What this build can give on and take: only one that says the same can take the place of this.
  [[nodiscard]] static std::string handover_format();
  /// To be asked again after every wait. conflict: the server ends, and nobody would tell the next program;
  /// unavailable: it cannot keep its calls.
  [[nodiscard]] Result<> may_leave();
  /// Ends the sockets, which come back to whoever serves then, and waits until nothing is half done. timeout: it never
  /// was; else as may_leave(). Then go_on().
  boost::asio::awaitable<Result<>> prepare_handover(Duration limit);
  /// Right after that, without going back to the event loop in between, nor before the execve.
  [[nodiscard]] Result<Handover> hand_over() const;
  /// Nobody has taken over: serves again.
  void go_on();

  /// For new connections; after an error the old certificate stays in use.
  [[nodiscard]] Result<> reload_certificates() { return server_.reload_certificates(); }

  // For sessions.
  [[nodiscard]] const Config& config() const { return config_; }
  [[nodiscard]] boost::asio::io_context& io() { return io_; }
  [[nodiscard]] const Logger& log() const { return log_; }
  [[nodiscard]] CallDriver& calls() { return calls_; }
  [[nodiscard]] Account& account() { return account_; }
  [[nodiscard]] ReachDriver& reach() { return reach_; }
  [[nodiscard]] Metrics& metrics() { return metrics_; }
  [[nodiscard]] UserRates& user_rates() { return user_rates_; }
  [[nodiscard]] Time now() const { return clock_.now(); }
  /// Sends `welcome`. With `resume` the device of this token, which has said who he is, else the identity's. nullptr:
  /// the token is void since, or there is no place for one more device of this user; the socket is closed.
  DevicePtr open_session(Identity identity, const std::string& resume, std::shared_ptr<http::WebSocket> socket);
  void has_read_welcome(const DevicePtr& device) { devices_.has_read_token(device); }
  enum class SessionEnd { hung_up, lost, sent_away };
  void close_session(const DevicePtr& device, SessionEnd how, std::uint16_t code);
  /// Ends all sessions of this user, also those that could resume; says how many. His calls hear that he hangs up.
  std::size_t end_sessions(const UserId& user);
  Result<json::object> watch_presence(Device& device);
  boost::asio::awaitable<void> media_request(DevicePtr device, protocol::MediaRequest request,
                                             MediaRoom::Answer answer);

 private:
  friend class Inspector;  // of the simulator: holds the parts against each other

  // RoomKeeper
  void open_room(const CallId& call, const RoomId& room) override;
  void close_room(const CallId& call) override;
  void drop_peer(const CallId& call, const DeviceId& device) override;

  // handover.cpp
  boost::asio::awaitable<Result<>> start_in_place(json::object state);
  Result<> take_over(const json::object& state);
  /// The room that the call had in the program before; false: it needs a new one.
  bool go_on_with_room(const CallId& call, const RoomId& room);
  void close_inherited_rooms();

  /// A new media room for the call, in the place of the one it had.
  void make_room(const CallId& call, const RoomId& room);
  /// On a worker, or among those that wait for one.
  void house(const std::shared_ptr<MediaRoom>& room);
  boost::asio::awaitable<void> open(std::shared_ptr<MediaRoom> room, room::WorkerId worker);
  boost::asio::awaitable<void> give_up_later(std::weak_ptr<MediaRoom> room);
  [[nodiscard]] bool stands(const std::shared_ptr<MediaRoom>& room) const;
  void fail_room(const CallId& call);
  void on_worker_up(const room::WorkerId& worker);
  void on_worker_died(const room::WorkerId& worker);
  /// Everybody who sits in the call makes his transports anew.
  void tell_media_restart(const CallId& call);
  /// Whether one more device of this user may have a session, and which one goes for it.
  [[nodiscard]] call::Place place_for(const Identity& identity) const;
  void send_welcome(Device& device);
  void tell_draining();
  /// `name`: the user's, whom nobody knows any more when the last device is gone.
  void tell_presence(const UserId& user, const std::string& name);
  [[nodiscard]] std::vector<DevicePtr> history_watchers(const UserId& user) const;
  [[nodiscard]] json::object presence_json(const UserId& user, const std::string& name) const;
  [[nodiscard]] Result<std::shared_ptr<MediaRoom>> room_for(const Device& device,
                                                            const protocol::MediaRequest& request);

  /// Takes on what a process before this has left: sessions that may resume, calls, records.
  void restore();
  boost::asio::awaitable<Result<>> prepare_keys();
  /// What the store keeps under this name.
  boost::asio::awaitable<Result<Secret>> kept(std::string name, Secret candidate);
  boost::asio::awaitable<Result<jose::Key>> kept_key(std::string name);
  boost::asio::awaitable<void> flush_pushes();

  // endpoints.cpp
  void add_routes();
  boost::asio::awaitable<http::UpgradeDecision> on_upgrade(http::UpgradeRequest request);
  [[nodiscard]] Result<Identity> identify(const http::UpgradeRequest& request);
  /// By REST: error also when this user asks too often.
  [[nodiscard]] Result<Identity> identify(const http::Request& request);
  [[nodiscard]] Result<Identity> identify(const std::string& token);
  [[nodiscard]] http::Response dev_token(const http::Request& request);
  [[nodiscard]] http::Response debug_counts(const http::Request& request) const;
  [[nodiscard]] http::Response metrics_text(const http::Request& request);
  [[nodiscard]] http::Response readiness() const;
  [[nodiscard]] bool is_operator(const http::Request& request) const;

  // rest.cpp: /v1 for users, tickets and operators
  void add_rest_routes();
  boost::asio::awaitable<http::Response> post_subscription(http::Request request);
  boost::asio::awaitable<http::Response> delete_subscription(http::Request request);
  boost::asio::awaitable<http::Response> get_push_key();
  boost::asio::awaitable<http::Response> get_history(http::Request request);
  boost::asio::awaitable<http::Response> get_call(http::Request request);
  /// In this user's name, and counted as his.
  boost::asio::awaitable<Result<json::object>> ask_for(UserId user, std::function<void(const Account::Answer&)> ask);
  [[nodiscard]] http::Response post_drain(const http::Request& request);
  boost::asio::awaitable<http::Response> delete_sessions(http::Request request);
  boost::asio::awaitable<Result<std::vector<store::Subscription>>> subscriptions_of(UserId user);
  enum class TicketUse { ask, confirm, decline };
  boost::asio::awaitable<http::Response> use_ticket(http::Request request, TicketUse use);
  boost::asio::awaitable<http::Response> use_good_ticket(Ticket ticket, TicketUse use);
  /// The subscription that the ticket was pushed to must be this user's still: unauthorized; unavailable while the
  /// store cannot say.
  boost::asio::awaitable<Result<>> check_registered(Ticket ticket);
  /// How the call looks to whom the ticket was given.
  boost::asio::awaitable<json::object> ticket_state(Ticket ticket);

  boost::asio::io_context& io_;
  Config config_;
  const Clock& clock_;
  Random& random_;
  store::Store& store_;
  Logger log_;
  bool stopping_ = false;
  Metrics metrics_;
  UserRates user_rates_;
  Continuity continuity_;
  Devices devices_;
  std::unique_ptr<fetch::Client> own_client_;  // unless one is given
  push::Sender sender_;
  ReachDriver reach_;
  room::Rooms rooms_;
  WorkerPool workers_;
  MediaRoom::Shared shared_;
  std::map<CallId, std::shared_ptr<MediaRoom>> media_rooms_;
  /// Rooms without a worker, as none lives.
  std::vector<std::weak_ptr<MediaRoom>> homeless_;
  /// Saved rooms of the program before that no call has taken yet.
  std::map<CallId, json::object> inherited_rooms_;
  CallDriver calls_;
  Drain drain_;
  History history_;
  UserLimits user_limits_;
  UserLimits ticket_limits_;  // by subscription: who has a ticket uses up nobody else's share
  Account account_;
  http::Server server_;
};

}  // namespace carillon::signaling
