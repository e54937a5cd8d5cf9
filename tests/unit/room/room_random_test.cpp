// Random peers in rooms, with a driver that is slow and sometimes refused: whatever happens, at rest everybody has just
// what he should. The seed is printed; CARILLON_SEED replays it.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <cstdlib>
#include <iterator>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "room/rooms.hpp"

namespace carillon::room {
namespace {

class Driver {
 public:
  explicit Driver(std::uint64_t seed) : dice_{seed} {
    rooms_.add_worker(WorkerId{"1"});
    EXPECT_TRUE(rooms_.open(RoomId{"room"}).has_value());
    room_ = rooms_.find(RoomId{"room"});
  }

  void run(int steps) {
    for (int i = 0; i < steps && !::testing::Test::HasFailure(); ++i) {
      step();
      rooms_.check_invariants();
    }
    while (!asked_.empty()) make_one();
    everybody_has_what_he_should();
    for (const PeerId& peer : peers_) take(room_->leave(peer));
    EXPECT_EQ(room_->peer_count() + room_->transport_count() + room_->producer_count() + room_->consumer_count(), 0u);
    EXPECT_TRUE(consumers_.empty()) << "the driver still holds a consumer nobody told it of";
    rooms_.close(RoomId{"room"});
    EXPECT_EQ(rooms_.load(WorkerId{"1"}), 0u);
  }

 private:
  std::size_t roll(std::size_t sides) { return static_cast<std::size_t>(dice_() % sides); }
  const PeerId& somebody() { return peers_[roll(peers_.size())]; }
  std::string fresh(const char* what) { return fmt::format("{}{}", what, ++ids_); }

  template <class Map>
  typename Map::key_type pick(const Map& map) {
    return std::next(map.begin(), static_cast<std::ptrdiff_t>(roll(map.size())))->first;
  }

  void step() {
    const PeerId& peer = somebody();
    switch (roll(9)) {
      case 0: return add_transport(peer);
      case 1: return joins(peer);
      case 2:
      case 3: return produces(peer);
      case 4:
        if (!producers_.empty()) take(room_->remove_producer(pick(producers_)));
        return;
      case 5:
        if (roll(4) == 0) close_transport();
        return;
      case 6:
        if (roll(4) == 0) leaves(peer);
        return;
      case 7:
        if (roll(8) == 0) hand_over();
        return;
      default:
        if (!asked_.empty()) make_one();
    }
  }

  void add_transport(const PeerId& peer) {
    const TransportId id{fresh("t")};
    auto result = room_->add_transport(peer, id, roll(2) == 0);
    if (!result) return;
    transports_.emplace(id, peer);
    take(*result);
  }

  void joins(const PeerId& peer) {
    if (auto result = room_->join(peer)) take(*result);
  }

  void produces(const PeerId& peer) {
    if (transports_.empty()) return;
    const ProducerId id{fresh("p")};
    auto result = room_->add_producer(peer, pick(transports_), id, static_cast<Kind>(roll(3)));
    if (!result) return;
    producers_.emplace(id, peer);
    take(*result);
  }

  void close_transport() {
    if (transports_.empty()) return;
    const TransportId id = pick(transports_);
    transports_.erase(id);
    std::erase_if(consumers_, [&](const auto& entry) { return entry.second.transport == id; });  // as a worker does
    take(room_->remove_transport(id));
  }

  void leaves(const PeerId& peer) { take(room_->leave(peer)); }

  /// Another program takes the room; what was asked for of this one nobody makes any more.
  void hand_over() {
    const Room::Saved saved = room_->save();
    rooms_.close(RoomId{"room"});
    EXPECT_EQ(rooms_.load(WorkerId{"1"}), 0u);
    auto reopened = rooms_.reopen(RoomId{"room"}, WorkerId{"1"}, saved);
    ASSERT_TRUE(reopened.has_value()) << reopened.error().detail;
    room_ = rooms_.find(RoomId{"room"});
    asked_.clear();
    take(*reopened);
  }

  void make_one() {
    const std::size_t at = roll(asked_.size());
    const Consume consume = asked_[at];
    asked_.erase(asked_.begin() + static_cast<std::ptrdiff_t>(at));
    if (roll(10) == 0) {
      refused_.insert({consume.peer, consume.producer});
      return take(room_->refused(consume));
    }
    const ConsumerId id{fresh("c")};
    if (room_->consumed(consume, id)) consumers_.emplace(id, consume);
  }

  void take(const Actions& actions) {
    for (const Action& action : actions) {
      if (const auto* consume = std::get_if<Consume>(&action)) {
        EXPECT_NE(consume->peer, consume->from);
        EXPECT_EQ(transports_.at(consume->transport), consume->peer);
        asked_.push_back(*consume);
      } else if (const auto* closed = std::get_if<ConsumerClosed>(&action)) {
        EXPECT_EQ(consumers_.at(closed->consumer).peer, closed->peer);
        consumers_.erase(closed->consumer);
      } else if (const auto* close = std::get_if<CloseTransport>(&action)) {
        transports_.erase(close->transport);
        std::erase_if(consumers_, [&](const auto& entry) { return entry.second.transport == close->transport; });
      }
    }
    std::erase_if(producers_, [&](const auto& entry) { return !room_->producer(entry.second, entry.first); });
  }

  void everybody_has_what_he_should() {
    std::set<std::pair<PeerId, ProducerId>> has;
    for (const auto& [id, consume] : consumers_) {
      EXPECT_TRUE(has.insert({consume.peer, consume.producer}).second) << "twice the same";
      EXPECT_TRUE(producers_.contains(consume.producer)) << "of a producer that is gone";
    }
    for (const PeerId& peer : peers_) {
      if (!room_->joined(peer) || !receives(peer)) continue;
      for (const auto& [producer, owner] : producers_) {
        if (owner == peer || refused_.contains({peer, producer})) continue;
        EXPECT_TRUE(has.contains({peer, producer})) << peer.str() << " lacks " << producer.str();
      }
    }
  }

  bool receives(const PeerId& peer) {
    for (const auto& [id, owner] : transports_) {
      if (owner == peer && room_->transport(peer, id)->consuming) return true;
    }
    return false;
  }

  std::mt19937_64 dice_;
  // No limit is reached, so that what each should have is plain; room_test.cpp has the limits.
  Rooms rooms_{Config{.transports_per_peer_max = 50,
                      .producers_per_peer_max = 500,
                      .audio_consumers_per_peer_max = 5000,
                      .video_consumers_per_peer_max = 5000,
                      .data_consumers_per_peer_max = 5000}};
  Room* room_ = nullptr;
  const std::vector<PeerId> peers_{PeerId{"ann"}, PeerId{"ben"}, PeerId{"cat"}, PeerId{"dan"}};
  std::map<TransportId, PeerId> transports_;
  std::map<ProducerId, PeerId> producers_;
  std::map<ConsumerId, Consume> consumers_;
  std::vector<Consume> asked_;
  std::set<std::pair<PeerId, ProducerId>> refused_;
  int ids_ = 0;
};

TEST(Room, AtRestEverybodyHasWhatTheOthersSendWhateverHappened) {
  const char* given = std::getenv("CARILLON_SEED");
  const std::uint64_t first = given ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  fmt::print("CARILLON_SEED={}\n", first);
  for (std::uint64_t seed = first; seed < first + 100 && !HasFailure(); ++seed) {
    SCOPED_TRACE(fmt::format("CARILLON_SEED={}", seed));
    Driver{seed}.run(300);
  }
}

}  // namespace
}  // namespace carillon::room
