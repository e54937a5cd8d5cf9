#include "signaling/account.hpp"

#include "signaling/wait_for.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>

#include <type_traits>
#include <utility>
#include <variant>

namespace carillon::signaling {
namespace {

/// All lists are in memory: near 100 kB for somebody who blocks that many.
constexpr std::size_t blocks_max = 1000;

/// What waits for nobody; the rest waits for the store.
template <class Request>
constexpr bool answered_at_once =
    std::is_same_v<Request, protocol::GetPushKey> || std::is_same_v<Request, protocol::Ringing> ||
    std::is_same_v<Request, protocol::GetBlockedUsers>;

}  // namespace

Account::Account(const Clock& clock, Random& random, store::Store& store, push::Sender& sender, ReachDriver& reach,
                 History& history, CallDriver& calls, UserLimits& limits)
    : clock_{clock},
      random_{random},
      store_{store},
      sender_{sender},
      reach_{reach},
      history_{history},
      calls_{calls},
      limits_{limits} {}

void Account::handle(Device& device, const protocol::AccountRequest& request, const Answer& answer) {
  const auto ask = [&]<class Request>(const Request& what) {
    if constexpr (answered_at_once<Request>) {
      on(device, what, answer);
    } else {
      ask_for(device.user(), answer, [&](const Answer& counted) { on(device, what, counted); });
    }
  };
  std::visit(ask, request);
}

void Account::ask_for(const UserId& user, const Answer& answer, const std::function<void(const Answer&)>& ask) {
  const Result<UserLimits::Place> place = limits_.enter(user.str(), clock_.now());
  if (!place) return answer(place.error());
  ask([place = *place, answer](Result<json::object> data) { answer(std::move(data)); });
}

// ---- Push --------------------------------------------------------------------------------------------------------

void Account::register_push(const Identity& who, const protocol::RegisterPush& request, std::string_view path,
                            const Answer& answer) {
  const push::Provider* provider = sender_.find(request.type);
  if (provider == nullptr) {
    const bool known = request.type == "webpush" || request.type == "fcm";
    return answer(known ? fail(Errc::unavailable, fmt::format("{}.type: {} is off on this server", path, request.type))
                        : fail(Errc::bad_request, fmt::format("{}.type: expected \"webpush\" or \"fcm\"", path)));
  }
  Result<push::Target> target = provider->parse(request.data, path);
  if (!target) return answer(target.error());
  store::Subscription subscription{.id = random_.token(16),
                                   .user = who.user,
                                   .device = who.device,
                                   .type = target->type,
                                   .address = std::move(target->address),
                                   .details = std::move(target->details),
                                   .used_at = clock_.wall()};
  store_.save_subscription(std::move(subscription), [this, who, answer](const Result<std::string>& id) {
    if (!id) return answer(id.error());
    reach_.moved(who.user, *id, who.device);
    answer(json::object{{"id", *id}});
  });
}

void Account::unregister_push(const UserId& user, const std::string& id, const Answer& answer) {
  store_.remove_subscription(user, id, [answer](const Result<bool>& removed) {
    if (!removed) return answer(removed.error());
    if (!*removed) return answer(fail(Errc::not_found, "you have no subscription of this id"));
    answer(json::object{});
  });
}

Result<json::object> Account::push_key() const {
  const auto* web_push = dynamic_cast<const push::WebPush*>(sender_.find("webpush"));
  if (web_push == nullptr)
    return fail(Errc::unavailable, "Web Push is off on this server: push.vapid-key-file is not set");
  return json::object{{"publicKey", web_push->public_key()}};
}

void Account::on(Device& device, const protocol::RegisterPush& request, const Answer& answer) {
  if (request.confirms_ringing) device.confirms_ringing = true;
  register_push(device.identity(), request, "data", answer);
}

void Account::on(Device& device, const protocol::UnregisterPush& request, const Answer& answer) {
  unregister_push(device.user(), request.id, answer);
}

void Account::on(Device&, const protocol::GetPushKey&, const Answer& answer) { answer(push_key()); }

void Account::on(Device& device, const protocol::Ringing& request, const Answer& answer) {
  device.confirms_ringing = true;
  const call::Call* call = calls_.calls().find(request.call_id);
  if (call == nullptr || call->person(device.user()) == nullptr)
    return answer(fail(Errc::not_found, "data.callId: there is no such call, or it has ended"));
  reach_.confirmed(request.call_id, device);
  answer(json::object{});
}

// ---- History -----------------------------------------------------------------------------------------------------

void Account::on(Device& device, const protocol::GetHistory& request, const Answer& answer) {
  device.watches_history = true;
  history_.list(device.user(), request, "data", answer);
}

void Account::on(Device& device, const protocol::MarkHistoryRead&, const Answer& answer) {
  history_.mark_read(device.user(), answer);
}

// ---- Whom he does not want to hear -------------------------------------------------------------------------------

boost::asio::awaitable<Result<>> Account::load_mutes() {
  const std::function ask = [this](std::function<void(Result<store::Mutes>)> done) { store_.mutes(std::move(done)); };
  const Result<store::Mutes> mutes = co_await answer_of<store::Mutes>(ask);
  if (!mutes) co_return mutes.error();
  for (const store::Mutes::Block& block : mutes->blocks) calls_.event(call::BlockChanged{block.user, block.whom, true});
  for (const UserId& user : mutes->do_not_disturb) calls_.event(call::DoNotDisturbChanged{user, true});
  co_return Result<>{};
}

void Account::change_block(const UserId& user, const UserId& whom, bool on, const Answer& answer) {
  store_.block(user, whom, on, [this, user, whom, on, answer](const Result<>& written) {
    if (!written) return answer(written.error());
    calls_.event(call::BlockChanged{user, whom, on});
    answer(json::object{});
  });
}

void Account::on(Device& device, const protocol::BlockUser& request, const Answer& answer) {
  if (request.user_id == device.user())
    return answer(fail(Errc::bad_request, "data.userId: you cannot block yourself"));
  const UserId user = device.user();
  const auto blocking = blocking_.find(user);
  const std::size_t soon = blocking == blocking_.end() ? 0 : blocking->second;
  if (calls_.calls().muting().count_blocked_by(user) + soon >= blocks_max)
    return answer(fail(Errc::too_large, fmt::format("at most {} users can be blocked", blocks_max)));
  ++blocking_[user];
  change_block(user, request.user_id, true, [this, user, answer](Result<json::object> done) {
    if (--blocking_[user] == 0) blocking_.erase(user);
    answer(std::move(done));
  });
}

void Account::on(Device& device, const protocol::UnblockUser& request, const Answer& answer) {
  change_block(device.user(), request.user_id, false, answer);
}

void Account::on(Device& device, const protocol::GetBlockedUsers&, const Answer& answer) {
  json::array users;
  for (const UserId& user : calls_.calls().muting().blocked_by(device.user())) users.emplace_back(user.str());
  answer(json::object{{"users", std::move(users)}});
}

void Account::on(Device& device, const protocol::SetDoNotDisturb& request, const Answer& answer) {
  const UserId user = device.user();
  store_.do_not_disturb(user, request.on, [this, user, on = request.on, answer](const Result<>& written) {
    if (!written) return answer(written.error());
    calls_.event(call::DoNotDisturbChanged{user, on});
    answer(json::object{});
  });
}

}  // namespace carillon::signaling
