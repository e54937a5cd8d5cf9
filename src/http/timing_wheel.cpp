#include "http/timing_wheel.hpp"

#include <algorithm>

namespace carillon::http {

TimingWheel::TimingWheel(Time start, Duration tick, std::size_t slots)
    : tick_{tick}, slots_(slots), done_{start.time_since_epoch() / tick} {}

void TimingWheel::unlink(Link& link) {
  link.previous->next = link.next;
  link.next->previous = link.previous;
  link.previous = link.next = &link;
}

void TimingWheel::push_back(Link& list, Link& link) {
  link.previous = list.previous;
  link.next = &list;
  list.previous->next = &link;
  list.previous = &link;
}

/// The tick at which this moment is over: rounded up.
std::int64_t TimingWheel::tick_of(Time time) const { return (time.time_since_epoch() + tick_ - Duration{1}) / tick_; }

void TimingWheel::schedule(Entry& entry, Time deadline) {
  unlink(entry);
  entry.deadline_ = deadline;
  const std::int64_t tick = std::max(tick_of(deadline), done_ + 1);
  push_back(slots_[static_cast<std::size_t>(tick) % slots_.size()], entry);
}

void TimingWheel::advance(Time now) {
  const std::int64_t until = now.time_since_epoch() / tick_;
  const auto size = static_cast<std::int64_t>(slots_.size());
  Link due;
  for (std::int64_t tick = std::max(done_ + 1, until - size + 1); tick <= until; ++tick) {
    Link& head = slots_[static_cast<std::size_t>(tick) % slots_.size()];
    for (Link* link = head.next; link != &head;) {
      auto& entry = static_cast<Entry&>(*link);
      link = link->next;
      if (entry.deadline_ > now) continue;  // of a later turn
      unlink(entry);
      push_back(due, entry);
    }
  }
  done_ = std::max(done_, until);
  while (due.next != &due) {
    auto& entry = static_cast<Entry&>(*due.next);
    unlink(entry);
    entry.on_deadline(now);
  }
}

std::optional<Time> TimingWheel::next() const {
  const auto size = static_cast<std::int64_t>(slots_.size());
  for (std::int64_t tick = done_ + 1; tick <= done_ + size; ++tick) {
    const Link& head = slots_[static_cast<std::size_t>(tick) % slots_.size()];
    if (head.next != &head) return Time{tick * tick_};
  }
  return std::nullopt;
}

}  // namespace carillon::http
