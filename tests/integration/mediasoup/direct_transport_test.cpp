// DirectTransport against the real worker: RTP, RTCP and messages of this very program.
#include "support/media_fixture.hpp"

namespace carillon::mediasoup {
namespace {

using test::audio_producer;
using test::code_of;
using test::EventLog;
using test::must;
using test::Names;

using Bytes = std::vector<std::uint8_t>;

class DirectTransportTest : public test::MediaFixture {};

TEST_F(DirectTransportTest, CarriesRtpFromSendToTheRtpEventUnchangedButForItsHeader) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto transport = co_await direct(router);
    EXPECT_EQ(transport->type(), TransportType::direct);
    must(co_await transport->connect());
    const auto producer = co_await produce(transport, audio_producer());
    const auto consumer = co_await consume(router, transport, producer->id());
    std::vector<Bytes> packets;
    const auto subscription = consumer->on_rtp.connect(
        [&](std::span<const std::uint8_t> packet) { packets.emplace_back(packet.begin(), packet.end()); });
    for (std::uint16_t number = 1; number <= 100; ++number) must(producer->send(test::audio_packet(number)));
    EXPECT_TRUE(co_await eventually([&] { return packets.size() == 100; }));
    const auto sent = test::audio_packet(1);
    for (const auto& packet : packets) {
      EXPECT_EQ(test::ssrc_of(packet), consumer->rtp_parameters().encodings.at(0).ssrc);
      EXPECT_EQ(packet.at(1) & 0x7F, consumer->rtp_parameters().codecs.at(0).payload_type);
      EXPECT_TRUE(std::equal(sent.end() - 40, sent.end(), packet.end() - 40));
    }
    const auto answered = co_await transport->get_stats();
    const auto stats = must(answered).at(0).as_object();
    EXPECT_EQ(stats.at("type"), "direct-transport");
    EXPECT_GE(stats.at("rtpBytesReceived").to_number<std::uint64_t>(), 100U * 52U);
    EXPECT_GE(stats.at("rtpBytesSent").to_number<std::uint64_t>(), 100U * 52U);
  });
}

TEST_F(DirectTransportTest, SendsNothingWhileAnybodyIsPaused) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto transport = co_await direct(router);
    const auto producer = co_await produce(transport, audio_producer());
    const auto consumer = co_await consume(router, transport, producer->id());
    EventLog log;
    log.watch(consumer->on_rtp, "rtp");
    must(co_await producer->pause());
    must(producer->send(test::audio_packet(1)));
    must(co_await producer->resume());
    must(co_await consumer->pause());
    must(producer->send(test::audio_packet(2)));
    must(co_await consumer->resume());
    EXPECT_TRUE(log.names.empty());
    must(producer->send(test::audio_packet(3)));
    EXPECT_TRUE(co_await eventually([&] { return log.names.size() == 1; }));
  });
}

/// A key frame whose header has one extension of one byte's form: the RID (RFC 8852 section 3.1, RFC 8285 section 4.2).
Bytes with_rid(std::uint16_t sequence_number, std::uint32_t ssrc, std::uint8_t extension_id, const std::string& rid) {
  Bytes packet = test::key_frame_packet(sequence_number, ssrc);
  Bytes extension{0xBE, 0xDE, 0, 1, static_cast<std::uint8_t>(extension_id << 4 | (rid.size() - 1))};
  extension.insert(extension.end(), rid.begin(), rid.end());
  extension.resize(8);
  packet[0] |= 0x10;
  packet.insert(packet.begin() + 12, extension.begin(), extension.end());
  return packet;
}

