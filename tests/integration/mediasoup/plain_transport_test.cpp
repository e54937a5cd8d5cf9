// PlainTransport against the real worker, with UDP sockets of the test on loopback.
#include "support/media_fixture.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/udp.hpp>

#include <array>

namespace carillon::mediasoup {
namespace {

using test::audio_producer;
using test::code_of;
using test::EventLog;
using test::loopback;
using test::must;
using test::Names;

using Bytes = std::vector<std::uint8_t>;
using udp = asio::ip::udp;

class PlainTransportTest : public test::MediaFixture {
 protected:
  udp::socket new_socket() { return udp::socket{io, udp::endpoint{asio::ip::make_address("127.0.0.1"), 0}}; }

  static udp::endpoint endpoint_of(const TransportTuple& tuple) {
    return {asio::ip::make_address(tuple.local_address), tuple.local_port};
  }

  static PlainTransportConnectOptions to(const udp::socket& socket) {
    PlainTransportConnectOptions options;
    options.ip = socket.local_endpoint().address().to_string();
    options.port = socket.local_endpoint().port();
    return options;
  }

  static SrtpParameters key(SrtpCryptoSuite suite = SrtpCryptoSuite::aes_cm_128_hmac_sha1_80) {
    SrtpParameters parameters;
    parameters.crypto_suite = suite;
    parameters.key_base64 = std::string(40, 'A');
    return parameters;
  }
};

TEST_F(PlainTransportTest, CarriesRtpOverUdpBothWaysAndCountsIt) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    auto options = plain_options();
    options.comedia = true;
    const auto sender = co_await plain(router, std::move(options));
    const auto receiver = co_await plain(router, plain_options());
    EXPECT_EQ(sender->type(), TransportType::plain);
    EXPECT_EQ(sender->tuple().local_address, "127.0.0.1");
    EXPECT_GT(sender->tuple().local_port, 0);
    EXPECT_FALSE(sender->rtcp_tuple());
    EXPECT_FALSE(sender->srtp_parameters());
    auto from = new_socket();
    auto into = new_socket();
    EventLog log;
    log.watch(sender->on_tuple, "tuple");
    must(co_await receiver->connect(to(into)));
    EXPECT_EQ(receiver->tuple().remote_port, into.local_endpoint().port());
    const auto producer = co_await produce(sender, audio_producer());
    const auto consumer = co_await consume(router, receiver, producer->id());
    for (std::uint16_t number = 1; number <= 20; ++number) {
      from.send_to(asio::buffer(test::audio_packet(number)), endpoint_of(sender->tuple()));
    }
    const auto sent = test::audio_packet(1);
    for (int number = 1; number <= 20; ++number) {
      std::array<std::uint8_t, 1500> buffer{};
      const auto [error, size] = co_await into.async_receive(asio::buffer(buffer), asio::as_tuple(asio::use_awaitable));
      const Bytes packet{buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(size)};
      if (packet.at(1) == 200 || packet.at(1) == 201 || packet.at(1) == 202) {  // RTCP on the same port
        --number;
        continue;
      }
      EXPECT_EQ(test::ssrc_of(packet), consumer->rtp_parameters().encodings.at(0).ssrc);
      EXPECT_TRUE(std::equal(sent.end() - 40, sent.end(), packet.end() - 40));
    }
    EXPECT_EQ(log.names, Names{"tuple"});
    EXPECT_EQ(sender->tuple().remote_port, from.local_endpoint().port());
    EXPECT_EQ(sender->tuple().remote_ip, "127.0.0.1");
    const auto in = co_await sender->get_stats();
    EXPECT_GE(must(in).at(0).at("rtpBytesReceived").to_number<std::uint64_t>(), 20U * 52U);
    const auto out = co_await receiver->get_stats();
    EXPECT_GE(must(out).at(0).at("rtpBytesSent").to_number<std::uint64_t>(), 20U * 52U);
    EXPECT_EQ(must(out).at(0).at("type"), "plain-rtp-transport");
  });
}

