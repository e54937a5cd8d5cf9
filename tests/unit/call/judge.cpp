#include "unit/call/judge.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <variant>

#include "unit/call/describe.hpp"
#include "unit/call/town.hpp"

namespace carillon::call {
namespace {

UserId user_of(const DeviceId& device) { return call::user_of(device.str()); }

}  // namespace

void Judge::gone(const DeviceId& device) {
  for (auto& [id, call] : calls_) {
    call.phones.erase(device);
    call.owed.erase(device);
    std::erase_if(call.seats, [&](const auto& seat) { return seat.second == device; });
  }
  lost_.erase(device);
  missed_.erase(device);
}

void Judge::answered(const Command& command, const Reply& reply) {
  if (const auto* start = std::get_if<StartCall>(&command)) enters(start->device, reply.call);
  if (const auto* accept = std::get_if<Accept>(&command)) {
    const auto& seats = calls_[accept->call].seats;
    const auto seat = seats.find(user_of(accept->device));
    EXPECT_TRUE(seat == seats.end() || seat->second == accept->device) << "two devices of one user answer";
    enters(accept->device, reply.call);
  }
  if (const auto* join = std::get_if<Join>(&command)) enters(join->device, reply.call);
}

void Judge::enters(const DeviceId& device, const CallId& id) {
  EXPECT_FALSE(ended_.contains(id)) << "an answer about an ended call";
  Seen& call = calls_[id];
  const auto [seat, taken] = call.seats.emplace(user_of(device), device);
  if (!taken && seat->second != device) call.owed.insert(std::exchange(seat->second, device));
  call.phones.erase(device);
  call.owed.erase(device);
  call.peers.insert(device);
}

void Judge::blocks(const UserId& user, const UserId& whom, bool on) {
  if (on) {
    blocks_.insert({user, whom});
  } else {
    blocks_.erase({user, whom});
  }
}

void Judge::disturb(const UserId& user, bool on) {
  if (on) {
    undisturbed_.erase(user);
  } else {
    undisturbed_.insert(user);
  }
}

void Judge::acted(const Actions& actions) {
  for (const Action& action : actions) std::visit([&](const auto& what) { judge(what); }, action);
}

void Judge::judge(const Tell& tell) {
  const DeviceId& device = tell.device;
  EXPECT_FALSE(lost_.contains(device)) << "told a lost device: " << describe(Action{tell});
  const bool ends = std::holds_alternative<EndCall>(tell.message);
  if (ended_.contains(tell.call)) {
    EXPECT_TRUE(ends && missed_[device].erase(tell.call) > 0) << "a word after the end: " << describe(Action{tell});
    return;
  }
  Seen& call = calls_[tell.call];
  const auto seat = call.seats.find(user_of(device));
  const bool sits = seat != call.seats.end() && seat->second == device;
  if (std::holds_alternative<CallStarted>(tell.message)) {
    EXPECT_FALSE(sits) << "rings who is in it: " << describe(Action{tell});
    EXPECT_FALSE(call.muted.contains(user_of(device))) << "rings who does not want to hear it";
    call.phones.insert(device);
  } else if (ends) {
    const bool owed = call.owed.erase(device) > 0;
    const bool rang = call.phones.erase(device) > 0;
    if (sits) call.seats.erase(seat);
    EXPECT_TRUE(owed || rang || sits) << "an end for who had nothing: " << describe(Action{tell});
    if (tell.rev < call.rev) return;  // kept for a device that was lost: older than what the others heard
  } else {
    EXPECT_TRUE(sits) << "told who is not in it: " << describe(Action{tell});
  }
  EXPECT_GT(tell.rev, call.rev) << describe(Action{tell});
  call.rev = tell.rev;
}

void Judge::judge(const OpenRoom& open) {
  EXPECT_FALSE(std::exchange(calls_[open.call].room, true)) << "a room opens once";
}

void Judge::judge(const CloseRoom& close) {
  EXPECT_TRUE(std::exchange(calls_[close.call].room, false)) << "a room closes once";
}

void Judge::judge(const DropPeer& drop) {
  EXPECT_FALSE(ended_.contains(drop.call));
  EXPECT_EQ(calls_[drop.call].peers.erase(drop.device), 1u) << "who has no media cannot lose it";
  const auto& seats = calls_[drop.call].seats;
  const auto seat = seats.find(user_of(drop.device));
  if (seat != seats.end() && seat->second == drop.device) {
    EXPECT_TRUE(lost_.contains(drop.device)) << "dropped before told";
    leave_behind(drop.call, drop.device);
    calls_[drop.call].seats.erase(user_of(drop.device));
  }
}

void Judge::judge(const Reach& reach) {
  Seen& call = calls_[reach.call];
  EXPECT_TRUE(call.reaching.insert(reach.user).second) << "push tries once for each ring";
  const bool muted = undisturbed_.contains(reach.user) || blocks_.contains({reach.user, reach.invitation.caller.user});
  EXPECT_EQ(reach.muted, muted) << reach.user.str();
  call.muted.erase(reach.user);
  if (muted) call.muted.insert(reach.user);
}

void Judge::judge(const StopReaching& stop) {
  EXPECT_EQ(calls_[stop.call].reaching.erase(stop.user), 1u) << "push is stopped once for each ring";
}

/// A call is over for a device that cannot be told now.
void Judge::leave_behind(const CallId& call, const DeviceId& device) {
  EXPECT_TRUE(lost_.contains(device)) << device.str() << " was not told that " << call.str() << " is over";
  missed_[device].insert(call);
}

void Judge::judge(const WriteRecord& written) {
  const CallRecord& record = written.record;
  EXPECT_TRUE(ended_.insert(record.call).second) << "a call has one record";
  const Seen& call = calls_[record.call];
  EXPECT_FALSE(call.room) << "the room closes first";
  EXPECT_TRUE(call.reaching.empty()) << "push rings after the end";
  for (const DeviceId& phone : call.phones) leave_behind(record.call, phone);
  for (const DeviceId& device : call.owed) leave_behind(record.call, device);
  for (const auto& [user, device] : call.seats) leave_behind(record.call, device);
  calls_.erase(record.call);

  EXPECT_GE(record.ended_at, record.started_at);
  EXPECT_LE(record.duration(), record.ended_at - record.started_at);
  for (const PersonRecord& person : record.people) {
    EXPECT_EQ(person.joined_at.has_value(), person.left_at.has_value()) << "who came in has left";
    EXPECT_LE(person.in_call, record.ended_at - record.started_at);
    EXPECT_TRUE(!person.missed() || !person.joined_at);
    EXPECT_TRUE(person.rang_at || person.joined_at || person.reason == EndReason::busy) << "had a part in it";
  }
  if (record.answered_at) ++answered_;
}

void Judge::at_rest() const {
  for (const auto& [id, call] : calls_) {
    EXPECT_TRUE(call.room) << id.str() << ": a call has a room from its start to its end";
    for (const DeviceId& phone : call.phones) {
      EXPECT_TRUE(!call.seats.contains(user_of(phone)) || lost_.contains(phone))
          << phone.str() << " rings though its user is in " << id.str();
    }
    for (const DeviceId& device : call.peers) {
      const auto seat = call.seats.find(user_of(device));
      EXPECT_TRUE(seat != call.seats.end() && seat->second == device)
          << device.str() << " keeps its media without a seat";
    }
    for (const DeviceId& device : call.owed) EXPECT_TRUE(lost_.contains(device)) << device.str() << " was not told";
  }
  for (const auto& [device, calls] : missed_) {
    EXPECT_TRUE(calls.empty() || lost_.contains(device))
        << device.str() << " came back and was not told what it missed";
  }
}

void Judge::at_the_end() const { EXPECT_TRUE(calls_.empty()) << calls_.begin()->first.str() << " never ended"; }

}  // namespace carillon::call
