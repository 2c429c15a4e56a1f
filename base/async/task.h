#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace wayleave {

template <class T>
class Task;

namespace detail {

struct FinalAwaiter {
  bool await_ready() noexcept { return false; }
  template <class P>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<P> h) noexcept {
    return h.promise().continuation;
  }
  void await_resume() noexcept {}
};

struct PromiseBase {
  std::coroutine_handle<> continuation = std::noop_coroutine();
  std::exception_ptr exception;
  std::suspend_always initial_suspend() noexcept { return {}; }
  FinalAwaiter final_suspend() noexcept { return {}; }
  void unhandled_exception() noexcept { exception = std::current_exception(); }
};

template <class T>
struct Promise : PromiseBase {
  std::optional<T> value;
  Task<T> get_return_object() noexcept;
  template <class U>
  void return_value(U&& v) {
    value.emplace(std::forward<U>(v));
  }
  T Take() {
    if (exception) std::rethrow_exception(exception);
    return std::move(*value);
  }
};

template <>
struct Promise<void> : PromiseBase {
  Task<void> get_return_object() noexcept;
  void return_void() noexcept {}
  void Take() {
    if (exception) std::rethrow_exception(exception);
  }
};

}  // namespace detail

// A coroutine that delivers a T. It starts when it is awaited and runs on the thread that awaits it;
// nothing here changes threads. The task owns its frame: destroying an unfinished task destroys the
// frame, so nothing may still be going to resume it (cancel what it waits for and let it end instead).
// Parameters taken by reference must live until it ends.
//
// g++ 12 destroys some temporaries of a co_await expression twice: give a temporary with a destructor
// a name first, then await it.
template <class T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::Promise<T>;

  Task() = default;
  explicit Task(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Task& operator=(Task&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Task() {
    if (handle_) handle_.destroy();
  }

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) noexcept {
    handle_.promise().continuation = caller;
    return handle_;
  }
  T await_resume() { return handle_.promise().Take(); }

 private:
  std::coroutine_handle<promise_type> handle_;
};

namespace detail {

template <class T>
Task<T> Promise<T>::get_return_object() noexcept {
  return Task<T>(std::coroutine_handle<Promise<T>>::from_promise(*this));
}
inline Task<void> Promise<void>::get_return_object() noexcept {
  return Task<void>(std::coroutine_handle<Promise<void>>::from_promise(*this));
}

// The root of a chain of tasks: owns itself, ends the program on an exception that nobody caught.
struct Root {
  struct promise_type {
    Root get_return_object() noexcept { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() noexcept { std::terminate(); }
  };
};

}  // namespace detail

// Awaits an operation that answers by a callback, once, on this thread:
//   auto [ec, n] = co_await Callback<error_code, size_t>(start);
// where `start` is a named callable that outlives the await and is given the handler to call.
template <class Start, class... Args>
class CallbackAwaiter {
 public:
  explicit CallbackAwaiter(Start& start) : start_(start) {}

  struct Handler {
    CallbackAwaiter* self;
    void operator()(Args... args) const {
      self->args_.emplace(std::move(args)...);
      self->caller_.resume();
    }
  };

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> caller) {
    caller_ = caller;
    start_(Handler{this});
  }
  std::tuple<Args...> await_resume() { return std::move(*args_); }

 private:
  Start& start_;
  std::coroutine_handle<> caller_;
  std::optional<std::tuple<Args...>> args_;
};

template <class... Args, class Start>
CallbackAwaiter<Start, Args...> Callback(Start& start) {
  return CallbackAwaiter<Start, Args...>(start);
}

}  // namespace wayleave
