// src/base/async.hpp: time limits and mailboxes.
#include "base/async.hpp"

#include <gtest/gtest.h>

namespace carillon {
namespace {

using namespace std::chrono_literals;

/// Runs a coroutine to its end on a loop of its own.
template <class T>
T run(asio::awaitable<T> coroutine) {
  asio::io_context loop;
  std::optional<T> value;
  asio::co_spawn(loop, std::move(coroutine), [&](std::exception_ptr escaped, T result) {
    if (escaped) std::rethrow_exception(escaped);
    value.emplace(std::move(result));
  });
  loop.run();
  return std::move(*value);
}

asio::awaitable<Result<int>> answers_after(Duration delay) {
  co_await sleep_for(delay);
  co_return 42;
}

asio::awaitable<Result<int>> throws() {
  co_await sleep_for(0ms);
  throw std::logic_error("broken");
}

TEST(WithTimeout, GivesTheResultThatCameInTime) {
  const Result<int> result = run(with_timeout(answers_after(0ms), 10s));
  ASSERT_TRUE(result);
  EXPECT_EQ(*result, 42);
}

TEST(WithTimeout, GivesTimeoutAndEndsTheOperation) {
  const Result<int> result = run(with_timeout(answers_after(1h), 1ms));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::timeout);
}

TEST(WithTimeout, ThrowsWhatTheOperationThrew) { EXPECT_THROW(run(with_timeout(throws(), 10s)), std::logic_error); }

TEST(Mailbox, GivesValuesInOrderAndEndsWhenClosed) {
  asio::io_context loop;
  Mailbox<int> box{loop.get_executor(), 2};
  EXPECT_TRUE(box.push(1));
  EXPECT_TRUE(box.push(2));
  EXPECT_FALSE(box.push(3)) << "full";
  std::vector<int> taken;
  asio::co_spawn(
      loop,
      [](Mailbox<int>& from, std::vector<int>& to) -> asio::awaitable<void> {
        while (auto value = co_await from.pop()) to.push_back(*value);
      }(box, taken),
      report(Logger{}, "test"));
  loop.poll();
  EXPECT_TRUE(box.push(4));
  box.close();
  EXPECT_FALSE(box.push(5)) << "closed";
  loop.restart();
  loop.run();
  EXPECT_EQ(taken, (std::vector{1, 2, 4}));
}

TEST(Report, LogsWhatEscapes) {
  testing::internal::CaptureStderr();
  report(Logger{}, "session")(std::make_exception_ptr(std::runtime_error("broken")));
  report(Logger{}, "session")(nullptr);
  const std::string written = testing::internal::GetCapturedStderr();
  EXPECT_NE(written.find("an exception escaped from session: broken"), std::string::npos) << written;
}

}  // namespace
}  // namespace carillon
