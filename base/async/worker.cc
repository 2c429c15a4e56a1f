#include "base/async/worker.h"

#include <pthread.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdlib>
#include <future>
#include <string>

#include "base/async/deadline.h"

namespace wayleave {
namespace {

thread_local Worker* current_worker = nullptr;

detail::Root RunDetached(Task<void> task, std::function<void()> done) {
  {
    Task<void> running = std::move(task);  // its frame is gone before anybody hears that it ended
    co_await running;
  }
  done();
}

}  // namespace

Worker::Worker(int index) : index_(index), deadlines_(std::make_unique<DeadlineList>(io_)) {}

Worker::~Worker() {
  Stop();
  Join();
}

Worker* Worker::Current() { return current_worker; }

void Worker::Start() {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), ("worker-" + std::to_string(index_)).c_str());
    Run();
  });
}

void Worker::Run() {
  current_worker = this;
  auto guard = boost::asio::make_work_guard(io_);
  io_.run();
  current_worker = nullptr;
}

void Worker::Stop() { io_.stop(); }

void Worker::Join() {
  if (thread_.joinable()) thread_.join();
}

WorkerPool::WorkerPool(int count) {
  for (int i = 0; i < count; ++i) {
    workers_.push_back(std::make_unique<Worker>(i));
    workers_.back()->Start();
  }
}

WorkerPool::~WorkerPool() { StopAndJoin(); }

Worker& WorkerPool::Next() {
  return *workers_[next_.fetch_add(1, std::memory_order_relaxed) % workers_.size()];
}

void WorkerPool::StopAndJoin() {
  for (auto& worker : workers_) worker->Stop();
  for (auto& worker : workers_) worker->Join();
}

void Yield::await_suspend(std::coroutine_handle<> h) const {
  Worker::Current()->Post([h] { h.resume(); });
}

Task<void> Sleep(std::chrono::milliseconds time) {
  boost::asio::steady_timer timer(Worker::Current()->io(), time);
  auto start = [&timer](auto handler) { timer.async_wait(std::move(handler)); };
  co_await Callback<boost::system::error_code>(start);
}

TaskGroup::~TaskGroup() {
  if (running_ != 0) std::abort();  // a task would resume into freed memory
}

void TaskGroup::Spawn(Task<void> task) {
  ++running_;
  RunDetached(std::move(task), [this] { Done(); });
}

void TaskGroup::Done() {
  if (--running_ != 0 || !waiter_) return;
  auto waiter = std::exchange(waiter_, nullptr);
  Worker::Current()->Post([waiter] { waiter.resume(); });
}

Task<void> TaskGroup::Empty() {
  struct Awaiter {
    TaskGroup& group;
    bool await_ready() const noexcept { return group.running_ == 0; }
    void await_suspend(std::coroutine_handle<> h) noexcept { group.waiter_ = h; }
    void await_resume() const noexcept {}
  };
  Awaiter empty{*this};
  co_await empty;
}

void RunOn(Worker& worker, std::function<Task<void>()> make) {
  // Shared: set_value() may still be returning when the waiter has gone on.
  const auto done = std::make_shared<std::promise<void>>();
  worker.Post([&make, done] { RunDetached(make(), [done] { done->set_value(); }); });
  done->get_future().wait();
}

}  // namespace wayleave
