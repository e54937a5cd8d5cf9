// One wheel for the deadlines of all connections: setting, moving and cancelling one is a few pointer writes and
// takes no memory beyond the entry itself. Pure; deadlines.hpp drives it with one timer.
#pragma once

#include "base/time.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace carillon::http {

class TimingWheel {
  struct Link {
    Link* previous = this;
    Link* next = this;
  };

 public:
  /// Embedded in what has a deadline. Leaves the wheel when destroyed. The wheel must outlive it.
  class Entry : private Link {
   public:
    Entry() = default;
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
    virtual ~Entry() { unlink(*this); }

    /// It is out of the wheel by now; it may be scheduled again, destroyed, or destroy others.
    virtual void on_deadline(Time now) = 0;

    [[nodiscard]] bool is_scheduled() const { return next != this; }
    /// When is_scheduled.
    [[nodiscard]] Time deadline() const { return deadline_; }

   private:
    friend class TimingWheel;
    Time deadline_{};
  };

  /// Deadlines come due up to one tick late, never early. One turn of slots * tick should be above the usual
  /// deadline; later ones are looked at once each turn.
  explicit TimingWheel(Time start, Duration tick = Duration{20}, std::size_t slots = 1024);

  /// Moves the entry when it is in the wheel already.
  void schedule(Entry& entry, Time deadline);
  static void cancel(Entry& entry) { unlink(entry); }

  /// Calls on_deadline of all that is due, earlier slots first.
  void advance(Time now);
  /// When advance should be called next; nullopt: the wheel is empty.
  [[nodiscard]] std::optional<Time> next() const;

 private:
  static void unlink(Link& link);
  static void push_back(Link& list, Link& link);
  [[nodiscard]] std::int64_t tick_of(Time time) const;

  Duration tick_;
  std::vector<Link> slots_;  // heads of circular lists; never resized
  std::int64_t done_;        // ticks up to this one have been advanced
};

}  // namespace carillon::http
