#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <utility>

#include "base/async/task.h"
#include "base/async/worker.h"
#include "base/result.h"

namespace wayleave::router {

// A test whose calls of the core are made on a worker.
class OnWorker : public ::testing::Test {
 protected:
  OnWorker() { worker_.Start(); }
  ~OnWorker() override {
    worker_.Stop();
    worker_.Join();
  }

  // What a call answers. Blocks.
  template <class T>
  Result<T> Get(Task<Result<T>> task) {
    std::optional<Result<T>> result;
    RunOn(worker_, [&] { return Store(std::move(task), result); });
    return *std::move(result);
  }

  Worker worker_;

 private:
  template <class T>
  static Task<void> Store(Task<Result<T>> task, std::optional<Result<T>>& into) {
    into.emplace(co_await task);
  }
};

}  // namespace wayleave::router
