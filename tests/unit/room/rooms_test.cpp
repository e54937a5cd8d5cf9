// On which worker a room lives, and what dies with one.
#include "room/rooms.hpp"

#include <gtest/gtest.h>

namespace carillon::room {
namespace {

const WorkerId one{"1"};
const WorkerId two{"2"};

/// A peer in this room who sends this many streams.
void fill(Rooms& rooms, const RoomId& room, std::size_t producers) {
  Room& found = *rooms.find(room);
  const PeerId peer{"peer of " + room.str()};
  const TransportId transport{"transport of " + room.str()};
  EXPECT_TRUE(found.add_transport(peer, transport, false).has_value());
  EXPECT_TRUE(found.join(peer).has_value());
  for (std::size_t i = 0; i < producers; ++i) {
    const ProducerId producer{room.str() + std::to_string(i)};
    EXPECT_TRUE(found.add_producer(peer, transport, producer, Kind::audio).has_value());
  }
}

TEST(Rooms, ARoomOpensOnTheLeastLoadedWorker) {
  Rooms rooms;
  rooms.add_worker(one);
  rooms.add_worker(two);
  EXPECT_EQ(*rooms.open(RoomId{"a"}), one);
  EXPECT_EQ(*rooms.open(RoomId{"b"}), two);
  fill(rooms, RoomId{"a"}, 9);
  EXPECT_EQ(*rooms.open(RoomId{"c"}), two);  // 17 beside 8
  EXPECT_EQ(*rooms.open(RoomId{"d"}), two);  // 17 beside 16
  EXPECT_EQ(*rooms.open(RoomId{"e"}), one);  // 17 beside 24
  rooms.check_invariants();
}

TEST(Rooms, ManyRoomsThatOnlyRingAreSpread) {
  Rooms rooms;
  rooms.add_worker(one);
  rooms.add_worker(two);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(rooms.open(RoomId{std::to_string(i)}).has_value());
  EXPECT_EQ(rooms.load(one), rooms.load(two));
}

TEST(Rooms, AClosedRoomWeighsNothing) {
  Rooms rooms;
  rooms.add_worker(one);
  EXPECT_TRUE(rooms.open(RoomId{"a"}).has_value());
  fill(rooms, RoomId{"a"}, 3);
  EXPECT_EQ(rooms.load(one), 11u);
  rooms.close(RoomId{"a"});
  rooms.close(RoomId{"a"});
  EXPECT_EQ(rooms.load(one), 0u);
  EXPECT_EQ(rooms.find(RoomId{"a"}), nullptr);
  EXPECT_EQ(rooms.worker_of(RoomId{"a"}), nullptr);
  rooms.check_invariants();
}

TEST(Rooms, ARoomIsOpenedOnceAndOnlyOnALiveWorker) {
  Rooms rooms;
  EXPECT_EQ(rooms.open(RoomId{"a"}).error().code, Errc::unavailable);
  rooms.add_worker(one);
  EXPECT_TRUE(rooms.open(RoomId{"a"}).has_value());
  EXPECT_EQ(rooms.open(RoomId{"a"}).error().code, Errc::conflict);
}

TEST(Rooms, AWorkerThatDiesTakesItsRoomsAlongAndNoOthers) {
  Rooms rooms;
  rooms.add_worker(one);
  rooms.add_worker(two);
  for (const char* room : {"a", "b", "c", "d"}) EXPECT_TRUE(rooms.open(RoomId{room}).has_value());
  EXPECT_EQ(rooms.remove_worker(one), (std::vector{RoomId{"a"}, RoomId{"c"}}));
  EXPECT_EQ(rooms.find(RoomId{"a"}), nullptr);
  EXPECT_EQ(*rooms.worker_of(RoomId{"b"}), two);
  EXPECT_EQ(*rooms.open(RoomId{"e"}), two);
  rooms.add_worker(WorkerId{"3"});  // its successor
  EXPECT_EQ(*rooms.open(RoomId{"f"}), WorkerId{"3"});
  EXPECT_TRUE(rooms.remove_worker(one).empty());
  rooms.check_invariants();
}

TEST(Rooms, CountsAreOfAllRooms) {
  Rooms rooms;
  rooms.add_worker(one);
  for (const char* room : {"a", "b"}) {
    EXPECT_TRUE(rooms.open(RoomId{room}).has_value());
    fill(rooms, RoomId{room}, 2);
  }
  const Counts counts = rooms.counts();
  EXPECT_EQ(counts.workers, 1u);
  EXPECT_EQ(counts.rooms, 2u);
  EXPECT_EQ(counts.peers, 2u);
  EXPECT_EQ(counts.transports, 2u);
  EXPECT_EQ(counts.producers, 4u);
  EXPECT_EQ(counts.consumers, 0u);
}

}  // namespace
}  // namespace carillon::room
