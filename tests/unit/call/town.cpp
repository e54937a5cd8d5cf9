#include "unit/call/town.hpp"

#include <fmt/format.h>

namespace carillon::call {
namespace {

std::vector<UserId> users(const std::vector<std::string>& names) {
  std::vector<UserId> ids;
  for (const std::string& name : names) ids.emplace_back(name);
  return ids;
}

}  // namespace

UserId user_of(const std::string& device) { return UserId{device.substr(0, device.find('.'))}; }

std::vector<std::string> Happened::lines(const std::string& start) const {
  std::vector<std::string> some;
  for (const std::string& line : lines()) {
    if (line.starts_with(start)) some.push_back(line);
  }
  return some;
}

std::vector<std::string> Happened::lines_but_reach() const {
  std::vector<std::string> some = lines();
  std::erase_if(
      some, [](const std::string& line) { return line.starts_with("reach ") || line.starts_with("stop reaching "); });
  return some;
}

CallRecord Happened::record() const {
  for (const Action& action : actions) {
    if (const auto* written = std::get_if<WriteRecord>(&action)) return written->record;
  }
  ADD_FAILURE() << "no record was written";
  return {};
}

::testing::Matcher<const Happened&> Refused(Errc code) {
  return ::testing::Truly([code](const Happened& happened) {
    return !happened.ok() && happened.reply.error().code == code && happened.actions.empty();
  });
}

void PrintTo(const Happened& happened, std::ostream* out) {
  if (!happened.ok())
    *out << "refused: " << to_string(happened.reply.error().code) << ' ' << happened.reply.error().detail;
  for (const std::string& line : happened.lines()) *out << "\n    " << line;
}

void PrintTo(EndReason reason, std::ostream* out) { *out << to_string(reason); }

Happened Town::event(const Event& event) {
  Happened happened{.actions = calls.handle(event, now)};
  calls.check_invariants();
  return happened;
}

Happened Town::command(const Command& command) {
  Outcome outcome = calls.handle(command, now);
  calls.check_invariants();
  return {std::move(outcome.reply), std::move(outcome.actions)};
}

Happened Town::connect(const std::string& device) {
  std::string name = user_of(device).str();
  name.front() = static_cast<char>(std::toupper(name.front()));
  return event(DeviceConnected{DeviceId{device}, user_of(device), name});
}

void Town::connect(std::initializer_list<const char*> devices) {
  for (const char* device : devices) connect(device);
}

StartCall Town::to_start(const std::string& device, std::vector<std::string> callees) {
  ++ids_;
  return {.device = DeviceId{device},
          .callees = users(callees),
          .media = Media::video,
          .new_call = CallId{fmt::format("call-{}", ids_)},
          .new_room = RoomId{fmt::format("room-{}", ids_)}};
}

Happened Town::start(StartCall command) {
  Happened happened = this->command(command);
  if (happened.ok()) latest = happened.call();
  return happened;
}

Happened Town::start(const std::string& device, std::vector<std::string> callees) {
  return start(to_start(device, std::move(callees)));
}

Happened Town::accept(const std::string& device, CallId call) { return command(Accept{DeviceId{device}, named(call)}); }

Happened Town::decline(const std::string& device, EndReason reason, CallId call) {
  return command(Decline{DeviceId{device}, named(call), reason});
}

Happened Town::end(const std::string& device, CallId call) { return command(End{DeviceId{device}, named(call)}); }

Happened Town::end_for_everyone(const std::string& device, bool moderator) {
  return command(End{.device = DeviceId{device}, .call = latest, .everyone = true, .moderator = moderator});
}

Happened Town::invite(const std::string& device, std::vector<std::string> callees) {
  return command(Invite{DeviceId{device}, latest, users(callees)});
}

Happened Town::join(const std::string& device, CallId call) { return command(Join{DeviceId{device}, named(call)}); }
Happened Town::leave(const std::string& device, CallId call) { return command(Leave{DeviceId{device}, named(call)}); }

Happened Town::reached(const std::string& user, std::size_t devices, Reachability state) {
  return event(Reached{latest, UserId{user}, devices, state});
}

Happened Town::declined_by_push(const std::string& device) {
  return event(DeclinedByPush{latest, user_of(device), DeviceId{device}});
}

Happened Town::room_failed() { return event(RoomFailed{latest}); }

Happened Town::wait(Duration time) {
  now += time;
  Happened happened{.actions = calls.tick(now)};
  calls.check_invariants();
  return happened;
}

void Town::empty() {
  while (!calls.presence().users().empty()) close(calls.presence().users().begin()->second.devices.begin()->str());
  while (const auto next = calls.deadline()) wait(std::max(Duration{0}, *next - now));
}

CallSnapshot Town::seen_by(const std::string& device) const {
  const auto all = calls.snapshot(user_of(device), DeviceId{device});
  EXPECT_EQ(all.size(), 1u) << device;
  return all.empty() ? CallSnapshot{} : all.front();
}

Town quiet_town(Config config) {
  Town town{config};
  town.connect({"alice.phone", "alice.laptop", "bob.phone", "bob.laptop", "carol.phone", "dave.phone"});
  return town;
}

Town ringing_call(Config config) {
  Town town = quiet_town(config);
  EXPECT_TRUE(town.start("alice.phone", {"bob"}).ok());
  return town;
}

Town accepted_call(Config config) {
  Town town = ringing_call(config);
  EXPECT_TRUE(town.accept("bob.phone").ok());
  return town;
}

Town ringing_group(Config config) {
  Town town = quiet_town(config);
  EXPECT_TRUE(town.start("alice.phone", {"bob", "carol"}).ok());
  return town;
}

Town accepted_group(Config config) {
  Town town = ringing_group(config);
  EXPECT_TRUE(town.accept("bob.phone").ok());
  EXPECT_TRUE(town.accept("carol.phone").ok());
  return town;
}

}  // namespace carillon::call
