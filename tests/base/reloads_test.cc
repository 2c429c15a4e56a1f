#include "base/app/reloads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <future>
#include <mutex>
#include <optional>
#include <thread>

#include "base/app/program.h"

namespace wayleave::app {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

// A program that keeps the value of the key `name`, which it takes over anew.
class ReloadsTest : public ::testing::Test {
 protected:
  ReloadsTest() {
    std::string pattern = ::testing::TempDir() + "reloadsXXXXXX";
    folder_ = mkdtemp(pattern.data());
    ::testing::internal::CaptureStdout();
    Start("name: first\nport: 1\n");
  }
  ~ReloadsTest() override {
    if (program_) Logs();
    fs::remove_all(folder_);
  }
  // Instead of the one that runs.
  void Start(const std::string& text) {
    program_.reset();
    Write(text);
    Flags flags;
    flags.config = File();
    program_.emplace("test", flags);
    program_->OnReload({"port"}, [this] { Again(); });
  }
  std::string File() const { return folder_ + "/w.yaml"; }
  void Write(const std::string& text) const { std::ofstream(File()) << text; }

  void Again() {
    program_->reloads().Again([this](config::Section& root) {
      std::string name;
      int port = 0;
      root.Read("name", name);
      root.Read("port", port);
      root.Done();
      const std::lock_guard lock(mutex_);
      name_ = name;
      changed_.notify_all();
    });
  }
  bool Becomes(const std::string& name) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 5s, [&] { return name_ == name; });
  }
  std::string Problem() {
    try {
      Again();
    } catch (const config::ConfigError& error) {
      return error.what();
    }
    return "";
  }
  // Everything that was logged. Ends the program.
  std::string Logs() {
    program_.reset();
    return ::testing::internal::GetCapturedStdout();
  }
  // Whether the readings with this result become so many within five seconds.
  bool Counted(const std::string& result, int times) {
    const std::string sample =
        "wayleave_config_reloads_total{result=\"" + result + "\"} " + std::to_string(times) + "\n";
    const auto end = std::chrono::steady_clock::now() + 5s;
    while (Metrics().find(sample) == std::string::npos) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(5ms);  // between looks; the condition decides
    }
    return true;
  }
  std::string Metrics() { return program_->registry().Render(); }

  std::string folder_;
  std::optional<Program> program_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string name_ = "first";
};

TEST_F(ReloadsTest, AGoodFileIsTakenOverAndCounted) {
  Write("name: second\n");

  EXPECT_EQ(Problem(), "");

  EXPECT_EQ(name_, "second");
  EXPECT_THAT(Metrics(), AllOf(HasSubstr("wayleave_config_reloads_total{result=\"ok\"} 1"),
                               HasSubstr("wayleave_config_last_reload_ok 1"),
                               HasSubstr("wayleave_config_last_reload_timestamp_seconds ")));
  EXPECT_THAT(Logs(), HasSubstr("config.reloaded"));
}

TEST_F(ReloadsTest, ABadFileIsRefusedWithItsPlace) {
  Write("name: second\nnmae: third\n");

  EXPECT_EQ(Problem(), File() + ":2: nmae: unknown key; did you mean `name`?");

  EXPECT_TRUE(Becomes("first"));
  EXPECT_THAT(Metrics(), AllOf(HasSubstr("wayleave_config_reloads_total{result=\"refused\"} 1"),
                               HasSubstr("wayleave_config_reloads_total{result=\"ok\"} 0"),
                               HasSubstr("wayleave_config_last_reload_ok 0")));
  EXPECT_THAT(Logs(), AllOf(HasSubstr("config.refused"), HasSubstr("w.yaml:2: nmae")));
}

TEST_F(ReloadsTest, AFileThatIsGoneOrNoFileIsRefused) {
  fs::remove(File());
  EXPECT_THAT(Problem(), HasSubstr("can't be read"));
  fs::create_directory(File());
  EXPECT_THAT(Problem(), HasSubstr("is a directory"));
  EXPECT_TRUE(Becomes("first"));
}

TEST_F(ReloadsTest, WhateverIsThrownLeavesAsAConfigError) {
  EXPECT_THROW(program_->reloads().Again([](config::Section&) { throw std::runtime_error("no certificates"); }),
               config::ConfigError);
  EXPECT_THAT(Metrics(), HasSubstr("wayleave_config_last_reload_ok 0"));
}

