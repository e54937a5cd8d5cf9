#include "unit/signaling/simulation/push_service.hpp"

#include <utility>

namespace carillon::simulation {

class PushService::Provider final : public push::Provider {
 public:
  explicit Provider(PushService& service) : service_{service} {}

  [[nodiscard]] std::string_view type() const override { return PushService::type; }
  [[nodiscard]] Result<push::Target> parse(const push::json::object& data, std::string_view path) const override {
    const auto* address = data.if_contains("address");
    if (address == nullptr || !address->is_string())
      return fail(Errc::bad_request, fmt::format("{}.address: expected string", path));
    return push::Target{std::string{PushService::type}, std::string{address->get_string()}, {}};
  }
  [[nodiscard]] Result<fetch::Request> request(const push::Target& target, const push::Message& message,
                                               Time) override {
    service_.message_ = message;
    fetch::Request request;
    request.url = target.address;
    return request;
  }
  [[nodiscard]] push::Verdict judge(const fetch::Response& response, Time now) const override {
    if (response.status == 201) return {push::Outcome::taken};
    if (response.status == 410) return {push::Outcome::gone, {}, "gone"};
    if (const auto busy = push::busy(response, now)) return *busy;
    return push::refused(response.status);
  }

 private:
  PushService& service_;
};

std::unique_ptr<push::Provider> PushService::provider() { return std::make_unique<Provider>(*this); }

fetch::Client::Id PushService::start(fetch::Request request, Done done) {
  const Id id = ++last_;
  const push::Message message = *std::exchange(message_, std::nullopt);
  world_.tell("push {} to {}", static_cast<int>(message.kind), request.url);
  if (on_sent) on_sent(request.url, message);
  asked_.emplace(id, std::move(done));
  const Duration slow = world_.dice.percent(10) ? world_.dice.up_to(20s) : world_.dice.up_to(600ms);
  if (slow >= request.timeout) {
    world_.after(request.timeout, [this, id] { answer(id, fail(Errc::timeout, "no answer")); });
    return id;
  }
  const int status = world_.dice.percent(80) ? 201 : world_.dice.one_of({410, 429, 500, 503, 400, 403});
  world_.after(slow, [this, id, status, address = std::move(request.url), message] {
    if (status == 201 && asked_.contains(id) && on_delivered) on_delivered(address, message);
    answer(id, fetch::Response{status, {}, {}});
  });
  return id;
}

void PushService::answer(Id id, const Result<fetch::Response>& response) {
  const auto found = asked_.find(id);
  if (found == asked_.end()) return;
  const Done done = std::move(found->second);
  asked_.erase(found);
  done(response);
}

}  // namespace carillon::simulation
