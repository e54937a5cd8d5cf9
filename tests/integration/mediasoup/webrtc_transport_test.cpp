// WebRtcTransport against the real worker: works, wrong argument, after close, parent closed.
#include "mediasoup/webrtc_server.hpp"
#include "support/media_fixture.hpp"

#include <boost/asio/ip/udp.hpp>

namespace carillon::mediasoup {
namespace {

using test::code_of;
using test::EventLog;
using test::loopback;
using test::must;
using test::Names;

class WebRtcTransportTest : public test::MediaFixture {};

TEST_F(WebRtcTransportTest, OffersCandidatesOnWhatItListensTo) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    WebRtcTransportOptions options;
    options.listen_infos = {loopback(), loopback(TransportProtocol::tcp)};
    options.listen_infos.at(0).announced_address = "media.example.org";
    options.listen_infos.at(0).expose_internal_ip = true;
    options.enable_tcp = true;
    options.app_data["leg"] = "a";
    auto made = co_await router->create_webrtc_transport(std::move(options));
    const auto transport = must(std::move(made));
    EXPECT_EQ(transport->type(), TransportType::webrtc);
    EXPECT_EQ(transport->router_id(), router->id());
    EXPECT_EQ(transport->app_data.at("leg"), "a");
    EXPECT_EQ(transport->ice_role(), "controlled");
    EXPECT_TRUE(transport->ice_parameters().ice_lite);
    EXPECT_FALSE(transport->ice_parameters().username_fragment.empty());
    EXPECT_FALSE(transport->ice_parameters().password.empty());
    EXPECT_EQ(transport->ice_state(), IceState::fresh);
    EXPECT_FALSE(transport->ice_selected_tuple());
    EXPECT_EQ(transport->dtls_state(), DtlsState::fresh);
    EXPECT_EQ(transport->dtls_parameters().role, ortc::DtlsRole::automatic);
    EXPECT_EQ(transport->dtls_parameters().fingerprints.size(), 5U);
    EXPECT_FALSE(transport->dtls_remote_cert());
    EXPECT_FALSE(transport->sctp_parameters());
    const auto& candidates = transport->ice_candidates();
    EXPECT_EQ(candidates.size(), 3U);
    std::vector<std::string> addresses;
    for (const auto& candidate : candidates) addresses.push_back(candidate.address);
    EXPECT_EQ(addresses, (Names{"media.example.org", "127.0.0.1", "127.0.0.1"}));
    EXPECT_EQ(candidates.at(2).protocol, ortc::IceProtocol::tcp);
    EXPECT_GT(candidates.at(1).priority, candidates.at(2).priority);
  });
}

TEST_F(WebRtcTransportTest, SharesThePortsOfAServerAndEndsWithIt) {
  run([this]() -> asio::awaitable<void> {
    const auto worker = co_await new_worker();
    WebRtcServerOptions server_options;
    server_options.listen_infos = {loopback(), loopback(TransportProtocol::tcp)};
    auto made_server = co_await worker->create_webrtc_server(std::move(server_options));
    const auto server = must(std::move(made_server));
    RouterOptions router_options;
    router_options.media_codecs = test::media_codecs();
    auto made_router = co_await worker->create_router(std::move(router_options));
    const auto router = must(std::move(made_router));
    WebRtcTransportOptions options;
    options.web_rtc_server = server;
    options.prefer_tcp = true;
    auto made = co_await router->create_webrtc_transport(std::move(options));
    const auto transport = must(std::move(made));
    EXPECT_EQ(transport->ice_candidates().size(), 2U);  // both protocols: the default with a server
    EXPECT_EQ(transport->ice_candidates().at(1).protocol, ortc::IceProtocol::tcp);
    EXPECT_GT(transport->ice_candidates().at(1).priority, transport->ice_candidates().at(0).priority);
    const auto producer = co_await produce(transport, test::audio_producer());
    EventLog log;
    log.watch(transport->on_listen_server_close, "listenserverclose");
    log.watch(transport->on_router_close, "routerclose");
    log.watch(transport->on_close, "close");
    server->close();
    EXPECT_TRUE(transport->closed());
    EXPECT_TRUE(producer->closed());
    EXPECT_EQ(transport->dtls_state(), DtlsState::closed);
    EXPECT_EQ(log.names, (Names{"listenserverclose", "close"}));
    EXPECT_EQ(router->producer_by_id(producer->id()), nullptr);
    EXPECT_EQ(router->transport_count(), 0U);
  });
}

TEST_F(WebRtcTransportTest, NeedsOneWayToListen) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    WebRtcTransportOptions nothing;
    auto made = co_await router->create_webrtc_transport(std::move(nothing));
    EXPECT_EQ(code_of(made), Errc::bad_request);
    WebRtcTransportOptions no_address;
    no_address.listen_infos = {loopback()};
    no_address.listen_infos.at(0).ip = "not-an-address";
    made = co_await router->create_webrtc_transport(std::move(no_address));
    EXPECT_EQ(code_of(made), Errc::bad_request);
  });
}

TEST_F(WebRtcTransportTest, TakesDtlsParametersOnceAndAnswersWithItsRole) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto transport = co_await webrtc(router);
    must(co_await transport->connect(dtls_parameters(ortc::DtlsRole::client)));
    EXPECT_EQ(transport->dtls_parameters().role, ortc::DtlsRole::server);
    const auto again = co_await transport->connect(dtls_parameters());
    EXPECT_EQ(code_of(again), Errc::conflict);
    const auto other = co_await webrtc(router);
    must(co_await other->connect(dtls_parameters(ortc::DtlsRole::server)));
    EXPECT_EQ(other->dtls_parameters().role, ortc::DtlsRole::client);
  });
}

