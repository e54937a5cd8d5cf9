// src/base without Asio: ids, results, random, signals, clocks.
#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "base/signal.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <regex>
#include <set>

namespace carillon {
namespace {

TEST(Result, CarriesAValueOrAnError) {
  const Result<int> good = 4;
  const Result<int> bad = fail(Errc::busy, "callee in a call");
  EXPECT_EQ(*good, 4);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error(), (Error{Errc::busy, "callee in a call"}));
  EXPECT_THROW((void)bad.value(), std::runtime_error);
}

TEST(Result, EveryErrorHasANameAndANumberOfItsOwnKind) {
  EXPECT_EQ(to_string(Errc::bad_request), "bad-request");
  EXPECT_EQ(http_status(Errc::bad_request), 400);
  EXPECT_EQ(http_status(Errc::rate_limited), 429);
  std::set<std::string_view> names;
  for (int code = 0; code <= static_cast<int>(Errc::internal); ++code) names.insert(to_string(static_cast<Errc>(code)));
  EXPECT_EQ(names.size(), static_cast<std::size_t>(Errc::internal) + 1);
}

TEST(Random, AUuidIsOfVersionFour) {
  SystemRandom random;
  const std::regex shape{"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"};
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string uuid = random.uuid();
    EXPECT_TRUE(std::regex_match(uuid, shape)) << uuid;
    EXPECT_TRUE(seen.insert(uuid).second);
  }
}

TEST(Random, ATokenIsBase64UrlOfItsBytes) {
  struct Fixed final : Random {
    void fill(std::span<std::uint8_t> bytes) override {
      std::uint8_t next = 0xf8;
      for (auto& byte : bytes) byte = next++;
    }
  } fixed;
  EXPECT_EQ(fixed.token(0), "");
  EXPECT_EQ(fixed.token(1), "-A");
  EXPECT_EQ(fixed.token(2), "-Pk");
  EXPECT_EQ(fixed.token(4), "-Pn6-w");
}

TEST(Random, ASeedRepeatsItself) {
  SeededRandom a{7};
  SeededRandom b{7};
  EXPECT_EQ(a.uuid(), b.uuid());
}

TEST(Signal, CallsItsSlotsInTheOrderTheyConnected) {
  Signal<int> signal;
  std::string heard;
  auto first = signal.connect([&](int n) { heard += "a" + std::to_string(n); });
  auto second = signal.connect([&](int n) { heard += "b" + std::to_string(n); });
  signal.emit(1);
  first.disconnect();
  signal.emit(2);
  EXPECT_EQ(heard, "a1b1b2");
}

TEST(Signal, ASlotMayDisconnectItselfAndOthersMeanwhile) {
  Signal<> signal;
  int calls = 0;
  Subscription first;
  Subscription second;
  first = signal.connect([&] {
    ++calls;
    first.disconnect();
    second.disconnect();
  });
  second = signal.connect([&] { ++calls; });
  signal.emit();
  signal.emit();
  EXPECT_EQ(calls, 1);
}

TEST(Signal, ASlotThatConnectsMeanwhileIsCalledTheNextTime) {
  Signal<> signal;
  int late = 0;
  std::vector<Subscription> kept;
  kept.push_back(signal.connect([&] { kept.push_back(signal.connect([&] { ++late; })); }));
  signal.emit();
  EXPECT_EQ(late, 0);
  signal.emit();
  EXPECT_EQ(late, 1);
}

TEST(Signal, ASlotMayDestroyTheSignal) {
  auto signal = std::make_unique<Signal<>>();
  int after = 0;
  auto first = signal->connect([&] { signal.reset(); });
  auto second = signal->connect([&] { ++after; });
  signal->emit();
  EXPECT_EQ(signal, nullptr);
  EXPECT_EQ(after, 1);
}

TEST(Signal, ASlotMayEmitTheSameAgainAndGo) {
  Signal<> signal;
  std::string heard;
  Subscription first;
  first = signal.connect([&] {
    heard += 'a';
    first.disconnect();
    signal.emit();
  });
  const auto second = signal.connect([&] { heard += 'b'; });
  signal.emit();
  EXPECT_EQ(heard, "abb");
  signal.emit();
  EXPECT_EQ(heard, "abbb");
}

