#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <coroutine>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "base/async/task.h"

namespace wayleave {

class DeadlineList;

// One thread with one event loop. Connections, calls and streams live on one worker from birth to
// death, so code that runs on it needs no locks.
//
// Post() may be called from any thread; everything else from the worker's own thread unless it says
// otherwise. The worker must outlive everything that was started on it.
class Worker {
 public:
  explicit Worker(int index = 0);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Which of the pool this is, from 0: an index into per-worker tables.
  int index() const { return index_; }
  boost::asio::io_context& io() { return io_; }
  DeadlineList& deadlines() { return *deadlines_; }

  // Any thread. Runs `fn` on the worker's thread, after what is queued already.
  template <class Fn>
  void Post(Fn&& fn) {
    boost::asio::post(io_, std::forward<Fn>(fn));
  }

  // The worker whose thread this is, or nullptr on a thread that is none.
  static Worker* Current();

  // Starts the thread, or runs on this one until Stop().
  void Start();
  void Run();
  // Any thread. Ends the loop after the handler that runs now; what is still queued is dropped.
  void Stop();
  // Any thread but the worker's own.
  void Join();

 private:
  const int index_;
  boost::asio::io_context io_{1};
  std::unique_ptr<DeadlineList> deadlines_;
  std::thread thread_;
};

// A fixed set of workers, each with its thread. Any thread may ask; destroy it after all that runs on it.
class WorkerPool {
 public:
  explicit WorkerPool(int count);
  ~WorkerPool();
  int size() const { return static_cast<int>(workers_.size()); }
  Worker& operator[](int i) { return *workers_[static_cast<std::size_t>(i)]; }
  // Each in turn.
  Worker& Next();
  // Any thread but a worker's. Idempotent.
  void StopAndJoin();

 private:
  std::vector<std::unique_ptr<Worker>> workers_;
  std::atomic<unsigned> next_{0};
};

// Awaitable: goes to the end of the current worker's queue, so that others get their turn.
struct Yield {
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> h) const;
  void await_resume() const noexcept {}
};

// Suspends for about `time`, on the current worker.
Task<void> Sleep(std::chrono::milliseconds time);

// Counts tasks that run by themselves on one worker, and waits for their end. A group must be empty
// when it is destroyed: cancel what the tasks wait for, then await Empty().
// Not thread-safe: Spawn, Empty and the tasks all belong to one worker.
class TaskGroup {
 public:
  ~TaskGroup();
  // Starts the task now, on this thread. An exception that leaves it ends the program.
  void Spawn(Task<void> task);
  std::size_t running() const { return running_; }
  // Returns when no task runs. One waiter at a time.
  Task<void> Empty();

 private:
  void Done();
  std::size_t running_ = 0;
  std::coroutine_handle<> waiter_;
};

// Starts `task` on the worker from any thread and blocks this one (never a worker's) until it ends.
void RunOn(Worker& worker, std::function<Task<void>()> make);

}  // namespace wayleave