TEST_F(WebRtcTransportTest, RefusesDtlsParametersThatCouldHurtTheWorker) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto transport = co_await webrtc(router);
    auto none = dtls_parameters();
    none.fingerprints.clear();
    auto connected = co_await transport->connect(std::move(none));
    EXPECT_EQ(code_of(connected), Errc::bad_request);
    auto nonsense = dtls_parameters();
    nonsense.fingerprints.at(0).value = "ZZ";
    connected = co_await transport->connect(std::move(nonsense));
    EXPECT_EQ(code_of(connected), Errc::bad_request);
    must(co_await transport->connect(dtls_parameters()));
  });
}

TEST_F(WebRtcTransportTest, GivesNewIceParametersOnRestart) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto transport = co_await webrtc(router);
    const auto before = transport->ice_parameters();
    const auto restarted = co_await transport->restart_ice();
    const auto after = must(restarted);
    EXPECT_NE(after.username_fragment, before.username_fragment);
    EXPECT_NE(after.password, before.password);
    EXPECT_EQ(transport->ice_parameters(), after);
  });
}

/// A STUN message attribute: RFC 8489 section 14.
void add_attribute(std::vector<std::uint8_t>& message, std::uint16_t type, std::string_view value) {
  for (const auto number : {type, static_cast<std::uint16_t>(value.size())}) {
    message.push_back(static_cast<std::uint8_t>(number >> 8));
    message.push_back(static_cast<std::uint8_t>(number));
  }
  message.insert(message.end(), value.begin(), value.end());
  while (message.size() % 4 != 0) message.push_back(0);
}

TEST_F(WebRtcTransportTest, CountsTheBytesThatCameAndStaysNewUnderNoise) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto transport = co_await webrtc(router);
    asio::ip::udp::socket socket{io, asio::ip::udp::endpoint{asio::ip::make_address("127.0.0.1"), 0}};
    const asio::ip::udp::endpoint to{asio::ip::make_address("127.0.0.1"), transport->ice_candidates().at(0).port};
    // A binding request with our user name but without MESSAGE-INTEGRITY: not from our endpoint.
    std::vector<std::uint8_t> request{0x00, 0x01, 0x00, 0x00, 0x21, 0x12, 0xA4, 0x42, 1,  2,
                                      3,    4,    5,    6,    7,    8,    9,    10,   11, 12};
    add_attribute(request, 0x0006, transport->ice_parameters().username_fragment + ":them");
    request[3] = static_cast<std::uint8_t>(request.size() - 20);
    socket.send_to(asio::buffer(request), to);
    std::uint64_t received = 0;
    for (int tries = 0; tries < 100 && received == 0; ++tries) {
      const auto answered = co_await transport->get_stats();
      received = must(answered).at(0).at("bytesReceived").to_number<std::uint64_t>();
    }
    EXPECT_GT(received, 0U);
    EXPECT_EQ(transport->ice_state(), IceState::fresh);
  });
}

TEST_F(WebRtcTransportTest, IsGoneAfterClose) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto transport = co_await webrtc(router);
    EXPECT_EQ(transport->sctp_state(), SctpState::fresh);
    EventLog log;
    log.watch(transport->on_close, "close");
    log.watch(transport->on_router_close, "routerclose");
    transport->close();
    transport->close();
    EXPECT_EQ(log.names, (Names{"close"}));
    EXPECT_EQ(transport->ice_state(), IceState::closed);
    EXPECT_EQ(transport->dtls_state(), DtlsState::closed);
    EXPECT_EQ(transport->sctp_state(), SctpState::closed);
    EXPECT_EQ(router->transport_count(), 0U);
    const auto connected = co_await transport->connect(dtls_parameters());
    EXPECT_EQ(code_of(connected), Errc::conflict);
    const auto restarted = co_await transport->restart_ice();
    EXPECT_EQ(code_of(restarted), Errc::conflict);
    const auto dumped = co_await transport->dump();
    EXPECT_EQ(code_of(dumped), Errc::conflict);
    const auto stats = co_await transport->get_stats();
    EXPECT_EQ(code_of(stats), Errc::conflict);
  });
}

TEST_F(WebRtcTransportTest, EndsWithItsRouterAndFailsAtOnceWhenTheWorkerIsKilled) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto transport = co_await webrtc(router);
    EventLog log;
    log.watch(transport->on_router_close, "routerclose");
    log.watch(transport->on_close, "close");
    router->close();
    EXPECT_TRUE(transport->closed());
    EXPECT_EQ(log.names, (Names{"routerclose", "close"}));
    const auto other_router = co_await new_router();
    const auto other = co_await webrtc(other_router);
    ::kill(workers.back()->pid(), SIGKILL);
    const auto dumped = co_await other->dump();
    EXPECT_EQ(code_of(dumped), Errc::worker_died);
    EXPECT_TRUE(co_await eventually([&] { return other->closed(); }));
    EXPECT_EQ(other->dtls_state(), DtlsState::closed);
    const auto connected = co_await other->connect(dtls_parameters());
    EXPECT_EQ(code_of(connected), Errc::worker_died);
  });
}

}  // namespace
}  // namespace carillon::mediasoup
