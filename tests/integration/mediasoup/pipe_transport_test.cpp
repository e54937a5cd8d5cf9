// PipeTransport between two real workers: media, data, SRTP.
#include "support/media_fixture.hpp"

namespace carillon::mediasoup {
namespace {

using test::code_of;
using test::EventLog;
using test::must;
using test::Names;

using Bytes = std::vector<std::uint8_t>;

class PipeTransportTest : public test::MediaFixture {
 protected:
  struct Pair {
    std::shared_ptr<mediasoup::Router> here;
    std::shared_ptr<mediasoup::Router> there;
    std::shared_ptr<PipeTransport> out;
    std::shared_ptr<PipeTransport> in;
  };

  asio::awaitable<Pair> connected(PipeTransportOptions options) {
    Pair pair;
    pair.here = co_await new_router();
    pair.there = co_await new_router();
    pair.out = co_await pipe(pair.here, options);
    pair.in = co_await pipe(pair.there, options);
    must(co_await pair.out->connect(to(*pair.in)));
    must(co_await pair.in->connect(to(*pair.out)));
    co_return pair;
  }

  static PipeTransportConnectOptions to(const PipeTransport& other) {
    PipeTransportConnectOptions options;
    options.ip = other.tuple().local_address;
    options.port = other.tuple().local_port;
    options.srtp_parameters = other.srtp_parameters();
    return options;
  }
};

TEST_F(PipeTransportTest, CarriesAllStreamsOfASimulcastProducerWithSrtpAndRtx) {
  run([this]() -> asio::awaitable<void> {
    auto options = pipe_options();
    options.enable_srtp = true;
    options.enable_rtx = true;
    const auto pair = co_await connected(std::move(options));
    EXPECT_EQ(pair.out->type(), TransportType::pipe);
    EXPECT_EQ(pair.out->tuple().remote_port, pair.in->tuple().local_port);
    const auto sender = co_await direct(pair.here);
    const auto producer = co_await produce(sender, test::video_producer(3));
    ConsumerOptions consumer_of;
    consumer_of.producer_id = producer->id();
    auto made = co_await pair.out->consume(std::move(consumer_of));
    const auto between = must(std::move(made));
    EXPECT_EQ(between->type(), ConsumerType::pipe);
    EXPECT_EQ(between->rtp_parameters().encodings.size(), 3U);
    EXPECT_TRUE(between->rtp_parameters().encodings.at(0).rtx.has_value());
    EXPECT_FALSE(between->paused());
    ProducerOptions arriving;
    arriving.id = producer->id();
    arriving.kind = between->kind();
    arriving.rtp_parameters = between->rtp_parameters();
    const auto second = co_await produce(pair.in, std::move(arriving));
    EXPECT_EQ(second->id(), producer->id());
    EXPECT_EQ(second->type(), ProducerType::simulcast);
    EXPECT_EQ(second->rtp_parameters().rtcp.cname, "alice");
    const auto count = [](const boost::json::value& stats) { return stats.as_array().size(); };
    std::size_t streams = 0;
    for (std::uint16_t number = 1; number <= 100 && streams < 3; ++number) {
      for (const std::uint32_t ssrc : {22222220U, 22222222U, 22222224U})
        must(producer->send(test::key_frame_packet(number, ssrc)));
      const auto answered = co_await second->get_stats();
      streams = count(must(answered));
    }
    EXPECT_EQ(streams, 3U);
  });
}

TEST_F(PipeTransportTest, GivesEachProducerItsOwnCname) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto transport = co_await pipe(router, pipe_options());
    auto first_options = test::audio_producer();
    first_options.rtp_parameters.rtcp.cname.reset();
    const auto first = co_await produce(transport, std::move(first_options));
    auto second_options = test::video_producer();
    second_options.rtp_parameters.rtcp.cname.reset();
    const auto second = co_await produce(transport, std::move(second_options));
    EXPECT_EQ(first->rtp_parameters().rtcp.cname->size(), 8U);
    EXPECT_NE(first->rtp_parameters().rtcp.cname, second->rtp_parameters().rtcp.cname);
  });
}

