#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace wayleave::auth {

// A thread that does its round every so often, and jobs for others in between: what would block a worker.
//
// Post() may be called on any thread, also after Stop(). Nothing runs before Start() or after Stop().
class Housekeeper {
 public:
  Housekeeper(std::chrono::milliseconds interval, std::function<void()> round);
  ~Housekeeper();

  void Start();
  // Waits for the job that runs; what is still queued is dropped. Not from the thread itself. Idempotent.
  void Stop();
  // False, and the job is not done, when too many wait or the housekeeper has stopped.
  bool Post(std::function<void()> job);

 private:
  void Run();

  const std::chrono::milliseconds interval_;
  const std::function<void()> round_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::function<void()>> jobs_;
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace wayleave::auth
