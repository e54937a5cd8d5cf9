#include "store/sql/reader.hpp"

#include <algorithm>
#include <utility>

namespace carillon::store {
namespace {

using namespace std::chrono_literals;

/// Between two tries while the database is down. If a try itself takes long, so does the pause: most reads fail at
/// once.
constexpr std::chrono::steady_clock::duration pause_min = 250ms;
constexpr std::chrono::steady_clock::duration pause_max = 3s;

}  // namespace

Reader::Reader(std::string name, Link::Open open, std::unique_ptr<Connection> first, std::size_t queue_max,
               std::function<void()> on_end, Logger log)
    : name_{std::move(name)},
      queue_max_{queue_max},
      on_end_{std::move(on_end)},
      log_{std::move(log)},
      link_{std::move(open), std::move(first)},
      thread_{[this] { run(); }} {}

Reader::~Reader() {
  close();
  thread_.join();
}

bool Reader::push(Read& read) {
  {
    const std::lock_guard lock{mutex_};
    std::deque<Read>& queue = queues_[read.lane];
    if (closing_ || queue.size() >= queue_max_) return false;
    queue.push_back(std::move(read));
  }
  wake_.notify_one();
  return true;
}

void Reader::close() {
  {
    const std::lock_guard lock{mutex_};
    closing_ = true;
  }
  wake_.notify_one();
  link_.interrupt_after(0ms);
}

void Reader::run() {
  while (auto read = take()) read->finish(answer(*read));
  link_.drop();
  on_end_();
}

/// Waits. nullopt: closed, and what was left has been answered.
std::optional<Read> Reader::take() {
  std::unique_lock lock{mutex_};
  wake_.wait(lock, [&] { return closing_ || next_queue() != nullptr; });
  std::deque<Read>* queue = next_queue();
  if (!closing_) {
    std::optional<Read> next{std::move(queue->front())};
    queue->pop_front();
    return next;
  }
  for (; queue != nullptr; queue = next_queue()) {
    for (const Read& read : *queue) read.finish(fail(Errc::unavailable, "the store is closed"));
    queue->clear();
  }
  return std::nullopt;
}

/// The lane whose turn it is; nullptr: nothing waits.
std::deque<Read>* Reader::next_queue() {
  for (const Lane lane : lanes) {
    if (!queues_[lane].empty()) return &queues_[lane];
  }
  return nullptr;
}

std::optional<Error> Reader::answer(const Read& read) {
  const auto start = Clock::now();
  if (down_ && start < next_try_) return fail(Errc::unavailable, "the database cannot be used now");
  try {
    try_once(read);
    if (std::exchange(down_, false)) log_.info("{} answers again", name_);
    return std::nullopt;
  } catch (const Failure& failure) {
    if (failure.kind() == Failure::Kind::data) {
      log_.error("{} refuses to answer: {}", name_, failure.what());
      return to_error(failure);
    }
    if (!std::exchange(down_, true)) {
      log_.error("{} does not answer: {}; {}", name_, failure.what(), advice(failure.kind()));
    }
    const auto now = Clock::now();
    next_try_ = now + std::clamp(now - start, pause_min, pause_max);
    return to_error(failure);
  }
}

/// A connection may have been lost since it was used last, and the database be there: then a new one serves.
void Reader::try_once(const Read& read) {
  const bool old = link_.is_open();
  try {
    link_.use(read.work);
    return;
  } catch (const Failure& failure) {
    if (failure.kind() == Failure::Kind::data) throw;
    link_.drop();
    if (!old || failure.kind() != Failure::Kind::gone) throw;
  }
  try {
    link_.use(read.work);
  } catch (const Failure& failure) {
    if (failure.kind() != Failure::Kind::data) link_.drop();
    throw;
  }
}

}  // namespace carillon::store