TEST_F(PipeTransportTest, CarriesMessagesByteByByteOverSctp) {
  run([this]() -> asio::awaitable<void> {
    auto options = pipe_options();
    options.enable_sctp = true;
    const auto pair = co_await connected(std::move(options));
    EXPECT_FALSE(pair.out->sctp_parameters()->is_data_channel);
    EventLog states;
    states.watch(pair.out->on_sctp_state_change, "sctpstatechange");
    const auto source = co_await direct(pair.here);
    DataProducerOptions label_only;
    label_only.label = "chat";
    const auto first = co_await produce_data(source, std::move(label_only));
    const auto between = co_await consume_data(pair.out, first->id());
    EXPECT_EQ(between->type(), DataType::sctp);
    EXPECT_EQ(between->label(), "chat");
    DataProducerOptions arriving;
    arriving.sctp_stream_parameters = between->sctp_stream_parameters();
    arriving.label = between->label();
    const auto second = co_await produce_data(pair.in, std::move(arriving));
    const auto sink = co_await direct(pair.there);
    const auto last = co_await consume_data(sink, second->id());
    std::vector<std::pair<Bytes, std::uint32_t>> got;
    const auto subscription = last->on_message.connect([&](std::span<const std::uint8_t> bytes, std::uint32_t ppid) {
      got.emplace_back(Bytes{bytes.begin(), bytes.end()}, ppid);
    });
    EXPECT_TRUE(co_await eventually([&] { return pair.out->sctp_state() == SctpState::connected; }));
    EXPECT_TRUE(co_await eventually([&] { return pair.in->sctp_state() == SctpState::connected; }));
    EXPECT_FALSE(states.names.empty());
    EXPECT_TRUE(co_await eventually([&] { return pair.out->sctp_negotiated_capabilities().has_value(); }));
    Bytes all(256);
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint8_t>(i);
    Bytes large(100'000);
    for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<std::uint8_t>(i * 7);
    must(first->send(DataMessage::binary(all)));
    must(first->send(DataMessage::text("žluťoučký 🐎")));
    must(first->send(DataMessage::text("")));
    must(first->send(DataMessage::binary({})));
    must(first->send(DataMessage::binary(large)));
    EXPECT_TRUE(co_await eventually([&] { return got.size() == 5; }));
    if (got.size() != 5) co_return;
    const std::string words{"žluťoučký 🐎"};
    EXPECT_EQ(got.at(0), (std::pair{all, ppid::binary}));
    EXPECT_EQ(got.at(1), (std::pair{Bytes{words.begin(), words.end()}, ppid::string}));
    EXPECT_EQ(got.at(2).second, ppid::string_empty);
    EXPECT_EQ(got.at(3).second, ppid::binary_empty);
    EXPECT_EQ(got.at(4), (std::pair{large, ppid::binary}));
    const auto out = co_await between->get_stats();
    EXPECT_EQ(must(out).at(0).at("messagesSent"), 5);
    const auto in = co_await second->get_stats();
    EXPECT_EQ(must(in).at(0).at("messagesReceived"), 5);
  });
}

TEST_F(PipeTransportTest, TellsWhenLittleWaitsToBeSent) {
  run([this]() -> asio::awaitable<void> {
    auto options = pipe_options();
    options.enable_sctp = true;
    const auto pair = co_await connected(std::move(options));
    const auto source = co_await direct(pair.here);
    DataProducerOptions nothing;
    const auto producer = co_await produce_data(source, std::move(nothing));
    const auto consumer = co_await consume_data(pair.out, producer->id());
    EXPECT_TRUE(co_await eventually([&] { return pair.out->sctp_state() == SctpState::connected; }));
    must(co_await consumer->set_buffered_amount_low_threshold(10'000));
    EventLog log;
    log.watch(consumer->on_buffered_amount_low, "bufferedamountlow");
    const Bytes large(200'000, 0x33);
    const auto waiting = co_await consumer->send(DataMessage::binary(large));
    EXPECT_GT(must(waiting), 10'000U);
    EXPECT_TRUE(co_await eventually([&] { return !log.names.empty(); }));
    const auto left = co_await consumer->get_buffered_amount();
    EXPECT_LE(must(left), 10'000U);
  });
}

TEST_F(PipeTransportTest, RefusesWrongParameters) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto transport = co_await pipe(router, pipe_options());
    PipeTransportConnectOptions options;
    options.port = 1;
    auto connected_now = co_await transport->connect(options);
    EXPECT_EQ(code_of(connected_now), Errc::bad_request);
    options.ip = "127.0.0.1";
    options.port = 0;
    connected_now = co_await transport->connect(options);
    EXPECT_EQ(code_of(connected_now), Errc::bad_request);
    options.port = 1;
    options.srtp_parameters = SrtpParameters{};
    connected_now = co_await transport->connect(options);  // SRTP is off
    EXPECT_EQ(code_of(connected_now), Errc::bad_request);
    ConsumerOptions of_nobody;
    of_nobody.producer_id = "nobody";
    const auto consumed = co_await transport->consume(std::move(of_nobody));
    EXPECT_EQ(code_of(consumed), Errc::not_found);
    options.srtp_parameters.reset();
    must(co_await transport->connect(options));
    connected_now = co_await transport->connect(options);
    EXPECT_EQ(code_of(connected_now), Errc::conflict);
  });
}

TEST_F(PipeTransportTest, IsGoneAfterCloseAndWithItsRouter) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    auto options = pipe_options();
    options.enable_sctp = true;
    const auto transport = co_await pipe(router, options);
    transport->close();
    EXPECT_EQ(transport->sctp_state(), SctpState::closed);
    const auto connected_now = co_await transport->connect(to(*transport));
    EXPECT_EQ(code_of(connected_now), Errc::conflict);
    ConsumerOptions of_nobody;
    const auto consumed = co_await transport->consume(std::move(of_nobody));
    EXPECT_EQ(code_of(consumed), Errc::conflict);
    const auto dumped = co_await transport->dump();
    EXPECT_EQ(code_of(dumped), Errc::conflict);
    const auto stats = co_await transport->get_stats();
    EXPECT_EQ(code_of(stats), Errc::conflict);
    const auto other = co_await pipe(router, options);
    EventLog log;
    log.watch(other->on_router_close, "routerclose");
    log.watch(other->on_close, "close");
    router->close();
    EXPECT_EQ(log.names, (Names{"routerclose", "close"}));
    EXPECT_EQ(other->sctp_state(), SctpState::closed);
  });
}

}  // namespace
}  // namespace carillon::mediasoup
