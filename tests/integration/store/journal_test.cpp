// src/store/journal: what is there after a kill, whatever it cut off.
#include "store/journal.hpp"

#include "support/temporary_folder.hpp"

#include <gmock/gmock.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

namespace carillon::store {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

class JournalFile : public testing::Test {
 protected:
  [[nodiscard]] std::string path() const { return folder_ / "calls.journal"; }
  [[nodiscard]] std::unique_ptr<Journal> open() const {
    auto journal = Journal::open(path(), Logger{});
    EXPECT_TRUE(journal) << journal.error().detail;
    return journal ? std::move(*journal) : nullptr;
  }
  [[nodiscard]] std::string bytes() const {
    std::ifstream file{path(), std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
  }
  void write(const std::string& bytes) const { std::ofstream{path(), std::ios::binary} << bytes; }

  TemporaryFolder folder_;
};

TEST_F(JournalFile, WhatWasPutIsThereForTheNext) {
  {
    const auto journal = open();
    journal->put("call/1", R"({"a":1})");
    journal->put("call/2", "second with spaces");
    journal->put("call/1", R"({"a":2})");
    journal->put("call/3", "third");
    journal->erase("call/3");
    journal->erase("never there");
  }
  EXPECT_THAT(open()->values(),
              UnorderedElementsAre(Pair("call/1", R"({"a":2})"), Pair("call/2", "second with spaces")));
}

TEST_F(JournalFile, CutAtAnyByteItHasAllWholeLinesAndNothingElse) {
  open()->put("first", "1");
  {
    const auto journal = open();
    journal->put("second", "22");
  }
  const std::string whole = bytes();
  const std::size_t last = whole.rfind('\n', whole.size() - 2) + 1;
  for (std::size_t cut = last; cut < whole.size(); ++cut) {
    write(whole.substr(0, cut));
    const auto journal = open();
    EXPECT_THAT(journal->values(), UnorderedElementsAre(Pair("first", "1"))) << cut;
    EXPECT_EQ(journal->torn(), cut == last ? 0U : 1U);
    journal->put("third", "3");
  }
  EXPECT_THAT(open()->values(), UnorderedElementsAre(Pair("first", "1"), Pair("third", "3")));
}

TEST_F(JournalFile, AChangedByteIsNotBelieved) {
  open()->put("name", "value");
  const std::string whole = bytes();
  for (std::size_t at = whole.find('\n') + 1; at + 1 < whole.size(); ++at) {
    std::string wrong = whole;
    wrong[at] = wrong[at] == '#' ? '!' : '#';
    write(wrong);
    EXPECT_THAT(open()->values(), IsEmpty()) << at;
  }
}

TEST_F(JournalFile, ANewerFormatIsRefused) {
  write("carillon-journal 2\nsomething\n");
  const auto journal = Journal::open(path(), Logger{});
  ASSERT_FALSE(journal);
  EXPECT_EQ(journal.error().code, Errc::unsupported);
  EXPECT_EQ(bytes(), "carillon-journal 2\nsomething\n");
}

TEST_F(JournalFile, ASecondProgramIsRefusedAlsoAfterTheFileWasWrittenAnew) {
  const auto journal = open();
  for (int i = 0; i < 2; ++i) {
    const auto second = Journal::open(path(), Logger{});
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Errc::conflict);
    EXPECT_THAT(second.error().detail, HasSubstr(path()));
    for (int n = 0; n < 3000; ++n) journal->put("a", std::string(200, static_cast<char>('a' + n % 26)));
  }
}

TEST_F(JournalFile, ASecondProgramIsRefusedAlsoWhileTheFileIsWrittenAnew) {
  const auto journal = open();
  std::atomic<bool> over = false;
  std::size_t refused = 0;
  std::size_t opened = 0;
  std::thread other{[&] {
    while (!over) ++(Journal::open(path(), Logger{}) ? opened : refused);
  }};
  const std::string large(60 * 1024, 'x');
  for (int i = 0; i < 300; ++i) journal->put("call/1", std::to_string(i) + large);  // anew every few lines
  over = true;
  other.join();
  EXPECT_EQ(opened, 0U);
  EXPECT_GT(refused, 0U);
  EXPECT_EQ(fs::file_size(path()), journal->file_bytes()) << "the file that has the name is the one that is written";
}

TEST_F(JournalFile, OldLinesDoNotMakeItGrowForEver) {
  const auto journal = open();
  for (int i = 0; i < 100'000; ++i) journal->put("call/" + std::to_string(i % 10), "state " + std::to_string(i));
  EXPECT_LT(journal->file_bytes(), 300U * 1024);
  EXPECT_EQ(fs::file_size(path()), journal->file_bytes());
  EXPECT_EQ(journal->values().at("call/9"), "state 99999");
}

TEST_F(JournalFile, AKillLosesNothingThatWasPut) {
  int news[2];
  ASSERT_EQ(::pipe(news), 0);
  for (int round = 0; round < 20; ++round) {
    const pid_t child = ::fork();
    if (child == 0) {
      const auto journal = Journal::open(path(), Logger{});
      for (int i = 0;; ++i) {
        (*journal)->put("number", std::to_string(i));
        if (::write(news[1], &i, sizeof i) != sizeof i) ::_exit(1);
      }
    }
    int told = 0;
    for (int n = 0; n <= 200 + round * 37; ++n) ASSERT_EQ(::read(news[0], &told, sizeof told), ssize_t{sizeof told});
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    // What is still in the pipe was put too.
    int left = 0;
    ::ioctl(news[0], FIONREAD, &left);
    for (; left > 0; left -= static_cast<int>(sizeof told))
      ASSERT_EQ(::read(news[0], &told, sizeof told), ssize_t{sizeof told});
    EXPECT_GE(std::stoi(open()->values().at("number")), told);
  }
  ::close(news[0]);
  ::close(news[1]);
}

TEST_F(JournalFile, ThatCannotBeWrittenIsReadAllTheSame) {
  open()->put("before", "1");
  fs::create_directory(path() + ".new");  // where it would be written anew
  {
    const auto journal = open();
    EXPECT_TRUE(journal->in_trouble());
    EXPECT_EQ(journal->values().at("before"), "1");
    journal->put("meanwhile", "2");
    EXPECT_TRUE(journal->in_trouble());
    EXPECT_FALSE(journal->recover());
    fs::remove(path() + ".new");
    journal->put("after", "3");
    EXPECT_FALSE(journal->in_trouble());
  }
  EXPECT_EQ(open()->values(),
            (std::map<std::string, std::string>{{"after", "3"}, {"before", "1"}, {"meanwhile", "2"}}));
}

TEST_F(JournalFile, CanBeTriedAgainWhenThereIsNothingNew) {
  fs::create_directory(path() + ".new");
  const auto journal = open();
  journal->put("meanwhile", "1");
  fs::remove(path() + ".new");
  EXPECT_TRUE(journal->in_trouble());
  EXPECT_TRUE(journal->recover());
  EXPECT_FALSE(journal->in_trouble());
  EXPECT_TRUE(journal->recover()) << "there was nothing to do";
  const std::string copy = folder_ / "copy";
  fs::copy(path(), copy);
  EXPECT_EQ((*Journal::open(copy, Logger{}))->values(), journal->values());
}

TEST_F(JournalFile, AFullDiskIsSurvivedAndWhatWasKeptIsWrittenWhenThereIsSpace) {
  const auto journal = open();
  journal->put("before", "1");
  rlimit old{};
  ::getrlimit(RLIMIT_FSIZE, &old);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = old;
  small.rlim_cur = journal->file_bytes() + 5;
  ::setrlimit(RLIMIT_FSIZE, &small);
  journal->put("while it is full", "2");
  journal->put("and again", "3");
  ::setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, handler);
  journal->put("after", "4");
  EXPECT_EQ(fs::exists(path() + ".new"), false);
  const std::string copy = bytes();
  const std::string other = folder_ / "copy";
  std::ofstream{other, std::ios::binary} << copy;
  const auto again = Journal::open(other, Logger{});
  ASSERT_TRUE(again);
  EXPECT_EQ((*again)->torn(), 0U);
  EXPECT_EQ((*again)->values().size(), 4U);
}

TEST_F(JournalFile, OutOfDescriptorsItIsAppendedTo) {
  const auto journal = open();
  rlimit old{};
  ::getrlimit(RLIMIT_NOFILE, &old);
  rlimit none = old;
  none.rlim_cur = 3;
  ::setrlimit(RLIMIT_NOFILE, &none);
  const std::string large(50 * 1024, 'x');
  for (int i = 0; i < 20; ++i) journal->put("call/1", std::to_string(i) + large);
  journal->put("call/2", "the last");
  journal->erase("never there");
  ::setrlimit(RLIMIT_NOFILE, &old);
  const std::string other = folder_ / "copy";
  fs::copy(path(), other);
  const auto killed = Journal::open(other, Logger{});
  ASSERT_TRUE(killed);
  EXPECT_EQ((*killed)->torn(), 0U);
  EXPECT_EQ((*killed)->values(), journal->values());
  for (int i = 0; i < 20; ++i) journal->put("call/1", std::to_string(i) + large);
  EXPECT_LT(journal->file_bytes(), 400U * 1024) << "it is written anew when that can be done again";
}

TEST_F(JournalFile, WritingItAnewIsNotTriedAtEveryLine) {
  const auto journal = open();
  const std::string large(50 * 1024, 'x');
  fs::create_directory(path() + ".new");
  for (int i = 0; journal->file_bytes() < 400U * 1024; ++i) journal->put("call/1", std::to_string(i) + large);
  fs::remove(path() + ".new");
  std::size_t before = 0;
  for (int i = 0; journal->file_bytes() > before; ++i) {
    before = journal->file_bytes();
    journal->put("call/1", std::to_string(100 + i) + large);
  }
  EXPECT_GT(before, 500U * 1024);
  EXPECT_LT(before, 700U * 1024);
}

}  // namespace
}  // namespace carillon::store
