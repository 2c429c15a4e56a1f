#pragma once

#include <array>
#include <cstdint>

#include "auth-service/time.h"

namespace wayleave::auth {

// How much was used in the last 60 seconds, in slots of a fifth of a second: whatever interval of 60 seconds is looked at,
// no more was taken in it than Used() ever said. Between 60 and 60.2 seconds after it was taken, it is there again.
// Not thread-safe.
class SlidingWindow {
 public:
  // The number of the slot that a time lies in.
  static std::int64_t SlotOf(Time time);

  std::int64_t Used(Time now);
  void Take(std::int64_t amount, Time now);
  // Gives back, or takes more, in a slot that has been taken in; nothing if it has left the window.
  void Correct(std::int64_t slot, std::int64_t amount);
  // When at most `most` will be in use, and when nothing, if nobody takes any more.
  Time WhenAtMost(std::int64_t most, Time now);
  Time WhenFree(Time now);

 private:
  static constexpr std::int64_t kSlots = 301;

  void MoveTo(std::int64_t slot);

  std::array<std::int64_t, kSlots> slots_{};
  std::int64_t newest_ = 0;
  std::int64_t used_ = 0;
  std::int64_t taken_ = 0;  // the newest slot that was taken in
};

}  // namespace wayleave::auth
