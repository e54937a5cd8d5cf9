// The store in SQL: joins the writer, the reader and the statements. Its own state belongs to the executor's thread.
#include "base/async.hpp"
#include "store/sql.hpp"
#include "store/sql/database.hpp"
#include "store/sql/reader.hpp"
#include "store/sql/schema.hpp"
#include "store/sql/statements.hpp"
#include "store/sql/writer.hpp"
#include "store/text.hpp"

#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <utility>

namespace carillon::store {
namespace {

using namespace std::chrono_literals;

/// Whoever waits for an answer gets one by then.
constexpr auto patience = 60s;
/// How long stop() waits for what was asked for.
constexpr auto stop_patience = 5s;
/// A database that has not answered by then is frozen: the connection is given up. A group of writes takes
/// milliseconds.
constexpr Duration write_limit = 10s;
constexpr Duration read_limit = 5s;

/// What the answers on their way need of the store; it may be gone when they arrive.
struct Shared {
  explicit Shared(const asio::any_io_executor& executor) : changed{executor}, watch{executor} {}

  std::size_t pending = 0;     ///< Asked for and not answered.
  std::size_t threads = 2;     ///< That run.
  bool gone = false;           ///< The store is destroyed: nobody is called any more.
  asio::steady_timer changed;  ///< stop() waits for it.
  asio::steady_timer watch;
};

class SqlStore final : public Store {
 public:
  SqlStore(const Database& database, std::unique_ptr<Connection> writing, std::unique_ptr<Connection> reading,
           std::size_t queue_max, asio::any_io_executor executor, const Logger& log)
      : executor_{std::move(executor)},
        shared_{std::make_shared<Shared>(executor_)},
        writer_{database.name(),    [database] { return database.open_writer(); },
                std::move(writing), queue_max,
                on_end(),           log},
        reader_{database.name(),    [database] { return database.open_reader(); },
                std::move(reading), queue_max,
                on_end(),           log} {}

  ~SqlStore() override {
    shared_->gone = true;
    shared_->watch.cancel();
    shared_->changed.cancel();
  }
  SqlStore(const SqlStore&) = delete;
  SqlStore& operator=(const SqlStore&) = delete;

  void save_subscription(Subscription subscription, Done<std::string> done) override {
    subscription = clean(std::move(subscription));
    if (auto error = refusal(subscription)) return refuse(std::move(done), std::move(*error));
    write<std::string>(Wait::user, std::move(done), [subscription = std::move(subscription)](Connection& connection) {
      return store::save_subscription(connection, subscription);
    });
  }

  void remove_subscription(UserId user, std::string id, Done<bool> done) override {
    // If a COMMIT got through and its answer did not, the second try finds nothing: then the first one found it.
    write<bool>(Wait::user, std::move(done),
                [user = clean(user), id = clean(std::move(id)), found = false](Connection& connection) mutable {
                  found = store::remove_subscription(connection, user, id) || found;
                  return found;
                });
  }

  void forget_address(std::string type, std::string address, Done<> done) override {
    write(Wait::always, std::move(done),
          [type = clean(std::move(type)), address = clean(std::move(address))](Connection& connection) {
            store::forget_address(connection, type, address);
          });
  }

  void save_person(UserId user, std::string name, Done<> done) override {
    write(Wait::always, std::move(done), [user = clean(user), name = clean(std::move(name))](Connection& connection) {
      store::save_person(connection, user, name);
    });
  }

  void save_call(CallRecord record, Done<> done) override {
    record = clean(std::move(record));
    if (auto error = refusal(record)) return refuse(std::move(done), std::move(*error));
    write(Wait::always, std::move(done),
          [record = std::move(record)](Connection& connection) { store::save_call(connection, record); });
  }

  void mark_history_read(UserId user, Time until, Done<> done) override {
    write(Wait::user, std::move(done),
          [user = clean(user), until](Connection& connection) { store::mark_history_read(connection, user, until); });
  }

