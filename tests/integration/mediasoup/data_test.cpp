// DataProducer and DataConsumer against the real worker: works, wrong argument, after close, parent closed.
#include "support/media_fixture.hpp"

namespace carillon::mediasoup {
namespace {

using test::code_of;
using test::EventLog;
using test::must;
using test::Names;

using Bytes = std::vector<std::uint8_t>;

class DataTest : public test::MediaFixture {
 protected:
  static asio::awaitable<std::shared_ptr<DataProducer>> chat(std::shared_ptr<Transport> transport) {
    DataProducerOptions options;
    options.label = "chat";
    options.protocol = "lines";
    return produce_data(std::move(transport), std::move(options));
  }
};

TEST_F(DataTest, AProducerKeepsWhatItWasMadeWith) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto transport = co_await webrtc(router);
    auto options = sctp_data_producer(7);
    options.sctp_stream_parameters->ordered = false;
    options.sctp_stream_parameters->max_packet_life_time = 5000;
    options.app_data["who"] = "alice";
    const auto wanted = options.sctp_stream_parameters;
    const auto producer = co_await produce_data(transport, std::move(options));
    EXPECT_EQ(producer->type(), DataType::sctp);
    EXPECT_EQ(producer->sctp_stream_parameters(), wanted);
    EXPECT_EQ(producer->label(), "chat");
    EXPECT_EQ(producer->protocol(), "lines");
    EXPECT_FALSE(producer->paused());
    EXPECT_EQ(producer->app_data.at("who"), "alice");
    EXPECT_EQ(router->data_producer_by_id(producer->id()), producer);
  });
}

TEST_F(DataTest, AProducerIsRefusedWithWrongParameters) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto transport = co_await webrtc(router);
    DataProducerOptions no_stream;
    auto made = co_await transport->produce_data(std::move(no_stream));
    EXPECT_EQ(code_of(made), Errc::bad_request);
    auto both = sctp_data_producer();
    both.sctp_stream_parameters->ordered = false;
    both.sctp_stream_parameters->max_packet_life_time = 100;
    both.sctp_stream_parameters->max_retransmits = 1;
    made = co_await transport->produce_data(std::move(both));
    EXPECT_EQ(code_of(made), Errc::bad_request);
    auto ordered = sctp_data_producer();
    ordered.sctp_stream_parameters->max_retransmits = 1;
    made = co_await transport->produce_data(std::move(ordered));
    EXPECT_EQ(code_of(made), Errc::bad_request);
    const auto first = co_await produce_data(transport, sctp_data_producer(1));
    made = co_await transport->produce_data(sctp_data_producer(1));  // the stream is taken: the worker's word
    EXPECT_FALSE(made);
    auto same_id = sctp_data_producer(2);
    same_id.id = first->id();
    made = co_await transport->produce_data(std::move(same_id));
    EXPECT_EQ(code_of(made), Errc::bad_request);
    const auto without_sctp = co_await plain(router, plain_options());
    made = co_await without_sctp->produce_data(sctp_data_producer());
    EXPECT_FALSE(made);
  });
}

