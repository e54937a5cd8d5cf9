#include "store/sql/writer.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace carillon::store {
namespace {

using namespace std::chrono_literals;

/// Enough to share one fsync among many; few enough that the first of a group does not wait for long.
constexpr std::size_t group_max = 512;
/// The first try after a failure comes soon, since a restart of PostgreSQL also loses connections.
constexpr Duration pause_first = 50ms;
constexpr Duration pause_max = 1s;
constexpr auto reminder_every = 1min;

}  // namespace

Writer::Writer(std::string name, Link::Open open, std::unique_ptr<Connection> first, std::size_t queue_max,
               std::function<void()> on_end, Logger log)
    : name_{std::move(name)},
      queue_max_{queue_max},
      on_end_{std::move(on_end)},
      log_{std::move(log)},
      link_{std::move(open), std::move(first)},
      thread_{[this] { run(); }} {}

Writer::~Writer() {
  close();
  thread_.join();
}

bool Writer::push(Write& write) {
  std::unique_lock lock{mutex_};
  if (closing_) return false;
  if (held_[write.lane] >= queue_max_) {
    ++refused_;
    const auto now = Clock::now();
    std::optional<Clock::time_point>& told = full_told_[write.lane];
    if (told && now - *told < reminder_every) return false;
    told = now;
    const std::size_t refused = refused_;
    lock.unlock();
    log_.error("{} writes wait for {}: no room for more, {} refused so far", queue_max_, name_, refused);
    return false;
  }
  ++held_[write.lane];
  queue_.push_back(std::move(write));
  lock.unlock();
  wake_.notify_one();
  return true;
}

void Writer::close() {
  {
    const std::lock_guard lock{mutex_};
    closing_ = true;
  }
  wake_.notify_one();
  link_.interrupt_after(0ms);
}

void Writer::run() {
  while (take_group()) {
    while (!group_.empty()) {
      try {
        write_group();
        acknowledge();
      } catch (const Failure& failure) {
        if (failure.kind() == Failure::Kind::data && current_ < group_.size()) {
          refuse_current(failure);
        } else {
          stall(failure);
        }
      }
    }
  }
  link_.drop();
  on_end_();
}

/// Waits. False: closed, and what was left has been answered.
bool Writer::take_group() {
  std::unique_lock lock{mutex_};
  wake_.wait(lock, [&] { return closing_ || !queue_.empty(); });
  if (closing_) {
    std::deque<Write> left = std::move(queue_);
    queue_.clear();
    lock.unlock();
    fail_all(left);
    return false;
  }
  const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(std::min(queue_.size(), group_max));
  group_.assign(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
  queue_.erase(queue_.begin(), end);
  return true;
}

void Writer::write_group() {
  current_ = group_.size();
  link_.use([&](Connection& connection) {
    connection.begin();
    try {
      for (current_ = 0; current_ < group_.size(); ++current_) group_[current_].work(connection);
      connection.commit();
    } catch (const Failure&) {
      connection.rollback();
      throw;
    }
  });
}

void Writer::acknowledge() {
  {
    const std::lock_guard lock{mutex_};
    for (const Write& write : group_) --held_[write.lane];  // Whoever hears of it may ask for as many again.
    if (outage_) refused_ = 0;
  }
  if (outage_) {
    const auto lasted = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - outage_->since);
    log_.info("{} takes writes again, after {} s", name_, lasted.count());
    outage_.reset();
  }
  stalled_ = false;
  for (Write& write : group_) write.finish(std::nullopt);
  group_.clear();
}

/// One that can never go in does not hold up the others: the group is written again without it.
void Writer::refuse_current(const Failure& failure) {
  log_.error("{} refuses a write: {}; {}", name_, failure.what(), advice(failure.kind()));
  stalled_ = false;  // It was answered.
  const auto refused = group_.begin() + static_cast<std::ptrdiff_t>(current_);
  {
    const std::lock_guard lock{mutex_};
    --held_[refused->lane];
  }
  refused->finish(to_error(failure));
  group_.erase(refused);
}

void Writer::stall(const Failure& failure) {
  link_.drop();
  stalled_ = true;
  tell(failure);
  std::unique_lock lock{mutex_};
  wake_.wait_for(lock, outage_->pause, [&] { return closing_; });
  outage_->pause = std::min(2 * outage_->pause, pause_max);
  expire(queue_);
  expire(group_);
  stalled_ = waiting() > 0;
  if (!closing_) return;
  queue_.insert(queue_.begin(), std::make_move_iterator(group_.begin()), std::make_move_iterator(group_.end()));
  group_.clear();
}

void Writer::tell(const Failure& failure) {
  const auto now = Clock::now();
  const bool first = !outage_;
  if (first) outage_ = Outage{now, now, failure.kind(), pause_first};
  if (!first && outage_->kind == failure.kind() && now - outage_->reminded < reminder_every) return;
  outage_->kind = failure.kind();
  outage_->reminded = now;
  std::size_t waiting = 0;
  std::size_t refused = 0;
  {
    const std::lock_guard lock{mutex_};
    waiting = this->waiting();
    refused = refused_;
    if (closing_ && first) return;  // It was interrupted, which is no failure of the database's.
  }
  log_.error("{} {} no writes: {}; {}. Calls go on, {} writes wait, {} were refused", name_,
             first ? "takes" : "still takes", failure.what(), advice(failure.kind()), waiting, refused);
}

/// Under the lock: answers those whose time is over. finish() only posts.
void Writer::expire(std::deque<Write>& writes) {
  const auto now = Clock::now();
  std::erase_if(writes, [&](Write& write) {
    if (!write.expires || now < *write.expires) return false;
    --held_[write.lane];
    write.finish(fail(Errc::timeout, "the database has not come back in time"));
    return true;
  });
}

void Writer::fail_all(std::deque<Write>& writes) {
  if (!writes.empty())
    log_.error("{} writes for {} are lost: it did not take them until the end", writes.size(), name_);
  for (Write& write : writes) write.finish(fail(Errc::unavailable, "the store is closed"));
  writes.clear();
}

}  // namespace carillon::store