  void block(UserId user, UserId whom, bool on, Done<> done) override {
    write(Wait::user, std::move(done), [user = clean(user), whom = clean(whom), on](Connection& connection) {
      store::block(connection, user, whom, on);
    });
  }

  void do_not_disturb(UserId user, bool on, Done<> done) override {
    write(Wait::user, std::move(done),
          [user = clean(user), on](Connection& connection) { store::do_not_disturb(connection, user, on); });
  }

  void secret(std::string name, Secret candidate, Done<Secret> done) override {
    write<Secret>(Wait::some, std::move(done),
                  [name = clean(std::move(name)), candidate = Secret{clean(candidate.reveal())}](
                      Connection& connection) { return store::secret(connection, name, candidate); });
  }

  void subscriptions_of(UserId user, Done<std::vector<Subscription>> done) override {
    read<std::vector<Subscription>>(Lane::server, std::move(done), [user = clean(user)](Connection& connection) {
      return store::subscriptions_of(connection, user);
    });
  }

  void has_subscription(UserId user, std::string id, Done<bool> done) override {
    read<bool>(Lane::server, std::move(done), [user = clean(user), id = clean(std::move(id))](Connection& connection) {
      return store::has_subscription(connection, user, id);
    });
  }

  void find_call(CallId call, Done<std::optional<CallRecord>> done) override {
    read<std::optional<CallRecord>>(Lane::server, std::move(done), [call = clean(call)](Connection& connection) {
      return store::find_call(connection, call);
    });
  }

  void history(HistoryQuery query, Done<HistoryPage> done) override {
    query.user = clean(query.user);
    if (query.before) query.before->call = clean(query.before->call);
    read<HistoryPage>(Lane::users, std::move(done),
                      [query = std::move(query)](Connection& connection) { return store::history(connection, query); });
  }

  void unread(UserId user, Done<std::size_t> done) override {
    read<std::size_t>(Lane::users, std::move(done),
                      [user = clean(user)](Connection& connection) { return store::unread(connection, user); });
  }

  void mutes(Done<Mutes> done) override {
    read<Mutes>(Lane::server, std::move(done), [](Connection& connection) { return store::mutes(connection); });
  }

  [[nodiscard]] bool quiet() const override { return shared_->pending == 0; }
  [[nodiscard]] bool stalled() const override { return writer_.stalled(); }

  asio::awaitable<void> stop() override {
    stopping_ = true;
    const std::shared_ptr<Shared> shared = shared_;
    co_await settle(shared, stop_patience, [](const Shared& s) { return s.pending == 0; });
    if (shared->gone) co_return;
    writer_.close();
    reader_.close();
    co_await settle(shared, stop_patience, [](const Shared& s) { return s.pending == 0 && s.threads == 0; });
  }

 private:
  enum class Wait {
    user,    ///< A user asks, and can ask again.
    some,    ///< The server asks, and waits for the answer.
    always,  ///< Until it is written.
  };

  static asio::awaitable<void> settle(std::shared_ptr<Shared> shared, std::chrono::steady_clock::duration limit,
                                      bool (*done)(const Shared&)) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!done(*shared) && !shared->gone && std::chrono::steady_clock::now() < end) {
      shared->changed.expires_at(end);
      boost::system::error_code cancelled;
      co_await shared->changed.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    }
  }

  /// Tells the executor's thread that a thread of ours has ended.
  std::function<void()> on_end() {
    return [executor = executor_, shared = shared_] {
      asio::post(executor, [shared] {
        --shared->threads;
        shared->changed.cancel();
      });
    };
  }

  /// What a work gives: for void, nothing that is looked at.
  template <class T>
  using Value = std::optional<std::conditional_t<std::is_void_v<T>, bool, T>>;

