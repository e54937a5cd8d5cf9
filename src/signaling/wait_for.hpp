// A coroutine's way to functions that answer by a callback.
#pragma once

#include "base/result.hpp"
#include "base/timer.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace carillon::signaling {

/// Calls `ask` with a callback, and waits until that is called: at once, or later on the same thread. When the
/// coroutine is cancelled before: unavailable.
template <class T>
boost::asio::awaitable<Result<T>> answer_of(std::function<void(std::function<void(Result<T>)>)> ask) {
  struct Shared {
    explicit Shared(const boost::asio::any_io_executor& executor) : wake{executor, Timer::time_point::max()} {}
    Timer wake;
    std::optional<Result<T>> answer;
  };
  const auto shared = std::make_shared<Shared>(co_await boost::asio::this_coro::executor);
  ask([shared](Result<T> answer) {
    shared->answer = std::move(answer);
    shared->wake.cancel();
  });
  if (!shared->answer) {
    boost::system::error_code ignored;
    co_await shared->wake.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
  }
  if (!shared->answer) co_return fail(Errc::unavailable, "nobody waits for the answer any more");
  co_return std::move(*shared->answer);
}

}  // namespace carillon::signaling