TEST_F(ReloadsTest, WhatNeedsARestartIsNamed) {
  Write("name: second\nport: 2\n");
  EXPECT_EQ(Problem(), "");
  EXPECT_THAT(Logs(), AllOf(HasSubstr("config.needs_restart"), HasSubstr("\"keys\":\"port\"")));
}

TEST_F(ReloadsTest, NothingIsNamedWhenNothingNeedsARestart) {
  Write("name: second\nport: 1\n");
  EXPECT_EQ(Problem(), "");
  EXPECT_THAT(Logs(), ::testing::Not(HasSubstr("config.needs_restart")));
}

// While the program waits for the signal that ends it.
class WaitingTest : public ReloadsTest {
 protected:
  void Wait() {
    waiter_ = std::thread([this] { program_->WaitForSignal(); });
  }
  void Send(int number) { pthread_kill(waiter_.native_handle(), number); }
  ~WaitingTest() override {
    Send(SIGTERM);
    waiter_.join();
  }
  std::thread waiter_;
};

TEST_F(WaitingTest, AChangeOfTheFileIsTakenOver) {
  Wait();
  Write("name: second\n");
  EXPECT_TRUE(Becomes("second"));
}

TEST_F(WaitingTest, AChangeBeforeTheWaitingIsTakenOver) {
  Write("name: second\n");
  Wait();
  EXPECT_TRUE(Becomes("second"));
}

TEST_F(WaitingTest, ABadFileIsMendedByTheNextChange) {
  Wait();
  Write("name: [\n");
  ASSERT_TRUE(Counted("refused", 1));
  EXPECT_TRUE(Becomes("first"));
  Write("name: third\n");
  EXPECT_TRUE(Becomes("third"));
}

TEST_F(WaitingTest, AChangeOfASecretsFileIsTakenOver) {
  std::ofstream(folder_ + "/secret") << "second";
  Wait();
  Write("name: {file: secret}\n");
  ASSERT_TRUE(Becomes("second"));
  std::ofstream(folder_ + "/secret") << "third";
  EXPECT_TRUE(Becomes("third"));
}

// The refused file names no secret, so the secret was not read; it has changed all the same.
TEST_F(WaitingTest, ARefusalIsToldOnce) {
  std::ofstream(folder_ + "/secret") << "second";
  Wait();
  Write("name: {file: secret}\n");
  ASSERT_TRUE(Becomes("second"));
  std::ofstream(folder_ + "/secret") << "other";
  Write("nmae: x\n");
  ASSERT_TRUE(Counted("refused", 1));
  Send(SIGHUP);
  ASSERT_TRUE(Counted("refused", 2));
  Write("name: third\n");
  ASSERT_TRUE(Becomes("third"));
  EXPECT_TRUE(Counted("refused", 2));
}

TEST_F(WaitingTest, HangupReadsTheFileAgain) {
  Wait();
  Send(SIGHUP);
  ASSERT_TRUE(Counted("ok", 1));
  EXPECT_TRUE(Becomes("first"));
}

TEST_F(ReloadsTest, TheShareOfTracesIsTakenOverButNotTheCollector) {
  Start("name: first\ntracing: {otlp_endpoint: 'http://127.0.0.1:4318', sampling: 0}\n");
  trace::Tracer& tracer = *program_->tracer();
  EXPECT_FALSE(tracer.Receive({}).sampled);

  Write("name: first\ntracing: {otlp_endpoint: 'http://127.0.0.1:4319', sampling: 1}\n");
  EXPECT_EQ(Problem(), "");
  EXPECT_TRUE(tracer.Receive({}).sampled);

  Write("name: first\ntracing: {otlp_endpoint: 'http://127.0.0.1:4318', sampling: 2}\n");
  EXPECT_THAT(Problem(), HasSubstr("tracing.sampling: must be a number from 0 to 1"));
  EXPECT_TRUE(tracer.Receive({}).sampled);
  EXPECT_THAT(Logs(), HasSubstr(R"("keys":"tracing.otlp_endpoint")"));
}

TEST(ProgramWithoutReload, HangupDoesNotEndIt) {
  Program program("test", {});
  std::promise<void> ended;
  std::thread waiter([&] {
    program.WaitForSignal();
    ended.set_value();
  });
  pthread_kill(waiter.native_handle(), SIGHUP);
  EXPECT_EQ(ended.get_future().wait_for(100ms), std::future_status::timeout);
  pthread_kill(waiter.native_handle(), SIGTERM);
  waiter.join();
}

}  // namespace
}  // namespace wayleave::app
