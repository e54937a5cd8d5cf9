#include "mediasoup/ortc/transport_parameters_json.hpp"

#include "unit/mediasoup/ortc/fixtures.hpp"

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include <string>

namespace carillon::ortc {
namespace {

using test::json::parse;
using test::json::value;

std::string hex(std::size_t bytes, std::string_view byte = "aB") {
  std::string text;
  for (std::size_t i = 0; i < bytes; ++i) text += (i ? ":" : "") + std::string{byte};
  return text;
}

value dtls(std::string_view algorithm, std::string_view fingerprint) {
  return {{"role", "client"}, {"fingerprints", {{{"algorithm", algorithm}, {"value", fingerprint}}}}};
}

std::string dtls_rejection(const value& json) {
  const Result<DtlsParameters> result = parse_dtls_parameters(json);
  return result ? "accepted" : result.error().detail;
}

TEST(DtlsParameters, FingerprintsAreInUpperCaseForTheWorker) {
  const DtlsParameters parameters = parse_dtls_parameters(dtls("sha-256", hex(32, "aB"))).value();
  EXPECT_EQ(parameters, (DtlsParameters{DtlsRole::client, {{FingerprintAlgorithm::sha256, hex(32, "AB")}}}));
}

TEST(DtlsParameters, EachAlgorithmHasItsLength) {
  EXPECT_EQ(dtls_rejection(dtls("sha-1", hex(20))), "accepted");
  EXPECT_EQ(dtls_rejection(dtls("sha-224", hex(28))), "accepted");
  EXPECT_EQ(dtls_rejection(dtls("sha-384", hex(48))), "accepted");
  EXPECT_EQ(dtls_rejection(dtls("sha-512", hex(64))), "accepted");
  EXPECT_EQ(dtls_rejection(dtls("sha-256", hex(31))),
            "dtlsParameters.fingerprints[0].value: expected 32 bytes in hex, joined by ':'");
  EXPECT_EQ(dtls_rejection(dtls("sha-256", hex(33))),
            "dtlsParameters.fingerprints[0].value: expected 32 bytes in hex, joined by ':'");
}

TEST(DtlsParameters, AFingerprintIsHexWithColons) {
  std::string without_colon = hex(32);
  without_colon[2] = '-';
  std::string not_hex = hex(32);
  not_hex[0] = 'g';
  for (const std::string& text : {without_colon, not_hex, std::string(95, 'a'), std::string{}})
    EXPECT_NE(dtls_rejection(dtls("sha-256", text)), "accepted") << text;
}

TEST(DtlsParameters, AnEmptyListOfFingerprintsIsRefused) {  // it once killed a worker
  EXPECT_EQ(dtls_rejection(parse(R"({"role": "auto", "fingerprints": []})")),
            "dtlsParameters.fingerprints: expected at least one");
  EXPECT_EQ(dtls_rejection(parse(R"({"role": "auto"})")), "dtlsParameters.fingerprints: expected array");
}

TEST(DtlsParameters, MoreThanSixteenFingerprintsAreRefused) {
  value parameters = dtls("sha-256", hex(32));
  const value one = parameters.at("fingerprints").at(0);
  for (int i = 0; i < 16; ++i) parameters.at("fingerprints").as_array().push_back(one);
  EXPECT_EQ(dtls_rejection(parameters), "dtlsParameters.fingerprints: expected at most 16 elements");
}

TEST(DtlsParameters, UnknownAlgorithmsAndRolesAreRefused) {
  EXPECT_EQ(dtls_rejection(dtls("md5", hex(16))),
            "dtlsParameters.fingerprints[0].algorithm: expected sha-1, sha-224, sha-256, sha-384 or sha-512");
  value parameters = dtls("sha-256", hex(32));
  for (const value& role : {value("actpass"), value(nullptr), value(1)}) {
    parameters.as_object()["role"] = role;
    EXPECT_EQ(dtls_rejection(parameters), "dtlsParameters.role: expected auto, client or server");
  }
  parameters.as_object().erase("role");
  EXPECT_EQ(parse_dtls_parameters(parameters).value().role, DtlsRole::automatic);
}

TEST(DtlsParameters, WhatBrowsersSendIsAccepted) {
  for (const char* browser : {"chromium", "firefox"}) {
    const value recorded = test::recording(browser);
    const DtlsParameters parameters = parse_dtls_parameters(recorded.at_pointer("/produced/0/dtlsParameters")).value();
    EXPECT_EQ(parse_dtls_parameters(to_json(parameters)).value(), parameters);
  }
}

TEST(DtlsParameters, NumbersOfABrokenWorkerHaveNoName) {
  EXPECT_EQ(to_string(static_cast<FingerprintAlgorithm>(5)), "");
  EXPECT_EQ(to_string(static_cast<FingerprintAlgorithm>(255)), "");
  EXPECT_EQ(to_string(static_cast<DtlsRole>(3)), "");
}

std::string sctp_rejection(std::string_view text) {
  const Result<SctpStreamParameters> result = parse_sctp_stream_parameters(parse(text));
  return result ? "accepted" : result.error().detail;
}

TEST(SctpStreamParameters, AreReliableAndOrderedUnlessSaidOtherwise) {
  EXPECT_EQ(parse_sctp_stream_parameters(parse(R"({"streamId": 1})")).value(), (SctpStreamParameters{1, true, {}, {}}));
  EXPECT_EQ(parse_sctp_stream_parameters(parse(R"({"streamId": 1, "maxRetransmits": 3})")).value(),
            (SctpStreamParameters{1, false, {}, 3}));
}

TEST(SctpStreamParameters, StreamIdsEndBelow65535) {
  EXPECT_EQ(sctp_rejection(R"({"streamId": 65534})"), "accepted");
  EXPECT_EQ(sctp_rejection(R"({"streamId": 65535})"), "sctpStreamParameters.streamId: expected integer 0..65534");
  EXPECT_EQ(sctp_rejection(R"({"streamId": -1})"), "sctpStreamParameters.streamId: expected integer 0..65534");
  EXPECT_EQ(sctp_rejection("{}"), "sctpStreamParameters.streamId: expected integer 0..65534");
}

TEST(SctpStreamParameters, OnlyOneKindOfUnreliability) {
  EXPECT_EQ(sctp_rejection(R"({"streamId": 1, "ordered": false, "maxPacketLifeTime": 1, "maxRetransmits": 1})"),
            "sctpStreamParameters: expected only one of maxPacketLifeTime and maxRetransmits");
  EXPECT_EQ(sctp_rejection(R"({"streamId": 1, "ordered": true, "maxPacketLifeTime": 1})"),
            "sctpStreamParameters.ordered: expected false with maxPacketLifeTime or maxRetransmits");
  EXPECT_EQ(sctp_rejection(R"({"streamId": 1, "maxRetransmits": 65536})"),
            "sctpStreamParameters.maxRetransmits: expected integer 0..65535");
}

TEST(SctpCapabilities, NeedBothNumbers) {
  EXPECT_EQ(parse_sctp_capabilities(parse(R"({"numStreams": {"OS": 16, "MIS": 1024}})")).value(),
            (SctpCapabilities{{16, 1024}}));
  EXPECT_EQ(parse_sctp_capabilities(parse(R"({"numStreams": {"OS": 16}})")).error().detail,
            "sctpCapabilities.numStreams.MIS: expected integer 1..65535");
  EXPECT_EQ(parse_sctp_capabilities(parse("{}")).error().detail, "sctpCapabilities.numStreams: expected object");
}

TEST(IceCandidate, IsWrittenAsOldAndNewClientsReadIt) {
  EXPECT_EQ(to_json(IceCandidate{"udp", 7, "127.0.0.1", IceProtocol::udp, 40'000}),
            parse(R"({"foundation": "udp", "priority": 7, "ip": "127.0.0.1", "address": "127.0.0.1",
                      "protocol": "udp", "port": 40000, "type": "host"})"));
  EXPECT_EQ(to_json(IceCandidate{"tcp", 7, "::1", IceProtocol::tcp, 9}).at("tcpType"), value("passive"));
}

TEST(IceCandidate, ManyAreAList) {
  const std::vector<IceCandidate> candidates{{"udp", 7, "127.0.0.1", IceProtocol::udp, 40'000},
                                             {"tcp", 6, "127.0.0.1", IceProtocol::tcp, 40'000}};
  const value written = to_json(std::span{candidates});
  ASSERT_EQ(written.as_array().size(), 2U);
  EXPECT_EQ(written.at(0), to_json(candidates[0]));
  EXPECT_EQ(written.at(1), to_json(candidates[1]));
}

TEST(IceParameters, AreWrittenAsClientsReadThem) {
  EXPECT_EQ(to_json(IceParameters{"fragment", "password", true}),
            parse(R"({"usernameFragment": "fragment", "password": "password", "iceLite": true})"));
}

TEST(SctpCapabilities, SurviveTheRoundTrip) {
  const SctpCapabilities capabilities{{16, 1024}};
  EXPECT_EQ(parse_sctp_capabilities(to_json(capabilities)).value(), capabilities);
}

TEST(SctpParameters, CarryWhatOlderClientsRead) {
  SctpParameters parameters;
  parameters.max_receive_message_size = 262'144;
  const value written = to_json(parameters);
  EXPECT_EQ(written.at("maxMessageSize"), value(262'144U));
  EXPECT_EQ(written.at("OS"), value(65'535));
}

}  // namespace
}  // namespace carillon::ortc
