// Who gets what in one room, by the sentence.
#include "room/room.hpp"

#include <gtest/gtest.h>

#include <string>

namespace carillon::room {
namespace {

const PeerId ann{"ann"};
const PeerId ben{"ben"};
const PeerId cat{"cat"};

TransportId down(const PeerId& peer) { return TransportId{peer.str() + ".down"}; }
TransportId up(const PeerId& peer) { return TransportId{peer.str() + ".up"}; }

/// A room with short words for what peers do; checks the invariants after each step.
struct House {
  Config config;
  std::size_t streams = 0;
  Room room{config, streams};

  explicit House(Config limits = {}) : config{limits} {}

  Actions step(Result<Actions> result) {
    EXPECT_TRUE(result.has_value());
    room.check_invariants();
    return result ? *result : Actions{};
  }
  void transports(const PeerId& peer) {
    step(room.add_transport(peer, up(peer), false));
    step(room.add_transport(peer, down(peer), true));
  }
  Actions join(const PeerId& peer) {
    transports(peer);
    return step(room.join(peer));
  }
  Actions produce(const PeerId& peer, const std::string& producer, Kind kind) {
    return step(room.add_producer(peer, up(peer), ProducerId{producer}, kind));
  }
  /// The driver made all that was asked for; a consumer is named peer<producer.
  void make(const Actions& actions) {
    for (const Action& action : actions) {
      const auto* consume = std::get_if<Consume>(&action);
      if (!consume) continue;
      EXPECT_TRUE(room.consumed(*consume, consumer(*consume)));
    }
    room.check_invariants();
  }
  static ConsumerId consumer(const Consume& consume) {
    return ConsumerId{consume.peer.str() + "<" + consume.producer.str()};
  }
};

Consume consume(const PeerId& peer, const PeerId& from, const std::string& producer, Kind kind) {
  return {peer, down(peer), ProducerId{producer}, from, kind};
}

TEST(Room, ANewProducerGoesToEveryOtherJoinedPeer) {
  House house;
  house.join(ann);
  house.join(ben);
  house.transports(cat);  // not joined yet
  EXPECT_EQ(house.produce(ann, "mic", Kind::audio), (Actions{consume(ben, ann, "mic", Kind::audio)}));
}

TEST(Room, WhoJoinsGetsWhatIsThereBeforeTheOthersHearOfHim) {
  House house;
  house.join(ann);
  house.produce(ann, "mic", Kind::audio);
  house.produce(ann, "cam", Kind::video);
  EXPECT_EQ(house.join(ben),
            (Actions{consume(ben, ann, "mic", Kind::audio), consume(ben, ann, "cam", Kind::video), NewPeer{ann, ben}}));
  EXPECT_EQ(house.room.peers_beside(ben), std::vector{ann});
}

TEST(Room, WhoJoinsWithoutAReceivingTransportGetsItWhenHeHasOne) {
  House house;
  house.join(ann);
  house.produce(ann, "mic", Kind::audio);
  EXPECT_EQ(house.step(house.room.join(ben)), (Actions{NewPeer{ann, ben}}));
  EXPECT_EQ(house.step(house.room.add_transport(ben, up(ben), false)), Actions{});
  EXPECT_EQ(house.step(house.room.add_transport(ben, down(ben), true)),
            (Actions{consume(ben, ann, "mic", Kind::audio)}));
}

TEST(Room, OnlyAJoinedPeerProducesAndOnHisOwnTransport) {
  House house;
  house.transports(ann);
  EXPECT_EQ(house.room.may_produce(ann, up(ann)).error().code, Errc::forbidden);
  EXPECT_EQ(house.room.may_produce(ann, up(ben)).error().code, Errc::not_found);
  EXPECT_EQ(house.room.may_produce(ben, up(ann)).error().code, Errc::not_found);
  house.step(house.room.join(ann));
  EXPECT_TRUE(house.room.may_produce(ann, up(ann)).has_value());
  EXPECT_EQ(house.room.join(ann).error().code, Errc::conflict);
}

TEST(Room, AProducerThatClosesTakesItsConsumersAlong) {
  House house;
  house.join(ann);
  house.join(ben);
  house.make(house.produce(ann, "mic", Kind::audio));
  EXPECT_EQ(house.room.remove_producer(ProducerId{"mic"}),
            (Actions{ConsumerClosed{ben, ConsumerId{"ben<mic"}, Kind::audio}}));
  EXPECT_EQ(house.room.consumer_count() + house.room.producer_count(), 0u);
  EXPECT_EQ(house.room.remove_producer(ProducerId{"mic"}), Actions{});
}

TEST(Room, AConsumerThatComesTooLateIsWantedByNobody) {
  House closed;
  closed.join(ann);
  closed.join(ben);
  closed.produce(ann, "mic", Kind::audio);
  (void)closed.room.remove_producer(ProducerId{"mic"});
  EXPECT_FALSE(closed.room.consumed(consume(ben, ann, "mic", Kind::audio), ConsumerId{"late"}));

  House left;
  left.join(ann);
  left.join(ben);
  left.produce(ann, "mic", Kind::audio);
  (void)left.room.leave(ben);
  EXPECT_FALSE(left.room.consumed(consume(ben, ann, "mic", Kind::audio), ConsumerId{"late"}));
  left.room.check_invariants();
}

TEST(Room, WhoLeavesTakesAllHeHasAndTheOthersHearOfIt) {
  House house;
  house.join(ann);
  house.join(ben);
  house.make(house.produce(ann, "mic", Kind::audio));
  house.make(house.produce(ben, "cam", Kind::video));
  EXPECT_EQ(house.room.leave(ann),
            (Actions{CloseTransport{down(ann)}, ConsumerClosed{ben, ConsumerId{"ben<mic"}, Kind::audio},
                     CloseTransport{up(ann)}, PeerClosed{ben, ann}}));
  house.room.check_invariants();
  EXPECT_EQ(house.room.consumer_count(), 0u);
  EXPECT_EQ(house.room.producer_count(), 1u);
  EXPECT_EQ(house.room.leave(ann), Actions{});
}

TEST(Room, WhoLeavesBeforeHeJoinedWasNeverThere) {
  House house;
  house.join(ann);
  house.transports(ben);
  EXPECT_EQ(house.room.leave(ben), (Actions{CloseTransport{down(ben)}, CloseTransport{up(ben)}}));
  EXPECT_EQ(house.room.peer_count(), 1u);
}

TEST(Room, ANewReceivingTransportGetsEverythingAgain) {
  House house;
  house.join(ann);
  house.join(ben);
  house.make(house.produce(ann, "mic", Kind::audio));
  EXPECT_EQ(house.room.remove_transport(down(ben)), Actions{});
  EXPECT_EQ(house.room.consumer_count(), 0u);
  EXPECT_EQ(house.step(house.room.add_transport(ben, TransportId{"second"}, true)),
            (Actions{Consume{ben, TransportId{"second"}, ProducerId{"mic"}, ann, Kind::audio}}));
}

TEST(Room, ASecondReceivingTransportTakesOverWhenTheFirstCloses) {
  House house;
  house.join(ann);
  house.join(ben);
  house.make(house.produce(ann, "mic", Kind::audio));
  EXPECT_EQ(house.step(house.room.add_transport(ben, TransportId{"second"}, true)), Actions{});
  EXPECT_EQ(house.room.remove_transport(down(ben)),
            (Actions{Consume{ben, TransportId{"second"}, ProducerId{"mic"}, ann, Kind::audio}}));
}

TEST(Room, WhatAClientDoesNotWantIsNotOfferedAgain) {
  House house;
  house.join(ann);
  house.join(ben);
  house.produce(ann, "chat", Kind::data);
  EXPECT_EQ(house.room.refused(consume(ben, ann, "chat", Kind::data)), Actions{});
  house.make(house.produce(ann, "mic", Kind::audio));
  EXPECT_EQ(house.room.remove_consumer(ConsumerId{"ben<mic"}), Actions{});
  EXPECT_EQ(house.produce(ann, "cam", Kind::video), (Actions{consume(ben, ann, "cam", Kind::video)}));
  EXPECT_EQ(house.room.remove_consumer(ConsumerId{"unknown"}), Actions{});
}

TEST(Room, PicturesAreLimitedAndTheNextMovesUp) {
  House house{Config{.video_consumers_per_peer_max = 2}};
  house.join(ann);
  house.join(ben);
  EXPECT_EQ(house.produce(ann, "cam1", Kind::video).size(), 1u);
  EXPECT_EQ(house.produce(ann, "cam2", Kind::video).size(), 1u);
  EXPECT_EQ(house.produce(ann, "cam3", Kind::video), Actions{});
  EXPECT_EQ(house.produce(ann, "mic", Kind::audio).size(), 1u);  // sound has its own limit
  EXPECT_EQ(house.room.remove_producer(ProducerId{"cam1"}), (Actions{consume(ben, ann, "cam3", Kind::video)}));
}

TEST(Room, WhatIsRefusedMakesPlaceForTheNext) {
  House house{Config{.video_consumers_per_peer_max = 1}};
  house.join(ann);
  house.join(ben);
  house.produce(ann, "cam1", Kind::video);
  house.produce(ann, "cam2", Kind::video);
  EXPECT_EQ(house.room.refused(consume(ben, ann, "cam1", Kind::video)),
            (Actions{consume(ben, ann, "cam2", Kind::video)}));
}

TEST(Room, TransportsAndProducersOfAPeerAreLimited) {
  House house{Config{.transports_per_peer_max = 2, .producers_per_peer_max = 1}};
  house.join(ann);
  EXPECT_EQ(house.room.add_transport(ann, TransportId{"third"}, false).error().code, Errc::too_large);
  house.produce(ann, "mic", Kind::audio);
  EXPECT_EQ(house.room.add_producer(ann, up(ann), ProducerId{"cam"}, Kind::video).error().code, Errc::too_large);
  EXPECT_TRUE(house.room.may_add_transport(ben).has_value());
}

TEST(Room, AnIdIsOfOnePeer) {
  House house;
  house.join(ann);
  house.join(ben);
  house.make(house.produce(ann, "mic", Kind::audio));
  EXPECT_NE(house.room.producer(ann, ProducerId{"mic"}), nullptr);
  EXPECT_EQ(house.room.producer(ben, ProducerId{"mic"}), nullptr);
  EXPECT_NE(house.room.consumer(ben, ConsumerId{"ben<mic"}), nullptr);
  EXPECT_EQ(house.room.consumer(ann, ConsumerId{"ben<mic"}), nullptr);
  EXPECT_NE(house.room.transport(ann, up(ann)), nullptr);
  EXPECT_EQ(house.room.transport(ben, up(ann)), nullptr);
}

}  // namespace
}  // namespace carillon::room
