#include "auth-service/housekeeper.h"

#include <pthread.h>

#include <utility>

namespace wayleave::auth {
namespace {

constexpr std::size_t kMaxJobs = 1024;

}  // namespace

Housekeeper::Housekeeper(std::chrono::milliseconds interval, std::function<void()> round)
    : interval_(interval), round_(std::move(round)) {}

Housekeeper::~Housekeeper() { Stop(); }

void Housekeeper::Start() {
  thread_ = std::thread([this] { Run(); });
}

void Housekeeper::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

bool Housekeeper::Post(std::function<void()> job) {
  {
    std::lock_guard lock(mutex_);
    if (stopped_ || jobs_.size() >= kMaxJobs) return false;
    jobs_.push_back(std::move(job));
  }
  wake_.notify_one();
  return true;
}

void Housekeeper::Run() {
  pthread_setname_np(pthread_self(), "auth-keeper");
  auto next_round = std::chrono::steady_clock::now();
  std::unique_lock lock(mutex_);
  while (!stopped_) {
    wake_.wait_until(lock, next_round, [this] { return stopped_ || !jobs_.empty(); });
    const auto jobs = std::exchange(jobs_, {});
    const bool stop = stopped_;
    lock.unlock();
    if (!stop) {
      for (const auto& job : jobs) job();
      if (std::chrono::steady_clock::now() >= next_round) {
        round_();
        next_round = std::chrono::steady_clock::now() + interval_;
      }
    }
    lock.lock();
  }
}

}  // namespace wayleave::auth
