// Who gets a push, when, and what the ring ledger and the caller hear of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <chrono>
#include <string>
#include <vector>

#include "call/reaching.hpp"

namespace carillon::call {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

std::vector<std::string> words(const ReachActions& actions) {
  std::vector<std::string> lines;
  for (const ReachAction& action : actions) {
    lines.push_back(std::visit(
        Overloaded{
            [](const FindTargets& a) { return fmt::format("find {}", a.user); },
            [](const PushRing& a) { return fmt::format("ring {}", a.target.subscription); },
            [](const PushEnd& a) { return fmt::format("end {} {}", a.target.subscription, to_string(a.reason)); },
            [](const DropRing& a) { return fmt::format("drop {}", a.target.subscription); },
            [](const PushMissed& a) { return fmt::format("missed {} from {}", a.target.subscription, a.caller.name); },
            [](const TellReached& a) {
              return fmt::format("{} on {} {}", a.event.user, a.event.devices, to_string(a.event.state));
            },
        },
        action));
  }
  return lines;
}

/// bob is called by alice. Subscriptions are called after their devices: "phone" is that of bob.phone.
struct Ringing_ {
  Reaching reaching;
  Time now{1'000'000s};
  CallId call{"call"};
  UserId bob{"bob"};

  static DeviceId device(const std::string& name) { return DeviceId{"bob." + name}; }
  static std::vector<PushTarget> targets(const std::vector<std::string>& names) {
    std::vector<PushTarget> all;
    for (const std::string& name : names) all.push_back({name, device(name), "webpush"});
    return all;
  }