TEST_F(DataTest, AConsumerTakesTheStreamOfItsProducerUnlessToldOtherwise) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto transport = co_await webrtc(router);
    auto options = sctp_data_producer(9);
    options.sctp_stream_parameters->ordered = false;
    options.sctp_stream_parameters->max_retransmits = 3;
    const auto producer = co_await produce_data(transport, std::move(options));
    const auto same = co_await consume_data(transport, producer->id());
    EXPECT_EQ(same->data_producer_id(), producer->id());
    EXPECT_EQ(same->sctp_stream_parameters()->stream_id, 0);
    EXPECT_FALSE(same->sctp_stream_parameters()->ordered);
    EXPECT_EQ(same->sctp_stream_parameters()->max_retransmits, 3);
    DataConsumerOptions in_order;
    in_order.data_producer_id = producer->id();
    in_order.ordered = true;
    in_order.paused = true;
    in_order.subchannels = {4, 2};
    auto made = co_await transport->consume_data(std::move(in_order));
    const auto ordered = must(std::move(made));
    EXPECT_EQ(ordered->sctp_stream_parameters()->stream_id, 1);
    EXPECT_TRUE(ordered->sctp_stream_parameters()->ordered);
    EXPECT_FALSE(ordered->sctp_stream_parameters()->max_retransmits);
    EXPECT_TRUE(ordered->paused());
    auto subchannels = ordered->subchannels();
    std::sort(subchannels.begin(), subchannels.end());
    EXPECT_EQ(subchannels, (std::vector<std::uint16_t>{2, 4}));
    // A stream that is free again is given once all others had their turn; the next one is simply the next.
    same->close();
    const auto third = co_await consume_data(transport, producer->id());
    EXPECT_EQ(third->sctp_stream_parameters()->stream_id, 2);
    DataConsumerOptions impossible;
    impossible.data_producer_id = producer->id();
    impossible.max_packet_life_time = 100;  // the producer has max_retransmits
    made = co_await transport->consume_data(std::move(impossible));
    EXPECT_EQ(code_of(made), Errc::bad_request);
    DataConsumerOptions of_nobody;
    of_nobody.data_producer_id = "nobody";
    made = co_await transport->consume_data(std::move(of_nobody));
    EXPECT_EQ(code_of(made), Errc::not_found);
  });
}

TEST_F(DataTest, MessagesArriveByteByByteAndAreCounted) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto transport = co_await direct(router);
    const auto producer = co_await chat(transport);
    const auto consumer = co_await consume_data(transport, producer->id());
    EXPECT_EQ(consumer->type(), DataType::direct);
    EXPECT_FALSE(consumer->sctp_stream_parameters());
    std::vector<std::pair<Bytes, std::uint32_t>> got;
    const auto subscription =
        consumer->on_message.connect([&](std::span<const std::uint8_t> bytes, std::uint32_t ppid) {
          got.emplace_back(Bytes{bytes.begin(), bytes.end()}, ppid);
        });
    std::vector<std::pair<Bytes, std::uint32_t>> sent;
    std::size_t bytes = 0;
    for (std::size_t number = 0; number < 200; ++number) {
      Bytes message(1 + number * 61 % 5000);
      for (std::size_t i = 0; i < message.size(); ++i) message[i] = static_cast<std::uint8_t>(i * number);
      bytes += message.size();
      const DataMessage made = DataMessage::with_ppid(message, number % 2 == 0 ? ppid::string : ppid::binary);
      sent.emplace_back(made.bytes, made.ppid);
      must(producer->send(made));
    }
    EXPECT_TRUE(co_await eventually([&] { return got.size() == sent.size(); }));
    EXPECT_EQ(got, sent);
    const auto in = co_await producer->get_stats();
    EXPECT_EQ(must(in).at(0).at("messagesReceived"), 200);
    EXPECT_EQ(must(in).at(0).at("bytesReceived").to_number<std::size_t>(), bytes);
    const auto out = co_await consumer->get_stats();
    EXPECT_EQ(must(out).at(0).at("messagesSent"), 200);
    EXPECT_EQ(must(out).at(0).at("bytesSent").to_number<std::size_t>(), bytes);
  });
}

TEST_F(DataTest, SubchannelsChooseWhoGetsAMessage) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto transport = co_await direct(router);
    const auto producer = co_await chat(transport);
    const auto first = co_await consume_data(transport, producer->id());
    const auto second = co_await consume_data(transport, producer->id());
    EventLog log;
    log.watch(first->on_message, "first");
    log.watch(second->on_message, "second");
    const std::vector<std::uint16_t> one_and_two{1, 2};
    must(co_await first->set_subchannels(one_and_two));
    must(co_await second->add_subchannel(2));
    must(co_await second->add_subchannel(3));
    must(co_await second->remove_subchannel(3));
    EXPECT_EQ(second->subchannels(), std::vector<std::uint16_t>{2});
    const auto message = DataMessage::text("hello");
    DataProducer::Subchannels to_one;
    to_one.subchannels = {1};
    must(producer->send(message, to_one));
    DataProducer::Subchannels to_two_that_have_one;
    to_two_that_have_one.subchannels = {2};
    to_two_that_have_one.required = 1;
    must(producer->send(message, to_two_that_have_one));
    DataProducer::Subchannels to_two_without_one;
    to_two_without_one.subchannels = {2};
    to_two_without_one.ignored = 1;
    must(producer->send(message, to_two_without_one));
    DataProducer::Subchannels to_nobody;
    to_nobody.subchannels = {666};
    must(producer->send(message, to_nobody));
    must(producer->send(message));
    EXPECT_TRUE(co_await eventually([&] { return log.names.size() == 5; }));
    EXPECT_EQ(log.names.at(0), "first");
    EXPECT_EQ(log.names.at(1), "first");
    EXPECT_EQ(log.names.at(2), "second");
    EXPECT_NE(log.names.at(3), log.names.at(4));
  });
}

