// A push service that is slow, refuses, forgets devices, and mostly delivers. Both the provider and the client that
// asks it: nothing leaves the process.
#pragma once

#include "fetch/client.hpp"
#include "push/provider.hpp"
#include "unit/signaling/simulation/world.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace carillon::simulation {

class PushService final : public fetch::Client {
 public:
  static constexpr std::string_view type = "simulated";

  explicit PushService(World& world) : world_{world} {}

  [[nodiscard]] std::unique_ptr<push::Provider> provider();
  /// The process that asked is gone: nobody is answered.
  void server_gone() { asked_.clear(); }
  [[nodiscard]] std::size_t asked() const { return asked_.size(); }

  /// It arrives at a device.
  std::function<void(const std::string& address, const push::Message&)> on_delivered;
  /// It is sent, right now.
  std::function<void(const std::string& address, const push::Message&)> on_sent;

  // fetch::Client
  Id start(fetch::Request request, Done done) override;
  void abandon(Id id) override { asked_.erase(id); }

 private:
  class Provider;
  void answer(Id id, const Result<fetch::Response>& response);

  World& world_;
  Id last_ = 0;
  std::map<Id, Done> asked_;
  std::optional<push::Message> message_;  // of the request that comes next
};

}  // namespace carillon::simulation
