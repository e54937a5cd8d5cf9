// A room that another program takes over: as it was, and nothing that cannot be.
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "room/rooms.hpp"

namespace carillon::room {
namespace {

const PeerId ann{"ann"};
const PeerId ben{"ben"};
const RoomId kitchen{"kitchen"};
const WorkerId one{"1"};

/// Ann sends sound, which Ben gets, and a picture, which he refused; he sends nothing.
Room::Saved two_people() {
  Room::Saved saved;
  saved.peers = {{ann, true, {}}, {ben, true, {{ProducerId{"cam"}, TransportId{"ben down"}}}}};
  saved.transports = {{TransportId{"ann up"}, {ann, false}}, {TransportId{"ben down"}, {ben, true}}};
  saved.producers = {{ProducerId{"mic"}, {ann, TransportId{"ann up"}, Kind::audio}},
                     {ProducerId{"cam"}, {ann, TransportId{"ann up"}, Kind::video}}};
  saved.consumers = {{ConsumerId{"c"}, {ben, TransportId{"ben down"}, ProducerId{"mic"}, Kind::audio}}};
  return saved;
}

TEST(SavedRoom, IsAsItWas) {
  Rooms rooms;
  rooms.add_worker(one);
  const auto actions = rooms.reopen(kitchen, one, two_people());
  ASSERT_TRUE(actions.has_value()) << actions.error().detail;
  EXPECT_TRUE(actions->empty()) << "all that was due is made or refused";
  rooms.check_invariants();
  EXPECT_EQ(*rooms.worker_of(kitchen), one);
  const Room& room = *rooms.find(kitchen);
  EXPECT_TRUE(room.joined(ann));
  EXPECT_NE(room.consumer(ben, ConsumerId{"c"}), nullptr);
  EXPECT_NE(room.producer(ann, ProducerId{"cam"}), nullptr);
  const Room::Saved again = room.save();
  EXPECT_EQ(again.producers.front().first, ProducerId{"mic"}) << "the oldest first";
  EXPECT_EQ(again.peers.back().refused.size(), 1u);
}

TEST(SavedRoom, AsksAgainForWhatWasNotMade) {
  Rooms rooms;
  rooms.add_worker(one);
  Room::Saved saved = two_people();
  saved.consumers.clear();
  EXPECT_EQ(rooms.reopen(kitchen, one, saved).value(),
            (Actions{Consume{ben, TransportId{"ben down"}, ProducerId{"mic"}, ann, Kind::audio}}));
}

TEST(SavedRoom, StaysClosedWithoutItsWorkerAndWhenItIsOpen) {
  Rooms rooms;
  EXPECT_EQ(rooms.reopen(kitchen, one, two_people()).error().code, Errc::not_found);
  rooms.add_worker(one);
  EXPECT_TRUE(rooms.open(kitchen).has_value());
  EXPECT_EQ(rooms.reopen(kitchen, one, two_people()).error().code, Errc::conflict);
}

TEST(SavedRoom, ThatMakesNoSenseIsRefusedAndLeavesNothing) {
  const std::vector<std::function<void(Room::Saved&)>> harms = {
      [](auto& saved) { saved.peers.pop_back(); },
      [](auto& saved) { saved.peers.push_back(saved.peers.front()); },
      [](auto& saved) { saved.peers.front().joined = false; },
      [](auto& saved) {
        saved.peers.front().refused = {{ProducerId{"mic"}, TransportId{"ann up"}}};
      },
      [](auto& saved) { saved.peers.back().refused.front().producer = ProducerId{"nobody's"}; },
      [](auto& saved) { saved.peers.back().refused.front().transport = TransportId{"ann up"}; },
      [](auto& saved) { saved.peers.back().refused.front().producer = ProducerId{"mic"}; },
      [](auto& saved) { saved.peers.back().refused.push_back(saved.peers.back().refused.front()); },
      [](auto& saved) { saved.transports.front().second.peer = PeerId{"nobody"}; },
      [](auto& saved) { saved.transports.pop_back(); },
      [](auto& saved) { saved.transports.push_back(saved.transports.front()); },
      [](auto& saved) { saved.producers.front().second.transport = TransportId{"ben down"}; },
      [](auto& saved) { saved.producers.push_back(saved.producers.front()); },
      [](auto& saved) { saved.producers.erase(saved.producers.begin()); },
      [](auto& saved) { saved.consumers.front().second.transport = TransportId{"ann up"}; },
      [](auto& saved) { saved.consumers.front().second.peer = ann; },
      [](auto& saved) { saved.consumers.front().second.kind = Kind::video; },
      [](auto& saved) { saved.consumers.push_back(saved.consumers.front()); },
      [](auto& saved) {
        saved.consumers.push_back({ConsumerId{"d"}, saved.consumers.front().second});
      },
  };
  for (std::size_t i = 0; i < harms.size(); ++i) {
    SCOPED_TRACE(i);
    Rooms rooms;
    rooms.add_worker(one);
    Room::Saved saved = two_people();
    harms[i](saved);
    EXPECT_EQ(rooms.reopen(kitchen, one, saved).error().code, Errc::bad_request);
    EXPECT_EQ(rooms.find(kitchen), nullptr);
    EXPECT_EQ(rooms.load(one), 0u);
    rooms.check_invariants();
  }
}

}  // namespace
}  // namespace carillon::room
