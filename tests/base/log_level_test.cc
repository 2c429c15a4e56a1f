#include "base/app/log_level.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "base/app/program.h"

namespace wayleave::app {
namespace {

using ::testing::HasSubstr;
using Level = log::Level;

class LogLevelTest : public ::testing::Test {
 protected:
  LogLevelTest() {
    std::string pattern = ::testing::TempDir() + "log_levelXXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~LogLevelTest() override { std::filesystem::remove_all(folder_); }

  Flags Write(const std::string& yaml) {
    Flags flags;
    flags.config = folder_ + "/w.yaml";
    std::ofstream(flags.config) << yaml;
    return flags;
  }
  static void ReadAgain(Program& program) {
    program.reloads().Again([](config::Section& root) { root.Allow({"log"}); });
  }

  std::string folder_;
};

TEST_F(LogLevelTest, FollowsTheConfigurationWhileTheProgramRuns) {
  Program program("test", Write("log: {level: warning}"));
  EXPECT_EQ(program.log_level().now(), Level::kWarning);

  Write("log: {level: debug}");
  ReadAgain(program);

  EXPECT_EQ(program.log_level().now(), Level::kDebug);
  EXPECT_TRUE(log::Enabled(Level::kDebug));
  EXPECT_THAT(program.registry().Render(), HasSubstr("\nwayleave_log_level 0\n"));
}

TEST_F(LogLevelTest, AWordThatIsNoneIsRefusedAndChangesNothing) {
  Program program("test", Write("log: {level: warning}"));

  Write("log: {level: loud}");

  EXPECT_THROW(ReadAgain(program), config::ConfigError);
  EXPECT_EQ(program.log_level().now(), Level::kWarning);
}

TEST_F(LogLevelTest, OfAReadingThatIsRefusedNothingIsTaken) {
  Program program("test", Write("log: {level: warning}"));

  Write("log: {level: debug}");

  EXPECT_THROW(program.reloads().Again([](config::Section& root) { root.Fail("bad"); }), config::ConfigError);
  EXPECT_EQ(program.log_level().now(), Level::kWarning);
}

TEST_F(LogLevelTest, TheCommandLineGoesBeforeTheFile) {
  Flags flags = Write("log: {level: warning}");
  flags.log_level = "error";
  Program program("test", flags);

  Write("log: {level: debug}");
  ReadAgain(program);

  EXPECT_EQ(program.log_level().now(), Level::kError);
}

TEST_F(LogLevelTest, WhatAnOperatorSetStaysUntilTheFileSaysSomethingElse) {
  Program program("test", Write("log: {level: warning}"));

  program.log_level().Set(Level::kDebug, "test");
  ReadAgain(program);
  EXPECT_EQ(program.log_level().now(), Level::kDebug);

  Write("log: {level: error}");
  ReadAgain(program);
  EXPECT_EQ(program.log_level().now(), Level::kError);
}

TEST_F(LogLevelTest, SignalsHaveEverythingLoggedAndWhatIsConfiguredAgain) {
  Program program("test", Write("log: {level: warning}"));
  std::thread waiter([&] { program.WaitForSignal(); });
  const auto becomes = [&](Level level) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (program.log_level().now() != level && std::chrono::steady_clock::now() < until) std::this_thread::yield();
    return program.log_level().now() == level;
  };

  pthread_kill(waiter.native_handle(), SIGUSR1);
  EXPECT_TRUE(becomes(Level::kDebug));
  pthread_kill(waiter.native_handle(), SIGUSR2);
  EXPECT_TRUE(becomes(Level::kWarning));

  pthread_kill(waiter.native_handle(), SIGTERM);
  waiter.join();
}

}  // namespace
}  // namespace wayleave::app
