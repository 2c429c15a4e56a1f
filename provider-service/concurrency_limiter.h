#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace wayleave::provider {

// How much one target, a model at a provider, is asked at once. A plain value.
struct ConcurrencyLimits {
  int concurrent = 0;  // 0: no limit
  int queue = 0;       // that may wait
  std::chrono::milliseconds queue_time{30000};

  bool operator==(const ConcurrencyLimits&) const = default;
};

// Counts the requests at each of a provider's models and lines up those that are too many: first come, first served.
// Any thread; the time comes from the caller.
class ConcurrencyLimiter {
 public:
  using Clock = std::chrono::steady_clock;

  // Someone in the line.
  class Waiter {
   public:
    virtual ~Waiter() = default;
    // It has a place now. Called once, on whichever thread gave the place up, with no lock held.
    virtual void Admit() = 0;
  };

  enum class Entry { kAdmitted, kWaiting, kFull };

  explicit ConcurrencyLimiter(ConcurrencyLimits limits) : limits_(limits) {}

  const ConcurrencyLimits& limits() const { return limits_; }
  // kAdmitted: the waiter is not called, and the place must be given up by Leave().
  Entry Enter(const std::string& model, const std::shared_ptr<Waiter>& waiter);
  // Out of the line. False if the waiter has a place meanwhile, or is not there.
  bool Withdraw(const std::string& model, const Waiter& waiter);
  // Gives a place up after so long a time; the first in the line gets it.
  void Leave(const std::string& model, Clock::duration held);

  // How long somebody who comes now would wait for a place, by what the last requests took: a second to a minute.
  std::chrono::milliseconds ExpectedWait(const std::string& model) const;

  int running(const std::string& model) const;
  int waiting(const std::string& model) const;

 private:
  struct Target {
    int running = 0;
    std::deque<std::shared_ptr<Waiter>> line;
    double mean_ms = 0;  // a moving one, of the time that a place is held; 0: not known
  };
  Target& Find(const std::string& model);

  const ConcurrencyLimits limits_;
  mutable std::mutex mutex_;
  std::map<std::string, Target> targets_;
};

}  // namespace wayleave::provider
