// One suite that every store passes: the fake in tests/unit/store, SQLite and PostgreSQL in tests/integration/store.
#pragma once

#include "store/store.hpp"

#include <gtest/gtest.h>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace carillon::store {

using namespace std::chrono_literals;

/// Makes an empty store.
struct Maker {
  std::string name;
  std::function<std::unique_ptr<Store>(boost::asio::any_io_executor)> make;

  friend void PrintTo(const Maker& maker, std::ostream* out) { *out << maker.name; }
};

/// A loop, and what one asks of a store on it, in the form of plain calls.
class Asking {
 public:
  /// Runs the loop until it holds. False: not within the limit.
  bool run_until(const std::function<bool()>& holds, std::chrono::steady_clock::duration limit = 60s);

  /// `start` gets the callback, as in ask<bool>([&](auto done) { store.remove_subscription(user, id, done); }).
  template <class T = void, class Start>
  Result<T> ask(Start start) {
    auto answer = std::make_shared<std::optional<Result<T>>>();
    start(Done<T>{[answer](Result<T> result) { answer->emplace(std::move(result)); }});
    EXPECT_FALSE(*answer) << "answered at once, not later";
    if (!run_until([&] { return answer->has_value(); })) return fail(Errc::timeout, "no answer");
    return std::move(**answer);
  }

  Result<std::string> save(Store& store, Subscription subscription);
  Result<> save(Store& store, CallRecord record);
  std::vector<Subscription> subscriptions_of(Store& store, std::string_view user);
  std::optional<CallRecord> find(Store& store, std::string_view call);
  HistoryPage history(Store& store, HistoryQuery query);
  std::size_t unread(Store& store, std::string_view user);
  void stop(Store& store);

  boost::asio::io_context loop;
};

/// A moment some seconds after all tests begin.
[[nodiscard]] Time at(std::int64_t seconds);

[[nodiscard]] Subscription subscription(std::string id, std::string_view user, std::string address,
                                        Time used_at = at(0));

/// Bob did not answer: rang from the start on, ended 30 s later.
[[nodiscard]] CallRecord missed_call(std::string_view id, std::string_view caller, std::string_view callee, Time start);
/// Answered after 5 s, a minute long.
[[nodiscard]] CallRecord answered_call(std::string_view id, std::string_view caller, std::string_view callee,
                                       Time start);

class StoreSuite : public testing::TestWithParam<Maker>, public Asking {
 protected:
  void SetUp() override;
  void TearDown() override;

  std::unique_ptr<Store> store;
};

}  // namespace carillon::store
