// src/store/sql/writer.cpp and reader.cpp: what they do while the database cannot be used. It is played by a function
// that gives a connection, or does not.
#include "store/sql/reader.hpp"
#include "store/sql/writer.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace carillon::store {
namespace {

using namespace std::chrono_literals;

/// A database that is there or not.
class Played {
 public:
  Link::Open open() {
    return [this] {
      ++tries;
      if (!there) throw Failure{kind, "played"};
      return std::make_unique<Connection>(BackEnd::sqlite, ":memory:", std::vector<std::string>{});
    };
  }

  std::atomic<bool> there = false;
  std::atomic<Failure::Kind> kind = Failure::Kind::gone;
  std::atomic<int> tries = 0;
};

/// Answers as they come, on the other thread.
class Answers {
 public:
  std::function<void(std::optional<Error>)> of(const std::string& name) {
    return [this, name](const std::optional<Error>& error) {
      const std::lock_guard lock{mutex_};
      answers_[name] = error ? std::string{to_string(error->code)} : "ok";
      changed_.notify_all();
    };
  }
  /// "": there is none yet, after the limit.
  std::string wait(const std::string& name, std::chrono::milliseconds limit = 20s) {
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, limit, [&] { return answers_.contains(name); });
    const auto found = answers_.find(name);
    return found == answers_.end() ? "" : found->second;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::string> answers_;
};

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

void nothing(Connection&) {}

class WriterTest : public testing::Test {
 protected:
  std::unique_ptr<Writer> writer(std::size_t queue_max = 100) {
    return std::make_unique<Writer>(
        "the database", played.open(), nullptr, queue_max, [this] { ended = true; }, Logger{});
  }
  bool push(Writer& writer, const std::string& name, std::optional<std::chrono::milliseconds> patience = {},
            std::function<void(Connection&)> work = nothing, Lane lane = Lane::server) {
    Write write{std::move(work), answers.of(name), {}, lane};
    if (patience) write.expires = std::chrono::steady_clock::now() + *patience;
    return writer.push(write);
  }

