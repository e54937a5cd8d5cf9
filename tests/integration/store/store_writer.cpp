// Writes into a store without an end, and says on standard output what was acknowledged: a test kills it, or takes away
// the room on its disk. Usage: store_writer DATA_DIR PREFIX [gently]
//   saved ID    a record or a subscription of this id is durable
//   failed ID   the store answered with an error
//   alive R     every 20 ms: the loop runs, and a read was answered with "ok" or an error's name
// gently: writes begin every 20 ms and not as soon as others are done, so that another program has its turn. SQLite
// gives none to who waits for a lock that is always taken.
#include "base/async.hpp"
#include "store/sql.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <csignal>
#include <memory>
#include <string>
#include <string_view>

namespace carillon::store {
namespace {

using namespace std::chrono_literals;

/// So many wait at any time: groups are then of different sizes.
constexpr int outstanding = 40;

/// In one write(2), so that a kill leaves no half of it.
void say(std::string_view what, std::string_view detail) {
  const std::string line = fmt::format("{} {}\n", what, detail);
  (void)!::write(STDOUT_FILENO, line.data(), line.size());
}

class Writing {
 public:
  Writing(Store& store, const asio::any_io_executor& executor, std::string prefix, bool gently)
      : store_{store}, timer_{executor}, prefix_{std::move(prefix)}, gently_{gently} {}

  void start() {
    fill_up();
    tick();
  }

 private:
  void fill_up() {
    for (; waiting_ < outstanding; ++waiting_) write();
  }

  /// Every fourth is a subscription, the others are records.
  void write() {
    const int number = next_++;
    const std::string id = fmt::format("{}-{}", prefix_, number);
    if (number % 4 == 3) {
      Subscription subscription{id,   UserId{id},     DeviceId{"d"}, "webpush", "https://push.example/" + id,
                                "{}", from_ms(number)};
      store_.save_subscription(std::move(subscription),
                               [this, id](const Result<std::string>& result) { done(id, bool(result)); });
      return;
    }
    CallRecord record;
    record.call = CallId{id};
    record.room = RoomId{"room"};
    record.media = "audio";
    record.started_at = record.ended_at = from_ms(number);
    record.reason = "timeout";
    record.ledger = std::string(1000, 'l');
    record.people.resize(2);
    record.people[0].user = UserId{"alice"};
    record.people[1].user = UserId{"bob"};
    store_.save_call(std::move(record), [this, id](const Result<>& result) { done(id, bool(result)); });
  }

  void done(const std::string& id, bool saved) {
    say(saved ? "saved" : "failed", id);
    --waiting_;
    if (!gently_) fill_up();
  }

  void tick() {
    timer_.expires_after(20ms);
    timer_.async_wait([this](const boost::system::error_code&) {
      fill_up();
      store_.unread(UserId{"bob"}, [this](const Result<std::size_t>& result) {
        say("alive", result ? "ok" : to_string(result.error().code));
        tick();
      });
    });
  }

  Store& store_;
  asio::steady_timer timer_;
  std::string prefix_;
  bool gently_;
  int waiting_ = 0;
  int next_ = 0;
};

}  // namespace
}  // namespace carillon::store

int main(int count, char** arguments) {
  using namespace carillon;
  const bool gently = count == 4 && std::string_view{arguments[3]} == "gently";
  if (count != 3 && !gently) return 2;
  std::signal(SIGXFSZ, SIG_IGN);  // A file that may not grow is an error of the write then, as a full disk is.
  asio::io_context loop{1};
  auto store = store::open_sql({.data_dir = arguments[1], .database = {}}, loop.get_executor(), Logger{});
  if (!store) {
    fmt::print(stderr, "{}\n", store.error().detail);
    return 1;
  }
  store::Writing writing{**store, loop.get_executor(), arguments[2], gently};
  writing.start();
  loop.run();
  return 0;
}
