#pragma once

#include <atomic>
#include <chrono>
#include <stop_token>
#include <thread>

namespace wayleave::app {

// Waits on a thread of its own for one more SIGTERM or SIGINT, which says that somebody is in a hurry. One that comes
// within 300 ms is the same wish told twice, as wrappers do that signal a process and its group. Every thread must have
// blocked the two.
class SecondSignal {
 public:
  SecondSignal();
  ~SecondSignal();
  SecondSignal(const SecondSignal&) = delete;
  SecondSignal& operator=(const SecondSignal&) = delete;

  // Stopped when the signal has come.
  std::stop_token token() const { return hurry_.get_token(); }

 private:
  void Wait();

  const std::chrono::steady_clock::time_point first_ = std::chrono::steady_clock::now();
  std::stop_source hurry_;
  std::atomic<bool> over_{false};
  std::thread thread_;
};

}  // namespace wayleave::app
