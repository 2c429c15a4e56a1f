#pragma once

#include <coroutine>
#include <functional>
#include <optional>
#include <utility>

#include "base/async/worker.h"

namespace wayleave::auth {

// Awaits an operation that answers once, by a callback, on any thread; the coroutine goes on where it was:
//   FromThread<Answer, decltype(start)> answer(start);
//   Answer value = co_await answer;
// where `start` is given the callback. The worker must live until the answer has come.
template <class T, class Start>
class FromThread {
 public:
  explicit FromThread(Start& start) : start_(start) {}

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> caller) {
    Worker* worker = Worker::Current();
    start_(std::function<void(T)>([this, worker, caller](T value) {
      value_.emplace(std::move(value));
      worker->Post([caller] { caller.resume(); });
    }));
  }
  T await_resume() { return std::move(*value_); }

 private:
  Start& start_;
  std::optional<T> value_;
};

}  // namespace wayleave::auth
