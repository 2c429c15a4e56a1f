#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/log/buffered_sink.h"

namespace wayleave::log {
namespace {

constexpr std::size_t kPlenty = std::size_t{8} << 20;
constexpr int kPatienceMs = 20000;

// The sink's descriptor is the pipe's one end; here is the other.
class LogSinkTest : public ::testing::Test {
 protected:
  LogSinkTest() { EXPECT_EQ(pipe2(ends_.data(), O_CLOEXEC), 0); }
  ~LogSinkTest() override {
    sink_.reset();
    close(ends_[0]);
    close(ends_[1]);
  }

  BufferedSink& Start(std::size_t most_bytes = kPlenty) {
    sink_ = std::make_unique<BufferedSink>(ends_[1], most_bytes);
    return *sink_;
  }

  // The next bytes; none if nothing comes.
  std::string Read() {
    pollfd ready{ends_[0], POLLIN, 0};
    if (poll(&ready, 1, kPatienceMs) != 1) return {};
    std::string bytes(65536, '\0');
    bytes.resize(static_cast<std::size_t>(std::max<ssize_t>(0, read(ends_[0], bytes.data(), bytes.size()))));
    return bytes;
  }
  std::string Read(std::size_t count) {
    std::string bytes;
    while (bytes.size() < count) {
      const std::string more = Read();
      if (more.empty()) break;
      bytes += more;
    }
    return bytes;
  }

  std::array<int, 2> ends_{};
  std::unique_ptr<BufferedSink> sink_;
};

// Each time it has slept in between: the line before was read, and there was none for some intervals.
TEST_F(LogSinkTest, ALineIsWrittenThoughNothingFollows) {
  BufferedSink& sink = Start();
  for (const char* line : {"first", "second", "third"}) {
    sink.Append(line);
    EXPECT_EQ(Read(), std::string(line) + "\n");
    std::this_thread::sleep_for(std::chrono::milliseconds(60));
  }
}

// More than is written at once, by several threads: every line is whole, and each thread's stand in their order.
TEST_F(LogSinkTest, NothingIsLostOrMixedUnderLoad) {
  constexpr int kThreads = 4, kLines = 5000;
  const std::string rest(100, 'x');
  BufferedSink& sink = Start();
  std::vector<std::thread> threads;
  std::size_t bytes = 0;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kLines; ++i) sink.Append(std::to_string(t) + ":" + std::to_string(i) + rest);
    });
    for (int i = 0; i < kLines; ++i) bytes += std::to_string(t).size() + 1 + std::to_string(i).size() + rest.size() + 1;
  }
  const std::string all = Read(bytes);
  for (std::thread& thread : threads) thread.join();

  ASSERT_EQ(all.size(), bytes);
  std::array<int, kThreads> next{};
  for (std::size_t at = 0; at < all.size();) {
    const std::size_t end = all.find('\n', at);
    const int thread = all[at] - '0';
    ASSERT_EQ(all.substr(at, end - at), std::to_string(thread) + ":" + std::to_string(next[thread]++) + rest);
    at = end + 1;
  }
  EXPECT_EQ(sink.dropped(), 0u);
}

TEST_F(LogSinkTest, TheEndWritesWhatIsLeft) {
  Start().Append("last");
  sink_.reset();
  EXPECT_EQ(Read(), "last\n");
}

// Nobody reads: the pipe and the buffer are full, and no line is written in part.
TEST_F(LogSinkTest, WhatDoesNotFitIsDroppedAndCounted) {
  const std::string line(999, 'x');
  BufferedSink& sink = Start(20000);
  unsigned long appended = 0;
  while (sink.dropped() < 10) {
    sink.Append(line);
    ++appended;
  }
  const unsigned long kept = appended - sink.dropped();
  const std::string all = Read(kept * (line.size() + 1));
  EXPECT_EQ(all.size(), kept * (line.size() + 1));
  EXPECT_EQ(all.find(line + "\n" + line), 0u);
}

}  // namespace
}  // namespace wayleave::log