TEST_F(PlainTransportTest, LearnsWhereRtcpComesFrom) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    auto options = plain_options();
    options.comedia = true;
    options.rtcp_mux = false;
    const auto transport = co_await plain(router, std::move(options));
    EXPECT_TRUE(transport->rtcp_tuple().has_value());
    if (!transport->rtcp_tuple()) co_return;
    EXPECT_NE(transport->rtcp_tuple()->local_port, transport->tuple().local_port);
    EventLog log;
    log.watch(transport->on_tuple, "tuple");
    log.watch(transport->on_rtcp_tuple, "rtcptuple");
    auto socket = new_socket();
    socket.send_to(asio::buffer(test::audio_packet(1)), endpoint_of(transport->tuple()));
    EXPECT_TRUE(co_await eventually([&] { return log.names.size() == 1; }));
    const Bytes receiver_report{0x80, 201, 0, 1, 0, 0, 0, 1};
    socket.send_to(asio::buffer(receiver_report), endpoint_of(*transport->rtcp_tuple()));
    EXPECT_TRUE(co_await eventually([&] { return log.names.size() == 2; }));
    EXPECT_EQ(log.names, (Names{"tuple", "rtcptuple"}));
    EXPECT_EQ(transport->rtcp_tuple()->remote_port, socket.local_endpoint().port());
  });
}

TEST_F(PlainTransportTest, ConnectsOnceWithAllThatItNeeds) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    auto options = plain_options();
    auto rtcp = loopback();
    rtcp.announced_address = "9.9.9.9";
    options.rtcp_listen_info = rtcp;
    const auto transport = co_await plain(router, std::move(options));
    EXPECT_EQ(transport->rtcp_tuple()->local_address, "9.9.9.9");
    PlainTransportConnectOptions wrong;
    auto connected = co_await transport->connect(wrong);
    EXPECT_EQ(code_of(connected), Errc::bad_request);
    wrong.ip = "127.0.0.1";
    connected = co_await transport->connect(wrong);
    EXPECT_EQ(code_of(connected), Errc::bad_request);
    wrong.port = 1234;
    connected = co_await transport->connect(wrong);  // without rtcp_mux it needs the other port too
    EXPECT_EQ(code_of(connected), Errc::bad_request);
    wrong.rtcp_port = 1235;
    wrong.srtp_parameters = key();
    connected = co_await transport->connect(wrong);  // SRTP is off
    EXPECT_EQ(code_of(connected), Errc::bad_request);
    wrong.srtp_parameters.reset();
    wrong.ip = "no address";
    connected = co_await transport->connect(wrong);  // the worker's word
    EXPECT_EQ(code_of(connected), Errc::bad_request);
    wrong.ip = "127.0.0.1";
    must(co_await transport->connect(wrong));
    EXPECT_EQ(transport->tuple().remote_port, 1234);
    EXPECT_EQ(transport->rtcp_tuple()->remote_port, 1235);
    connected = co_await transport->connect(wrong);
    EXPECT_EQ(code_of(connected), Errc::conflict);
  });
}

TEST_F(PlainTransportTest, TakesNoAddressWithComedia) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    auto options = plain_options();
    options.comedia = true;
    const auto transport = co_await plain(router, std::move(options));
    PlainTransportConnectOptions with_address;
    with_address.ip = "127.0.0.1";
    with_address.port = 1234;
    const auto connected = co_await transport->connect(with_address);
    EXPECT_EQ(code_of(connected), Errc::bad_request);
  });
}

TEST_F(PlainTransportTest, RefusesWrongSrtpKeysBeforeTheWorkerSeesThem) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    auto options = plain_options();
    options.enable_srtp = true;
    const auto transport = co_await plain(router, std::move(options));
    EXPECT_TRUE(transport->srtp_parameters().has_value());
    PlainTransportConnectOptions to_nowhere;
    to_nowhere.ip = "127.0.0.1";
    to_nowhere.port = 9;
    auto connected = co_await transport->connect(to_nowhere);  // SRTP is on
    EXPECT_EQ(code_of(connected), Errc::bad_request);
    to_nowhere.srtp_parameters = key();
    to_nowhere.srtp_parameters->key_base64 = "AAAA";
    connected = co_await transport->connect(to_nowhere);
    EXPECT_EQ(code_of(connected), Errc::bad_request);
    to_nowhere.srtp_parameters = key(SrtpCryptoSuite::aead_aes_256_gcm);  // whose keys are longer
    connected = co_await transport->connect(to_nowhere);
    EXPECT_EQ(code_of(connected), Errc::bad_request);
    to_nowhere.srtp_parameters = key();
    must(co_await transport->connect(to_nowhere));
  });
}

