// src/store/sql on SQLite, in a program of its own (store_writer.cpp) that is killed, twice started, or out of space.
#include "integration/store/processes.hpp"
#include "store/sql/database.hpp"
#include "store/sql/statements.hpp"
#include "store/sql/writer.hpp"
#include "support/temporary_folder.hpp"
#include "unit/store/store_suite.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <set>
#include <thread>

namespace carillon::store {
namespace {

using Clock = std::chrono::steady_clock;
namespace fs = std::filesystem;

/// Built beside this test.
fs::path writer_program() { return fs::read_symlink("/proc/self/exe").parent_path() / "store_writer"; }

/// What a writer said.
struct Said {
  std::set<std::string> saved;
  std::size_t failed = 0;
  std::size_t alive = 0;  ///< Signs of life.
  std::size_t reads_failed = 0;

  void hear(const std::string& line) {
    if (line.starts_with("saved ")) saved.insert(line.substr(6));
    if (line.starts_with("failed ")) ++failed;
    if (line.starts_with("alive ")) ++alive;
    if (line.starts_with("alive ") && line != "alive ok") ++reads_failed;
  }
};

std::set<std::string> texts(Connection& connection, const std::string& sql) {
  Query query{connection, sql};
  std::string text;
  query.into(text).run();
  std::set<std::string> all;
  while (query.next()) all.insert(text);
  return all;
}

std::set<std::string> kept_in(const fs::path& folder) {
  Connection connection{BackEnd::sqlite, folder / "carillon.db", {}};
  std::set<std::string> ids = texts(connection, "select call_id from calls");
  ids.merge(texts(connection, "select id from subscriptions"));
  return ids;
}

std::set<std::string> integrity_of(const fs::path& folder) {
  Connection connection{BackEnd::sqlite, folder / "carillon.db", {}};
  return texts(connection, "pragma integrity_check");
}

/// Records with none of their people, or some.
std::set<std::string> halves_in(const fs::path& folder) {
  Connection connection{BackEnd::sqlite, folder / "carillon.db", {}};
  return texts(connection,
               "select c.call_id from calls c left join call_people p on p.call_id = c.call_id"
               " group by c.call_id having count(p.user_id) <> 2");
}

std::size_t common(const std::set<std::string>& a, const std::set<std::string>& b) {
  std::vector<std::string> both;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
  return both.size();
}

std::string text_of(const fs::path& file) {
  std::ifstream stream{file};
  return {std::istreambuf_iterator<char>{stream}, {}};
}

/// Listens until it holds. False: not in time, or the program has ended.
template <class Holds>
bool listen(Process& process, Said& said, Holds holds, std::chrono::milliseconds limit = 60s) {
  const auto end = Clock::now() + limit;
  while (!holds()) {
    const auto line = process.next_line(std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()));
    if (!line) return false;
    said.hear(*line);
  }
  return true;
}

/// Also what it had said when it ended.
void listen_to_the_end(Process& process, Said& said) {
  while (const auto line = process.next_line(10s)) said.hear(*line);
}

TEST(Kill, AtTwoHundredRandomMomentsLosesNothingThatWasAcknowledged) {
  const TemporaryFolder folder;
  const fs::path data = folder.path() / "data";
  const fs::path log = folder.path() / "log";
  Said said;
  const auto begin = Clock::now();
  std::chrono::microseconds start_up{0};
  {
    Process first{{writer_program(), data, "first"}, Process::Output::lines, log};
    ASSERT_TRUE(listen(first, said, [&] { return !said.saved.empty(); })) << text_of(log);
    start_up = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin);
  }
  // In turns: from before the file is open, and from the first acknowledgement on.
  const unsigned seed = std::random_device{}();
  std::mt19937 random{seed};
  std::uniform_int_distribution<std::int64_t> moment{0, 2 * start_up.count()};
  std::size_t in_writing = 0;
  for (int kill = 0; kill < 200; ++kill) {
    Process writer{{writer_program(), data, fmt::format("k{}", kill)}, Process::Output::lines, log};
    const std::size_t before = said.saved.size();
    if (kill % 2 == 1) {
      ASSERT_TRUE(listen(writer, said, [&] { return said.saved.size() > before; })) << text_of(log);
    }
    const std::chrono::microseconds life{moment(random)};
    listen(
        writer, said, [] { return false; }, std::chrono::duration_cast<std::chrono::milliseconds>(life));
    writer.kill();
    listen_to_the_end(writer, said);
    if (said.saved.size() > before) ++in_writing;
    if (kill % 20 == 19) {
      ASSERT_THAT(integrity_of(data), testing::ElementsAre("ok")) << "seed " << seed;
    }
  }
  const std::size_t found = common(kept_in(data), said.saved);
  EXPECT_EQ(found, said.saved.size()) << "seed " << seed;
  EXPECT_THAT(halves_in(data), testing::IsEmpty()) << "seed " << seed;
  EXPECT_THAT(integrity_of(data), testing::ElementsAre("ok"));
  EXPECT_GE(in_writing, 100u);
  EXPECT_EQ(said.failed, 0u);
  std::cout << fmt::format("killed 200 times, {} of them while acknowledging: {} acknowledged, {} found\n", in_writing,
                           said.saved.size(), found);
}

