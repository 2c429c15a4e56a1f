#include "deploy/first_key.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace wayleave::deploy {
namespace {

class FirstKey : public testing::Test {
 protected:
  FirstKey() {
    std::string pattern = testing::TempDir() + "first-keyXXXXXX";
    directory_ = mkdtemp(pattern.data());
  }
  ~FirstKey() override {
    unsetenv("JOURNAL_STREAM");
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  static std::string Stream(ino_t beside) {
    struct stat info {};
    EXPECT_EQ(fstat(2, &info), 0);
    return fmt::format("{}:{}", info.st_dev, info.st_ino + beside);
  }

  std::string directory_;
};

TEST_F(FirstKey, IsForItsOwnerAloneAndNeverReplaced) {
  const auto path = KeepFirstKey(directory_, "wl_one");

  ASSERT_TRUE(path.ok());
  EXPECT_EQ(std::filesystem::status(*path).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_FALSE(KeepFirstKey(directory_, "wl_two").ok());
  std::ifstream file(*path);
  std::string kept;
  file >> kept;
  EXPECT_EQ(kept, "wl_one");
}

TEST_F(FirstKey, GoesToAFileOnlyWhereStandardErrorIsTheJournal) {
  EXPECT_FALSE(WritesToJournal());
  setenv("JOURNAL_STREAM", Stream(1).c_str(), 1);
  EXPECT_FALSE(WritesToJournal());  // it is somebody else's
  setenv("JOURNAL_STREAM", Stream(0).c_str(), 1);
  EXPECT_TRUE(WritesToJournal());
}

}  // namespace
}  // namespace wayleave::deploy