  /// `value` is what the work gave, once it is called without an error. Keeps the loop running until then.
  template <class T>
  std::function<void(std::optional<Error>)> finisher(Done<T> done, std::shared_ptr<Value<T>> value) {
    if (++shared_->pending == 1) watch(shared_);
    auto executor = asio::prefer(executor_, asio::execution::outstanding_work_t::tracked);
    return [executor, shared = shared_, done = std::move(done), value](std::optional<Error> error) mutable {
      asio::post(executor, [shared, done = std::move(done), value, error = std::move(error)]() mutable {
        if (--shared->pending == 0) {
          shared->watch.cancel();
          shared->changed.cancel();
        }
        if (shared->gone) return;
        if (error) return done(std::move(*error));
        if constexpr (std::is_void_v<T>) {
          done(Result<>{});
        } else {
          done(std::move(**value));
        }
      });
    };
  }

  template <class T = void, class Work>
  void write(Wait wait, Done<T> done, Work work) {
    auto value = std::make_shared<Value<T>>();
    Write write;
    write.work = [value, work = std::move(work)](Connection& connection) mutable {
      if constexpr (std::is_void_v<T>) {
        work(connection);
      } else {
        *value = work(connection);
      }
    };
    write.finish = finisher<T>(std::move(done), value);
    if (wait != Wait::always) write.expires = std::chrono::steady_clock::now() + patience;
    if (wait == Wait::user) write.lane = Lane::users;
    if (stopping_ || !writer_.push(write)) write.finish(fail(Errc::unavailable, "no room for this write, or closed"));
  }

  template <class T, class Work>
  void read(Lane lane, Done<T> done, Work work) {
    auto value = std::make_shared<std::optional<T>>();
    Read read;
    read.work = [value, work = std::move(work)](Connection& connection) { *value = work(connection); };
    read.finish = finisher<T>(std::move(done), value);
    read.lane = lane;
    if (stopping_ || !reader_.push(read)) read.finish(fail(Errc::unavailable, "no room for this read, or closed"));
  }

  template <class T>
  void refuse(Done<T> done, Error error) {
    finisher<T>(std::move(done), std::make_shared<Value<T>>())(std::move(error));
  }

  /// Once a second while something is asked for.
  void watch(const std::shared_ptr<Shared>& shared) {
    shared->watch.expires_after(1s);
    shared->watch.async_wait([this, shared](const boost::system::error_code& cancelled) {
      if (cancelled || shared->gone || shared->pending == 0) return;
      writer_.interrupt_after(write_limit);
      reader_.interrupt_after(read_limit);
      watch(shared);
    });
  }

  asio::any_io_executor executor_;
  std::shared_ptr<Shared> shared_;
  bool stopping_ = false;
  Writer writer_;
  Reader reader_;
};

Error opening_failed(const Database& database, const Failure& failure) {
  const Errc code = failure.kind() == Failure::Kind::newer ? Errc::conflict : Errc::unavailable;
  return fail(code, fmt::format("cannot open the database ({}): {}; {}", database.name(), failure.what(),
                                advice(failure.kind())));
}

}  // namespace

Result<std::unique_ptr<Store>> open_sql(SqlConfig config, asio::any_io_executor executor, Logger log) {
  const Result<Database> database = Database::from(config);
  if (!database) return database.error();
  try {
    std::unique_ptr<Connection> writing = database->open_writer();
    std::unique_ptr<Connection> reading = database->open_reader();
    log.info("the store is open: {}", database->name());
    return std::make_unique<SqlStore>(*database, std::move(writing), std::move(reading), config.queue_max,
                                      std::move(executor), log);
  } catch (const Failure& failure) {
    return opening_failed(*database, failure);
  }
}

Result<> can_open_sql(const SqlConfig& config) {
  const Result<Database> database = Database::from(config);
  if (!database) return database.error();
  try {
    const std::unique_ptr<Connection> reading = database->open_reader();
    check_version(schema_version(*reading), migrations());
    return {};
  } catch (const Failure& failure) {
    return opening_failed(*database, failure);
  }
}

}  // namespace carillon::store
