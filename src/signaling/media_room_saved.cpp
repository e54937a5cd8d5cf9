// A media room that goes on in the program that takes the place of this one: the worker keeps forwarding, what is
// written here is who has which of its objects.
#include "mediasoup/consumer.hpp"
#include "mediasoup/data_consumer.hpp"
#include "mediasoup/data_producer.hpp"
#include "mediasoup/ortc/rtp_parameters_json.hpp"
#include "mediasoup/producer.hpp"
#include "mediasoup/saved.hpp"
#include "mediasoup/webrtc_transport.hpp"
#include "signaling/media_room.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <utility>

namespace carillon::signaling {
namespace {

using mediasoup::BadSavedState;
using mediasoup::Saved;

constexpr std::initializer_list<room::Kind> kinds = {room::Kind::audio, room::Kind::video, room::Kind::data};

json::object book_json(const room::Room::Saved& book) {
  json::array peers;
  for (const auto& peer : book.peers) {
    json::array refused;
    for (const auto& [producer, transport] : peer.refused)
      refused.push_back(json::object{{"producer", producer.str()}, {"transport", transport.str()}});
    peers.push_back(json::object{{"id", peer.id.str()}, {"joined", peer.joined}, {"refused", std::move(refused)}});
  }
  json::array transports;
  for (const auto& [id, transport] : book.transports)
    transports.push_back(
        json::object{{"id", id.str()}, {"peer", transport.peer.str()}, {"consuming", transport.consuming}});
  json::array producers;
  for (const auto& [id, producer] : book.producers)
    producers.push_back(json::object{{"id", id.str()},
                                     {"peer", producer.peer.str()},
                                     {"transport", producer.transport.str()},
                                     {"kind", room::to_string(producer.kind)}});
  json::array consumers;
  for (const auto& [id, consumer] : book.consumers)
    consumers.push_back(json::object{{"id", id.str()},
                                     {"peer", consumer.peer.str()},
                                     {"transport", consumer.transport.str()},
                                     {"producer", consumer.producer.str()},
                                     {"kind", room::to_string(consumer.kind)}});
  return {{"peers", std::move(peers)},
          {"transports", std::move(transports)},
          {"producers", std::move(producers)},
          {"consumers", std::move(consumers)}};
}

room::Room::Saved read_book(const Saved& saved) {
  room::Room::Saved book;
  saved.each("peers", [&](const Saved& one) {
    auto& peer =
        book.peers.emplace_back(room::Room::Saved::Peer{room::PeerId{one.string("id")}, one.boolean("joined"), {}});
    one.each("refused", [&](const Saved& refusal) {
      peer.refused.push_back(
          {room::ProducerId{refusal.string("producer")}, room::TransportId{refusal.string("transport")}});
    });
  });
  saved.each("transports", [&](const Saved& one) {
    book.transports.emplace_back(room::TransportId{one.string("id")},
                                 room::Transport{room::PeerId{one.string("peer")}, one.boolean("consuming")});
  });
  saved.each("producers", [&](const Saved& one) {
    book.producers.emplace_back(room::ProducerId{one.string("id")},
                                room::Producer{room::PeerId{one.string("peer")},
                                               room::TransportId{one.string("transport")}, one.one_of("kind", kinds)});
  });
  saved.each("consumers", [&](const Saved& one) {
    book.consumers.emplace_back(
        room::ConsumerId{one.string("id")},
        room::Consumer{room::PeerId{one.string("peer")}, room::TransportId{one.string("transport")},
                       room::ProducerId{one.string("producer")}, one.one_of("kind", kinds)});
  });
  return book;
}

/// What the worker's objects must have, too.
template <class T>
std::shared_ptr<T> there(std::shared_ptr<T> object, std::string_view what, const std::string& id) {
  if (!object) throw BadSavedState{fmt::format("the {} {} is not there", what, id)};
  return object;
}

}  // namespace

std::optional<json::object> MediaRoom::save() const {
  const room::Room* book = closed_ || !router_ ? nullptr : shared_.rooms.find(room_);
  if (book == nullptr) return std::nullopt;
  json::array peers;
  for (const auto& [id, peer] : peers_) {
    json::object entry{{"id", id.str()},
                       {"displayName", peer.display_name},
                       {"device", peer.device_info},
                       {"newerDialect", peer.device->newer_dialect}};
    if (peer.rtp_capabilities) entry["rtpCapabilities"] = ortc::to_json(*peer.rtp_capabilities);
    peers.push_back(std::move(entry));
  }
  json::array unanswered;
  for (const std::string& id : unanswered_) {
    if (consumers_.contains(id) || data_consumers_.contains(id)) unanswered.emplace_back(id);
  }
  json::object saved{{"call", call_.str()},
                     {"room", room_.str()},
                     {"worker", shared_.rooms.worker_of(room_)->str()},
                     {"router", router_->id()},
                     {"speaking", speaking_.str()},
                     {"book", book_json(book->save())},
                     {"peers", std::move(peers)},
                     {"unanswered", std::move(unanswered)}};
  if (speakers_) saved["speakers"] = speakers_->id();
  return saved;
}

Result<> MediaRoom::restore(const json::object& object) {
  room::Actions due;
  std::shared_ptr<mediasoup::Router> router;
  try {
    const Saved saved{object, "room"};
    const room::WorkerId worker{saved.string("worker")};
    const WorkerPool::Entry* entry = shared_.workers.find(worker);
    if (entry == nullptr) return fail(Errc::not_found, "the room's worker is gone");
    router = there(entry->worker->router_by_id(saved.string("router")), "router", saved.string("router"));
    const room::Room::Saved book = read_book(saved.object("book"));
    take_objects(*router, book);
    if (const auto id = saved.optional_string("speakers")) {
      speakers_ = there(std::dynamic_pointer_cast<mediasoup::AudioLevelObserver>(router->rtp_observer_by_id(*id)),
                        "observer", *id);
    }
    saved.each("peers", [this](const Saved& peer) { take_peer(peer); });
    for (std::string& id : saved.strings("unanswered")) unanswered_.insert(std::move(id));
    speaking_ = DeviceId{saved.string("speaking")};
    Result<room::Actions> reopened = shared_.rooms.reopen(room_, worker, book);
    if (!reopened) throw BadSavedState{reopened.error().detail};
    due = *std::move(reopened);
    server_ = entry->server;
  } catch (const BadSavedState& wrong) {
    if (router) router->close();
    return fail(Errc::bad_request, wrong.what());
  }
  router_ = std::move(router);
  opening_ = false;
  watch_again();
  perform(due);
  return {};
}

void MediaRoom::close_saved(const WorkerPool& workers, const json::object& object) {
  try {
    const Saved saved{object, "room"};
    const WorkerPool::Entry* entry = workers.find(room::WorkerId{saved.string("worker")});
    const auto router = entry ? entry->worker->router_by_id(saved.string("router")) : nullptr;
    if (router) router->close();
  } catch (const BadSavedState&) {  // then nobody can say which
  }
}

void MediaRoom::take_objects(const mediasoup::Router& router, const room::Room::Saved& book) {
  const auto transport = [&](const room::TransportId& id) {
    return there(std::dynamic_pointer_cast<mediasoup::WebRtcTransport>(router.transport_by_id(id.str())), "transport",
                 id.str());
  };
  for (const auto& [id, entry] : book.transports) transports_.emplace(id.str(), transport(id));
  for (const auto& [id, entry] : book.producers) {
    if (entry.kind == room::Kind::data) {
      data_producers_.emplace(id.str(), there(router.data_producer_by_id(id.str()), "data producer", id.str()));
    } else {
      producers_.emplace(id.str(), there(router.producer_by_id(id.str()), "producer", id.str()));
    }
  }
  for (const auto& [id, entry] : book.consumers) {
    const auto on = transport(entry.transport);
    if (entry.kind == room::Kind::data) {
      data_consumers_.emplace(id.str(), there(on->data_consumer_by_id(id.str()), "data consumer", id.str()));
    } else {
      consumers_.emplace(id.str(), there(on->consumer_by_id(id.str()), "consumer", id.str()));
    }
  }
}

/// One whose device nobody knows any more is about to be dropped.
void MediaRoom::take_peer(const Saved& saved) {
  const DeviceId id{saved.string("id")};
  const DevicePtr device = shared_.devices.find(id);
  if (!device) return;
  device->newer_dialect = saved.boolean("newerDialect");
  Peer peer{device, saved.string("displayName"), saved.json("device"), {}};
  if (saved.find("rtpCapabilities") != nullptr) {
    peer.rtp_capabilities = saved.parsed("rtpCapabilities", [](const json::value& value, const std::string& path) {
      return ortc::parse_rtp_capabilities(value, path);
    });
  }
  peers_.emplace(id, std::move(peer));
}

/// What happens to the objects is told again, and what was offered without an answer is offered again.
void MediaRoom::watch_again() {
  if (speakers_) watch_speakers();
  room::Room* room = book();
  const room::Room::Saved saved = room->save();
  for (const auto& [id, transport] : saved.transports) {
    if (transport.consuming) watch(transport.peer, transports_.at(id.str()));
  }
  for (const auto& [id, producer] : saved.producers) {
    if (const auto found = producers_.find(id.str()); found != producers_.end()) watch(producer.peer, found->second);
  }
  for (const auto& [id, consumer] : saved.consumers) {
    const auto media = consumers_.find(id.str());
    if (media != consumers_.end()) watch(consumer.peer, media->second);
    const DevicePtr device = shared_.devices.find(consumer.peer);
    if (!device || !unanswered_.contains(id.str())) continue;
    const auto from =
        std::ranges::find(saved.producers, consumer.producer, [](const auto& entry) { return entry.first; });
    const room::Consume action{consumer.peer, consumer.transport, consumer.producer, from->second.peer, consumer.kind};
    if (media != consumers_.end()) {
      offer(device, action, media->second);
    } else {
      offer(device, action, data_consumers_.at(id.str()));
    }
  }
}

}  // namespace carillon::signaling