TEST(TwoPrograms, MayWriteIntoOneFile) {
  const TemporaryFolder folder;
  const fs::path data = folder.path() / "data";
  const fs::path log = folder.path() / "log";
  Said a;
  Said b;
  Process one{{writer_program(), data, "a", "gently"}, Process::Output::lines, log};
  Process two{{writer_program(), data, "b", "gently"}, Process::Output::lines, log};
  // In turns, so that neither stops because nobody listens.
  for (int turn = 0; turn < 1500 && (a.saved.size() < 1000 || b.saved.size() < 1000); ++turn) {
    listen(
        one, a, [] { return false; }, 20ms);
    listen(
        two, b, [] { return false; }, 20ms);
  }
  one.kill();
  two.kill();
  listen_to_the_end(one, a);
  listen_to_the_end(two, b);
  EXPECT_GE(a.saved.size(), 1000u);
  EXPECT_GE(b.saved.size(), 1000u);
  EXPECT_EQ(a.failed + b.failed + a.reads_failed + b.reads_failed, 0u) << text_of(log);
  const std::set<std::string> kept = kept_in(data);
  EXPECT_EQ(common(kept, a.saved), a.saved.size());
  EXPECT_EQ(common(kept, b.saved), b.saved.size());
  EXPECT_THAT(integrity_of(data), testing::ElementsAre("ok"));
}

/// What both tests of a full disk do: `fill` takes the room away, `free` gives it back.
template <class Fill, class Free>
void run_out_of_space(Process& writer, const fs::path& data, const fs::path& log, Fill fill, Free free) {
  Said said;
  ASSERT_TRUE(listen(writer, said, [&] { return said.saved.size() > 200; })) << text_of(log);
  fill();
  ASSERT_TRUE(listen(writer, said, [&] { return text_of(log).find("takes no writes") != std::string::npos; }));
  // What it said before is in the pipe still.
  const auto goes_on = [&] {
    const std::size_t alive = said.alive;
    return listen(writer, said, [&] { return said.alive >= alive + 25; });
  };
  ASSERT_TRUE(goes_on()) << "the loop stands still";
  const std::size_t saved = said.saved.size();
  ASSERT_TRUE(goes_on()) << "the loop stands still";
  EXPECT_EQ(said.saved.size(), saved) << "nothing is acknowledged that is not kept";
  EXPECT_EQ(said.reads_failed, 0u) << "what is there can be read";
  EXPECT_EQ(said.failed, 0u) << "writes wait";
  free();
  ASSERT_TRUE(listen(writer, said, [&] { return said.saved.size() > saved + 200; })) << text_of(log);
  writer.signal(SIGKILL);
  listen_to_the_end(writer, said);
  EXPECT_THAT(integrity_of(data), testing::ElementsAre("ok"));
  EXPECT_EQ(common(kept_in(data), said.saved), said.saved.size());
  EXPECT_THAT(halves_in(data), testing::IsEmpty());
  EXPECT_NE(text_of(log).find("takes writes again"), std::string::npos);
  std::cout << fmt::format("{} acknowledged, {} of them before\n", said.saved.size(), saved);
}

TEST(Space, ThatEndsForAFileMakesWritesWaitUntilThereIsSome) {
  const TemporaryFolder folder;
  const fs::path data = folder.path() / "data";
  const fs::path log = folder.path() / "log";
  Process writer{{writer_program(), data, "w"}, Process::Output::lines, log};
  run_out_of_space(
      writer, data, log,
      [&] {
        rlimit limit{};
        ASSERT_EQ(::prlimit(writer.pid(), RLIMIT_FSIZE, nullptr, &limit), 0);
        // The log of SQLite does not shrink: the next time it would grow, it cannot. Our own log is below this.
        limit.rlim_cur = std::max<std::uintmax_t>(fs::file_size(data / "carillon.db-wal") / 2, 65536);
        ASSERT_EQ(::prlimit(writer.pid(), RLIMIT_FSIZE, &limit, nullptr), 0);
      },
      [&] {
        rlimit limit{};
        ASSERT_EQ(::prlimit(writer.pid(), RLIMIT_FSIZE, nullptr, &limit), 0);
        limit.rlim_cur = limit.rlim_max;
        ASSERT_EQ(::prlimit(writer.pid(), RLIMIT_FSIZE, &limit, nullptr), 0);
      });
}

TEST(Space, ThatEndsInTheDatabaseIsToldAsThatAndEachWriteGoesInWhenThereIsSome) {
  const TemporaryFolder folder;
  const auto database = Database::from({.data_dir = folder.str(), .database = {}});
  ASSERT_TRUE(database);
  std::atomic<bool> full = true;
  std::atomic<int> tries = 0;
  std::atomic<int> kept = 0;
  testing::internal::CaptureStderr();
  {
    const auto open = [&] {
      ++tries;
      auto connection = database->open_writer();
      if (full) connection->execute("pragma max_page_count = 60");  // 240 kB
      return connection;
    };
    Writer writer{"the database", open, nullptr, 1000, [] {}, Logger{}};
    for (int i = 0; i < 100; ++i) {
      CallRecord record = missed_call(fmt::format("c{}", i), "alice", "bob", at(i));
      record.ledger = std::string(10'000, 'l');
      Write write{[record](Connection& connection) { save_call(connection, record); },
                  [&](const std::optional<Error>& error) { kept += error ? 0 : 1; },
                  {}};
      ASSERT_TRUE(writer.push(write));
    }
    while (tries < 4) std::this_thread::yield();
    EXPECT_LT(kept, 100);
    full = false;
    const auto end = Clock::now() + 30s;
    while (kept < 100 && Clock::now() < end) std::this_thread::yield();
  }
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(kept, 100) << log;
  EXPECT_EQ(kept_in(folder.path()).size(), 100u);
  EXPECT_THAT(integrity_of(folder.path()), testing::ElementsAre("ok"));
  EXPECT_THAT(log, testing::HasSubstr("database or disk is full; make space on its disk"));
}

}  // namespace
}  // namespace carillon::store