TEST_F(PlainTransportTest, CarriesSrtpBetweenTwoRoutersInEachSuite) {
  run([this]() -> asio::awaitable<void> {
    for (const auto suite : {SrtpCryptoSuite::aead_aes_256_gcm, SrtpCryptoSuite::aead_aes_128_gcm,
                             SrtpCryptoSuite::aes_cm_128_hmac_sha1_80, SrtpCryptoSuite::aes_cm_128_hmac_sha1_32}) {
      const auto here = co_await new_router();
      const auto there = co_await new_router();
      auto options = plain_options();
      options.enable_srtp = true;
      options.srtp_crypto_suite = suite;
      const auto out = co_await plain(here, options);
      const auto in = co_await plain(there, options);
      const auto out_key = out->srtp_parameters();
      EXPECT_EQ(out_key->crypto_suite, suite);
      EXPECT_TRUE(check_srtp_parameters(*out_key));
      for (const auto& [one, other] : {std::pair{out, in}, std::pair{in, out}}) {
        PlainTransportConnectOptions to_other;
        to_other.ip = other->tuple().local_address;
        to_other.port = other->tuple().local_port;
        to_other.srtp_parameters = other->srtp_parameters();
        must(co_await one->connect(std::move(to_other)));
      }
      const auto source = co_await direct(here);
      const auto first = co_await produce(source, audio_producer());
      const auto between = co_await consume(here, out, first->id());
      ProducerOptions arriving;
      arriving.kind = ortc::MediaKind::audio;
      arriving.rtp_parameters = between->rtp_parameters();
      const auto second = co_await produce(in, std::move(arriving));
      const auto sink = co_await direct(there);
      const auto last = co_await consume(there, sink, second->id());
      EventLog log;
      log.watch(last->on_rtp, "rtp");
      for (std::uint16_t number = 1; number <= 10; ++number) must(first->send(test::audio_packet(number)));
      EXPECT_TRUE(co_await eventually([&] { return log.names.size() == 10; })) << to_string(suite);
    }
  });
}

TEST_F(PlainTransportTest, IsGoneAfterCloseAndWithItsRouter) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    auto options = plain_options();
    options.enable_sctp = true;
    const auto transport = co_await plain(router, options);
    EXPECT_EQ(transport->sctp_state(), SctpState::fresh);
    EXPECT_EQ(transport->sctp_parameters()->port, 5000);
    transport->close();
    EXPECT_EQ(transport->sctp_state(), SctpState::closed);
    PlainTransportConnectOptions anywhere;
    const auto connected = co_await transport->connect(std::move(anywhere));
    EXPECT_EQ(code_of(connected), Errc::conflict);
    const auto dumped = co_await transport->dump();
    EXPECT_EQ(code_of(dumped), Errc::conflict);
    const auto stats = co_await transport->get_stats();
    EXPECT_EQ(code_of(stats), Errc::conflict);
    const auto other = co_await plain(router, options);
    EventLog log;
    log.watch(other->on_router_close, "routerclose");
    log.watch(other->on_close, "close");
    router->close();
    EXPECT_EQ(log.names, (Names{"routerclose", "close"}));
    EXPECT_EQ(other->sctp_state(), SctpState::closed);
  });
}

TEST_F(PlainTransportTest, NeedsAnAddressToListenTo) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    PlainTransportOptions nothing;
    auto made = co_await router->create_plain_transport(std::move(nothing));
    EXPECT_EQ(code_of(made), Errc::bad_request);
    auto over_tcp = plain_options();
    over_tcp.listen_info.protocol = TransportProtocol::tcp;
    made = co_await router->create_plain_transport(std::move(over_tcp));
    EXPECT_EQ(code_of(made), Errc::bad_request);
  });
}

}  // namespace
}  // namespace carillon::mediasoup
