#include "mediasoup/hang.hpp"

namespace carillon::mediasoup {
namespace {

/// What hangs is seen by more than two looks: one may be as old as the answer, the next has had it read.
constexpr int silent_looks_min = 3;

bool is_stopped(char state) { return state == 'T' || state == 't'; }
bool is_silent(char state) { return is_stopped(state) || state == 'S'; }

}  // namespace

std::string_view to_string(HangVerdict verdict) {
  switch (verdict) {
    case HangVerdict::wait: return "waiting";
    case HangVerdict::starved: return "starved";
    case HangVerdict::stopped: return "stopped";
    case HangVerdict::asleep: return "asleep";
    case HangVerdict::spinning: return "spinning";
  }
  return "waiting";
}

HangVerdict HangWatch::look(const HangLook& now) {
  if (!first_ || first_->request != now.request) {
    first_ = now;
    silent_since_.reset();
  }
  const bool goes_on = silent_since_ && silent_since_->state == now.state && silent_since_->cpu == now.cpu;
  if (!is_silent(now.state)) {
    silent_since_.reset();
  } else if (!goes_on) {
    silent_since_ = now;
    silent_looks_ = 1;
  } else if (++silent_looks_ >= silent_looks_min && now.waiting - silent_since_->waiting >= silent_limit) {
    return is_stopped(now.state) ? HangVerdict::stopped : HangVerdict::asleep;
  }
  if (now.cpu - first_->cpu >= spinning_limit) return HangVerdict::spinning;
  // R: runs, or waits for a processor. D: waits for the kernel, usually for memory or a disk.
  if (now.state == 'R' || now.state == 'D') return HangVerdict::starved;
  return HangVerdict::wait;
}

}  // namespace carillon::mediasoup