TEST_F(DataTest, HasABufferOnlyOverSctp) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto transport = co_await direct(router);
    const auto producer = co_await chat(transport);
    const auto consumer = co_await consume_data(transport, producer->id());
    // Past the producer a message goes over SCTP only: the worker's rule.
    auto amount = co_await consumer->send(DataMessage::text("only you"));
    EXPECT_EQ(code_of(amount), Errc::bad_request);
    amount = co_await consumer->get_buffered_amount();
    EXPECT_EQ(code_of(amount), Errc::bad_request);
    auto done = co_await consumer->set_buffered_amount_low_threshold(123);
    EXPECT_EQ(code_of(done), Errc::bad_request);
    const auto over_sctp = co_await webrtc(router);
    const auto buffered = co_await consume_data(over_sctp, producer->id());
    must(co_await buffered->set_buffered_amount_low_threshold(123));
    const auto dumped = co_await buffered->dump();
    EXPECT_EQ(must(dumped).at("bufferedAmountLowThreshold"), 123);
    amount = co_await buffered->get_buffered_amount();
    EXPECT_EQ(must(amount), 0U);
  });
}

TEST_F(DataTest, PausesWithItselfAndWithItsProducer) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto transport = co_await direct(router);
    const auto producer = co_await chat(transport);
    const auto consumer = co_await consume_data(transport, producer->id());
    EventLog producer_log;
    producer_log.watch(producer->on_pause, "pause");
    producer_log.watch(producer->on_resume, "resume");
    EventLog log;
    log.watch(consumer->on_pause, "pause");
    log.watch(consumer->on_resume, "resume");
    log.watch(consumer->on_data_producer_pause, "dataproducerpause");
    log.watch(consumer->on_data_producer_resume, "dataproducerresume");
    must(co_await producer->pause());
    must(co_await producer->pause());
    EXPECT_TRUE(producer->paused());
    EXPECT_TRUE(co_await eventually([&] { return consumer->data_producer_paused(); }));
    EXPECT_EQ(log.names, (Names{"dataproducerpause", "pause"}));
    must(producer->send(DataMessage::text("nobody hears this")));
    must(co_await consumer->pause());
    must(co_await producer->resume());
    EXPECT_TRUE(co_await eventually([&] { return !consumer->data_producer_paused(); }));
    must(producer->send(DataMessage::text("nor this")));
    must(co_await consumer->resume());
    EXPECT_EQ(log.names, (Names{"dataproducerpause", "pause", "dataproducerresume", "resume"}));
    EXPECT_EQ(producer_log.names, (Names{"pause", "resume"}));
    log.watch(consumer->on_message, "message");
    must(producer->send(DataMessage::text("but this")));
    EXPECT_TRUE(co_await eventually([&] { return log.names.back() == "message"; }));
    const auto stats = co_await consumer->get_stats();
    EXPECT_EQ(must(stats).at(0).at("messagesSent"), 1);
  });
}

