// When two codecs are the same one, and what JavaScript takes for the same value or for none.
#include "mediasoup/ortc/codec_match.hpp"

#include "mediasoup/ortc/h264_profile.hpp"
#include "mediasoup/ortc/ortc.hpp"
#include "mediasoup/ortc/parameter_value.hpp"

#include <gtest/gtest.h>

namespace carillon::ortc {
namespace {

RtpCodecCapability multiopus(Parameters parameters) {
  return {MediaKind::audio, "audio/multiopus", 100, 48'000, 6, std::move(parameters), {}};
}

bool match(const Parameters& a, const Parameters& b) {
  return codecs_match(multiopus(a), multiopus(b), Strictness::strict);
}

TEST(CodecMatch, MultiopusNeedsTheSameStreamsOrNone) {
  EXPECT_TRUE(match({}, {}));
  EXPECT_TRUE(match({{"num_streams", 4}}, {{"num_streams", 4}}));
  EXPECT_FALSE(match({{"num_streams", 4}}, {{"num_streams", 2}}));
  EXPECT_FALSE(match({{"num_streams", 4}}, {}));
  EXPECT_FALSE(match({}, {{"num_streams", 4}}));
  EXPECT_FALSE(match({{"coupled_streams", 4}}, {{"coupled_streams", 2}}));
}

TEST(CodecMatch, RtxIsWhatItsNameEndsWith) {
  EXPECT_TRUE(is_rtx_codec("video/rtx"));
  EXPECT_TRUE(is_rtx_codec("video/RTX"));
  EXPECT_FALSE(is_rtx_codec("video/VP8"));
  EXPECT_FALSE(is_rtx_codec("/rtx"));
  EXPECT_FALSE(is_rtx_codec(""));
}

TEST(ParameterValues, OfWhichSomeAreNoValue) {
  const auto falsy = [](const ParameterValue& value) { return is_falsy(&value); };
  EXPECT_TRUE(is_falsy(nullptr));
  EXPECT_TRUE(falsy(false));
  EXPECT_TRUE(falsy(0));
  EXPECT_TRUE(falsy(0.0));
  EXPECT_TRUE(falsy(std::string{}));
  EXPECT_FALSE(falsy(true));
  EXPECT_FALSE(falsy(-1));
  EXPECT_FALSE(falsy(-0.5));
  EXPECT_FALSE(falsy(0.5));
  EXPECT_FALSE(falsy(std::string{"0"}));
}

Parameters profile(const std::string& id) { return {{"profile-level-id", id}}; }

TEST(H264Profile, AnIdIsSixHexDigits) {
  EXPECT_TRUE(is_same_h264_profile(profile("42e01f"), profile("42e034")));
  for (const char* bad : {"zzzzzz", "42e0zz", "42e01", "42e01f0", "000000"})
    EXPECT_FALSE(is_same_h264_profile(profile(bad), profile(bad))) << bad;
  EXPECT_FALSE(is_same_h264_profile({{"profile-level-id", 1}}, profile("42e01f")));
}

TEST(H264Profile, ABadIdHasNoAnswer) {
  EXPECT_EQ(h264_profile_level_id_for_answer(profile("zzzzzz"), profile("42e01f")), std::nullopt);
  EXPECT_EQ(h264_profile_level_id_for_answer(profile("42e01f"), profile("zzzzzz")), std::nullopt);
}

TEST(H264Profile, WhoSaysNoneHasTheUsualOne) {
  EXPECT_EQ(h264_profile_level_id_for_answer({}, {}), std::nullopt);
  EXPECT_EQ(h264_profile_level_id_for_answer({}, profile("42e034")), "42e01f");
  EXPECT_EQ(h264_profile_level_id_for_answer(profile("42e034"), {}), "42e01f");
}

TEST(H264Profile, LevelsMayDifferWhereBothSaySoHoweverTheySayIt) {
  for (const ParameterValue& yes : {ParameterValue{true}, ParameterValue{1}, ParameterValue{"1"}}) {
    Parameters mine = profile("42e034");
    Parameters theirs = profile("42e01f");
    mine["level-asymmetry-allowed"] = theirs["level-asymmetry-allowed"] = yes;
    EXPECT_EQ(h264_profile_level_id_for_answer(mine, theirs), "42e034");
    theirs["level-asymmetry-allowed"] = false;
    EXPECT_EQ(h264_profile_level_id_for_answer(mine, theirs), "42e01f");
  }
}

TEST(H264Profile, Level1bIsWrittenForThreeProfilesOnly) {
  EXPECT_EQ(h264_profile_level_id_for_answer(profile("42f00b"), profile("42f00b")), "42f00b");
  EXPECT_EQ(h264_profile_level_id_for_answer(profile("42100b"), profile("42100b")), "42100b");
  EXPECT_EQ(h264_profile_level_id_for_answer(profile("4d100b"), profile("4d100b")), "4d100b");
  EXPECT_EQ(h264_profile_level_id_for_answer(profile("64000a"), profile("42f00b")), std::nullopt);
}

}  // namespace
}  // namespace carillon::ortc
