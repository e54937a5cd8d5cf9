#include "signaling/continuity.hpp"

#include <string_view>
#include <utility>
#include <variant>

namespace carillon::signaling {
namespace {

constexpr std::string_view of_call = "call/";
constexpr std::string_view of_record = "record/";
constexpr std::string_view of_session = "session/";

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

}  // namespace

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
