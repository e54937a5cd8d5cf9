// What a user asks about his own things, over the socket and over REST: where push finds him, which calls he had, and
// whom he does not want to hear.
#pragma once

#include "base/random.hpp"
#include "protocol/account.hpp"
#include "push/sender.hpp"
#include "push/webpush.hpp"
#include "signaling/call_driver.hpp"
#include "signaling/history.hpp"
#include "signaling/reach_driver.hpp"
#include "signaling/user_limits.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace carillon::signaling {

class Account {
 public:
  using Answer = std::function<void(Result<json::object>)>;

  /// All references must outlive it.
  Account(const Clock& clock, Random& random, store::Store& store, push::Sender& sender, ReachDriver& reach,
          History& history, CallDriver& calls, UserLimits& limits);

  /// Tells the calls who does not want to hear whom. Before the first call.
  boost::asio::awaitable<Result<>> load_mutes();

  /// A request of a device that has a socket.
  void handle(Device& device, const protocol::AccountRequest& request, const Answer& answer);

  /// Asks for something of the store in this user's name, unless too much of his waits already.
  void ask_for(const UserId& user, const Answer& answer, const std::function<void(const Answer&)>& ask);

  // The same over REST, by an identity that may have no socket. `path` is where the data stands, for errors.
  void register_push(const Identity& who, const protocol::RegisterPush& request, std::string_view path,
                     const Answer& answer);
  void unregister_push(const UserId& user, const std::string& id, const Answer& answer);
  [[nodiscard]] Result<json::object> push_key() const;

 private:
  void on(Device& device, const protocol::RegisterPush& request, const Answer& answer);
  void on(Device& device, const protocol::UnregisterPush& request, const Answer& answer);
  void on(Device& device, const protocol::GetPushKey& request, const Answer& answer);
  void on(Device& device, const protocol::Ringing& request, const Answer& answer);
  void on(Device& device, const protocol::GetHistory& request, const Answer& answer);
  void on(Device& device, const protocol::MarkHistoryRead& request, const Answer& answer);
  void on(Device& device, const protocol::BlockUser& request, const Answer& answer);
  void on(Device& device, const protocol::UnblockUser& request, const Answer& answer);
  void on(Device& device, const protocol::GetBlockedUsers& request, const Answer& answer);
  void on(Device& device, const protocol::SetDoNotDisturb& request, const Answer& answer);
  /// Written first: what is answered is so for good.
  void change_block(const UserId& user, const UserId& whom, bool on, const Answer& answer);

  const Clock& clock_;
  Random& random_;
  store::Store& store_;
  push::Sender& sender_;
  ReachDriver& reach_;
  History& history_;
  CallDriver& calls_;
  UserLimits& limits_;
  /// Blocks that are being written: they count as those that are.
  std::map<UserId, std::size_t> blocking_;
};

}  // namespace carillon::signaling
