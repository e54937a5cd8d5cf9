// src/signaling/continuity: what the next process finds, also when the one in between is killed as it starts.
#include "signaling/continuity.hpp"

#include "support/temporary_folder.hpp"

#include <gmock/gmock.h>

namespace carillon::signaling {
namespace {

using testing::ElementsAre;
using testing::Key;
using testing::SizeIs;
using testing::UnorderedElementsAre;

constexpr Time t0 = from_ms(1'800'000'000'000);

class ContinuityTest : public testing::Test {
 protected:
  /// As a process that starts after the one before has ended.
  std::unique_ptr<store::Journal> journal() {
    auto opened = store::Journal::open(folder_ / "calls.journal", Logger{});
    EXPECT_TRUE(opened) << opened.error().detail;
    return *std::move(opened);
  }

  /// Alice rings Bob.
  static void ring(Continuity& continuity, call::Calls& calls) {
    continuity.keep(calls, calls.handle(call::DeviceConnected{DeviceId{"alice/1"}, UserId{"alice"}, "Alice"}, t0));
    const call::Command start = call::StartCall{.device = DeviceId{"alice/1"},
                                                .callees = {UserId{"bob"}},
                                                .media = call::Media::audio,
                                                .new_call = CallId{"c"},
                                                .new_room = RoomId{"r"}};
    const call::Outcome outcome = calls.handle(start, t0);
    ASSERT_TRUE(outcome.reply);
    continuity.keep(calls, outcome.actions);
  }

  TemporaryFolder folder_;
};

TEST_F(ContinuityTest, ACallIsThereUntilItIsOverAndItsRecordIsStored) {
  const auto file = journal();
  Continuity continuity{file.get()};
  call::Calls calls;
  ring(continuity, calls);
  EXPECT_THAT(file->values(), ElementsAre(Key("call/c")));
  continuity.keep(calls, calls.end_all(call::EndReason::failed, t0));
  EXPECT_THAT(file->values(), ElementsAre(Key("record/c")));
  continuity.recorded(CallId{"c"});
  EXPECT_THAT(file->values(), SizeIs(0));
}

TEST_F(ContinuityTest, WhatIsLeftStaysUntilItIsTakenOn) {
  {
    const auto file = journal();
    Continuity continuity{file.get()};
    call::Calls calls;
    ring(continuity, calls);
    file->put("call/wrong", "no call");
  }
  {
    // Killed before it has taken anything on.
    const auto file = journal();
    Continuity continuity{file.get()};
    EXPECT_THAT(continuity.left().calls, SizeIs(1));
  }
  const auto file = journal();
  Continuity continuity{file.get()};
  Continuity::Left left = continuity.left();
  ASSERT_THAT(left.calls, SizeIs(1));
  EXPECT_EQ(left.calls.front().terms.id, CallId{"c"});
  EXPECT_THAT(left.wrong, SizeIs(1));
  EXPECT_THAT(file->values(), UnorderedElementsAre(Key("call/c"), Key("call/wrong")));
  call::Calls calls;
  std::vector<Error> wrong;
  const std::vector<call::SavedDevice> devices{{DeviceId{"alice/1"}, UserId{"alice"}, "Alice"}};
  continuity.keep(calls, calls.restore(devices, std::move(left.calls), t0, wrong));
  continuity.forget_rest();
  EXPECT_THAT(file->values(), ElementsAre(Key("call/c"))) << "kept anew; what nobody can read is gone";
}

// ---- the clock ----

constexpr Duration hour = std::chrono::hours{1};

/// What the process before has left: the clock of this machine as it was an hour behind, and a call.
class KeptClock : public ContinuityTest {
 protected:
  /// By how much the clock of the next process is behind the system's.
  static double hours_behind(store::Journal& file, const std::string& boot, Duration uptime) {
    return static_cast<double>(Continuity::clock(file, boot, uptime).ahead() / std::chrono::seconds{1}) / 3600;
  }
  void SetUp() override {
    file->put("clock", fmt::format("this-run {} 5000", (SystemClock{}.offset() - hour).count()));
    file->put("call/c", "a call");
  }
  std::unique_ptr<store::Journal> file = journal();
};

TEST_F(KeptClock, GoesOnAsLongAsTheMachineRuns) {
  const std::string before = file->values().at("clock");
  EXPECT_NEAR(hours_behind(*file, "this-run", Duration{6000}), 1, 0.01);
  EXPECT_EQ(file->values().at("clock").substr(0, before.size() - 5), before.substr(0, before.size() - 5));
  EXPECT_NEAR(hours_behind(*file, "this-run", Duration{7000}), 1, 0.01);
  Continuity continuity{file.get()};
  EXPECT_THAT(continuity.left().wrong, SizeIs(1)) << "the call; the clock is none of the calls' matter";
  continuity.forget_rest();
  EXPECT_THAT(file->values(), ElementsAre(Key("clock")));
}

TEST_F(KeptClock, BeginsAnewWithTheMachine) { EXPECT_EQ(hours_behind(*file, "another-run", Duration{6000}), 0); }

TEST_F(KeptClock, BeginsAnewWhenTheMonotonicOneHas) { EXPECT_EQ(hours_behind(*file, "this-run", Duration{4999}), 0); }

TEST_F(KeptClock, BeginsAnewWhereNobodyKnowsWhichRunItIs) {
  EXPECT_EQ(hours_behind(*file, "", Duration{6000}), 0);
  EXPECT_THAT(file->values(), ElementsAre(Key("call/c")));
}

TEST_F(KeptClock, BeginsAnewWhenNoTimeIsLeft) {
  file->erase("call/c");
  file->put("session/alice", "no time in it");
  EXPECT_EQ(hours_behind(*file, "this-run", Duration{6000}), 0);
}

TEST_F(KeptClock, BeginsAnewWhenItCannotBeRead) {
  file->put("clock", "this-run soon");
  EXPECT_EQ(hours_behind(*file, "this-run", Duration{6000}), 0);
}

TEST_F(ContinuityTest, WithoutAJournalNothingIsLeft) {
  Continuity continuity{nullptr};
  call::Calls calls;
  ring(continuity, calls);
  EXPECT_THAT(continuity.left().calls, SizeIs(0));
  continuity.forget_rest();
}

}  // namespace
}  // namespace carillon::signaling
