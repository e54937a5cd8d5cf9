// Web Push: the push services of browsers, and UnifiedPush. RFC 8030, with RFC 8291 (encryption) and RFC 8292 (VAPID).
#pragma once

#include "push/hosts.hpp"
#include "push/provider.hpp"
#include "push/vapid.hpp"

#include <memory>

namespace carillon::push {

class WebPush final : public Provider {
 public:
  WebPush(Vapid vapid, Hosts hosts) : vapid_{std::move(vapid)}, hosts_{std::move(hosts)} {}

  /// `applicationServerKey` of the pages.
  [[nodiscard]] const std::string& public_key() const { return vapid_.public_key(); }

  [[nodiscard]] std::string_view type() const override { return "webpush"; }
  [[nodiscard]] Result<Target> parse(const json::object& data, std::string_view path) const override;
  void forget_login() override { vapid_.forget(); }
  [[nodiscard]] Result<fetch::Request> request(const Target& target, const Message& message, Time now) override;
  [[nodiscard]] Verdict judge(const fetch::Response& response, Time now) const override;

 private:
  Vapid vapid_;
  Hosts hosts_;
};

/// The Topic of a message (RFC 8030 section 5.4): 32 characters that say nothing about the call. A ring and its end
/// have the same, so that a phone that was off hears the end alone; a missed call stays beside them.
[[nodiscard]] std::string topic_of(const Message& message);

}  // namespace carillon::push
