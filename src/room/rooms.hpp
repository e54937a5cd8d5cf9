// All rooms of this server, and on which worker each lives. A room is opened when its call starts and closed when its
// call ends (actions OpenRoom and CloseRoom of call::Calls); a worker that dies takes its rooms along.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <vector>

#include "base/id.hpp"
#include "base/result.hpp"
#include "room/actions.hpp"
#include "room/config.hpp"
#include "room/room.hpp"

namespace carillon::room {

struct Counts {
  std::size_t workers = 0;
  std::size_t rooms = 0;
  std::size_t peers = 0;
  std::size_t transports = 0;
  std::size_t producers = 0;
  std::size_t consumers = 0;
};

class Rooms {
 public:
  explicit Rooms(Config config = {}) : config_{config} {}
  Rooms(const Rooms&) = delete;
  Rooms& operator=(const Rooms&) = delete;

  void add_worker(const WorkerId& worker);
  /// The worker is dead. The rooms that died with it are forgotten; their calls must hear of it (call::RoomFailed).
  [[nodiscard]] std::vector<RoomId> remove_worker(const WorkerId& worker);

  /// Opens a room on the least loaded worker, and says on which. unavailable: no worker lives; conflict: it is open.
  [[nodiscard]] Result<WorkerId> open(const RoomId& room);
  /// A room of a program before this, on the worker that it had: what is to be done as of Room::restore().
  /// not_found: no such worker; conflict: it is open; bad_request: it makes no sense. After an error it is not open.
  [[nodiscard]] Result<Actions> reopen(const RoomId& room, const WorkerId& worker, const Room::Saved& saved);
  /// Closing its router closes all that is in it: nobody is told here. Unknown rooms are closed already.
  void close(const RoomId& room);

  /// nullptr: no such room. Valid until it is closed or its worker removed.
  [[nodiscard]] Room* find(const RoomId& room);
  [[nodiscard]] const WorkerId* worker_of(const RoomId& room) const;
  /// Producers and consumers, and a share for each room that may yet have them.
  [[nodiscard]] std::size_t load(const WorkerId& worker) const;
  [[nodiscard]] Counts counts() const;

  /// Aborts on a bug.
  void check_invariants() const;

 private:
  struct Worker {
    std::size_t rooms = 0;
    std::size_t streams = 0;
  };
  struct Entry {
    WorkerId worker;
    std::unique_ptr<Room> room;
  };

  [[nodiscard]] std::size_t load(const Worker& worker) const;

  Config config_;
  std::map<WorkerId, Worker> workers_;  // before rooms_: rooms count themselves out of them when they go
  std::map<RoomId, Entry> rooms_;
};

}  // namespace carillon::room
