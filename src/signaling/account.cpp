#include "signaling/account.hpp"

#include <fmt/format.h>

#include <utility>
#include <variant>

namespace carillon::signaling {

Account::Account(const Clock& clock, Random& random, store::Store& store, push::Sender& sender, ReachDriver& reach,
                 History& history, const CallDriver& calls)
    : clock_{clock}, random_{random}, store_{store}, sender_{sender}, reach_{reach}, history_{history}, calls_{calls} {}

void Account::handle(Device& device, const protocol::AccountRequest& request, const Answer& answer) {
  std::visit([&](const auto& what) { on(device, what, answer); }, request);
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
                                   .used_at = clock_.now()};
  // Those who are called while they are away are known by the name that they had last.
  store_.save_person(who.user, who.name, [](const Result<>&) {});
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

}  // namespace carillon::signaling
