#pragma once

#include <coroutine>

#include "base/async/worker.h"

namespace wayleave {

// "Something changed": one coroutine waits, code on the same worker sets. A Set() with nobody waiting
// is remembered once. The waiter resumes from the worker's queue, never inside Set().
// Belongs to one worker; must outlive its waiter.
class Event {
 public:
  Event() = default;
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  void Set() {
    if (!waiter_) {
      set_ = true;
      return;
    }
    auto h = std::exchange(waiter_, nullptr);
    Worker::Current()->Post([h] { h.resume(); });
  }
  bool await_ready() noexcept { return std::exchange(set_, false); }
  void await_suspend(std::coroutine_handle<> h) noexcept { waiter_ = h; }
  void await_resume() noexcept { set_ = false; }

 private:
  bool set_ = false;
  std::coroutine_handle<> waiter_;
};

}  // namespace wayleave
