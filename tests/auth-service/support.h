#pragma once

#include <gmock/gmock.h>
#include <stdlib.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "auth-service/core.h"
#include "auth-service/time.h"
#include "base/async/task.h"
#include "base/async/worker.h"
#include "base/metrics/registry.h"

namespace wayleave::auth {

// A directory that goes away with its test.
class TempDirectory {
 public:
  TempDirectory() {
    std::string pattern = testing::TempDir() + "wayleaveXXXXXX";
    path_ = mkdtemp(pattern.data());
  }
  ~TempDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// Stands still until it is moved. Any thread.
class FakeClock {
 public:
  Time Now() const { return TimeOf(nanos_.load()); }
  void Advance(std::chrono::nanoseconds by) { nanos_ += by.count(); }
  Clock AsClock() {
    return [this] { return Now(); };
  }

 private:
  std::atomic<std::int64_t> nanos_{1'800'000'000'000'000'000};
};

template <class T>
Task<void> Keep(Task<T> task, std::optional<T>* into) {
  into->emplace(co_await task);
}

// What the task that `make` returns delivers, run on the worker while this thread waits.
template <class Make>
auto Await(Worker& worker, Make make) {
  using T = decltype(make().await_resume());
  std::optional<T> value;
  RunOn(worker, [&] { return Keep<T>(make(), &value); });
  return std::move(*value);
}

inline v1::AuthenticateRequest WithKey(const std::string& secret) {
  v1::AuthenticateRequest request;
  request.set_api_key(secret);
  return request;
}

inline v1::Settlement SettlementOf(const std::string& id) {
  v1::Settlement settlement;
  settlement.set_reservation_id(id);
  settlement.set_tenant("default");
  settlement.set_outcome(v1::OUTCOME_COMPLETED);
  settlement.mutable_started_at()->set_seconds(1'800'000'000);
  return settlement;
}

// Waits for what another thread does, up to ten seconds.
template <class Condition>
bool Eventually(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));  // between looks; the condition decides
  }
  return true;
}

MATCHER(IsOk, "is ok") {
  if (!arg.ok()) *result_listener << "error: " << arg.error().message;
  return arg.ok();
}
MATCHER_P(HasCode, code, "is an error with the code " + std::to_string(static_cast<int>(code))) {
  if (arg.ok()) return false;
  *result_listener << "code " << static_cast<int>(arg.error().code) << ": " << arg.error().message;
  return arg.error().code == code;
}

}  // namespace wayleave::auth
