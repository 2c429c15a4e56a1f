#pragma once

#include <grpcpp/completion_queue.h>

#include <coroutine>
#include <functional>
#include <memory>
#include <thread>

#include "base/async/worker.h"

namespace wayleave::rpc::detail {

// What a completion queue hands back. Complete() is called on the poller's thread, once for each
// operation that was started with it.
class Tag {
 public:
  virtual void Complete(bool ok) = 0;

 protected:
  ~Tag() = default;
};

// Awaits one operation: start it with this object as the tag right after constructing, then co_await.
// The coroutine resumes on the worker; the result is whether the operation succeeded.
class Operation final : public Tag {
 public:
  explicit Operation(Worker& worker) : worker_(worker) {}

  void Complete(bool ok) override {
    ok_ = ok;
    worker_.Post([this] { Arrived(); });
  }

  bool await_ready() const noexcept { return arrived_; }
  void await_suspend(std::coroutine_handle<> h) noexcept { waiter_ = h; }
  bool await_resume() const noexcept { return ok_; }

 private:
  void Arrived() {
    arrived_ = true;
    if (waiter_) waiter_.resume();
  }
  Worker& worker_;
  bool ok_ = false;
  bool arrived_ = false;
  std::coroutine_handle<> waiter_;
};

// A thread that empties one completion queue. The queue must be shut down before the poller is destroyed.
class Poller {
 public:
  explicit Poller(grpc::CompletionQueue& queue);
  ~Poller();

 private:
  std::thread thread_;
};

}  // namespace wayleave::rpc::detail
