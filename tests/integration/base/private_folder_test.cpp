#include "base/private_folder.hpp"

#include "support/temporary_folder.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace carillon {
namespace {

namespace fs = std::filesystem;

class PrivateFolder : public testing::Test {
 protected:
  ~PrivateFolder() override { ::umask(old_mask_); }
  static unsigned mode(const std::string& path) {
    struct stat of {};
    return ::stat(path.c_str(), &of) == 0 ? of.st_mode & 0777U : 0;
  }

  TemporaryFolder above_;
  mode_t old_mask_ = ::umask(022);
};

TEST_F(PrivateFolder, IsForItsUserAloneHoweverManySlashesFollow) {
  for (const std::string end : {"", "/", "//"}) {
    const std::string path = above_ / ("of" + std::to_string(end.size()) + "/ours");
    EXPECT_FALSE(make_private_folder(path + end));
    EXPECT_EQ(mode(path), 0700U) << end;
    EXPECT_EQ(mode(fs::path{path}.parent_path()), 0755U) << "what is above it is nobody's secret";
  }
}

TEST_F(PrivateFolder, ThatIsThereStaysAsItIs) {
  fs::create_directory(above_ / "there");
  EXPECT_FALSE(make_private_folder(above_ / "there/"));
  EXPECT_EQ(mode(above_ / "there"), 0755U);
  EXPECT_FALSE(make_private_folder("/"));
  EXPECT_FALSE(make_private_folder("."));
  EXPECT_FALSE(make_private_folder(""));
}

TEST_F(PrivateFolder, ThatCannotBeMadeSaysWhy) {
  std::ofstream{above_ / "file"} << "x";
  EXPECT_EQ(make_private_folder(above_ / "file/ours"), std::errc::not_a_directory);
}

}  // namespace
}  // namespace carillon