  template <class Step>
  std::vector<std::string> after(Step step) {
    ReachActions out;
    step(out);
    return words(out);
  }
  [[nodiscard]] Reach reach() const {
    return {call, bob, {RoomId{"room"}, {UserId{"alice"}, "Alice"}, {bob}, Media::video, now + 30s}};
  }
  std::vector<std::string> begin() {
    return after([&](auto& out) { reaching.begin(reach(), out); });
  }
  /// In the process after that in which it began.
  std::vector<std::string> begin_again() {
    return after([&](auto& out) { reaching.begin_again(reach(), now, out); });
  }
  std::vector<std::string> told(const std::string& name) {
    return after([&](auto& out) { reaching.told(call, bob, device(name), now, out); });
  }
  std::vector<std::string> found(const std::vector<std::string>& names) {
    return after([&](auto& out) { reaching.found(call, bob, targets(names), now, out); });
  }
  std::vector<std::string> confirmed(const std::string& name) {
    return after([&](auto& out) { reaching.confirmed(call, bob, device(name), now, out); });
  }
  std::vector<std::string> confirmed_by_push(const std::string& name) {
    return after([&](auto& out) { reaching.confirmed_by_push(call, bob, name, now, out); });
  }
  std::vector<std::string> gone(const std::string& name) {
    return after([&](auto& out) { reaching.gone(bob, device(name), now, out); });
  }
  std::vector<std::string> taken(const std::string& name) {
    return after([&](auto& out) { reaching.taken(call, bob, name, now, out); });
  }
  std::vector<std::string> failed(const std::string& name, const std::string& why) {
    return after([&](auto& out) { reaching.failed(call, bob, name, why, out); });
  }
  std::vector<std::string> wait(Duration time) {
    now += time;
    return after([&](auto& out) { reaching.tick(now, out); });
  }
  std::vector<std::string> end(EndReason reason, const std::string& decided_on = {},
                               EndReason decision = EndReason::declined) {
    const DeviceId where = decided_on.empty() ? DeviceId{} : device(decided_on);
    return after([&](auto& out) { reaching.end({call, bob, reason, where, decision}, now, out); });
  }
  LedgerEntry line(std::size_t index) { return reaching.ledger(call).at(index); }
};

Ringing_ with_targets(const std::vector<std::string>& names) {
  Ringing_ ring;
  ring.begin();
  ring.found(names);
  return ring;
}

TEST(Reaching, DevicesWithoutASocketGetAPushAtOnce) {
  Ringing_ ring;
  EXPECT_THAT(ring.begin(), ElementsAre("find bob"));
  EXPECT_THAT(ring.found({"phone", "tablet"}), ElementsAre("ring phone", "ring tablet"));
}

TEST(Reaching, TheCallerHearsHowFarPushCame) {
  Ringing_ ring = with_targets({"phone", "tablet"});
  EXPECT_THAT(ring.taken("phone"), ElementsAre("bob on 1 reaching"));
  EXPECT_THAT(ring.taken("tablet"), ElementsAre("bob on 2 reaching"));
  EXPECT_THAT(ring.confirmed_by_push("tablet"), ElementsAre("bob on 2 ringing"));
  EXPECT_THAT(ring.confirmed_by_push("phone"), ElementsAre());
}

TEST(Reaching, WhoHasNoDeviceAtAllIsUnreachable) {
  Ringing_ ring;
  ring.begin();
  EXPECT_THAT(ring.found({}), ElementsAre("bob on 0 unreachable"));
}

TEST(Reaching, WhoRingsBySocketAloneNeedsNoMoreWords) {
  Ringing_ ring;
  ring.begin();
  EXPECT_THAT(ring.told("laptop"), ElementsAre());
  EXPECT_THAT(ring.found({}), ElementsAre());
  EXPECT_THAT(ring.gone("laptop"), ElementsAre("bob on 0 unreachable"));
  EXPECT_THAT(ring.told("laptop"), ElementsAre());
  EXPECT_THAT(ring.gone("laptop"), ElementsAre("bob on 0 unreachable"));
}

TEST(Reaching, WhenEveryPushFailsHeIsUnreachable) {
  Ringing_ ring = with_targets({"phone", "tablet"});
  EXPECT_THAT(ring.failed("phone", "gone"), ElementsAre());
  EXPECT_THAT(ring.failed("tablet", "refused 403"), ElementsAre("bob on 0 unreachable"));
}

TEST(Reaching, ADeviceWithASocketHasTwoSecondsToConfirm) {
  Ringing_ ring;
  ring.begin();
  ring.told("phone");
  EXPECT_THAT(ring.found({"phone"}), ElementsAre());
  EXPECT_EQ(ring.reaching.deadline(), ring.now + 2s);
  EXPECT_THAT(ring.wait(2s - 1ms), ElementsAre());
  EXPECT_THAT(ring.wait(1ms), ElementsAre("ring phone"));
  EXPECT_THAT(ring.wait(1h), ElementsAre());
}

TEST(Reaching, ADeviceThatConfirmedGetsNoPush) {
  Ringing_ ring;
  ring.begin();
  ring.told("phone");
  ring.found({"phone"});
  EXPECT_THAT(ring.confirmed("phone"), ElementsAre());
  EXPECT_THAT(ring.wait(2s), ElementsAre());
}

TEST(Reaching, ASlowLookUpDoesNotForgetSilentSockets) {
  Ringing_ ring;
  ring.begin();
  ring.told("phone");
  EXPECT_THAT(ring.wait(3s), ElementsAre());
  EXPECT_THAT(ring.found({"phone"}), ElementsAre("ring phone"));
}

TEST(Reaching, ADeviceWhoseSocketGoesWhileItRingsGetsAPush) {
  Ringing_ ring;
  ring.begin();
  ring.told("phone");
  ring.found({"phone"});
  ring.confirmed("phone");
  EXPECT_THAT(ring.gone("phone"), ElementsAre("ring phone"));
  EXPECT_THAT(ring.gone("phone"), ElementsAre());
}

TEST(Reaching, EachDeviceIsPushedOnceForEachRing) {
  Ringing_ ring = with_targets({"phone"});
  ring.told("phone");
  EXPECT_THAT(ring.gone("phone"), ElementsAre());
  EXPECT_THAT(ring.wait(2s), ElementsAre());
  ring.end(EndReason::timeout);
  EXPECT_THAT(ring.begin(), ElementsAre("find bob"));
  EXPECT_THAT(ring.found({"phone"}), ElementsAre("ring phone"));
}

TEST(Reaching, ADeviceThatPushWokeIsNotCountedTwice) {
  Ringing_ ring = with_targets({"phone"});
  ring.taken("phone");
  EXPECT_THAT(ring.told("phone"), ElementsAre("bob on 0 ringing"));  // it is among those of the socket now
}

TEST(Reaching, APageThatCameBackUnderAnotherIdIsTheSameDevice) {
  Ringing_ ring = with_targets({"phone"});
  ring.reaching.moved(ring.bob, "phone", Ringing_::device("page"));
  ring.told("page");
  EXPECT_THAT(ring.end(EndReason::answered_elsewhere, "page"), ElementsAre("drop phone"));
  EXPECT_EQ(ring.line(0).decision, Decision::accepted);
}

TEST(Reaching, WhenItIsOverEveryPushedDeviceIsToldOnce) {
  Ringing_ ring = with_targets({"phone", "tablet"});
  EXPECT_THAT(ring.end(EndReason::answered_elsewhere, "laptop"),
              ElementsAre("end phone answered-elsewhere", "end tablet answered-elsewhere"));
  EXPECT_THAT(ring.end(EndReason::answered_elsewhere, "laptop"), ElementsAre());
}

TEST(Reaching, TheDeviceThatAnsweredIsNotToldThatItIsOver) {
  Ringing_ ring = with_targets({"phone", "tablet"});
  EXPECT_THAT(ring.end(EndReason::answered_elsewhere, "phone"),
              ElementsAre("drop phone", "end tablet answered-elsewhere"));
}

TEST(Reaching, TheDeviceThatDeclinedIsToldItsOwnReason) {
  Ringing_ ring = with_targets({"phone", "tablet"});
  EXPECT_THAT(ring.end(EndReason::declined_elsewhere, "phone"),
              ElementsAre("end phone declined", "end tablet declined-elsewhere"));
}

TEST(Reaching, WhoMissedItIsToldFromWhom) {
  for (const EndReason reason : {EndReason::timeout, EndReason::canceled, EndReason::disconnected}) {
    Ringing_ ring = with_targets({"phone"});
    EXPECT_THAT(ring.end(reason),
                ElementsAre(fmt::format("end phone {}", to_string(reason)), "missed phone from Alice"));
  }
}

TEST(Reaching, ADeviceThatRangBySocketAloneSeesForItselfThatItMissedIt) {
  Ringing_ ring;
  ring.begin();
  ring.told("phone");
  ring.found({"phone", "tablet"});
  ring.confirmed("phone");
  EXPECT_THAT(ring.end(EndReason::timeout), ElementsAre("end tablet timeout", "missed tablet from Alice"));
}

TEST(Reaching, ASubscriptionThatIsGoneHearsNothingMore) {
  Ringing_ ring = with_targets({"phone", "tablet"});
  ring.failed("phone", "gone");
  ring.failed("tablet", "refused 400");
  EXPECT_THAT(ring.end(EndReason::timeout), ElementsAre());
}

TEST(Reaching, NothingRingsAfterTheEnd) {
  Ringing_ ring;
  ring.begin();
  ring.told("phone");
  ring.end(EndReason::canceled);
  EXPECT_THAT(ring.found({"phone", "tablet"}), ElementsAre());
  EXPECT_THAT(ring.wait(2s), ElementsAre());
  EXPECT_THAT(ring.gone("phone"), ElementsAre());
  EXPECT_THAT(ring.taken("tablet"), ElementsAre());
  EXPECT_THAT(ring.confirmed("phone"), ElementsAre());
}

TEST(Reaching, ADeviceThatHasConfirmedNeedsNotDoItAgain) {
  Ringing_ ring;
  ring.begin();
  ring.told("phone");
  ring.confirmed("phone");
  EXPECT_THAT(ring.confirmed("phone"), ElementsAre());
  ring.wait(2s);
  ring.gone("phone");
  ring.told("phone");  // it came back
  EXPECT_EQ(ring.reaching.deadline(), std::nullopt);
  EXPECT_THAT(ring.found({"phone"}), ElementsAre());
}

TEST(Reaching, TheLookUpIsAnsweredOnce) {
  Ringing_ ring = with_targets({"phone"});
  EXPECT_THAT(ring.found({"tablet"}), ElementsAre());
}

TEST(Reaching, ARingIsOfOneCall) {
  Ringing_ ring;
  EXPECT_FALSE(ring.reaching.rings(ring.call, ring.bob));
  ring.begin();
  EXPECT_TRUE(ring.reaching.rings(ring.call, ring.bob));
  EXPECT_FALSE(ring.reaching.rings(CallId{"another"}, ring.bob));

  Ringing_ second = ring;
  second.call = CallId{"another"};
  EXPECT_THAT(second.told("phone"), ElementsAre());
  EXPECT_THAT(second.end(EndReason::timeout), ElementsAre());
  EXPECT_THAT(second.begin(), ElementsAre("find bob"));
  second.end(EndReason::timeout);
  EXPECT_TRUE(second.reaching.rings(ring.call, ring.bob));
}

TEST(Reaching, APushThatWokeTheDeviceBeforeItsServiceAnsweredHasArrived) {
  Ringing_ ring = with_targets({"phone"});
  EXPECT_THAT(ring.confirmed_by_push("phone"), ElementsAre("bob on 1 ringing"));
  EXPECT_EQ(ring.line(0).taken_at, ring.now);
  EXPECT_THAT(ring.confirmed_by_push("phone"), ElementsAre());
  EXPECT_THAT(ring.taken("phone"), ElementsAre());
  EXPECT_THAT(ring.failed("phone", "refused 500"), ElementsAre());
  EXPECT_EQ(ring.line(0).why, "");
}

TEST(Reaching, APushThatWasTakenHasNotFailed) {
  Ringing_ ring = with_targets({"phone"});
  ring.taken("phone");
  EXPECT_THAT(ring.taken("phone"), ElementsAre());
  EXPECT_THAT(ring.failed("phone", "refused 500"), ElementsAre());
  EXPECT_EQ(ring.line(0).why, "");
}

TEST(Reaching, OfASubscriptionThatWasNotSentTheRingNothingIsTaken) {
  Ringing_ ring = with_targets({"phone"});
  EXPECT_THAT(ring.confirmed_by_push("watch"), ElementsAre());
  EXPECT_THAT(ring.failed("watch", "gone"), ElementsAre());
  ring.end(EndReason::timeout);
  EXPECT_THAT(ring.confirmed_by_push("phone"), ElementsAre());
  Ringing_ unknown;
  EXPECT_THAT(unknown.taken("phone"), ElementsAre());
  EXPECT_THAT(unknown.confirmed("phone"), ElementsAre());
}

TEST(Reaching, OnlyTheDeviceWhoseSocketGoesGetsAPush) {
  Ringing_ ring;
  ring.begin();
  ring.told("phone");
  ring.told("tablet");
  ring.found({"phone", "tablet"});
  EXPECT_THAT(ring.gone("tablet"), ElementsAre("ring tablet"));
  EXPECT_THAT(ring.wait(2s), ElementsAre("ring phone"));
}

TEST(Reaching, ANewRingHasItsOwnTwoSeconds) {
  Ringing_ ring;
  ring.begin();
  ring.told("phone");
  ring.wait(1s);
  ring.end(EndReason::timeout);
  ring.begin();
  ring.told("phone");
  ring.found({"phone"});
  EXPECT_THAT(ring.wait(1s), ElementsAre());
  EXPECT_THAT(ring.wait(1s), ElementsAre("ring phone"));
}

TEST(Reaching, ASubscriptionThatMovesToADeviceWithoutASocketHasMissedIt) {
  Ringing_ ring;
  ring.reaching.moved(ring.bob, "phone", Ringing_::device("page"));  // nobody rings
  ring.begin();
  ring.reaching.moved(ring.bob, "phone", Ringing_::device("page"));  // nobody knows it yet
  ring.told("phone");
  ring.told("tablet");
  ring.found({"phone", "tablet"});
  ring.confirmed("phone");
  ring.confirmed("tablet");
  ring.reaching.moved(ring.bob, "phone", Ringing_::device("page"));
  EXPECT_THAT(ring.end(EndReason::timeout), ElementsAre("missed phone from Alice"));
}

// ---- After a restart ------------------------------------------------------------------------------------------

TEST(ReachingAgain, SocketsHaveTwoSecondsToComeBackBeforePushTriesAgain) {
  Ringing_ ring;
  EXPECT_THAT(ring.begin_again(), ElementsAre("find bob"));
  EXPECT_THAT(ring.found({"phone", "laptop"}), ElementsAre()) << "he is not unreachable yet";
  EXPECT_EQ(ring.reaching.deadline(), ring.now + 2s);
  ring.wait(1s);
  ring.told("laptop");
  ring.confirmed("laptop");
  EXPECT_THAT(ring.wait(999ms), ElementsAre());
  EXPECT_THAT(ring.wait(1ms), ElementsAre("ring phone"));
  EXPECT_THAT(ring.wait(1h), ElementsAre());
}

TEST(ReachingAgain, ASlowLookUpIsWaitedForAfterThat) {
  Ringing_ ring;
  ring.begin_again();
  EXPECT_THAT(ring.wait(3s), ElementsAre());
  EXPECT_THAT(ring.found({"phone"}), ElementsAre("ring phone"));
}

TEST(ReachingAgain, WhoHasNoDeviceIsUnreachableAfterThat) {
  Ringing_ ring;
  ring.begin_again();
  ring.found({});
  EXPECT_THAT(ring.wait(2s), ElementsAre("bob on 0 unreachable"));
}

TEST(ReachingAgain, ItsEndIsToldToAllWhomTheProcessBeforeMayHaveRung) {
  Ringing_ ring;
  ring.begin_again();
  ring.found({"phone", "tablet"});
  EXPECT_THAT(ring.end(EndReason::canceled), ElementsAre("end phone canceled", "missed phone from Alice",
                                                         "end tablet canceled", "missed tablet from Alice"));
}

TEST(ReachingAgain, WhoseSocketRingsIsNotToldThatHeMissedIt) {
  Ringing_ ring;
  ring.begin_again();
  ring.found({"phone", "laptop"});
  ring.told("laptop");
  ring.confirmed("laptop");
  EXPECT_THAT(ring.end(EndReason::timeout),
              ElementsAre("end phone timeout", "missed phone from Alice", "end laptop timeout"));
}

TEST(ReachingAgain, ItsEndIsToldAlsoWhenItCameBeforeAnybodyWasFound) {
  Ringing_ ring;
  ring.begin_again();
  EXPECT_THAT(ring.end(EndReason::timeout), ElementsAre());
  ring.reaching.forget(ring.call);
  EXPECT_THAT(ring.found({"phone"}), ElementsAre("end phone timeout", "missed phone from Alice"));
  EXPECT_THAT(ring.wait(1h), ElementsAre());
}

TEST(Reaching, TargetsAreLookedForAsLongAsHeRingsOrItsEndIsToBeTold) {
  Ringing_ ring;
  EXPECT_FALSE(ring.reaching.looks_for(ring.call, ring.bob));
  ring.begin();
  EXPECT_TRUE(ring.reaching.looks_for(ring.call, ring.bob));
  EXPECT_FALSE(ring.reaching.looks_for(CallId{"another"}, ring.bob));
  ring.end(EndReason::canceled);
  EXPECT_FALSE(ring.reaching.looks_for(ring.call, ring.bob)) << "he was not pushed to by anybody";

  Ringing_ again;
  again.begin_again();
  again.end(EndReason::canceled);
  EXPECT_TRUE(again.reaching.looks_for(again.call, again.bob)) << "the process before may have pushed";
  again.found({"phone"});
  EXPECT_FALSE(again.reaching.looks_for(again.call, again.bob));
}

TEST(ReachingAgain, WhoIsRungOnceMoreWhileHeIsLookedForHearsOfBoth) {
  Ringing_ ring;
  ring.begin_again();
  ring.end(EndReason::canceled);
  ring.begin();
  EXPECT_THAT(ring.found({"phone"}), ElementsAre("end phone canceled", "missed phone from Alice", "ring phone"));
  EXPECT_THAT(ring.found({"phone"}), ElementsAre());
}

TEST(ReachingAgain, AnsweredOnADeviceThatCameBackTheOthersStopRinging) {
  Ringing_ ring;
  ring.begin_again();
  ring.found({"phone", "laptop"});
  ring.told("laptop");
  ring.told("phone");
  EXPECT_THAT(ring.end(EndReason::answered_elsewhere, "laptop"),
              ElementsAre("end phone answered-elsewhere", "drop laptop"));
}

TEST(ReachingAgain, WhoMayNotHearOfItHearsNothingAtItsEndEither) {
  Ringing_ ring;
  ring.after([&](auto& out) {
    Reach muted = ring.reach();
    muted.muted = true;
    ring.reaching.begin_again(muted, ring.now, out);
  });
  ring.end(EndReason::canceled);
  EXPECT_THAT(ring.found({"phone"}), ElementsAre());
}

TEST(RingLedger, TellsThePeopleOfACallApart) {
  Ringing_ ring = with_targets({"phone"});
  Ringing_ both = ring;
  both.bob = UserId{"carol"};
  both.begin();
  both.found({"phone"});
  EXPECT_THAT(both.taken("phone"), ElementsAre("carol on 1 reaching"));
  both.bob = ring.bob;
  EXPECT_THAT(both.taken("phone"), ElementsAre("bob on 1 reaching"));
}

TEST(RingLedger, SaysWhatBecameOfEachDevice) {
  Ringing_ ring;
  const Time start = ring.now;
  ring.begin();
  ring.told("laptop");
  ring.found({"phone", "tablet", "watch"});
  ring.wait(100ms);
  ring.taken("phone");
  ring.taken("tablet");
  ring.failed("watch", "gone");
  ring.confirmed("laptop");
  ring.wait(400ms);
  ring.confirmed_by_push("phone");
  ring.wait(4s);
  ring.end(EndReason::declined_elsewhere, "phone");

  const LedgerEntry laptop = ring.line(0);
  EXPECT_EQ(laptop.via, Via::socket);
  EXPECT_EQ(laptop.taken_at, start);
  EXPECT_EQ(laptop.confirmed_at, start + 100ms);
  EXPECT_EQ(laptop.why, "declined-elsewhere");
  const LedgerEntry phone = ring.line(1);
  EXPECT_EQ(phone.via, Via::push);
  EXPECT_EQ(phone.told_at, start);
  EXPECT_EQ(phone.taken_at, start + 100ms);
  EXPECT_EQ(phone.confirmed_at, start + 500ms);
  EXPECT_EQ(phone.decision, Decision::declined);
  EXPECT_EQ(phone.decided_at, start + 4500ms);
  EXPECT_EQ(phone.why, "");
  EXPECT_EQ(ring.line(2).why, "unconfirmed");
  EXPECT_EQ(ring.line(3).why, "gone");
}

TEST(RingLedger, APushThatNobodyTookInTimeHasExpired) {
  Ringing_ ring = with_targets({"phone"});
  ring.end(EndReason::timeout);
  EXPECT_EQ(ring.line(0).why, "expired");
}

TEST(RingLedger, HearsWhatBecameOfAPushAlsoAfterTheEnd) {
  Ringing_ ring = with_targets({"phone", "tablet"});
  ring.end(EndReason::canceled);
  ring.wait(300ms);
  EXPECT_THAT(ring.taken("phone"), ElementsAre());
  EXPECT_THAT(ring.failed("tablet", "gone"), ElementsAre());
  EXPECT_EQ(ring.line(0).taken_at, ring.now);
  EXPECT_EQ(ring.line(0).why, "unconfirmed");
  EXPECT_EQ(ring.line(1).why, "gone");
}

TEST(RingLedger, KeepsTheLinesOfAnEarlierRingOfTheSameCall) {
  Ringing_ ring = with_targets({"phone"});
  ring.end(EndReason::timeout);
  ring.begin();
  ring.found({"phone"});
  EXPECT_EQ(ring.reaching.ledger(ring.call).size(), 2u);
}

TEST(RingLedger, IsForgottenWithItsCall) {
  Ringing_ ring = with_targets({"phone"});
  ring.end(EndReason::timeout);
  EXPECT_EQ(ring.reaching.size(), 1u);
  ring.reaching.forget(ring.call);
  EXPECT_EQ(ring.reaching.size(), 0u);
  EXPECT_THAT(ring.reaching.ledger(ring.call), ElementsAre());
  ring.wait(1h);
  EXPECT_EQ(ring.reaching.deadline(), std::nullopt);
}

}  // namespace
}  // namespace carillon::call
