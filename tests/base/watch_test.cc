#include "base/config/watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <future>
#include <optional>
#include <thread>

#include "base/config/path_steps.h"

namespace wayleave::config {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::Pair;
namespace fs = std::filesystem;

// Nothing is found by looking, so what is told was noticed.
constexpr WatchTimes kByNotice{50ms, 2s, 1h};
constexpr WatchTimes kByLooking{20ms, 1s, 50ms};

void Write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

// A folder with a watched file in it, and how often a change was told.
class WatchTest : public ::testing::Test {
 protected:
  WatchTest() {
    std::string pattern = ::testing::TempDir() + "watchXXXXXX";
    folder_ = mkdtemp(pattern.data());
    Write(File(), "first");
  }
  ~WatchTest() override {
    watch_.reset();
    fs::remove_all(folder_);
  }
  std::string In(const std::string& name) const { return folder_ + "/" + name; }
  std::string File() const { return In("wayleave.yaml"); }

  static Looks Now(const std::vector<std::string>& files) {
    Looks looks;
    for (const std::string& file : files) looks[file] = LookOf(file);
    return looks;
  }
  void Start(WatchTimes times = kByNotice, const std::string& file = "") {
    watch_.emplace(times);
    watch_->Follow(Now({file.empty() ? File() : file}));
    watch_->Start([this] {
      const std::lock_guard lock(mutex_);
      ++told_;
      changed_.notify_all();
    });
    ASSERT_TRUE(watch_->instant());
  }
  // Whether it is told so often within five seconds.
  bool Told(int times) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 5s, [&] { return told_ >= times; });
  }
  // How often it has been told once everything that happened before has certainly been noticed: a last change is the
  // measure.
  int ToldInAll() {
    int before = 0;
    {
      const std::lock_guard lock(mutex_);
      before = told_;
    }
    std::this_thread::sleep_for(3 * kByNotice.quiet);  // the time within which two changes are told as one
    Write(File(), "the last one " + std::to_string(before));
    EXPECT_TRUE(Told(before + 1));
    const std::lock_guard lock(mutex_);
    return told_ - 1;
  }

  std::string folder_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int told_ = 0;
  std::optional<Watch> watch_;
};

TEST_F(WatchTest, TellsOfAWriteInPlace) {
  Start();
  Write(File(), "second");
  EXPECT_TRUE(Told(1));
}

TEST_F(WatchTest, TellsOfAFileThatIsRenamedOverIt) {
  Start();
  Write(In("wayleave.yaml.tmp"), "second");
  fs::rename(In("wayleave.yaml.tmp"), File());
  EXPECT_TRUE(Told(1));
  Write(In("wayleave.yaml.tmp"), "third");
  fs::rename(In("wayleave.yaml.tmp"), File());
  EXPECT_TRUE(Told(2)) << "the watch stayed with the old file";
}

TEST_F(WatchTest, TellsOfAnEditorThatMovesTheOldFileAway) {
  Start();
  fs::rename(File(), In("wayleave.yaml~"));
  Write(File(), "second");
  EXPECT_TRUE(Told(1));
}

TEST_F(WatchTest, TellsOfASwappedFolderAsInKubernetes) {
  fs::remove(File());
  for (const char* name : {"..2026_1", "..2026_2", "..2026_3"}) {
    fs::create_directory(In(name));
    Write(In(name) + "/wayleave.yaml", name);
  }
  fs::create_symlink("..2026_1", In("..data"));
  fs::create_symlink("..data/wayleave.yaml", File());
  Start();
  int told = 0;
  for (const char* name : {"..2026_2", "..2026_3"}) {
    fs::create_symlink(name, In("..data_tmp"));
    fs::rename(In("..data_tmp"), In("..data"));
    EXPECT_TRUE(Told(++told)) << name;
  }
}

