#include "room/rooms.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"

namespace carillon::room {

void Rooms::add_worker(const WorkerId& worker) { workers_.emplace(worker, Worker{}); }

std::vector<RoomId> Rooms::remove_worker(const WorkerId& worker) {
  std::vector<RoomId> lost;
  for (const auto& [id, entry] : rooms_) {
    if (entry.worker == worker) lost.push_back(id);
  }
  for (const RoomId& room : lost) rooms_.erase(room);
  workers_.erase(worker);
  return lost;
}

Result<WorkerId> Rooms::open(const RoomId& room) {
  if (rooms_.contains(room)) return fail(Errc::conflict, "this room is open already");
  if (workers_.empty()) return fail(Errc::unavailable, "no media worker lives");
  const auto lightest = std::ranges::min_element(workers_, {}, [&](const auto& entry) { return load(entry.second); });
  auto& [id, worker] = *lightest;
  ++worker.rooms;
  rooms_.emplace(room, Entry{id, std::make_unique<Room>(config_, worker.streams)});
  return id;
}

Result<Actions> Rooms::reopen(const RoomId& room, const WorkerId& worker, const Room::Saved& saved) {
  if (rooms_.contains(room)) return fail(Errc::conflict, "this room is open already");
  const auto found = workers_.find(worker);
  if (found == workers_.end()) return fail(Errc::not_found, "the room's worker is gone");
  auto reopened = std::make_unique<Room>(config_, found->second.streams);
  Result<Actions> restored = reopened->restore(saved);
  if (!restored) return restored;
  ++found->second.rooms;
  rooms_.emplace(room, Entry{worker, std::move(reopened)});
  return restored;
}

void Rooms::close(const RoomId& room) {
  const auto found = rooms_.find(room);
  if (found == rooms_.end()) return;
  --workers_.at(found->second.worker).rooms;
  rooms_.erase(found);
}

Room* Rooms::find(const RoomId& room) {
  const auto found = rooms_.find(room);
  return found == rooms_.end() ? nullptr : found->second.room.get();
}

const WorkerId* Rooms::worker_of(const RoomId& room) const {
  const auto found = rooms_.find(room);
  return found == rooms_.end() ? nullptr : &found->second.worker;
}

std::size_t Rooms::load(const Worker& worker) const {
  return worker.streams + worker.rooms * config_.streams_expected_per_room;
}

std::size_t Rooms::load(const WorkerId& worker) const {
  const auto found = workers_.find(worker);
  return found == workers_.end() ? 0 : load(found->second);
}

Counts Rooms::counts() const {
  Counts counts{.workers = workers_.size(), .rooms = rooms_.size()};
  for (const auto& [id, entry] : rooms_) {
    counts.peers += entry.room->peer_count();
    counts.transports += entry.room->transport_count();
    counts.producers += entry.room->producer_count();
    counts.consumers += entry.room->consumer_count();
  }
  return counts;
}

void Rooms::check_invariants() const {
  std::map<WorkerId, Worker> expected;
  for (const auto& [id, entry] : rooms_) {
    entry.room->check_invariants();
    check(workers_.contains(entry.worker), "a room lives on a live worker");
    Worker& worker = expected[entry.worker];
    ++worker.rooms;
    worker.streams += entry.room->producer_count() + entry.room->consumer_count();
  }
  for (const auto& [id, worker] : workers_) {
    check(worker.rooms == expected[id].rooms && worker.streams == expected[id].streams,
          "a worker's load is counted right");
  }
}

}  // namespace carillon::room
