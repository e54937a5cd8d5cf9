// src/signaling/metrics: what is counted is what is shown, under names and labels that stay. message_limit beside it.
#include "signaling/metrics.hpp"

#include "signaling/message_limit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <map>
#include <sstream>

namespace carillon::signaling {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr Time t0{1'700'000'000s};

/// By name and labels, as the text has them.
std::map<std::string, double> samples(const std::string& text) {
  std::map<std::string, double> found;
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.front() == '#') continue;
    const auto space = line.rfind(' ');
    EXPECT_TRUE(found.emplace(line.substr(0, space), std::strtod(line.c_str() + space, nullptr)).second) << line;
  }
  return found;
}

call::CallRecord record(call::EndReason reason, std::optional<Duration> answered_after = {}) {
  call::CallRecord record{.started_at = t0, .ended_at = t0 + 1min, .reason = reason, .people = {}};
  if (answered_after) record.answered_at = t0 + *answered_after;
  return record;
}

TEST(Metrics, CountersAreWhatWasDone) {
  Metrics metrics;
  for (int i = 0; i < 3; ++i) metrics.answered("start-call", 200, 2ms);
  metrics.answered("start-call", 429, 10us);
  metrics.answered("unknown", 400, 10us);
  metrics.call_ended(record(call::EndReason::hangup, 4s));
  metrics.call_ended(record(call::EndReason::disconnected, 8s));
  metrics.call_ended(record(call::EndReason::timeout));
  metrics.pushed("webpush", {push::Outcome::taken, {}, ""});
  metrics.pushed("webpush", {push::Outcome::expired, {}, "expired, refused 503"});
  metrics.pushed("fcm", {push::Outcome::gone, {}, "gone"});
  metrics.limited("messages-per-second");
  metrics.limited("messages-per-second");

  const auto shown = samples(metrics.text({.calls = 5,
                                           .web_sockets = 7,
                                           .http_connections = 9,
                                           .workers = 2,
                                           .workers_up = {1},
                                           .worker_restarts = 3,
                                           .refused_as_full = 12,
                                           .connections_refused = 11,
                                           .connections_too_often = 14,
                                           .refusals = {13, 17, 19, 23}}));
  const std::map<std::string, double> expected{
      {R"(carillon_signaling_requests_total{code="200",method="start-call"})", 3},
      {R"(carillon_signaling_requests_total{code="429",method="start-call"})", 1},
      {R"(carillon_signaling_requests_total{code="400",method="unknown"})", 1},
      {R"(carillon_signaling_request_duration_seconds_count)", 5},
      {R"(carillon_signaling_request_duration_seconds_bucket{le="0.0001"})", 2},
      {R"(carillon_signaling_request_duration_seconds_bucket{le="0.0025"})", 5},
      {R"(carillon_calls_total{outcome="answered"})", 2},
      {R"(carillon_calls_total{outcome="timeout"})", 1},
      {R"(carillon_call_setup_seconds_count)", 2},
      {R"(carillon_call_setup_seconds_sum)", 12},
      {R"(carillon_push_total{provider="webpush",result="taken"})", 1},
      {R"(carillon_push_total{provider="webpush",result="expired"})", 1},
      {R"(carillon_push_total{provider="fcm",result="gone"})", 1},
      {R"(carillon_limited_total{limit="messages-per-second"})", 2},
      {R"(carillon_limited_total{limit="connections"})", 12},
      {R"(carillon_limited_total{limit="connections-per-ip"})", 11},
      {R"(carillon_limited_total{limit="connections-per-second-ip"})", 14},
      {R"(carillon_limited_total{limit="rings-per-minute-user"})", 13},
      {R"(carillon_limited_total{limit="rings-per-minute-pair"})", 17},
      {R"(carillon_limited_total{limit="rooms-per-key"})", 19},
      {R"(carillon_limited_total{limit="rings-at-once-pair"})", 23},
      {R"(carillon_calls_active)", 5},
      {R"(carillon_ws_connections)", 7},
      {R"(carillon_http_connections)", 9},
      {R"(carillon_worker_up{worker="0"})", 0},
      {R"(carillon_worker_up{worker="1"})", 1},
      {R"(carillon_worker_restarts_total)", 3},
  };
  for (const auto& [name, value] : expected) {
    ASSERT_TRUE(shown.contains(name)) << name;
    EXPECT_EQ(shown.at(name), value) << name;
  }
}