// The stock worker aborts on the second of these packets: see worker/CMakeLists.txt.
TEST_F(DirectTransportTest, ASenderWithSsrcZeroDisturbsNobody) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto transport = co_await direct(router);
    auto options = test::video_producer(2);
    options.rtp_parameters.header_extensions.push_back(
        test::header_extension(ortc::HeaderExtensionUri::rtp_stream_id, 9));
    for (std::size_t i = 0; i < 2; ++i) {
      auto& encoding = options.rtp_parameters.encodings.at(i);
      encoding = {};
      encoding.rid = "r" + std::to_string(i);
    }
    const auto layers = co_await produce(transport, options);
    must(layers->send(with_rid(1, 5, 9, "r0")));
    must(layers->send(with_rid(2, 0, 9, "r0")));
    const auto answered = co_await layers->get_stats();
    EXPECT_EQ(must(answered).as_array().size(), 1U);
    const auto producer = co_await produce(transport, audio_producer());
    const auto consumer = co_await consume(router, transport, producer->id());
    EventLog log;
    log.watch(consumer->on_rtp, "rtp");
    must(producer->send(test::audio_packet(3)));
    EXPECT_TRUE(co_await eventually([&] { return log.names.size() == 1; }));
  });
}

TEST_F(DirectTransportTest, GetsAndTakesRtcp) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto sender = co_await direct(router);
    const auto receiver = co_await direct(router);
    const auto producer = co_await produce(sender, test::video_producer());
    const auto consumer = co_await consume(router, receiver, producer->id());
    std::vector<Bytes> to_sender;
    const auto subscription = sender->on_rtcp.connect(
        [&](std::span<const std::uint8_t> packet) { to_sender.emplace_back(packet.begin(), packet.end()); });
    must(producer->send(test::key_frame_packet(1, 22222220)));
    const std::uint32_t ssrc = consumer->rtp_parameters().encodings.at(0).ssrc.value_or(0);
    // A picture loss indication of our receiver (RFC 4585 section 6.3.1) reaches the sender as one for its own SSRC.
    const Bytes picture_loss{0x81,
                             206,
                             0,
                             2,
                             0,
                             0,
                             0,
                             1,
                             static_cast<std::uint8_t>(ssrc >> 24),
                             static_cast<std::uint8_t>(ssrc >> 16),
                             static_cast<std::uint8_t>(ssrc >> 8),
                             static_cast<std::uint8_t>(ssrc)};
    must(receiver->send_rtcp(picture_loss));
    EXPECT_TRUE(co_await eventually([&] {
      for (const auto& packet : to_sender) {
        if (packet.size() >= 12 && packet[1] == 206 && test::ssrc_of(packet) == 22222220) return true;
      }
      return false;
    }));
    const auto answered = co_await consumer->get_stats();
    EXPECT_EQ(must(answered).at(0).at("pliCount"), 1);
  });
}

TEST_F(DirectTransportTest, SurvivesGarbage) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto transport = co_await direct(router);
    const auto producer = co_await produce(transport, audio_producer());
    const Bytes garbage(300, 0xFF);
    const Bytes nothing;
    for (const auto& bytes : {garbage, nothing}) {
      must(producer->send(bytes));
      must(transport->send_rtcp(bytes));
    }
    must(producer->send(test::audio_packet(1)));
    const auto answered = co_await producer->get_stats();
    EXPECT_EQ(must(answered).at(0).at("packetCount"), 1);
  });
}

TEST_F(DirectTransportTest, IsGoneAfterCloseAndWithItsRouter) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto transport = co_await direct(router);
    transport->close();
    EXPECT_EQ(code_of(transport->send_rtcp(Bytes{0x81, 206})), Errc::conflict);
    const auto connected = co_await transport->connect();
    EXPECT_EQ(code_of(connected), Errc::conflict);
    const auto dumped = co_await transport->dump();
    EXPECT_EQ(code_of(dumped), Errc::conflict);
    const auto stats = co_await transport->get_stats();
    EXPECT_EQ(code_of(stats), Errc::conflict);
    const auto other = co_await direct(router);
    EventLog log;
    log.watch(other->on_router_close, "routerclose");
    router->close();
    EXPECT_EQ(log.names, Names{"routerclose"});
    EXPECT_EQ(code_of(other->send_rtcp(Bytes{0x81, 206})), Errc::conflict);
  });
}

}  // namespace
}  // namespace carillon::mediasoup