TEST(Clock, TheManualClockStandsStillUntilItIsMoved) {
  ManualClock clock{from_ms(1000)};
  EXPECT_EQ(to_ms(clock.now()), 1000);
  clock.advance(Duration{30'000});
  EXPECT_EQ(to_ms(clock.now()), 31'000);
}

TEST(Clock, TheSystemClockStartsAtTheWallClockAndNeverGoesBack) {
  const SystemClock clock;
  const auto wall = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  const Time first = clock.now();
  EXPECT_LT(std::chrono::abs(wall - first), std::chrono::seconds{5});
  EXPECT_LE(first, clock.now());
}

TEST(Clock, AJumpMovesTheWallAndNoDeadline) {
  ManualClock clock{from_ms(1000)};
  clock.jump(std::chrono::hours{1});
  EXPECT_EQ(clock.now(), from_ms(1000));
  EXPECT_EQ(clock.wall(), from_ms(3'601'000));
  clock.jump(-std::chrono::hours{2});
  EXPECT_EQ(clock.now(), from_ms(1000));
  EXPECT_EQ(clock.ahead(), -std::chrono::hours{1});
}

TEST(Clock, TheSystemClockIsNotAheadOfItselfByRounding) {
  const SystemClock clock;
  EXPECT_EQ(clock.ahead(), Duration{0});
}

TEST(Clock, OneGoesOnWhereAnotherHasIt) {
  const SystemClock clock;
  EXPECT_GE(uptime(), Duration{0});
  EXPECT_FALSE(boot_id().empty());
  // As after a jump of the system's clock of an hour while the one before ran.
  const Duration behind = clock.offset() - std::chrono::hours{1};
  const SystemClock next{behind};
  EXPECT_EQ(next.offset(), behind) << "exactly: it may be handed on a thousand times";
  EXPECT_NEAR(static_cast<double>((clock.now() - next.now()).count()), 3'600'000, 2);
  EXPECT_NEAR(static_cast<double>(next.ahead().count()), 3'600'000, 1000);
  EXPECT_NEAR(static_cast<double>((next.wall() - clock.wall()).count()), 0, 1000);
}

TEST(ClockWatch, TellsAJumpOnceWithItsSize) {
  ManualClock clock{from_ms(0)};
  ClockWatch watch{clock};
  EXPECT_EQ(watch.look(), Duration{0});
  clock.advance(std::chrono::hours{5});
  EXPECT_EQ(watch.look(), Duration{0}) << "time that passes is no jump";
  clock.jump(std::chrono::hours{1});
  EXPECT_EQ(watch.look(), std::chrono::hours{1});
  EXPECT_EQ(watch.look(), Duration{0});
  clock.jump(-std::chrono::hours{3});
  EXPECT_EQ(watch.look(), -std::chrono::hours{3});
  EXPECT_EQ(watch.look(), Duration{0});
}

TEST(ClockWatch, AddsSmallJumpsUpUntilTheyAreWorthALine) {
  ManualClock clock{from_ms(0)};
  ClockWatch watch{clock};
  clock.jump(Duration{600});
  EXPECT_EQ(watch.look(), Duration{0});
  clock.jump(Duration{600});
  EXPECT_EQ(watch.look(), Duration{1200});
  clock.jump(Duration{999});
  EXPECT_EQ(watch.look(), Duration{0});
}

TEST(Id, IdsOfOneTypeCompareAndPrint) {
  const CallId a{"a"};
  EXPECT_EQ(a, CallId{"a"});
  EXPECT_LT(a, CallId{"b"});
  EXPECT_EQ(fmt::format("{}", a), "a");
  EXPECT_TRUE(CallId{}.empty());
}

TEST(Log, AMessageFromOutsideStaysOnOneLine) {
  testing::internal::CaptureStderr();
  set_log_level(LogLevel::info);
  Logger{}.with("call", CallId{"c\n1"}).info("name={}", "Eve\r\n2026 error forged");
  Logger{}.debug("not written at info");
  const std::string written = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(written.begin(), written.end(), '\n'), 1) << written;
  EXPECT_NE(written.find("name=Eve\\x0d\\x0a2026 error forged call=c\\x0a1"), std::string::npos) << written;
}

TEST(Log, NothingOfAMessageIsACodeForTheTerminal) {
  testing::internal::CaptureStderr();
  set_log_level(LogLevel::info);
  Logger{}.info("{}", "7bit \x1b[2J c1 \u009b2J \u0080 raw \x9b cut \xc3");
  Logger{}.info("{}", "overlong \xe0\x82\x9b surrogate \xed\xa0\x80 beyond \xf4\x90\x80\x80");
  Logger{}.info("{}", "kept: Zo\u00eb \u00a0 \u20ac \U0001f514");
  const std::string written = testing::internal::GetCapturedStderr();
  EXPECT_NE(written.find(R"(7bit \x1b[2J c1 \xc2\x9b2J \xc2\x80 raw \x9b cut \xc3)"), std::string::npos) << written;
  EXPECT_NE(written.find(R"(overlong \xe0\x82\x9b surrogate \xed\xa0\x80 beyond \xf4\x90\x80\x80)"), std::string::npos);
  EXPECT_NE(written.find("kept: Zo\u00eb \u00a0 \u20ac \U0001f514"), std::string::npos) << written;
}

}  // namespace
}  // namespace carillon
