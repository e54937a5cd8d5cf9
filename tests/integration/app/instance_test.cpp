// What a server leaves in its data folder.
#include "app/instance.hpp"

#include "support/temporary_folder.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <string>

namespace carillon::app {
namespace {

class PidFileTest : public testing::Test {
 protected:
  [[nodiscard]] auto create() const { return PidFile::create(folder_.str(), Logger{}); }
  void write(const std::string& text) const { std::ofstream{folder_ / "carillon.pid"} << text; }
  [[nodiscard]] std::string read() const {
    std::ifstream file{folder_ / "carillon.pid"};
    return {std::istreambuf_iterator<char>{file}, {}};
  }
  /// No file may grow beyond this, as on a full disk.
  template <class F>
  static auto with_bytes_left(rlim_t bytes, F function) {
    rlimit old{};
    ::getrlimit(RLIMIT_FSIZE, &old);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    rlimit small = old;
    small.rlim_cur = bytes;
    ::setrlimit(RLIMIT_FSIZE, &small);
    auto result = function();
    ::setrlimit(RLIMIT_FSIZE, &old);
    std::signal(SIGXFSZ, handler);
    return result;
  }

  TemporaryFolder folder_;
  const std::string ours_ = std::to_string(::getpid()) + "\n";
};

TEST_F(PidFileTest, SaysWhichProcessHasTheFolder) {
  write("4194304 and what else was there\n");
  EXPECT_EQ(PidFile::running(folder_.str()).error().code, Errc::not_found);
  const auto file = create();
  ASSERT_TRUE(file);
  EXPECT_EQ(read(), ours_);
  EXPECT_EQ(PidFile::running(folder_.str()).value(), ::getpid());
  EXPECT_EQ(create().error().code, Errc::conflict);
}

TEST_F(PidFileTest, OnAFullDiskTheFolderIsHeldAllTheSame) {
  write("1234567");  // somebody else's by now, perhaps
  const auto file = with_bytes_left(0, [&] { return create(); });
  ASSERT_TRUE(file);
  EXPECT_EQ(create().error().code, Errc::conflict);
  EXPECT_EQ(read(), "");
  EXPECT_EQ(PidFile::running(folder_.str()).error().code, Errc::not_found);
}

TEST_F(PidFileTest, TheNextProgramOfTheSameProcessNeedsNoMoreSpace) {
  write(ours_);
  const auto file = with_bytes_left(ours_.size(), [&] { return create(); });
  ASSERT_TRUE(file);
  EXPECT_EQ(PidFile::running(folder_.str()).value(), ::getpid());
}

}  // namespace
}  // namespace carillon::app
