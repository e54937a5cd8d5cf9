#include "mediasoup/fbs/consumer.hpp"
#include "mediasoup/fbs/data.hpp"
#include "mediasoup/fbs/producer.hpp"
#include "mediasoup/fbs/rtp_stream.hpp"
#include "round_trip.hpp"

namespace carillon::mediasoup {
namespace {

namespace json = boost::json;

TEST(FbsConsumer, LayersComeBackAsTheyWere) {
  for (const auto& layers : {ConsumerLayers{0, std::nullopt}, ConsumerLayers{2, 0}, ConsumerLayers{255, 255}}) {
    const Written<FBS::Consumer::ConsumerLayers> written{[&](Builder& builder) { return fbs::write(builder, layers); }};
    EXPECT_EQ(fbs::read_layers(&*written), layers);
  }
  EXPECT_EQ(fbs::read_layers(nullptr), std::nullopt);
}

TEST(FbsConsumer, ScoresAreRead) {
  const Written<FBS::Consumer::ConsumerScore> written{[](Builder& builder) {
    const std::vector<std::uint8_t> scores{10, 0, 5};
    return FBS::Consumer::CreateConsumerScoreDirect(builder, 9, 8, &scores);
  }};
  EXPECT_EQ(fbs::read_score(*written), (ConsumerScore{9, 8, {10, 0, 5}}));
}

TEST(FbsProducer, TypesComeBackAsTheyWere) {
  for (const auto type : {ProducerType::simple, ProducerType::simulcast, ProducerType::svc}) {
    EXPECT_EQ(fbs::read_producer_type(fbs::write_producer_type(type)), type);
  }
  EXPECT_EQ(fbs::read_producer_type(FBS::RtpParameters::Type::PIPE), std::nullopt);
}

TEST(FbsProducer, ScoresAreRead) {
  const Written<FBS::Producer::ScoreNotification> written{[](Builder& builder) {
    const std::vector<flatbuffers::Offset<FBS::Producer::Score>> scores{
        FBS::Producer::CreateScoreDirect(builder, 0, 111, "lo", 7),
        FBS::Producer::CreateScoreDirect(builder, 1, 222, nullptr, 10)};
    return FBS::Producer::CreateScoreNotificationDirect(builder, &scores);
  }};
  EXPECT_EQ(fbs::read_scores(*written), (std::vector<ProducerScore>{{0, 111, "lo", 7}, {1, 222, std::nullopt, 10}}));
}

TEST(FbsProducer, SenderReportTracesTellTheirInfo) {
  const Written<FBS::Producer::TraceNotification> written{[](Builder& builder) {
    const auto info = FBS::Producer::CreateSrTraceInfo(builder, 1, 2, 3, 4, 5, 6).Union();
    return FBS::Producer::CreateTraceNotification(builder, FBS::Producer::TraceEventType::SR, 5,
                                                  FBS::Common::TraceDirection::DIRECTION_IN,
                                                  FBS::Producer::TraceInfo::SrTraceInfo, info);
  }};
  const auto event = fbs::read_trace(*written);
  EXPECT_EQ(event.type, "sr");
  EXPECT_EQ(event.info, json::parse(R"({"ssrc":1,"ntpSec":2,"ntpFrac":3,"rtpTs":4,"packetCount":5,"octetCount":6})"));
}

TEST(FbsProducer, TracesWithoutInfoHaveNull) {
  const Written<FBS::Producer::TraceNotification> written{[](Builder& builder) {
    return FBS::Producer::CreateTraceNotification(builder, FBS::Producer::TraceEventType::NACK, 5);
  }};
  EXPECT_EQ(fbs::read_trace(*written).type, "nack");
  EXPECT_TRUE(fbs::read_trace(*written).info.is_null());
  // A broken worker names a kind of info and has none.
  const Written<FBS::Producer::TraceNotification> named{[](Builder& builder) {
    return FBS::Producer::CreateTraceNotification(builder, FBS::Producer::TraceEventType::KEYFRAME, 5,
                                                  FBS::Common::TraceDirection::DIRECTION_IN,
                                                  FBS::Producer::TraceInfo::KeyFrameTraceInfo);
  }};
  EXPECT_TRUE(fbs::read_trace(*named).info.is_null());
  const Written<FBS::Consumer::TraceNotification> consumed{[](Builder& builder) {
    return FBS::Consumer::CreateTraceNotification(builder, FBS::Consumer::TraceEventType::PLI, 5,
                                                  FBS::Common::TraceDirection::DIRECTION_IN,
                                                  FBS::Consumer::TraceInfo::PliTraceInfo);
  }};
  EXPECT_TRUE(fbs::read_trace(*consumed).info.is_null());
}

TEST(FbsRtpStream, StatsOfBothDirectionsAreRead) {
  const Written<FBS::Producer::GetStatsResponse> written{[](Builder& builder) {
    const auto base = FBS::RtpStream::CreateBaseStatsDirect(builder, 1000, 111, FBS::RtpParameters::MediaKind::VIDEO,
                                                            "video/VP8", -3);
    const auto in_base = FBS::RtpStream::CreateStats(builder, FBS::RtpStream::StatsData::BaseStats, base.Union());
    const std::vector<flatbuffers::Offset<FBS::RtpStream::BitrateByLayer>> layers{
        FBS::RtpStream::CreateBitrateByLayerDirect(builder, "0.1", 5000)};
    const auto in = FBS::RtpStream::CreateRecvStatsDirect(builder, in_base, 7, 700, 70, &layers);
    const auto out = FBS::RtpStream::CreateSendStats(builder, in_base, 8, 800, 80);
    const std::vector<flatbuffers::Offset<FBS::RtpStream::Stats>> all{
        FBS::RtpStream::CreateStats(builder, FBS::RtpStream::StatsData::RecvStats, in.Union()),
        FBS::RtpStream::CreateStats(builder, FBS::RtpStream::StatsData::SendStats, out.Union()),
        in_base};  // of neither direction: nothing that could be shown
    return FBS::Producer::CreateGetStatsResponseDirect(builder, &all);
  }};
  const auto stats = fbs::rtp_stream_stats(written->stats());
  ASSERT_EQ(stats.size(), 2U);
  EXPECT_EQ(stats.at(0).at("type"), "inbound-rtp");
  EXPECT_EQ(stats.at(0).at("packetsLost"), -3);
  EXPECT_EQ(stats.at(0).at("packetCount"), 7);
  EXPECT_EQ(stats.at(0).at("bitrateByLayer"), json::parse(R"({"0.1":5000})"));
  EXPECT_EQ(stats.at(1).at("type"), "outbound-rtp");
  EXPECT_EQ(stats.at(1).at("byteCount"), 800);
  EXPECT_FALSE(stats.at(1).as_object().contains("bitrateByLayer"));
}

TEST(FbsData, TypesComeBackAsTheyWere) {
  for (const auto type : {DataType::sctp, DataType::direct}) {
    EXPECT_EQ(fbs::read_data_type(fbs::write_data_producer_type(type)), type);
    EXPECT_EQ(fbs::read_data_type(fbs::write_data_consumer_type(type)), type);
  }
}

}  // namespace
}  // namespace carillon::mediasoup