  Played played;
  Answers answers;
  std::atomic<bool> ended = false;
};

TEST_F(WriterTest, WhoeverWaitsForTheAnswerGetsATimeoutTheOthersWaitUntilItIsWritten) {
  const auto writing = writer();
  ASSERT_TRUE(push(*writing, "record"));
  ASSERT_TRUE(push(*writing, "subscription", 150ms));
  EXPECT_EQ(answers.wait("subscription"), "timeout");
  EXPECT_EQ(answers.wait("record", 1ms), "");
  played.there = true;
  EXPECT_EQ(answers.wait("record"), "ok");
  ASSERT_TRUE(push(*writing, "later", 10s));
  EXPECT_EQ(answers.wait("later"), "ok");
}

TEST_F(WriterTest, WhereNobodyWaitsAnyMoreNothingStalls) {
  const auto writing = writer();
  ASSERT_TRUE(push(*writing, "subscription", 1s));
  while (played.tries < 2) std::this_thread::yield();
  EXPECT_TRUE(writing->stalled());
  EXPECT_EQ(answers.wait("subscription"), "timeout");
  const auto end = std::chrono::steady_clock::now() + 5s;
  while (writing->stalled() && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  EXPECT_FALSE(writing->stalled());
}

TEST_F(WriterTest, AnOutageIsToldOnceWithWhatToDoAndItsEnd) {
  testing::internal::CaptureStderr();
  {
    const auto writing = writer();
    played.kind = Failure::Kind::full;
    EXPECT_FALSE(writing->stalled());
    ASSERT_TRUE(push(*writing, "a"));
    while (played.tries < 4) std::this_thread::yield();
    EXPECT_TRUE(writing->stalled());
    played.there = true;
    EXPECT_EQ(answers.wait("a"), "ok");
    EXPECT_FALSE(writing->stalled());
    ASSERT_TRUE(push(*writing, "b"));
    EXPECT_EQ(answers.wait("b"), "ok");
  }
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(
      count(log, "error the database takes no writes: played; make space on its disk. Calls go on, 1 writes wait"), 1u)
      << log;
  EXPECT_EQ(count(log, "info  the database takes writes again, after "), 1u) << log;
  EXPECT_EQ(count(log, "\n"), 2u) << log;
}

TEST_F(WriterTest, AnotherCauseIsToldToo) {
  testing::internal::CaptureStderr();
  {
    const auto writing = writer();
    ASSERT_TRUE(push(*writing, "a"));
    while (played.tries < 2) std::this_thread::yield();
    played.kind = Failure::Kind::denied;
    const int before = played.tries;
    while (played.tries < before + 2) std::this_thread::yield();
    played.there = true;
    EXPECT_EQ(answers.wait("a"), "ok");
  }
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(count(log, "see whether PostgreSQL runs"), 1u) << log;
  EXPECT_EQ(count(log, "the database still takes no writes: played; let the user that runs this program"), 1u) << log;
}

TEST_F(WriterTest, AFullQueueRefusesAtOnceAndSaysSo) {
  testing::internal::CaptureStderr();
  {
    const auto writing = writer(3);
    int taken = 0;
    for (int i = 0; i < 10; ++i) taken += push(*writing, "a") ? 1 : 0;
    EXPECT_EQ(taken, 3);
    while (played.tries < 2) std::this_thread::yield();  // They are in the group by now, and still take their room.
    EXPECT_FALSE(push(*writing, "a"));
    played.there = true;
    EXPECT_EQ(answers.wait("a"), "ok");
    bool again = false;
    for (int i = 0; i < 2000 && !again; ++i) {
      again = push(*writing, "b");
      if (!again) std::this_thread::sleep_for(1ms);
    }
    EXPECT_TRUE(again) << "there is room again";
    EXPECT_EQ(answers.wait("b"), "ok");
  }
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(count(log, "error 3 writes wait for the database: no room for more"), 1u) << log;
}

TEST_F(WriterTest, WhatUsersAskForTakesNoRoomOfTheRecordsNorTheirPlace) {
  const auto writing = writer(3);
  const auto users_write = [&](const std::string& name) { return push(*writing, name, 200ms, nothing, Lane::users); };
  for (const char* name : {"a", "b", "c"}) EXPECT_TRUE(users_write(name));
  EXPECT_FALSE(users_write("too many"));
  while (played.tries < 2) std::this_thread::yield();  // They are in the group by now.
  EXPECT_FALSE(users_write("too many"));
  std::vector<std::string> order;  // Of the writer's thread.
  for (const char* name : {"record 1", "record 2", "record 3"})
    EXPECT_TRUE(push(*writing, name, {}, [&order, name](Connection&) { order.emplace_back(name); })) << name;
  EXPECT_FALSE(push(*writing, "record 4"));
  for (const char* name : {"a", "b", "c"}) EXPECT_EQ(answers.wait(name), "timeout");
  EXPECT_TRUE(users_write("d")) << "those that have expired gave their room back";
  played.there = true;
  for (const char* name : {"record 1", "record 2", "record 3"}) EXPECT_EQ(answers.wait(name), "ok");
  EXPECT_EQ(order, (std::vector<std::string>{"record 1", "record 2", "record 3"}));
}

TEST_F(WriterTest, AWriteThatTheDatabaseRefusesGivesItsRoomBack) {
  played.there = true;
  const auto writing = writer(1);
  const auto refused = [](Connection&) { throw Failure{Failure::Kind::data, "refused"}; };
  ASSERT_TRUE(push(*writing, "refused", {}, refused));
  EXPECT_NE(answers.wait("refused"), "ok");
  EXPECT_TRUE(push(*writing, "next"));
  EXPECT_EQ(answers.wait("next"), "ok");
}

TEST_F(WriterTest, CloseAnswersWhatStillWaitsAndSaysHowManyAreLost) {
  testing::internal::CaptureStderr();
  {
    const auto writing = writer();
    ASSERT_TRUE(push(*writing, "a"));
    while (played.tries < 1) std::this_thread::yield();
    ASSERT_TRUE(push(*writing, "b"));
    writing->close();
    EXPECT_FALSE(push(*writing, "late"));
    EXPECT_EQ(answers.wait("a"), "unavailable");
    EXPECT_EQ(answers.wait("b"), "unavailable");
  }
  EXPECT_TRUE(ended);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("writes for the database are lost"), std::string::npos);
}

TEST_F(WriterTest, WhatWaitsGoesIntoOneTransactionAndIsAnsweredAfterIt) {
  played.there = true;
  const auto writing = writer();
  std::promise<void> go;
  const auto gone = go.get_future().share();
  std::atomic<int> begun = 0;
  ASSERT_TRUE(push(*writing, "first", {}, [&, gone](Connection& connection) {
    connection.execute("create table groups (number integer)");
    ++begun;
    gone.wait();
  }));
  while (begun == 0) std::this_thread::yield();
  // A transaction of its own for one of them would fail here: its table is the transaction's.
  for (const char* name : {"a", "b", "c"}) {
    ASSERT_TRUE(push(*writing, name, {}, [&, name](Connection& connection) {
      if (std::string{name} == "a") connection.execute("create temporary table one_group (name text) ");
      connection.execute("insert into one_group values ('x')");
      EXPECT_EQ(answers.wait("a", 0ms), "") << "answered before the COMMIT";
    }));
  }
  go.set_value();
  for (const char* name : {"first", "a", "b", "c"}) EXPECT_EQ(answers.wait(name), "ok") << name;
}

class ReaderTest : public testing::Test {
 protected:
  std::unique_ptr<Reader> reader(std::size_t queue_max = 100) {
    return std::make_unique<Reader>(
        "the database", played.open(), nullptr, queue_max, [] {}, Logger{});
  }
  bool push(Reader& reader, const std::string& name, std::function<void(Connection&)> work = nothing,
            Lane lane = Lane::server) {
    Read read{std::move(work), answers.of(name), lane};
    return reader.push(read);
  }
  /// Its thread reads "slow" until the promise is kept.
  std::promise<void> hold(Reader& reader) {
    std::promise<void> go;
    const auto begun = std::make_shared<std::promise<void>>();
    EXPECT_TRUE(push(reader, "slow", [begun, gone = go.get_future().share()](Connection&) {
      begun->set_value();
      gone.wait();
    }));
    begun->get_future().wait();
    return go;
  }