TEST(Metrics, WhatIsCountedElsewhereIsBroughtUpAndNotAddedAgain) {
  Metrics metrics;
  (void)metrics.text({.worker_restarts = 2, .refusals = {1, 0, 0}});
  const auto shown = samples(metrics.text({.worker_restarts = 3, .refusals = {4, 0, 0}}));
  EXPECT_EQ(shown.at("carillon_worker_restarts_total"), 3);
  EXPECT_EQ(shown.at(R"(carillon_limited_total{limit="rings-per-minute-user"})"), 4);
}

TEST(Metrics, LimitsAreThereBeforeTheyRefuseAnything) {
  Metrics metrics;
  const auto shown = samples(metrics.text({}));
  for (const char* limit :
       {"connections", "connections-per-ip", "connections-per-second-ip", "sessions-per-user", "messages-per-second",
        "messages-per-second-user", "producers-per-second", "waiting-per-user", "rings-per-minute-user",
        "rings-per-minute-pair", "rings-at-once-pair", "rooms-per-key"}) {
    EXPECT_EQ(shown.at(std::string{"carillon_limited_total{limit=\""} + limit + "\"}"), 0) << limit;
  }
}

TEST(Metrics, TheEndOfTheCertificateIsThereWithTlsAlone) {
  Metrics metrics;
  EXPECT_FALSE(samples(metrics.text({})).contains("carillon_tls_certificate_expires_timestamp_seconds"));
  const auto shown = samples(metrics.text({.certificate_expires = from_ms(1'800'000'000'000)}));
  EXPECT_EQ(shown.at("carillon_tls_certificate_expires_timestamp_seconds"), 1'800'000'000);
}

TEST(Metrics, TheProcessIsThisOne) {
  Metrics metrics;
  const auto shown = samples(metrics.text({}));
  const auto since_1970 = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  EXPECT_GT(shown.at("process_resident_memory_bytes"), 1e6);
  EXPECT_GT(shown.at("process_virtual_memory_bytes"), shown.at("process_resident_memory_bytes"));
  EXPECT_GE(shown.at("process_open_fds"), 3);
  EXPECT_EQ(shown.at("process_max_fds"), static_cast<double>(::sysconf(_SC_OPEN_MAX)));
  EXPECT_LE(shown.at("process_start_time_seconds"), since_1970 + 2);
  EXPECT_GT(shown.at("process_start_time_seconds"), since_1970 - 3600);
  EXPECT_GE(shown.at("process_cpu_seconds_total"), 0);

  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  EXPECT_EQ(samples(metrics.text({})).at("process_open_fds"), shown.at("process_open_fds") + 2);
  ::close(pipe[0]);
  ::close(pipe[1]);
}

TEST(Metrics, EachFamilyHasItsHelpAndType) {
  Metrics metrics;
  const std::string text = metrics.text({.workers = 1});
  EXPECT_THAT(text, HasSubstr("# TYPE carillon_calls_active gauge\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE carillon_call_setup_seconds histogram\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE carillon_limited_total counter\n"));
  EXPECT_THAT(text, HasSubstr("# HELP carillon_worker_up 1: this media worker serves.\n"));
}

// ---- Messages of one session -------------------------------------------------------------------------------------

TEST(MessageLimit, ASessionSendsTwiceTheRateAtOnceAndThenTheRate) {
  MessageLimit limit{10};
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(limit.take(t0)) << i;
  const auto refused = limit.take(t0);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->retry_after, 100ms);
  EXPECT_FALSE(refused->hopeless);
  EXPECT_FALSE(limit.take(t0 + 100ms)) << "who comes back when told is let through";
}

TEST(MessageLimit, TwiceTheRateIsBorneForEverAndNoMoreGetsThroughThanAllowed) {
  MessageLimit limit{10};
  int through = 0;
  for (Time now = t0; now < t0 + 10min; now += 50ms) {
    const auto refused = limit.take(now);
    if (!refused) ++through;
    EXPECT_FALSE(refused && refused->hopeless);
  }
  EXPECT_LE(through, 20 + 10 * 600);
  EXPECT_GE(through, 10 * 600);
}

TEST(MessageLimit, ASessionThatDoesNotCareIsHopelessAfterASecond) {
  MessageLimit limit{10};
  Time now = t0;
  while (now < t0 + 1min) {
    const auto refused = limit.take(now);
    if (refused && refused->hopeless) break;
    now += 10ms;  // ten times the rate
  }
  EXPECT_GE(now, t0 + 1s);
  EXPECT_LE(now, t0 + 3s);
}

TEST(MessageLimit, WithoutARateNothingIsRefused) {
  MessageLimit limit{0};
  for (int i = 0; i < 100'000; ++i) ASSERT_FALSE(limit.take(t0));
}

}  // namespace
}  // namespace carillon::signaling
