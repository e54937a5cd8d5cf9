// Which of his calls somebody is shown when he connects, and in which order. Whoever rings him, or has rung him into a
// group that goes on, decides how many there are: no caller may fill the list for the others.
#include "call/snapshot.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "call/calls.hpp"

namespace carillon::call {
namespace {

enum class Rank { joined, joined_elsewhere, ringing, out };  // as they are shown

struct Candidate {
  const Call* call;
  Rank rank = Rank::out;
  UserId by;  ///< Who has made him have it.
  Time at;
  std::size_t round = 0;  ///< How many newer ones of this rank the same caller has.
};

Candidate candidate(const Call& call, const UserId& user, const DeviceId& device) {
  const Person& you = *call.person(user);
  Candidate found{.call = &call, .by = call.caller().user(), .at = call.started_at()};
  if (you.record.rang_at) found.at = std::max(found.at, *you.record.rang_at);
  if (you.record.left_at) found.at = std::max(found.at, *you.record.left_at);
  if (you.seated()) {
    found.rank = you.seated_on(device) ? Rank::joined : Rank::joined_elsewhere;
  } else if (const Ringing* ringing = you.ringing(); ringing && ringing->mute == Mute::none) {
    found.rank = Rank::ringing;
    found.by = ringing->by.user;
  }
  return found;
}

/// One of each caller before the second of any, and the newest first.
void put_in_order(std::vector<Candidate>& all) {
  std::ranges::sort(all, [](const Candidate& a, const Candidate& b) {
    return std::tie(a.rank, b.at, a.call->id()) < std::tie(b.rank, a.at, b.call->id());
  });
  std::map<std::pair<Rank, UserId>, std::size_t> rounds;
  for (Candidate& one : all) one.round = rounds[{one.rank, one.by}]++;
  std::ranges::stable_sort(all, {}, [](const Candidate& one) { return std::pair{one.rank, one.round}; });
}

/// In quotes. Texts of tokens and of clients have no control characters.
std::size_t bytes_of(const std::string& text) {
  const auto escaped = std::ranges::count_if(text, [](char c) { return c == '"' || c == '\\'; });
  return text.size() + static_cast<std::size_t>(escaped) + sizeof R"("",)" - 1;
}

}  // namespace

std::size_t bytes_of(const CallSnapshot& call) {
  // The names of all members, with what they hold that has no length of its own.
  constexpr std::size_t members = 300;
  constexpr std::size_t participant_members = 80;
  std::size_t bytes = members + bytes_of(call.call.str()) + bytes_of(call.room.str()) +
                      bytes_of(call.caller.user.str()) + bytes_of(call.caller.name);
  for (const UserId& callee : call.callees) bytes += bytes_of(callee.str());
  for (const Participant& who : call.participants)
    bytes += participant_members + bytes_of(who.user.str()) + bytes_of(who.device.str()) + bytes_of(who.name);
  if (call.metadata) bytes += call.metadata->size();  // JSON already
  return bytes;
}

std::vector<CallSnapshot> Calls::snapshot(const UserId& user, const DeviceId& device) const {
  std::vector<Candidate> all;
  for (const CallId& id : calls_of(user)) {
    if (!find(id)->hidden_from(user)) all.push_back(candidate(*find(id), user, device));
  }
  put_in_order(all);

  std::vector<CallSnapshot> shown;
  std::size_t bytes = 0;
  for (const Candidate& one : all) {
    if (one.rank != Rank::joined && shown.size() >= config_.shown_calls_max) break;
    bytes += bytes_of(shown.emplace_back(one.call->snapshot(user, device)));
  }
  // The app's own words go first, then whole calls; of both the last.
  for (auto call = shown.rbegin(); call != shown.rend() && bytes > config_.shown_bytes_max; ++call) {
    if (call->metadata) bytes -= call->metadata->size();
    call->metadata.reset();
  }
  while (bytes > config_.shown_bytes_max && shown.back().your_state != YourState::joined) {
    bytes -= bytes_of(shown.back());
    shown.pop_back();
  }
  return shown;
}

}  // namespace carillon::call
