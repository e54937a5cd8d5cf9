// What was made on a Transport: found by id, forgotten at its end, saved and restored.
#include "mediasoup/saved.hpp"
#include "mediasoup/transport.hpp"

namespace carillon::mediasoup {

namespace json = boost::json;

namespace {

template <class T>
std::shared_ptr<T> find(const std::map<std::string, std::shared_ptr<T>>& all, const std::string& id) {
  const auto found = all.find(id);
  return found == all.end() ? nullptr : found->second;
}

template <class T>
json::array save_all(const std::map<std::string, std::shared_ptr<T>>& all) {
  json::array array;
  for (const auto& [id, one] : all) array.push_back(one->save());
  return array;
}

}  // namespace

std::shared_ptr<Producer> Transport::producer_by_id(const std::string& producer_id) const {
  return find(producers_, producer_id);
}
std::shared_ptr<Consumer> Transport::consumer_by_id(const std::string& consumer_id) const {
  return find(consumers_, consumer_id);
}
std::shared_ptr<DataProducer> Transport::data_producer_by_id(const std::string& data_producer_id) const {
  return find(data_producers_, data_producer_id);
}
std::shared_ptr<DataConsumer> Transport::data_consumer_by_id(const std::string& data_consumer_id) const {
  return find(data_consumers_, data_consumer_id);
}

// --- the end of one

std::function<void()> Transport::forget_producer(const std::string& producer_id) {
  return [weak = weak_from_this(), producer_id] {
    const auto transport = weak.lock();
    if (!transport || transport->producers_.erase(producer_id) == 0) return;
    if (const auto router = transport->context_.router.lock()) router->on_producer_closed(producer_id);
  };
}

std::function<void()> Transport::forget_consumer(const std::string& consumer_id) {
  return [weak = weak_from_this(), consumer_id] {
    if (const auto transport = weak.lock()) transport->consumers_.erase(consumer_id);
  };
}

std::function<void()> Transport::forget_data_producer(const std::string& data_producer_id) {
  return [weak = weak_from_this(), data_producer_id] {
    const auto transport = weak.lock();
    if (!transport || transport->data_producers_.erase(data_producer_id) == 0) return;
    if (const auto router = transport->context_.router.lock()) router->on_data_producer_closed(data_producer_id);
  };
}

std::function<void()> Transport::forget_data_consumer(const std::string& data_consumer_id,
                                                      const std::optional<ortc::SctpStreamParameters>& stream) {
  return [weak = weak_from_this(), data_consumer_id, stream] {
    const auto transport = weak.lock();
    if (!transport) return;
    transport->data_consumers_.erase(data_consumer_id);
    transport->give_back_sctp_stream_id(stream);
  };
}

// --- save and restore

json::object Transport::save_base() const {
  json::object object{{"id", context_.transport_id},
                      {"type", to_string(type())},
                      {"cnameForProducers", cname_for_producers_},
                      {"nextMidForConsumers", next_mid_for_consumers_},
                      {"nextSctpStreamId", next_sctp_stream_id_},
                      {"producers", save_all(producers_)},
                      {"consumers", save_all(consumers_)},
                      {"dataProducers", save_all(data_producers_)},
                      {"dataConsumers", save_all(data_consumers_)},
                      {"appData", app_data}};
  if (sctp_negotiated_capabilities_) {
    object["sctpNegotiatedCapabilities"] = {
        {"negotiatedMaxOutboundStreams", sctp_negotiated_capabilities_->negotiated_max_outbound_streams},
        {"negotiatedMaxInboundStreams", sctp_negotiated_capabilities_->negotiated_max_inbound_streams}};
  }
  return object;
}

void Transport::restore_base(const Saved& saved) {
  app_data = saved.json("appData");
  cname_for_producers_ = saved.string("cnameForProducers");
  next_mid_for_consumers_ = saved.integer<std::uint32_t>("nextMidForConsumers");
  next_sctp_stream_id_ = saved.integer<std::uint32_t>("nextSctpStreamId");
  if (saved.find("sctpNegotiatedCapabilities") != nullptr) {
    const Saved negotiated = saved.object("sctpNegotiatedCapabilities");
    sctp_negotiated_capabilities_ = {negotiated.integer<std::uint16_t>("negotiatedMaxOutboundStreams"),
                                     negotiated.integer<std::uint16_t>("negotiatedMaxInboundStreams")};
  }
  const auto router = context_.router.lock();
  restore_producers(saved, router);
  saved.each("consumers", [&](const Saved& one) {
    Consumer::Data data;
    data.transport_id = id();
    data.on_over = forget_consumer(one.string("id"));
    auto consumer = Consumer::restore(channel(), one, std::move(data));
    consumers_.emplace(consumer->id(), std::move(consumer));
  });
  restore_data(saved, router);
  start();
}

void Transport::restore_producers(const Saved& saved, const std::shared_ptr<TransportHost>& router) {
  saved.each("producers", [&](const Saved& one) {
    Producer::Data data;
    data.transport_id = id();
    data.on_closed_itself = forget_producer(one.string("id"));
    const auto producer = Producer::restore(channel(), one, std::move(data));
    producers_.emplace(producer->id(), producer);
    if (router) router->on_new_producer(producer);
  });
}

void Transport::restore_data(const Saved& saved, const std::shared_ptr<TransportHost>& router) {
  saved.each("dataProducers", [&](const Saved& one) {
    DataProducer::Data data;
    data.transport_id = id();
    data.on_closed_itself = forget_data_producer(one.string("id"));
    const auto data_producer = DataProducer::restore(channel(), one, std::move(data));
    data_producers_.emplace(data_producer->id(), data_producer);
    if (router) router->on_new_data_producer(data_producer);
  });
  saved.each("dataConsumers", [&](const Saved& one) {
    DataConsumer::Data data;
    data.transport_id = id();
    data.sctp_stream_parameters = restore_sctp_stream(one);
    if (data.sctp_stream_parameters) keep_sctp_stream_id(data.sctp_stream_parameters->stream_id);
    data.on_over = forget_data_consumer(one.string("id"), data.sctp_stream_parameters);
    auto data_consumer = DataConsumer::restore(channel(), one, std::move(data));
    data_consumers_.emplace(data_consumer->id(), std::move(data_consumer));
  });
}

}  // namespace carillon::mediasoup