TEST_F(DataTest, AProducerIsGoneAfterCloseAndItsConsumersWithIt) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto transport = co_await direct(router);
    const auto producer = co_await chat(transport);
    const auto consumer = co_await consume_data(transport, producer->id());
    EventLog log;
    log.watch(producer->on_close, "producer: close");
    log.watch(consumer->on_data_producer_close, "dataproducerclose");
    log.watch(consumer->on_transport_close, "transportclose");
    log.watch(consumer->on_close, "close");
    producer->close();
    producer->close();
    EXPECT_EQ(router->data_producer_by_id(producer->id()), nullptr);
    EXPECT_TRUE(co_await eventually([&] { return consumer->closed(); }));
    EXPECT_EQ(log.names, (Names{"producer: close", "dataproducerclose", "close"}));
    EXPECT_EQ(code_of(producer->send(DataMessage::text("x"))), Errc::conflict);
    const auto dumped = co_await producer->dump();
    EXPECT_EQ(code_of(dumped), Errc::conflict);
    const auto stats = co_await producer->get_stats();
    EXPECT_EQ(code_of(stats), Errc::conflict);
    const auto paused = co_await producer->pause();
    EXPECT_EQ(code_of(paused), Errc::conflict);
    const auto resumed = co_await producer->resume();
    EXPECT_EQ(code_of(resumed), Errc::conflict);
  });
}

TEST_F(DataTest, AConsumerIsGoneAfterClose) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto transport = co_await direct(router);
    const auto producer = co_await chat(transport);
    const auto consumer = co_await consume_data(transport, producer->id());
    EventLog log;
    log.watch(consumer->on_close, "close");
    consumer->close();
    consumer->close();
    EXPECT_EQ(log.names, Names{"close"});
    const auto dumped = co_await consumer->dump();
    EXPECT_EQ(code_of(dumped), Errc::conflict);
    const auto stats = co_await consumer->get_stats();
    EXPECT_EQ(code_of(stats), Errc::conflict);
    auto done = co_await consumer->pause();
    EXPECT_EQ(code_of(done), Errc::conflict);
    done = co_await consumer->resume();
    EXPECT_EQ(code_of(done), Errc::conflict);
    done = co_await consumer->set_buffered_amount_low_threshold(1);
    EXPECT_EQ(code_of(done), Errc::conflict);
    done = co_await consumer->add_subchannel(1);
    EXPECT_EQ(code_of(done), Errc::conflict);
    done = co_await consumer->remove_subchannel(1);
    EXPECT_EQ(code_of(done), Errc::conflict);
    const std::vector<std::uint16_t> none;
    done = co_await consumer->set_subchannels(none);
    EXPECT_EQ(code_of(done), Errc::conflict);
    auto amount = co_await consumer->get_buffered_amount();
    EXPECT_EQ(code_of(amount), Errc::conflict);
    amount = co_await consumer->send(DataMessage::text("x"));
    EXPECT_EQ(code_of(amount), Errc::conflict);
    const auto transport_dump = co_await transport->dump();
    EXPECT_TRUE(must(transport_dump).at("dataConsumerIds").as_array().empty());
  });
}

TEST_F(DataTest, BothEndWithTheirTransportRouterAndWorker) {
  run([this]() -> asio::awaitable<void> {
    for (const std::string parent : {"transport", "router", "worker"}) {
      const auto router = co_await new_router();
      const auto transport = co_await direct(router);
      const auto producer = co_await chat(transport);
      const auto consumer = co_await consume_data(transport, producer->id());
      EventLog log;
      log.watch(producer->on_transport_close, "producer: transportclose");
      log.watch(producer->on_close, "producer: close");
      log.watch(consumer->on_transport_close, "consumer: transportclose");
      log.watch(consumer->on_data_producer_close, "consumer: dataproducerclose");
      log.watch(consumer->on_close, "consumer: close");
      if (parent == "transport") transport->close();
      if (parent == "router") router->close();
      if (parent == "worker") workers.back()->close();
      EXPECT_EQ(log.names,
                (Names{"producer: transportclose", "producer: close", "consumer: transportclose", "consumer: close"}));
      const auto paused = co_await consumer->pause();
      EXPECT_EQ(code_of(paused), parent == "worker" ? Errc::worker_died : Errc::conflict);
    }
  });
}

}  // namespace
}  // namespace carillon::mediasoup