TEST_F(WatchTest, TellsOfTheFileBehindALink) {
  fs::create_directory(In("real"));
  Write(In("real/w.yaml"), "first");
  fs::remove(File());
  fs::create_symlink(In("real/w.yaml"), File());
  Start();
  Write(In("real/w.yaml"), "second");
  EXPECT_TRUE(Told(1));
}

TEST_F(WatchTest, TellsOfABurstOnce) {
  Start();
  for (int i = 0; i < 20; ++i) Write(File(), std::string(static_cast<std::size_t>(i), 'x'));
  EXPECT_TRUE(Told(1));
  EXPECT_EQ(ToldInAll(), 1);
}

TEST_F(WatchTest, ABurstWithoutEndIsToldInTime) {
  Start({200ms, 400ms, 1h});
  const auto end = std::chrono::steady_clock::now() + 5s;
  bool told = false;
  for (int i = 0; !told && std::chrono::steady_clock::now() < end; ++i) {
    Write(File(), std::to_string(i));
    std::this_thread::sleep_for(5ms);  // the writer's own pace, far below the quiet that is waited for
    const std::lock_guard lock(mutex_);
    told = told_ > 0;
  }
  EXPECT_TRUE(told);
}

TEST_F(WatchTest, TellsThatItIsGoneAndThatItIsBack) {
  Start();
  fs::remove(File());
  EXPECT_TRUE(Told(1));
  Write(File(), "second");
  EXPECT_TRUE(Told(2));
}

TEST_F(WatchTest, TellsThatItsRightsHaveChanged) {
  Start();
  chmod(File().c_str(), 0);
  EXPECT_TRUE(Told(1));
}

TEST_F(WatchTest, WaitsForAFileThatIsNotThere) {
  Start(kByNotice, In("later.yaml"));
  Write(In("later.yaml"), "first");
  EXPECT_TRUE(Told(1));
}

TEST_F(WatchTest, ItsNeighboursDoNotMatter) {
  Start();
  for (int i = 0; i < 10; ++i) Write(In("auth.db-wal"), std::to_string(i));
  EXPECT_EQ(ToldInAll(), 0);
}

TEST_F(WatchTest, FollowsOtherFilesWhenTold) {
  Start();
  Write(In("key"), "a");
  watch_->Follow(Now({In("key")}));
  Write(In("key"), "bb");
  EXPECT_TRUE(Told(1));
}

TEST_F(WatchTest, TellsOfAChangeBeforeItWasStarted) {
  Watch watch(kByNotice);
  watch.Follow(Now({File()}));
  Write(File(), "second");
  std::promise<void> told;
  watch.Start([&told] { told.set_value(); });
  EXPECT_EQ(told.get_future().wait_for(5s), std::future_status::ready);
}

TEST_F(WatchTest, FindsByLookingWhatNobodyNotices) {
  fs::create_directories(In("a/b"));
  Write(In("a/b/w.yaml"), "first");
  Start(kByLooking, In("a/b/w.yaml"));
  fs::rename(In("a"), In("elsewhere"));  // not the file's own folder, so there is no notice
  EXPECT_TRUE(Told(1));
}

TEST_F(WatchTest, EndsWhileItWaits) {
  Start();
  watch_->Stop();
  watch_->Stop();
}

TEST_F(WatchTest, StepsNameEveryLinkOnTheWay) {
  fs::create_directory(In("v1"));
  Write(In("v1/w.yaml"), "");
  fs::create_symlink("v1", In("data"));
  fs::remove(File());
  fs::create_symlink("data/w.yaml", File());
  const auto steps = StepsOf(File());
  EXPECT_THAT(steps, Contains(Pair(folder_, "wayleave.yaml")));
  EXPECT_THAT(steps, Contains(Pair(folder_, "data")));
  EXPECT_THAT(steps, Contains(Pair(In("v1"), "w.yaml")));
}

TEST_F(WatchTest, StepsOfALinkToItselfEnd) {
  fs::create_symlink("loop", In("loop"));
  EXPECT_FALSE(StepsOf(In("loop")).empty());
}

}  // namespace
}  // namespace wayleave::config
