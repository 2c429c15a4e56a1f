#pragma once

#include <spdlog/sinks/base_sink.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace wayleave::log {

// Collects lines in memory and writes them to a file descriptor on a thread of its own, many at a time: a line
// costs its writer a copy, no system call and no wake-up, and a slow reader delays nobody. What does not fit is
// dropped and counted. Any thread; the destructor writes what is left.
class BufferedSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  BufferedSink(int fd, std::size_t most_bytes);
  ~BufferedSink() override;
  // A complete line but for its end: the short way in, past what a logger adds.
  void Append(std::string_view line);
  unsigned long dropped() const { return dropped_.load(std::memory_order_relaxed); }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override;
  // Asks for a write now; does not wait for it.
  void flush_() override;

 private:
  // Holding the mutex. Whether the thread must be woken.
  bool Put(std::string_view line);
  void Run();
  void Gather(std::unique_lock<std::mutex>& lock);
  void WriteAll(const std::string& bytes);

  const int fd_;
  const std::size_t most_bytes_;
  std::string buffer_;  // guarded by the base's mutex
  std::string writing_;  // of the thread alone; the two change places, so that neither grows anew each time
  std::atomic<unsigned long> dropped_{0};
  std::condition_variable wake_;
  bool urgent_ = false;
  bool asleep_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace wayleave::log
