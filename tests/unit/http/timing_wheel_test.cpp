#include "http/timing_wheel.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <random>

namespace carillon::http {
namespace {

using namespace std::chrono_literals;

const Time t0 = from_ms(1'000'000);

struct Deadline : TimingWheel::Entry {
  std::function<void(Time)> then = [](Time) {};
  int fired = 0;
  Time fired_at{};

  void on_deadline(Time now) override {
    ++fired;
    fired_at = now;
    then(now);
  }
};

TEST(TimingWheel, FiresOnceNotEarlyAndAtMostOneTickLate) {
  TimingWheel wheel{t0, 20ms, 64};
  Deadline entry;
  wheel.schedule(entry, t0 + 105ms);
  EXPECT_EQ(wheel.next(), t0 + 120ms);
  wheel.advance(t0 + 104ms);
  EXPECT_EQ(entry.fired, 0);
  wheel.advance(t0 + 120ms);
  EXPECT_EQ(entry.fired, 1);
  EXPECT_FALSE(entry.is_scheduled());
  wheel.advance(t0 + 10s);
  EXPECT_EQ(entry.fired, 1);
  EXPECT_EQ(wheel.next(), std::nullopt);
}

TEST(TimingWheel, MovesAnEntryThatIsScheduledAgain) {
  TimingWheel wheel{t0, 20ms, 64};
  Deadline entry;
  wheel.schedule(entry, t0 + 100ms);
  wheel.schedule(entry, t0 + 500ms);
  wheel.advance(t0 + 400ms);
  EXPECT_EQ(entry.fired, 0);
  wheel.advance(t0 + 500ms);
  EXPECT_EQ(entry.fired, 1);
}

TEST(TimingWheel, KeepsDeadlinesOfLaterTurns) {
  TimingWheel wheel{t0, 20ms, 16};  // one turn is 320 ms
  Deadline entry;
  wheel.schedule(entry, t0 + 1s);
  for (Time now = t0; now < t0 + 1s; now += 20ms) wheel.advance(now);
  EXPECT_EQ(entry.fired, 0);
  wheel.advance(t0 + 1s);
  EXPECT_EQ(entry.fired, 1);
}

TEST(TimingWheel, FiresWhatIsPastAtTheNextTick) {
  TimingWheel wheel{t0, 20ms, 16};
  Deadline entry;
  wheel.schedule(entry, t0 - 1s);
  wheel.advance(t0 + 20ms);
  EXPECT_EQ(entry.fired, 1);
}

TEST(TimingWheel, CatchesUpAfterALongPause) {
  TimingWheel wheel{t0, 20ms, 16};
  std::vector<std::unique_ptr<Deadline>> entries;
  for (int i = 0; i < 100; ++i) {
    entries.push_back(std::make_unique<Deadline>());
    wheel.schedule(*entries.back(), t0 + i * 37ms);
  }
  wheel.advance(t0 + 1h);
  for (const auto& entry : entries) EXPECT_EQ(entry->fired, 1);
}

TEST(TimingWheel, LetsAnEntryScheduleItselfAgainAndDestroyOthers) {
  TimingWheel wheel{t0, 20ms, 16};
  Deadline again;
  again.then = [&](Time now) {
    if (again.fired < 3) wheel.schedule(again, now);
  };
  auto victim = std::make_unique<Deadline>();
  Deadline killer;
  killer.then = [&](Time) { victim.reset(); };
  wheel.schedule(killer, t0 + 20ms);
  wheel.schedule(*victim, t0 + 20ms);
  wheel.schedule(again, t0 + 20ms);
  for (Time now = t0; now <= t0 + 100ms; now += 20ms) wheel.advance(now);
  EXPECT_EQ(victim, nullptr);
  EXPECT_EQ(killer.fired, 1);
  EXPECT_EQ(again.fired, 3);
}

TEST(TimingWheel, LetsGoOfWhatIsCancelledOrDestroyed) {
  TimingWheel wheel{t0, 20ms, 16};
  Deadline cancelled;
  {
    Deadline destroyed;
    wheel.schedule(cancelled, t0 + 40ms);
    wheel.schedule(destroyed, t0 + 40ms);
  }
  TimingWheel::cancel(cancelled);
  wheel.advance(t0 + 1s);
  EXPECT_EQ(cancelled.fired, 0);
}

TEST(TimingWheel, AgreesWithAPlainListForRandomDeadlines) {
  std::mt19937 random{42};
  TimingWheel wheel{t0, 10ms, 32};
  struct Model {
    Deadline entry;
    Time due{};
  };
  std::vector<std::unique_ptr<Model>> models;
  for (int i = 0; i < 200; ++i) models.push_back(std::make_unique<Model>());
  Time now = t0;
  for (int step = 0; step < 5'000; ++step) {
    Model& model = *models[random() % models.size()];
    if (random() % 3 != 0) {
      model.due = now + Duration{random() % 1500};
      model.entry.fired = 0;
      wheel.schedule(model.entry, model.due);
    }
    if (const auto next = wheel.next(); next && random() % 2 == 0) {
      now = std::max(now, *next);
    } else {
      now += Duration{random() % 15};
    }
    wheel.advance(now);
    for (const auto& each : models) {
      if (each->due == Time{}) continue;
      if (each->entry.fired > 0) {
        ASSERT_EQ(each->entry.fired, 1);
        ASSERT_GE(each->entry.fired_at, each->due);
      } else {
        ASSERT_GT(each->due + 20ms, now) << "late";
      }
    }
  }
}

}  // namespace
}  // namespace carillon::http
