#include "mediasoup/fbs/transport.hpp"

#include "mediasoup/fbs/transport_options.hpp"
#include "round_trip.hpp"

namespace carillon::mediasoup {
namespace {

namespace json = boost::json;

TEST(FbsTransport, DtlsParametersComeBackAsTheyWere) {
  ortc::DtlsParameters parameters;
  for (const auto role : {ortc::DtlsRole::automatic, ortc::DtlsRole::client, ortc::DtlsRole::server}) {
    parameters.role = role;
    parameters.fingerprints = {{ortc::FingerprintAlgorithm::sha1, "AA"},
                               {ortc::FingerprintAlgorithm::sha224, "BB"},
                               {ortc::FingerprintAlgorithm::sha256, "CC"},
                               {ortc::FingerprintAlgorithm::sha384, "DD"},
                               {ortc::FingerprintAlgorithm::sha512, "EE"}};
    const Written<FBS::WebRtcTransport::DtlsParameters> written{
        [&](Builder& builder) { return fbs::write(builder, parameters); }};
    EXPECT_EQ(fbs::read_dtls_parameters(*written), parameters);
    EXPECT_STREQ(FBS::WebRtcTransport::EnumNameFingerprintAlgorithm(written->fingerprints()->Get(3)->algorithm()),
                 "SHA384");
  }
}

TEST(FbsTransport, SrtpParametersComeBackAsTheyWere) {
  for (const auto suite : {SrtpCryptoSuite::aead_aes_256_gcm, SrtpCryptoSuite::aead_aes_128_gcm,
                           SrtpCryptoSuite::aes_cm_128_hmac_sha1_80, SrtpCryptoSuite::aes_cm_128_hmac_sha1_32}) {
    const SrtpParameters parameters{suite, "a2V5"};
    const Written<FBS::SrtpParameters::SrtpParameters> written{
        [&](Builder& builder) { return fbs::write(builder, parameters); }};
    EXPECT_EQ(fbs::read_srtp_parameters(&*written), parameters);
    EXPECT_EQ(FBS::SrtpParameters::EnumNameSrtpCryptoSuite(written->crypto_suite()), to_string(suite));
  }
  EXPECT_EQ(fbs::read_srtp_parameters(nullptr), std::nullopt);
}

TEST(FbsTransport, SctpStreamParametersComeBackAsTheyWere) {
  ortc::SctpStreamParameters parameters;
  parameters.stream_id = 65534;
  const auto there_and_back = [&] {
    const Written<FBS::SctpParameters::SctpStreamParameters> written{
        [&](Builder& builder) { return fbs::write(builder, parameters); }};
    return fbs::read_sctp_stream_parameters(&*written);
  };
  EXPECT_EQ(there_and_back(), parameters);
  parameters.ordered = false;
  parameters.max_packet_life_time = 0;
  EXPECT_EQ(there_and_back(), parameters);
  parameters.max_packet_life_time.reset();
  parameters.max_retransmits = 65535;
  EXPECT_EQ(there_and_back(), parameters);
  EXPECT_EQ(fbs::read_sctp_stream_parameters(nullptr), std::nullopt);
}

TEST(FbsTransport, ATupleBecomesWhatThePackageShows) {
  const Written<FBS::Transport::Tuple> written{[](Builder& builder) {
    return FBS::Transport::CreateTupleDirect(builder, "1.2.3.4", 40000, "5.6.7.8", 50000,
                                             FBS::Transport::Protocol::TCP);
  }};
  const auto tuple = fbs::read_tuple(*written);
  EXPECT_EQ(json::value(fbs::to_json(tuple)),
            json::parse(R"({"localIp":"1.2.3.4","localAddress":"1.2.3.4","localPort":40000,
      "remoteIp":"5.6.7.8","remotePort":50000,"protocol":"tcp"})"));
  const Written<FBS::Transport::Tuple> listening{
      [](Builder& builder) { return FBS::Transport::CreateTupleDirect(builder, "1.2.3.4", 40000); }};
  EXPECT_FALSE(fbs::to_json(fbs::read_tuple(*listening)).contains("remoteIp"));
  EXPECT_EQ(fbs::read_tuple(nullptr), std::nullopt);
}

TEST(FbsTransport, StatesHaveTheNamesOfThePackage) {
  EXPECT_EQ(to_string(fbs::read_sctp_state(FBS::SctpAssociation::SctpState::CONNECTED)), "connected");
  EXPECT_EQ(to_string(fbs::read_ice_state(FBS::WebRtcTransport::IceState::NEW)), "new");
  EXPECT_EQ(to_string(fbs::read_ice_state(FBS::WebRtcTransport::IceState::DISCONNECTED)), "disconnected");
  EXPECT_EQ(to_string(fbs::read_dtls_state(FBS::WebRtcTransport::DtlsState::FAILED)), "failed");
  EXPECT_EQ(to_string(fbs::read_dtls_state(FBS::WebRtcTransport::DtlsState::CLOSED)), "closed");
  EXPECT_EQ(fbs::read_dtls_role(FBS::WebRtcTransport::DtlsRole::SERVER), ortc::DtlsRole::server);
}

TEST(FbsTransport, AListenInfoKeepsAllItsFields) {
  TransportListenInfo info;
  info.protocol = TransportProtocol::tcp;
  info.ip = "::1";
  info.announced_address = "media.example.org";
  info.expose_internal_ip = true;
  info.port = 1234;
  info.port_range = {2000, 3000};
  info.flags = {true, true};
  info.send_buffer_size = 100;
  info.recv_buffer_size = 200;
  const Written<FBS::Transport::ListenInfo> written{
      [&](Builder& builder) { return fbs::write_listen_info(builder, info); }};
  EXPECT_EQ(written->protocol(), FBS::Transport::Protocol::TCP);
  EXPECT_EQ(written->ip()->str(), "::1");
  EXPECT_EQ(written->announced_address()->str(), "media.example.org");
  EXPECT_TRUE(written->expose_internal_ip());
  EXPECT_EQ(written->port(), 1234);
  EXPECT_EQ(written->port_range()->min(), 2000);
  EXPECT_EQ(written->port_range()->max(), 3000);
  EXPECT_TRUE(written->flags()->ipv6_only());
  EXPECT_TRUE(written->flags()->udp_reuse_port());
  EXPECT_EQ(written->send_buffer_size(), 100U);
  EXPECT_EQ(written->recv_buffer_size(), 200U);
}

TEST(FbsTransport, WebRtcOptionsHaveThePackagesDefaults) {
  WebRtcTransportOptions options;
  options.listen_infos.resize(2);
  options.listen_infos.at(0).ip = "127.0.0.1";
  options.listen_infos.at(1).ip = "127.0.0.2";
  const Written<FBS::WebRtcTransport::WebRtcTransportOptions> alone{
      [&](Builder& builder) { return fbs::write(builder, options, ""); }};
  EXPECT_EQ(alone->listen_as_ListenIndividual()->listen_infos()->size(), 2U);
  EXPECT_TRUE(alone->enable_udp());
  EXPECT_FALSE(alone->enable_tcp());
  EXPECT_EQ(alone->ice_consent_timeout(), 30);
  EXPECT_EQ(alone->base()->initial_available_outgoing_bitrate(), 600000U);
  EXPECT_FALSE(alone->base()->enable_sctp());
  EXPECT_EQ(alone->base()->max_send_message_size(), 262144U);
  EXPECT_EQ(alone->base()->max_receive_message_size(), 262144U);
  EXPECT_EQ(alone->base()->sctp_send_buffer_size(), 2000000U);
  EXPECT_EQ(alone->base()->sctp_per_stream_send_queue_limit(), 2000000U);
  EXPECT_EQ(alone->base()->sctp_max_receiver_window_buffer_size(), 5242880U);
  EXPECT_EQ(alone->base()->sctp_default_stream_buffered_amount_low_threshold(), 1024U);
  EXPECT_TRUE(alone->base()->is_data_channel());
  const Written<FBS::WebRtcTransport::WebRtcTransportOptions> with_server{
      [&](Builder& builder) { return fbs::write(builder, options, "server-1"); }};
  EXPECT_EQ(with_server->listen_as_ListenServer()->web_rtc_server_id()->str(), "server-1");
  EXPECT_TRUE(with_server->enable_tcp());
}

TEST(FbsTransport, PlainOptionsTurnRtcpMuxOffWhenRtcpHasItsOwnPort) {
  PlainTransportOptions options;
  options.listen_info.ip = "127.0.0.1";
  const Written<FBS::PlainTransport::PlainTransportOptions> muxed{
      [&](Builder& builder) { return fbs::write(builder, options); }};
  EXPECT_TRUE(muxed->rtcp_mux());
  EXPECT_EQ(muxed->rtcp_listen_info(), nullptr);
  EXPECT_FALSE(muxed->base()->is_data_channel());
  EXPECT_EQ(muxed->srtp_crypto_suite(), FBS::SrtpParameters::SrtpCryptoSuite::AES_CM_128_HMAC_SHA1_80);
  options.rtcp_listen_info = options.listen_info;
  const Written<FBS::PlainTransport::PlainTransportOptions> split{
      [&](Builder& builder) { return fbs::write(builder, options); }};
  EXPECT_FALSE(split->rtcp_mux());
  EXPECT_NE(split->rtcp_listen_info(), nullptr);
}

TEST(FbsTransport, DirectOptionsSaySo) {
  DirectTransportOptions options;
  options.max_receive_message_size = 77;
  const Written<FBS::DirectTransport::DirectTransportOptions> written{
      [&](Builder& builder) { return fbs::write(builder, options); }};
  EXPECT_TRUE(written->base()->direct());
  EXPECT_EQ(written->base()->max_receive_message_size(), 77U);
}

TEST(FbsTransport, TracesTellTheirInfo) {
  const Written<FBS::Transport::TraceNotification> bwe{[](Builder& builder) {
    const auto info =
        FBS::Transport::CreateBweTraceInfo(builder, FBS::Transport::BweType::REMB, 1, 2, 3, 4, 5, 6, 7).Union();
    return FBS::Transport::CreateTraceNotification(builder, FBS::Transport::TraceEventType::BWE, 99,
                                                   FBS::Common::TraceDirection::DIRECTION_OUT,
                                                   FBS::Transport::TraceInfo::BweTraceInfo, info);
  }};
  const auto event = fbs::read_trace(*bwe);
  EXPECT_EQ(event.type, "bwe");
  EXPECT_EQ(event.timestamp, 99U);
  EXPECT_EQ(event.direction, "out");
  EXPECT_EQ(event.info, json::parse(R"({"desiredBitrate":1,"effectiveDesiredBitrate":2,"minBitrate":3,"maxBitrate":4,
      "startBitrate":5,"maxPaddingBitrate":6,"availableBitrate":7,"bweType":"remb"})"));
  const Written<FBS::Transport::TraceNotification> probation{[](Builder& builder) {
    return FBS::Transport::CreateTraceNotification(builder, FBS::Transport::TraceEventType::PROBATION, 1);
  }};
  EXPECT_EQ(fbs::read_trace(*probation).info, json::object{});
  EXPECT_EQ(fbs::read_trace(*probation).direction, "in");
}

}  // namespace
}  // namespace carillon::mediasoup
