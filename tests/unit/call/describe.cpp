#include "unit/call/describe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace carillon::call {
namespace {

template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

std::string words(const Message& message) {
  return std::visit(
      Overloaded{
          [](const CallStarted&) { return std::string{"call-started"}; },
          [](const CallRinging& m) {
            const std::string state = m.state == Reachability::ringing ? "" : fmt::format(" {}", to_string(m.state));
            return fmt::format("call-ringing {} on {}{}{}", m.user, m.devices, m.via == Via::push ? " by push" : "",
                               state);
          },
          [](const CallAccepted& m) { return fmt::format("call-accepted {}", m.user); },
          [](const CallDeclined& m) { return fmt::format("call-declined {} {}", m.user, to_string(m.reason)); },
          [](const ParticipantJoined& m) { return fmt::format("participant-joined {}", m.device); },
          [](const ParticipantLeft& m) { return fmt::format("participant-left {} {}", m.device, to_string(m.reason)); },
          [](const ParticipantReconnecting& m) { return fmt::format("participant-reconnecting {}", m.device); },
          [](const EndCall& m) { return fmt::format("end-call {}", to_string(m.reason)); },
      },
      message);
}

void append(std::string& list, const std::string& item) { list += (list.empty() ? "" : ", ") + item; }

}  // namespace

std::string describe(const Action& action) {
  return std::visit(
      Overloaded{
          [](const Tell& a) { return fmt::format("{}: {}", a.device, words(a.message)); },
          [](const OpenRoom&) { return std::string{"open room"}; },
          [](const CloseRoom&) { return std::string{"close room"}; },
          [](const DropPeer& a) { return fmt::format("drop peer {}", a.device); },
          [](const Reach& a) { return fmt::format("reach {}{}", a.user, a.muted ? " muted" : ""); },
          [](const StopReaching& a) { return fmt::format("stop reaching {} {}", a.user, to_string(a.reason)); },
          [](const ForgetDevice& a) { return fmt::format("forget {}", a.device); },
          [](const WriteRecord& a) { return fmt::format("record {}", to_string(a.record.reason)); },
      },
      action);
}

std::vector<std::string> describe(const Actions& actions) {
  std::vector<std::string> lines;
  for (const Action& action : actions) lines.push_back(describe(action));
  return lines;
}

std::string describe(const Call& call) {
  std::string in;
  std::string rings;
  for (const Person& person : call.people()) {
    if (const Seated* seat = person.seated()) append(in, seat->device.str() + (seat->away ? " (away)" : ""));
    if (const Ringing* ringing = person.ringing()) {
      const auto here =
          std::ranges::count_if(ringing->phones, [](const Phone& phone) { return !phone.away && !phone.silent; });
      append(rings, here > 0 ? fmt::format("{} on {}", person.user(), here) : fmt::format("{} by push", person.user()));
    }
  }
  std::string text = fmt::format("{} {}; in: {}", call.pair() ? "pair" : "group", to_string(call.state()), in);
  if (!rings.empty()) text += "; rings: " + rings;
  return text;
}

}  // namespace carillon::call
