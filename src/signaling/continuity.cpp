#include "signaling/continuity.hpp"

#include <algorithm>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>
#include <variant>

namespace carillon::signaling {
namespace {

constexpr std::string_view of_call = "call/";
constexpr std::string_view of_record = "record/";
constexpr std::string_view of_session = "session/";
/// `<boot> <offset in ms> <uptime in ms>`.
constexpr const char* of_clock = "clock";

template <class Tag>
std::string name_of(std::string_view kind, const Id<Tag>& id) {
  // Ids of devices hold what users chose; a name in the journal ends at a space or a line.
  std::string name{kind};
  for (const char c : id.str()) {
    if (c == ' ' || c == '%' || static_cast<unsigned char>(c) < 0x20) {
      name += fmt::format("%{:02x}", static_cast<unsigned char>(c));
    } else {
      name += c;
    }
  }
  return name;
}

template <class T>
void take(const Result<T>& read, std::vector<T>& into, std::vector<Error>& wrong) {
  if (read) {
    into.push_back(*read);
  } else {
    wrong.push_back(read.error());
  }
}

/// Of the process before; nullopt: it counted from another start of the machine.
std::optional<Duration> kept_offset(const store::Journal& journal, const std::string& boot, Duration uptime) {
  const auto found = journal.values().find(of_clock);
  if (found == journal.values().end()) return std::nullopt;
  std::istringstream text{found->second};
  std::string kept_boot;
  Duration::rep offset = 0;
  Duration::rep kept_uptime = 0;
  if (!(text >> kept_boot >> offset >> kept_uptime)) return std::nullopt;
  // Not every system that gives out a boot id gives out another one each time.
  if (kept_boot != boot || uptime < Duration{kept_uptime}) return std::nullopt;
  return Duration{offset};
}

bool has_times(const store::Journal& journal) {
  return std::ranges::any_of(journal.values(), [](const auto& value) {
    return value.first.starts_with(of_call) || value.first.starts_with(of_record);
  });
}

}  // namespace

SystemClock Continuity::clock(store::Journal& journal, const std::string& boot, Duration uptime) {
  const std::optional<Duration> before = has_times(journal) ? kept_offset(journal, boot, uptime) : std::nullopt;
  const SystemClock clock = before ? SystemClock{*before} : SystemClock{};
  if (boot.empty()) {
    journal.erase(of_clock);
  } else {
    journal.put(of_clock, fmt::format("{} {} {}", boot, clock.offset().count(), uptime.count()));
  }
  return clock;
}

void Continuity::keep(call::Calls& calls, const call::Actions& actions) {
  const std::vector<CallId> changed = calls.take_changed();
  if (!journal_) return;
  // The record first: a call that is over must not be lost between the two.
  for (const call::Action& action : actions) {
    if (const auto* over = std::get_if<call::WriteRecord>(&action)) keep(over->record);
  }
  for (const CallId& id : changed) {
    if (const call::Call* call = calls.find(id)) {
      put(name_of(of_call, id), save_text(call->save()));
    } else {
      erase(name_of(of_call, id));
    }
  }
}

void Continuity::keep(const call::CallRecord& record) {
  if (journal_) put(name_of(of_record, record.call), save_text(record));
}

void Continuity::recorded(const CallId& call) {
  if (journal_) erase(name_of(of_record, call));
}

void Continuity::keep(const Device& device) {
  if (!journal_) return;
  const SavedSession session{device.identity(), device.resume_hash(), device.used_hash()};
  put(name_of(of_session, device.id()), save_text(session));
}

void Continuity::forget(const DeviceId& device) {
  if (journal_) erase(name_of(of_session, device));
}

Continuity::Left Continuity::left() {
  Left left;
  if (!journal_) return left;
  for (const auto& [name, text] : journal_->values()) {
    if (name == of_clock) continue;  // of this process by now
    left_.insert(name);
    if (name.starts_with(of_call)) take(read_saved_call(text), left.calls, left.wrong);
    if (name.starts_with(of_record)) take(read_saved_record(text), left.records, left.wrong);
    if (name.starts_with(of_session)) take(read_saved_session(text), left.sessions, left.wrong);
  }
  return left;
}

void Continuity::forget_rest() {
  for (const std::string& name : std::exchange(left_, {})) erase(name);
}

void Continuity::put(const std::string& name, std::string value) {
  left_.erase(name);
  journal_->put(name, std::move(value));
}

void Continuity::erase(const std::string& name) {
  left_.erase(name);
  journal_->erase(name);
}

}  // namespace carillon::signaling
