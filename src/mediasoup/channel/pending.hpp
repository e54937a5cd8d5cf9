// A request to the worker whose answer has not come, or has not reached whoever asked. Inner header of channel.cpp.
#pragma once

#include "base/async.hpp"
#include "mediasoup/channel/messages.hpp"

#include <memory>
#include <optional>

namespace carillon::mediasoup {

using SteadyTime = TimerClock::time_point;

struct Pending {
  Method method;
  SteadyTime sent;
  SteadyTime deadline;
  /// Shared by all that live, so that they can be counted.
  std::shared_ptr<const bool> open;
  std::optional<Result<Response>> result;
  Timer* wake = nullptr;  // of the coroutine that waits, while it does

  void finish(Result<Response> value) {
    if (result) return;
    result.emplace(std::move(value));
    if (wake != nullptr) wake->cancel();
  }
};

/// Until the request has its result.
[[nodiscard]] asio::awaitable<Result<Response>> wait(std::shared_ptr<Pending> pending);
[[nodiscard]] asio::awaitable<Result<Response>> refuse(Error error);
/// What the worker said when it did not accept.
[[nodiscard]] Error refusal(Method method, const FBS::Response::Response& response);

}  // namespace carillon::mediasoup