  Played played;
  Answers answers;
};

TEST_F(ReaderTest, FailsAtOnceWhileTheDatabaseIsGoneAndAnswersAgain) {
  testing::internal::CaptureStderr();
  {
    const auto reading = reader();
    for (int i = 0; i < 50; ++i) {
      const std::string name = "down " + std::to_string(i);
      ASSERT_TRUE(push(*reading, name));
      EXPECT_EQ(answers.wait(name), "unavailable");
    }
    EXPECT_LT(played.tries, 50) << "not each read tries to connect";
    played.there = true;
    std::string answer;
    for (int i = 0; i < 1000 && answer != "ok"; ++i) {
      const std::string name = "up " + std::to_string(i);
      ASSERT_TRUE(push(*reading, name));
      answer = answers.wait(name);
      if (answer != "ok") std::this_thread::sleep_for(10ms);
    }
    EXPECT_EQ(answer, "ok");
  }
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(count(log, "error the database does not answer: played; see whether PostgreSQL runs"), 1u) << log;
  EXPECT_EQ(count(log, "info  the database answers again"), 1u) << log;
}

TEST_F(ReaderTest, AConnectionThatWasLostMeanwhileIsReplacedWithoutAFailure) {
  played.there = true;
  const auto reading = reader();
  ASSERT_TRUE(push(*reading, "a"));
  EXPECT_EQ(answers.wait("a"), "ok");
  std::atomic<int> runs = 0;
  ASSERT_TRUE(push(*reading, "b", [&](Connection&) {
    if (++runs == 1) throw Failure{Failure::Kind::gone, "lost"};
  }));
  EXPECT_EQ(answers.wait("b"), "ok");
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(played.tries, 2);
}

TEST_F(ReaderTest, AFullQueueRefusesAtOnceAndCloseAnswersTheRest) {
  played.there = true;
  const auto reading = reader(2);
  std::promise<void> go = hold(*reading);
  EXPECT_TRUE(push(*reading, "a"));
  EXPECT_TRUE(push(*reading, "b"));
  EXPECT_FALSE(push(*reading, "c"));
  reading->close();
  go.set_value();
  EXPECT_EQ(answers.wait("slow"), "ok");
  EXPECT_EQ(answers.wait("a"), "unavailable");
  EXPECT_EQ(answers.wait("b"), "unavailable");
}

TEST_F(ReaderTest, WhatTheServerNeedsGoesBeforeAllThatUsersAskForAndHasItsOwnRoom) {
  played.there = true;
  const auto reading = reader(3);
  std::promise<void> go = hold(*reading);
  std::vector<std::string> order;  // Of the reader's thread.
  const auto ask = [&](const std::string& name, Lane lane) {
    return push(
        *reading, name, [&order, name](Connection&) { order.push_back(name); }, lane);
  };
  for (const char* name : {"page 1", "page 2", "page 3"}) EXPECT_TRUE(ask(name, Lane::users));
  EXPECT_FALSE(ask("page 4", Lane::users));
  EXPECT_TRUE(ask("push 1", Lane::server));
  EXPECT_TRUE(ask("push 2", Lane::server));
  go.set_value();
  EXPECT_EQ(answers.wait("page 3"), "ok");
  EXPECT_EQ(order, (std::vector<std::string>{"push 1", "push 2", "page 1", "page 2", "page 3"}));
}

TEST_F(ReaderTest, CloseAnswersBothLanes) {
  played.there = true;
  const auto reading = reader();
  std::promise<void> go = hold(*reading);
  ASSERT_TRUE(push(*reading, "page", nothing, Lane::users));
  ASSERT_TRUE(push(*reading, "push"));
  reading->close();
  go.set_value();
  EXPECT_EQ(answers.wait("page"), "unavailable");
  EXPECT_EQ(answers.wait("push"), "unavailable");
}

}  // namespace
}  // namespace carillon::store
