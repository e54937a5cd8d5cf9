// Firebase Cloud Messaging, HTTP v1: phones with Google's or, through Firebase, Apple's push.
#pragma once

#include "push/provider.hpp"
#include "push/service_account.hpp"

#include <optional>
#include <string>

namespace carillon::push {

class Fcm final : public Provider {
 public:
  /// `endpoint` without a path, for example https://fcm.googleapis.com.
  Fcm(ServiceAccount account, std::string endpoint);

  [[nodiscard]] std::string_view type() const override { return "fcm"; }
  [[nodiscard]] Result<Target> parse(const json::object& data, std::string_view path) const override;
  [[nodiscard]] Result<std::optional<fetch::Request>> login(Time now) override;
  [[nodiscard]] Result<> logged_in(const fetch::Response& response, Time now) override;
  void forget_login() override { token_.reset(); }
  [[nodiscard]] Result<fetch::Request> request(const Target& target, const Message& message, Time now) override;
  [[nodiscard]] Verdict judge(const fetch::Response& response, Time now) const override;

  /// Google gives no limit; those in use have near 160 characters.
  static constexpr std::size_t token_bytes_max = 1024;
  /// `data` of a message may have this much (HTTP v1, REST Resource: projects.messages).
  static constexpr std::size_t data_bytes_max = 4096;

 private:
  ServiceAccount account_;
  std::string endpoint_;
  std::optional<AccessToken> token_;
};

}  // namespace carillon::push
