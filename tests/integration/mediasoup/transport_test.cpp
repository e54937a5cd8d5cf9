// What all transports have in common, on the real worker: bitrates, trace, children, and how closing spreads.
#include "support/media_fixture.hpp"

namespace carillon::mediasoup {
namespace {

using test::audio_producer;
using test::code_of;
using test::EventLog;
using test::must;
using test::Names;

class TransportTest : public test::MediaFixture {};

TEST_F(TransportTest, LimitsBitratesWhereThereAreAny) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto transport = co_await webrtc(router);
    must(co_await transport->set_max_incoming_bitrate(900000));
    must(co_await transport->set_max_outgoing_bitrate(800000));
    must(co_await transport->set_min_outgoing_bitrate(100000));
    const auto answered = co_await transport->get_stats();
    const auto stats = must(answered).at(0).as_object();
    EXPECT_EQ(stats.at("maxIncomingBitrate"), 900000);
    EXPECT_EQ(stats.at("maxOutgoingBitrate"), 800000);
    EXPECT_EQ(stats.at("minOutgoingBitrate"), 100000);
    const auto above = co_await transport->set_min_outgoing_bitrate(900000);  // above the maximum
    EXPECT_FALSE(above);
    must(co_await transport->set_max_incoming_bitrate(0));
    const auto again = co_await transport->get_stats();
    EXPECT_FALSE(must(again).at(0).as_object().contains("maxIncomingBitrate"));
    const auto direct_transport = co_await direct(router);
    auto refused = co_await direct_transport->set_max_incoming_bitrate(1);
    EXPECT_EQ(code_of(refused), Errc::unsupported);
    refused = co_await direct_transport->set_max_outgoing_bitrate(1);
    EXPECT_EQ(code_of(refused), Errc::unsupported);
    refused = co_await direct_transport->set_min_outgoing_bitrate(1);
    EXPECT_EQ(code_of(refused), Errc::unsupported);
  });
}

TEST_F(TransportTest, TracesWhatItIsAskedTo) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto transport = co_await webrtc(router);
    const std::vector<TransportTraceEventType> types{TransportTraceEventType::probation, TransportTraceEventType::bwe};
    must(co_await transport->enable_trace_event(types));
    const auto on = co_await transport->dump();
    EXPECT_EQ(must(on).at("traceEventTypes"), (boost::json::array{"probation", "bwe"}));
    must(co_await transport->enable_trace_event());
    const auto off = co_await transport->dump();
    EXPECT_TRUE(must(off).at("traceEventTypes").as_array().empty());
  });
}

TEST_F(TransportTest, TellsOfEachNewChild) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto transport = co_await webrtc(router);
    EventLog log;
    log.watch(transport->on_new_producer, "newproducer");
    log.watch(transport->on_new_consumer, "newconsumer");
    log.watch(transport->on_new_data_producer, "newdataproducer");
    log.watch(transport->on_new_data_consumer, "newdataconsumer");
    const auto producer = co_await produce(transport, audio_producer());
    const auto consumer = co_await consume(router, transport, producer->id());
    const auto data_producer = co_await produce_data(transport, sctp_data_producer());
    const auto data_consumer = co_await consume_data(transport, data_producer->id());
    EXPECT_EQ(log.names, (Names{"newproducer", "newconsumer", "newdataproducer", "newdataconsumer"}));
    const auto answered = co_await transport->dump();
    const auto dump = must(answered);
    EXPECT_EQ(dump.at("id"), boost::json::value(transport->id()));
    EXPECT_EQ(dump.at("producerIds"), boost::json::array{producer->id()});
    EXPECT_EQ(dump.at("consumerIds"), boost::json::array{consumer->id()});
    EXPECT_EQ(dump.at("dataProducerIds"), boost::json::array{data_producer->id()});
    EXPECT_EQ(dump.at("dataConsumerIds"), boost::json::array{data_consumer->id()});
  });
}

TEST_F(TransportTest, EndsItsChildrenInTheOrderOfThePackage) {
  run([this]() -> asio::awaitable<void> {
    for (const bool with_router : {false, true}) {
      const auto router = co_await new_router();
      const auto transport = co_await webrtc(router);
      const auto producer = co_await produce(transport, audio_producer());
      const auto consumer = co_await consume(router, transport, producer->id());
      const auto data_producer = co_await produce_data(transport, sctp_data_producer());
      const auto data_consumer = co_await consume_data(transport, data_producer->id());
      EventLog log;
      log.watch(producer->on_transport_close, "producer");
      log.watch(consumer->on_transport_close, "consumer");
      log.watch(consumer->on_producer_close, "consumer: producerclose");
      log.watch(data_producer->on_transport_close, "data producer");
      log.watch(data_consumer->on_transport_close, "data consumer");
      log.watch(data_consumer->on_data_producer_close, "data consumer: dataproducerclose");
      log.watch(transport->on_router_close, "transport: routerclose");
      log.watch(transport->on_close, "transport");
      Names expected{"producer", "consumer", "data producer", "data consumer"};
      if (with_router) {
        router->close();
        expected.push_back("transport: routerclose");
      } else {
        transport->close();
      }
      expected.push_back("transport");
      EXPECT_EQ(log.names, expected);
      EXPECT_EQ(router->producer_by_id(producer->id()), nullptr);
      EXPECT_EQ(router->data_producer_by_id(data_producer->id()), nullptr);
    }
  });
}

TEST_F(TransportTest, RefusesEverythingAfterClose) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto alive = co_await webrtc(router);
    const auto producer = co_await produce(alive, audio_producer());
    const auto data_producer = co_await produce_data(alive, sctp_data_producer());
    const auto transport = co_await webrtc(router);
    transport->close();
    const auto produced = co_await transport->produce(audio_producer());
    EXPECT_EQ(code_of(produced), Errc::conflict);
    const auto consumed = co_await transport->consume(consumer_options(router, producer->id()));
    EXPECT_EQ(code_of(consumed), Errc::conflict);
    const auto data_produced = co_await transport->produce_data(sctp_data_producer());
    EXPECT_EQ(code_of(data_produced), Errc::conflict);
    DataConsumerOptions options;
    options.data_producer_id = data_producer->id();
    const auto data_consumed = co_await transport->consume_data(std::move(options));
    EXPECT_EQ(code_of(data_consumed), Errc::conflict);
    auto refused = co_await transport->set_max_incoming_bitrate(1);
    EXPECT_EQ(code_of(refused), Errc::conflict);
    refused = co_await transport->set_max_outgoing_bitrate(1);
    EXPECT_EQ(code_of(refused), Errc::conflict);
    refused = co_await transport->set_min_outgoing_bitrate(1);
    EXPECT_EQ(code_of(refused), Errc::conflict);
    refused = co_await transport->enable_trace_event();
    EXPECT_EQ(code_of(refused), Errc::conflict);
  });
}

TEST_F(TransportTest, MayBeClosedByAnyEventOfItsChildren) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto transport = co_await webrtc(router);
    const auto first = co_await produce(transport, audio_producer());
    const auto second = co_await produce(transport, test::video_producer());
    // Each closes everything again, from within.
    const auto one = first->on_close.connect([&] { transport->close(); });
    const auto two = second->on_close.connect([&] {
      first->close();
      router->close();
    });
    first->close();
    EXPECT_TRUE(transport->closed());
    EXPECT_TRUE(second->closed());
    EXPECT_TRUE(router->closed());
  });
}

}  // namespace
}  // namespace carillon::mediasoup
