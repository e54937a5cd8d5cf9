// Small Asio helpers. CONTRIBUTING.md says how coroutines are written here.
#pragma once

#include "base/log.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "base/timer.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <deque>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace carillon {

namespace asio = boost::asio;

/// What co_spawn calls at the end: logs an exception that escaped, which is a bug.
[[nodiscard]] std::function<void(std::exception_ptr)> report(Logger log, std::string name);

/// Waits; returns early, without an error, when the coroutine is cancelled.
asio::awaitable<void> sleep_for(Duration duration);

/// The result of `operation`, or Errc::timeout after `limit`. The operation is cancelled then, and waited for.
/// An exception of the operation is thrown again here (operator|| alone would lose it).
template <class T>
asio::awaitable<Result<T>> with_timeout(asio::awaitable<Result<T>> operation, Duration limit) {
  using namespace asio::experimental::awaitable_operators;
  std::exception_ptr thrown;
  std::optional<Result<T>> result;
  auto guarded = [](asio::awaitable<Result<T>> inner, std::optional<Result<T>>& out,
                    std::exception_ptr& escaped) -> asio::awaitable<void> {
    try {
      out.emplace(co_await std::move(inner));
    } catch (...) {
      escaped = std::current_exception();
    }
  };
  const auto first = co_await (guarded(std::move(operation), result, thrown) || sleep_for(limit));
  if (first.index() == 0 && thrown) std::rethrow_exception(thrown);
  if (first.index() == 0 && result) co_return std::move(*result);
  co_return fail(Errc::timeout, "no answer in time");
}

/// Values from outside for one waiting coroutine; bounded. Single thread.
template <class T>
class Mailbox {
 public:
  Mailbox(const asio::any_io_executor& executor, std::size_t capacity)
      : wake_{executor, Timer::time_point::max()}, capacity_{capacity} {}

  /// False when it is full or closed; the value is then lost and the sender must act.
  [[nodiscard]] bool push(T value) {
    if (closed_ || values_.size() >= capacity_) return false;
    values_.push_back(std::move(value));
    wake_.cancel_one();
    return true;
  }

  /// Ends pop() once what is inside has been taken.
  void close() {
    closed_ = true;
    wake_.cancel();
  }

  /// nullopt: closed and empty, or the coroutine was cancelled.
  asio::awaitable<std::optional<T>> pop() {
    while (values_.empty()) {
      if (closed_) co_return std::nullopt;
      const auto state = co_await asio::this_coro::cancellation_state;
      if (state.cancelled() != asio::cancellation_type::none) co_return std::nullopt;
      boost::system::error_code ignored;
      wake_.expires_at(Timer::time_point::max());
      co_await wake_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    std::optional<T> value{std::move(values_.front())};
    values_.pop_front();
    co_return value;
  }

  [[nodiscard]] std::size_t size() const { return values_.size(); }

 private:
  std::deque<T> values_;
  Timer wake_;
  std::size_t capacity_;
  bool closed_ = false;
};

}  // namespace carillon
