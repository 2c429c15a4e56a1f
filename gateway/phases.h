#pragma once

#include <chrono>

namespace wayleave::gateway {

// Where the time of a generation goes. A plain value.
struct Phases {
  using Duration = std::chrono::steady_clock::duration;

  Duration authenticate{};
  Duration route{};
  Duration reserve{};
  Duration settle{};  // until the usage is in the journal

  // What was waited for: the provider-service, with the pauses before it is asked again, and the client's connection.
  Duration upstream{};
  Duration client{};
};

// Adds the time from its beginning to its end to a phase, which outlives it.
class Lap {
 public:
  explicit Lap(Phases::Duration& into) : into_(&into) {}
  ~Lap() { End(); }
  Lap(const Lap&) = delete;
  Lap& operator=(const Lap&) = delete;

  void End() {
    if (into_) *into_ += Clock::now() - start_;
    into_ = nullptr;
  }

 private:
  using Clock = std::chrono::steady_clock;

  Phases::Duration* into_;
  const Clock::time_point start_ = Clock::now();
};

}  // namespace wayleave::gateway
